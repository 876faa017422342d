"""What a learner is told of access that was given or taken."""

from bot.chat.buttons import Continue
from bot.chat.commands import BUY, STATUS
from bot.chat.keyboards import go_below, press, rows
from bot.notifications.events import AccessGranted, AccessReturned, AccessTaken, LessonUnlocked, PromoRedeemed
from bot.notifications.notification import Notification, to_lessons
from bot.texts import _
from bot.texts import home as home_words
from bot.texts.format import days, safe, until


def promo_redeemed(event: PromoRedeemed) -> Notification:
    text = _(
        "🎉 The promo code <b>{code}</b> is accepted: {days} of “{product}”.\n“{module}” is open {until}."
    ).format(
        code=safe(event.code),
        days=days(event.days),
        product=safe(event.product),
        module=safe(event.module),
        until=until(event.ends_at),
    )
    return Notification(text, to_lessons(event.module_id))


def access_granted(event: AccessGranted) -> Notification:
    text = _("🎁 The school has given you {days} of “{module}”: open {until}.").format(
        days=days(event.days), module=safe(event.module), until=until(event.ends_at)
    )
    return Notification(text, to_lessons(event.module_id))


def lesson_unlocked(event: LessonUnlocked) -> Notification:
    text = _("🔓 The school has unlocked a lesson of “{module}” for you:\n<b>{number}. {lesson}</b>").format(
        module=safe(event.module), number=event.number, lesson=safe(event.lesson)
    )
    label = home_words.next_lesson(event.number, event.lesson)
    return Notification(text, rows(press(label, Continue(lesson=event.lesson_id, stays=True))))


def access_taken(event: AccessTaken) -> Notification:
    if event.is_open:
        text = _("The school has shortened your access to “{module}” by {days}: open {until}.").format(
            days=days(event.days), module=safe(event.module), until=until(event.ends_at)
        )
        return Notification(text, to_lessons(event.module_id))
    text = _("The school has closed your access to “{module}”. Is that a mistake? /paysupport")
    return Notification(
        text.format(module=safe(event.module)),
        rows(go_below(_("My access"), STATUS), go_below(_("Renew"), BUY)),
    )


def access_returned(event: AccessReturned) -> Notification:
    text = _("The school has returned your access to “{module}”: open {until}.").format(
        module=safe(event.module), until=until(event.ends_at)
    )
    return Notification(text, to_lessons(event.module_id))
