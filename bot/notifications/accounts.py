"""What somebody is told of their account."""

from bot.chat.commands import ADMIN, DEVICES, LESSONS
from bot.chat.keyboards import go_below, rows
from bot.notifications.events import ChatConnected, ChatConnectedBySchool, ChatSeparated, RoleChanged
from bot.notifications.notification import Notification
from bot.texts import home as home_words
from bot.texts import roles as role_words
from bot.texts.accounts import connect as words
from bot.texts.accounts.devices import DEVICES as TO_DEVICES
from bot.texts.commands import about


def chat_connected(event: ChatConnected) -> Notification:
    text = words.one_more_chat(event.chat, event.username) + words.warning(event.support)
    return Notification(text, rows(go_below(TO_DEVICES, DEVICES)))


def chat_connected_by_school(event: ChatConnectedBySchool) -> Notification:
    text = words.connected_by_school(event.account, event.support)
    return Notification(text, rows(go_below(home_words.MY_COURSES, LESSONS)))


def chat_separated(event: ChatSeparated) -> Notification:
    return Notification(words.separated(event.support))


def role_changed(event: RoleChanged) -> Notification:
    to_admin = go_below(about(ADMIN), ADMIN) if event.role else None
    return Notification(role_words.told(event.role), rows(to_admin) if to_admin else None)
