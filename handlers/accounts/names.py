"""A @username in a command of admins that changes something: Telegram is asked first whose it is by now.

The name we remember is that of the person's last visit. Telegram gives a name that was left to whoever wants it, so
that it decides nothing: a job asks for the chat that had it, and carries the command out with that chat's id.
"""

import re
from typing import Any

from aiogram import F
from aiogram.filters import CommandObject
from aiogram.methods import SendMessage
from aiogram.types import Message, Update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.commands import COMMANDS, HISTORY, USER, Audience
from bot.chat.replies import Reply, say
from bot.texts.accounts import people as words
from db.accounts import people
from db.jobs import ConfirmNameJob
from db.queue import enqueue
from handlers.filters import is_, role_router

READING = (USER, HISTORY)
CHANGING = tuple(
    command
    for command in COMMANDS
    if command.audience is Audience.ADMIN
    and "WHO" in command.arguments.replace("[WHO]", "WHO").split()
    and command not in READING
)

router = role_router("names")


@router.message(is_(*CHANGING, magic=F.args.func(lambda args: bool(args) and args.lstrip().startswith("@"))))
async def ask_telegram(
    message: Message, command: CommandObject, session: AsyncSession, event_update: Update
) -> Reply:
    """Raises PersonUnknown and PersonAmbiguous."""
    who, *rest = re.split(r"\s+", (command.args or "").strip(), maxsplit=1)
    text = " ".join(
        [f"/{command.command}", "{}", *[part.replace("{", "{{").replace("}", "}}") for part in rest]]
    )
    return await confirm_name(session, message, event_update, who, text)


async def confirm_name(
    session: AsyncSession, message: Message, update: Update, who: str, text: str
) -> SendMessage:
    """The job hands `text` in once more, as the same admin's message, with the Telegram id in place of its `{}`.

    Raises PersonUnknown and PersonAmbiguous.
    """
    telegram_id = await people.get_named_chat(session, who)
    kept = head_of(message) | {"text": text.format(telegram_id)}
    await enqueue(
        session,
        ConfirmNameJob(
            username=who.removeprefix("@"),
            telegram_id=telegram_id,
            update_id=update.update_id,
            message=kept,
        ),
    )
    return say(message, words.asking(who))


def head_of(message: Message) -> dict[str, Any]:
    """Of a message that a job is to hand in once more: who wrote it, where and when."""
    kept = message.model_dump(
        mode="json",
        include={"message_id", "chat", "from_user", "message_thread_id"},
        by_alias=True,
        exclude_none=True,
    )
    return kept | {"date": int(message.date.timestamp())}
