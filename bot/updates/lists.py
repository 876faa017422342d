"""Lists of people that admins send as files: fetched by a job, and handed in as if they had been pasted."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiogram.methods import SendMessage

from bot.chat.conversation import Granting
from bot.context import AppContext
from bot.csv_files import MAX_BYTES, ListError, ListFault, read_people
from bot.files import FileRefusedError, fetch_file
from bot.sender import send_in_job, shown_as_typing
from bot.texts.access import many as words
from bot.updates.process import UpdateProcessor
from db import chats
from db.conversations import get_question
from db.engine import Pool
from db.jobs import PeopleListJob


def reading_lists(processor: UpdateProcessor) -> Callable[[PeopleListJob, AppContext], Awaitable[None]]:
    """The job `people_list`. Run twice it acts once: what it hands in has a number of its own, the update's negated."""

    async def read_list(job: PeopleListJob, context: AppContext) -> None:
        if not await _is_asked(job, context):
            return
        async with shown_as_typing(context, job.telegram_id):
            found = await _read(job, context)
        if isinstance(found, ListFault):
            await _tell(job, context, found)
        else:
            await processor.retry(_as_reply(job, found), Pool.JOBS)

    return read_list


async def _read(job: PeopleListJob, context: AppContext) -> list[str] | ListFault:
    try:
        return read_people(await fetch_file(context, job.file_id, MAX_BYTES))
    except ListError as error:
        return error.fault
    except FileRefusedError:
        return ListFault.REFUSED


async def _is_asked(job: PeopleListJob, context: AppContext) -> bool:
    """Whether its question is still open: the file may have been waited for."""
    async with context.database.transaction(Pool.JOBS) as session:
        state, data = await get_question(session, job.telegram_id)
    return state == Granting.who.state and data.get("draft", {}).get("id") == job.draft


def _as_reply(job: PeopleListJob, lines: list[str]) -> dict[str, Any]:
    """/grant as a reply to the list."""
    listed = job.message | {"text": "\n".join(lines)}
    return {
        "update_id": -job.update_id,
        "message": job.message | {"text": "/grant", "reply_to_message": listed},
    }


async def _tell(job: PeopleListJob, context: AppContext, fault: ListFault) -> None:
    async with context.database.transaction(Pool.JOBS) as session:
        chosen, telegram = await chats.get_language(session, job.telegram_id)
    with context.localizer.use_language_of(chosen, telegram):
        text = str(words.FAULTS[fault])
    await send_in_job(context, SendMessage(chat_id=job.telegram_id, text=text))
