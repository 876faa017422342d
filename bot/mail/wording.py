"""What each kind of letter says."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from email.utils import parseaddr
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession

from bot.context import AppContext
from bot.mail.letters import Letter
from bot.notifications.current import as_of_now
from bot.notifications.registry import from_facts
from bot.notifications.registry import word as word_event
from bot.texts import mail as words
from bot.texts import reminders as reminder_words
from db import mail
from db.reminders.due import GROUPS, Group, get_due
from db.tables import OutboxMessage

EMAIL_CODE = "email_code"  # payload: code
CHAT_CONNECTED = "chat_connected"  # payload: chat, username, support
ADDRESS_CHANGED = "address_changed"  # payload: support


class NotWantedError(Exception):
    """News to an address that is not the account's any more, or whose owner wants none, or that are not so any more."""


def email_code(row: OutboxMessage) -> Letter:
    minutes = round((row.expires_at - row.created_at).total_seconds() / 60)
    return Letter(str(words.CODE_SUBJECT), words.code_body(str(row.payload["code"]), minutes))


def chat_connected(row: OutboxMessage) -> Letter:
    said = row.payload
    return Letter(
        str(words.CONNECTED_SUBJECT), words.connected_body(said["chat"], said["username"], said["support"])
    )


def address_changed(row: OutboxMessage) -> Letter:
    return Letter(str(words.CHANGED_SUBJECT), words.changed_body(row.payload["support"]))


WORDINGS: Mapping[str, Callable[[OutboxMessage], Letter]] = {
    EMAIL_CODE: email_code,
    CHAT_CONNECTED: chat_connected,
    ADDRESS_CHANGED: address_changed,
}
REMINDERS = {kind for kind, group in GROUPS.items() if group is Group.ACCESS}


async def word(session: AsyncSession, row: OutboxMessage, context: AppContext) -> Letter:
    """In the row's language. Raises NotWantedError, KeyError for a kind that is not listed."""
    with context.localizer.use_locale(row.language):
        if row.kind in WORDINGS:
            return WORDINGS[row.kind](row)
        if row.user_id is None or await mail.get_news_address(session, row.user_id) != row.recipient:
            raise NotWantedError
        if row.kind in REMINDERS:
            subject, text = await _reminder(session, row, row.user_id, context.now())
        else:
            subject, text = await _news(session, row, row.user_id, context.now())
        return await _with_link(session, row.user_id, context, subject, text)


async def _reminder(
    session: AsyncSession, row: OutboxMessage, user_id: int, now: datetime
) -> tuple[str, str]:
    """As things are now. Raises NotWantedError."""
    due = await get_due(session, user_id, row.kind, row.occasion, now)
    if due is None:
        raise NotWantedError
    return reminder_words.subject(due), reminder_words.text(due)


async def _news(session: AsyncSession, row: OutboxMessage, user_id: int, now: datetime) -> tuple[str, str]:
    """As the chat would have it; its buttons are in the chat. Raises NotWantedError."""
    facts = row.payload["facts"]
    event = await as_of_now(session, from_facts(row.kind, facts, row.payload["version"]), user_id, None, now)
    if event is None:
        raise NotWantedError
    return str(words.SUBJECTS[row.kind]).format(**facts), word_event(event).text


async def _with_link(
    session: AsyncSession, user_id: int, context: AppContext, subject: str, text: str
) -> Letter:
    link = unsubscribe_link(context, await mail.ensure_token(session, user_id, context.now()))
    bot = f"https://t.me/{context.username}" if context.username else None
    return replace(Letter(subject, words.news_body(text, bot, link)), unsubscribe=link)


def unsubscribe_link(context: AppContext, token: str) -> str:
    """By one click where we have an address of our own, else in the chat; as long as Telegram has not said what the
    bot is called, by a letter to whom it comes from."""
    if context.settings.public_url:
        return f"{context.settings.public_url}/unsubscribe/{token}"
    if context.username:
        return f"https://t.me/{context.username}?start=unsub_{token}"
    return f"mailto:{quote(parseaddr(context.settings.mail_from or '')[1], safe='@')}?subject=unsubscribe"
