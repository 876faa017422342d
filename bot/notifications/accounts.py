"""What somebody is told of their account."""

from bot.chat.commands import DEVICES
from bot.chat.keyboards import go_below, rows
from bot.notifications.events import ChatConnected
from bot.notifications.notification import Notification
from bot.texts import _
from bot.texts.accounts import devices as words
from bot.texts.format import called, safe


def chat_connected(event: ChatConnected) -> Notification:
    chat = called(event.chat) + (f" (@{safe(event.username)})" if event.username else "")
    text = _("🔗 One more Telegram chat signs in to your account now: {chat}.").format(chat=chat)
    if event.support:
        warning = _("If that is not you, write to the school at once: {support}")
        text += "\n\n" + warning.format(support=safe(event.support))
    return Notification(text, rows(go_below(words.DEVICES, DEVICES)))
