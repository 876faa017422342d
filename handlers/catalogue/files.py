"""The catalogue as a file, out of the chat and back into it. What takes longer than an answer may is done by jobs."""

from aiogram import F
from aiogram.types import CallbackQuery, Message

from bot.catalogue.copies import MOST_BYTES
from bot.chat.catalogue_buttons import AskForCatalogue, ConfirmCopy, DownloadCatalogue, DropCopy
from bot.chat.replies import Reply, in_place, say, show, toast
from bot.chat.rights import Right
from bot.context import Request
from bot.texts import catalogue as words
from db.catalogue import copies
from db.catalogue.jobs import LoadCatalogueJob, ReadCatalogueJob, SendCatalogueJob
from db.queue import enqueue
from handlers.filters import role_router

router = role_router("catalogue_files", Right.CATALOGUE)


@router.callback_query(DownloadCatalogue.filter())
async def send(query: CallbackQuery, request: Request) -> Reply:
    copy_id = await copies.create_copy(request.session, request.person.telegram_id, request.now)
    await enqueue(request.session, SendCatalogueJob(copy=copy_id))
    return toast(query, words.SENDING)


@router.callback_query(AskForCatalogue.filter())
async def ask(query: CallbackQuery) -> Reply:
    return say(query, words.SEND_IT)


@router.message(F.document.file_name.lower().endswith(".toml"))
async def take(message: Message, request: Request) -> Reply:
    assert message.document is not None
    if (message.document.file_size or 0) > MOST_BYTES:
        return say(message, words.TOO_LARGE)
    file_id = message.document.file_id
    copy_id = await copies.create_copy(
        request.session, request.person.telegram_id, request.now, file_id=file_id
    )
    await enqueue(request.session, ReadCatalogueJob(copy=copy_id))
    return say(message, words.READING)


@router.callback_query(ConfirmCopy.filter())
async def load(query: CallbackQuery, callback_data: ConfirmCopy, request: Request) -> Reply:
    copy = await copies.get_copy(request.session, callback_data.copy_id)
    if copy is None or copy.telegram_id != request.person.telegram_id:
        return show(query, words.DROPPED)
    if copy.loaded_at is not None:
        return toast(query, words.LOADED_ALREADY)
    job = LoadCatalogueJob(
        copy=copy.id, stamp=callback_data.stamp, forced=callback_data.forced, message_id=in_place(query)
    )
    await enqueue(request.session, job, key=f"load_catalogue:{copy.id}")
    return show(query, words.LOADING)


@router.callback_query(DropCopy.filter())
async def drop(query: CallbackQuery, callback_data: DropCopy, request: Request) -> Reply:
    copy = await copies.get_copy(request.session, callback_data.copy_id)
    return show(query, words.LOADED_ALREADY if copy is not None and copy.loaded_at else words.DROPPED)
