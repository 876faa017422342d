"""Whoever is named by a @username is so only once Telegram has confirmed it, on whatever screen the name was written.

The name we remember is that of the person's last visit. Telegram gives a name that was left to whoever wants it, so
that it decides nothing: what an admin has written is refused (`db/accounts/search.py`), and a job asks for the chat
that had the name, and hands the message in once more with that chat's id (`bot/updates/naming.py`).
"""

from typing import Any

from aiogram.methods import SendMessage
from aiogram.types import Message, Update

from bot.context import AppContext
from bot.texts.accounts import people as words
from bot.updates.refusing import refusal
from db.conversations import get_question
from db.engine import Pool
from db.errors import NameUnconfirmed
from db.jobs import ConfirmNameJob
from db.normal import clean_text
from db.queue import enqueue
from db.updates import mark_handled


async def ask_telegram(
    context: AppContext, update: Update, telegram_id: int, named: NameUnconfirmed, pool: Pool
) -> SendMessage:
    """In a transaction of its own: what the message has begun was undone with the refusal. `telegram_id`: whose
    message it is. Raises HandledElsewhereError."""
    message = update.message
    written = clean_text((message.text or message.caption or "") if message else "").split()
    said = [word for word in map(clean_text, written) if word]
    if message is None or named.who not in said:
        return refusal(telegram_id, named)
    said[said.index(named.who)] = str(named.telegram_id)
    is_command = said[0].startswith("/")
    username = named.who.removeprefix("@")
    async with context.database.transaction(pool) as session:
        job = ConfirmNameJob(
            username=username,
            telegram_id=named.telegram_id,
            update_id=update.update_id,
            message=head_of(message) | {"text": " ".join(said)},
            question=None if is_command else list(await get_question(session, telegram_id)),
        )
        await enqueue(session, job)
        await mark_handled(session, context.bot.id, update.update_id, context.now())
    return SendMessage(chat_id=telegram_id, text=words.asking(f"@{username}"))


def head_of(message: Message) -> dict[str, Any]:
    """Of a message that a job is to hand in once more: who wrote it, where and when."""
    kept = message.model_dump(
        mode="json",
        include={"message_id", "chat", "from_user", "message_thread_id"},
        by_alias=True,
        exclude_none=True,
    )
    return kept | {"date": int(message.date.timestamp())}
