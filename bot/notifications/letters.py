"""What people are told of letters that are late or don't go out."""

from bot.notifications.events import MailDelayed, MailNotSent
from bot.notifications.notification import Notification
from bot.texts import _
from bot.texts.format import moment


def mail_delayed(event: MailDelayed) -> Notification:
    text = _("📭 The mail server does not take your letter right now. I keep trying until {moment}.")
    return Notification(text.format(moment=moment(event.expires_at)))


def mail_not_sent(event: MailNotSent) -> Notification:
    match event.state:
        case "failed":
            text = _(
                "📭 The letter can't be sent: there is no mailbox at this address, or it takes no letters."
                " Please look whether you have written it right. Nothing was changed."
            )
        case "unknown":
            text = _(
                "📭 I don't know whether your letter was sent. If it does not come, ask for another one."
            )
        case _other:
            text = _("📭 The letter could not be sent in time. Nothing was changed. Please try again later.")
    return Notification(text)
