"""The catalogue as a file: sent into an owner's chat, fetched from there, compared, loaded."""

from aiogram.methods import EditMessageText, SendMessage
from aiogram.types import InlineKeyboardMarkup
from sqlalchemy.ext.asyncio import AsyncSession

from bot.catalogue import copies
from bot.catalogue.errors import CatalogueError
from bot.catalogue.loading import load, record_load
from bot.chat.catalogue_buttons import ConfirmCopy, DropCopy
from bot.chat.keyboards import press, rows
from bot.chat.rights import Right, may_now
from bot.context import AppContext
from bot.files import FileRefusedError, fetch_file
from bot.packing import pack
from bot.sender import Method, send_document, send_in_job
from bot.texts import catalogue as words
from db import chats
from db.catalogue import copies as stored
from db.catalogue.jobs import LoadCatalogueJob, ReadCatalogueJob, SendCatalogueJob
from db.catalogue.loading import CatalogueRefusedError
from db.catalogue.merging import LoadPlan
from db.engine import Pool
from db.jobs import SendJob
from db.locks import lock
from db.queue import enqueue
from db.tables import CatalogueCopy

Screen = tuple[str, InlineKeyboardMarkup | None]


async def send_copy(job: SendCatalogueJob, context: AppContext) -> None:
    async with context.database.transaction(Pool.JOBS) as session:
        copy = await stored.get_copy(session, job.copy)
        if copy is None or not await may_load(session, context, copy):
            return
        telegram_id = copy.telegram_id
        chosen, telegram = await chats.get_language(session, telegram_id)
        try:
            content, notes = (
                (copy.content, []) if copy.content else await copies.write_copy(session, job.copy)
            )
        except CatalogueError as error:
            content, notes = "", error.lines
        await stored.record_content(session, job.copy, content)
    with context.localizer.use_language_of(chosen, telegram):
        caption = words.copy_caption(notes) if content else words.errors(notes)
    if not content:
        await send_in_job(context, SendMessage(chat_id=telegram_id, text=caption))
        return
    name = f"catalogue-{job.copy}.toml"
    await send_document(context, telegram_id, name, content.encode(), caption)


async def read_copy(job: ReadCatalogueJob, context: AppContext) -> None:
    """Run again, it shows the same once more. Raises RetryJobError."""
    async with context.database.transaction(Pool.JOBS) as session:
        copy = await stored.get_copy(session, job.copy)
        allowed = copy is not None and await may_load(session, context, copy)
    if copy is None or copy.file_id is None or not allowed:
        return
    problem = None if copy.content else await _fetch(context, copy.id, copy.file_id)
    async with context.database.transaction(Pool.JOBS) as session:
        chosen, telegram = await chats.get_language(session, copy.telegram_id)
        with context.localizer.use_language_of(chosen, telegram):
            if problem is None:
                text, keyboard = await _word_plan(session, context, copy.id)
            else:
                text, keyboard = _word_problem(problem), None
    await send_in_job(context, SendMessage(chat_id=copy.telegram_id, text=text, reply_markup=keyboard))


def _word_problem(problem: FileRefusedError | CatalogueError) -> str:
    return words.errors(problem.lines) if isinstance(problem, CatalogueError) else str(words.NOT_FETCHED)


async def may_load(session: AsyncSession, context: AppContext, copy: CatalogueCopy) -> bool:
    """Looked at whenever something is done: who was an owner when the file came may be none by now."""
    return await may_now(session, context.settings, copy.telegram_id, Right.CATALOGUE)


async def _fetch(context: AppContext, copy_id: int, file_id: str) -> FileRefusedError | CatalogueError | None:
    """What is wrong with it; None where it is there."""
    try:
        content = copies.decode(await fetch_file(context, file_id, copies.MOST_BYTES))
        await copies.read(content)
    except (FileRefusedError, CatalogueError) as error:
        return error
    async with context.database.transaction(Pool.JOBS) as session:
        await stored.record_content(session, copy_id, content, copies.number_of(content))
    return None


async def _word_plan(session: AsyncSession, context: AppContext, copy_id: int) -> Screen:
    """What loading would change, with the buttons that do it."""
    copy = await stored.get_copy(session, copy_id)
    assert copy is not None
    try:
        found = await copies.plan_copy(session, context, copy)
    except (CatalogueError, CatalogueRefusedError) as error:
        return words.errors(error.lines), None
    return _plan_screen(found, copy_id)


def _plan_screen(found: LoadPlan, copy_id: int) -> Screen:
    is_news = bool(found.changes or found.conflicts)
    return words.plan(found), plan_keyboard(found, copy_id) if is_news else None


def plan_keyboard(found: LoadPlan, copy_id: int) -> InlineKeyboardMarkup:
    """What others have changed meanwhile is written over only by a button that says so."""
    forced = bool(found.conflicts)
    label = words.LOAD_OVER if forced else words.LOAD
    return rows(
        press(label, ConfirmCopy(copy_id=copy_id, stamp=found.stamp, forced=forced)),
        press(words.DROP, DropCopy(copy_id=copy_id)),
    )


async def load_copy(job: LoadCatalogueJob, context: AppContext) -> None:
    """Once. Where loading would do something else by now than what was confirmed, that is shown instead."""
    async with context.database.transaction(Pool.JOBS) as session:
        await lock(session, "catalogue")  # before it is read: what others load meanwhile is not to be undone
        copy = await stored.get_copy(session, job.copy, locked=True)
        if copy is None or copy.loaded_at is not None or not await may_load(session, context, copy):
            return
        telegram_id = copy.telegram_id
        chosen, telegram = await chats.get_language(session, telegram_id)
        with context.localizer.use_language_of(chosen, telegram):
            text, keyboard = await _load(session, context, job, copy)
        said: Method = SendMessage(chat_id=telegram_id, text=text, reply_markup=keyboard)
        if job.message_id is not None:  # which says that it is being loaded
            said = EditMessageText(
                chat_id=telegram_id, message_id=job.message_id, text=text, reply_markup=keyboard
            )
        await enqueue(session, SendJob(methods=[pack(said)]))


async def _load(
    session: AsyncSession, context: AppContext, job: LoadCatalogueJob, copy: CatalogueCopy
) -> Screen:
    now = context.now()
    telegram_id = copy.telegram_id  # read before planning rolls its trial back, which forgets rows
    try:
        found = await copies.plan_copy(session, context, copy)
    except (CatalogueError, CatalogueRefusedError) as error:
        return words.errors(error.lines), None
    if found.stamp != job.stamp or (found.conflicts and not job.forced):
        return _plan_screen(found, job.copy)
    changes = await load(session, found.catalogue, context.settings, now)
    await record_load(session, telegram_id, changes, found.catalogue, now)
    await stored.mark_loaded(session, job.copy, now)
    return words.loaded(len(changes)), None
