"""What a learner is told of access that was given or taken."""

from collections.abc import Mapping

from babel.support import LazyProxy

from bot.chat.buttons import Continue
from bot.chat.commands import BUY, STATUS
from bot.chat.keyboards import go_below, press, rows
from bot.notifications.events import (
    AccessEvent,
    AccessGranted,
    AccessReturned,
    AccessTaken,
    LessonUnlocked,
    PromoRedeemed,
)
from bot.notifications.notification import Notification, to_lessons
from bot.texts import _, __
from bot.texts import home as home_words
from bot.texts.format import fill

OPEN: Mapping[type[AccessEvent], LazyProxy] = {
    PromoRedeemed: __(
        "🎉 The promo code <b>{code}</b> is accepted: {days} of “{product}”.\n“{module}” is open {until}."
    ),
    AccessGranted: __("🎁 The school has given you {days} of “{module}”: open {until}."),
    AccessReturned: __("The school has returned your access to “{module}”: open {until}."),
}


def access_open(event: AccessEvent) -> Notification:
    return Notification(fill(OPEN[type(event)], event), to_lessons(event.module_id))


def lesson_unlocked(event: LessonUnlocked) -> Notification:
    text = _("🔓 The school has unlocked a lesson of “{module}” for you:\n<b>{number}. {lesson}</b>")
    label = home_words.next_lesson(event.number, event.lesson)
    on = press(label, Continue(lesson=event.lesson_id, stays=True))
    return Notification(fill(text, event), rows(on))


def access_taken(event: AccessTaken) -> Notification:
    if event.is_open:
        text = _("The school has shortened your access to “{module}” by {days}: open {until}.")
        return Notification(fill(text, event), to_lessons(event.module_id))
    text = _("The school has closed your access to “{module}”. Is that a mistake? /paysupport")
    return Notification(fill(text, event), rows(go_below(_("My access"), STATUS), go_below(_("Renew"), BUY)))
