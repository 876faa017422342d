"""What people are told where Telegram refused to show them something."""

from bot.chat.buttons import ShowLesson
from bot.chat.keyboards import press, rows
from bot.lessons.messages import FORBIDDEN_VOICE
from bot.notifications.events import MediaNotShown, MessageNotShown
from bot.notifications.notification import Notification
from bot.texts import _
from bot.texts.format import safe


def media_not_shown(event: MediaNotShown) -> Notification:
    if FORBIDDEN_VOICE in event.code:
        text = _(
            "The lesson “{title}” has a voice message, and your Telegram settings forbid them. Allow voice messages"
            " (Settings → Privacy and Security → Voice Messages), then open the lesson again."
        )
    else:
        text = _("The file of the lesson “{title}” can't be shown right now. The school knows of it.")
    again = rows(press(_("Open the lesson again"), ShowLesson(id=event.lesson_id)))
    return Notification(text.format(title=safe(event.title)), again)


def message_not_shown(event: MessageNotShown) -> Notification:
    text = _("I can't show this here: Telegram does not take the message. The school knows of it.")
    if event.support:
        text += " " + _("Please ask the school: {contact}").format(contact=safe(event.support))
    return Notification(text)
