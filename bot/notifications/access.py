"""What a learner is told when the school gives or takes access."""

from bot.chat.commands import BUY, STATUS
from bot.chat.keyboards import go, rows
from bot.notifications.news import Notification, news, opened_until, to_lessons
from bot.texts import _
from bot.texts.format import days as in_days
from bot.texts.format import safe


@news
def access_granted(module: str, module_id: int, days: int, ends_at: str | None) -> Notification:
    text = _("🎁 The school has given you {days} of the module “{module}”. It is open {until}.").format(
        days=in_days(days), module=safe(module), until=opened_until(ends_at)
    )
    return Notification(text, to_lessons(module_id))


@news
def access_taken(module: str, module_id: int, days: int, ends_at: str | None, is_open: bool) -> Notification:
    """`days` is how many were taken; `is_open` says whether anything is left."""
    if is_open:
        text = _(
            "The school has taken back {days} of the module “{module}”. It is still open {until}."
        ).format(days=in_days(days), module=safe(module), until=opened_until(ends_at))
        return Notification(text, to_lessons(module_id))
    text = _("The school has ended your access to the module “{module}”. If that surprises you: /paysupport")
    return Notification(
        text.format(module=safe(module)), rows(go(_("My access"), STATUS), go(_("Renew"), BUY))
    )
