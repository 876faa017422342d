"""What people write to the school, and the admins' answers: in reply to the card in their chats."""

from collections.abc import Iterable
from typing import Any

from aiogram import F, Router
from aiogram.enums import ContentType
from aiogram.filters import Filter
from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.commands import START, SUPPORT
from bot.chat.conversation import SupportQuestion
from bot.chat.keyboards import go, in_rows, press, rows
from bot.chat.replies import Reply, as_list, in_place, say, show, toast
from bot.chat.rights import Right, list_with
from bot.chat.support_buttons import CloseThread, ShowThread, WriteToPerson, WriteToSchool
from bot.context import Request
from bot.texts import support as words
from db import support
from db.accounts import people
from db.acts import ActKind
from db.chats import begin_album
from db.cooldowns import Guess, count_try
from db.errors import TooManyTries
from db.jobs import SupportJob
from db.queue import enqueue_all
from db.support import Written
from db.tables import SupportThread
from handlers.filters import goes_to, is_, role_router

LISTED = 20
MESSAGES = 10

router = Router(name="support")
admin_router = role_router("admin_support", Right.SUPPORT)


class AnswersThread(Filter):
    """A reply to a message that shows a thread."""

    async def __call__(self, message: Message, session: AsyncSession) -> bool | dict[str, Any]:
        replied = message.reply_to_message
        if replied is None:
            return False
        thread_id = await support.find_thread(session, message.chat.id, replied.message_id)
        return False if thread_id is None else {"thread_id": thread_id}


@router.callback_query(WriteToSchool.filter())
async def begin(query: CallbackQuery, request: Request) -> Reply:
    await request.state.set_state(SupportQuestion.message)
    return say(query, words.ASK)


@router.message(SupportQuestion.message, ~F.text.startswith("/"))
async def take_question(message: Message, request: Request) -> Reply:
    session, person, now = request.session, request.person, request.now
    timings = request.context.timings
    try:
        await count_try(
            session,
            person.telegram_id,
            Guess.SUPPORT,
            now,
            most=timings.questions,
            wait=timings.questions_wait,
        )
    except TooManyTries:
        return say(message, words.TOO_MANY)
    user_id = person.account.id if person.account else None
    asked = await support.record_question(session, person.telegram_id, user_id, written(message), now)
    school = await list_with(session, request.context.settings, Right.SUPPORT)
    await enqueue_all(session, jobs(asked, school))
    album = message.media_group_id
    if album is not None and not await begin_album(session, person.telegram_id, album):
        return None  # said at its first picture
    return say(message, words.SENT, rows(go(words.DONE, START)))


def written(message: Message) -> Written:
    text = message.html_text if message.text or message.caption else ""
    return Written(message.chat.id, message.message_id, ContentType(message.content_type).value, text)


def jobs(message_id: int, to: Iterable[int]) -> list[SupportJob]:
    return [SupportJob(message=message_id, telegram_id=one) for one in dict.fromkeys(to)]


@admin_router.message(F.reply_to_message, ~F.text.startswith("/"), AnswersThread())
async def answer(message: Message, request: Request, thread_id: int) -> Reply:
    """Silent: a sign at the message tells when it has arrived. Raises ThreadUnknown."""
    session, admin_id = request.session, request.person.telegram_id
    done = await support.record_answer(session, thread_id, admin_id, written(message), request.now)
    school = await list_with(session, request.context.settings, Right.SUPPORT)
    others = [one for one in school if one != admin_id]
    await enqueue_all(session, jobs(done.message.id, [done.thread.telegram_id, *others]))
    await _record_answer(message, request, done.thread)
    return None


async def _record_answer(message: Message, request: Request, thread: SupportThread) -> None:
    """An album once."""
    session, admin = request.session, request.person.telegram_id
    if message.media_group_id and not await begin_album(session, admin, message.media_group_id):
        return
    name, _username = await people.get_names(session, thread.telegram_id)
    asked = await support.has_question(session, thread.id)
    await request.record_act(ActKind.ANSWER, user_id=thread.user_id, thread=thread.id, name=name, asked=asked)


async def list_threads(event: Message | CallbackQuery, request: Request) -> Reply:
    found = await support.list_open(request.session, LISTED)
    if not found:
        return say(event, words.NONE_OPEN)
    total = await support.count_open(request.session)
    buttons = [press(words.thread_button(one), ShowThread(id=one.id)) for one in found]
    return say(event, words.threads(found, total), rows(*in_rows(buttons, 2)))


admin_router.message.register(list_threads, is_(SUPPORT))
admin_router.callback_query.register(list_threads, goes_to(SUPPORT))


async def show_thread(query: CallbackQuery, callback_data: ShowThread, request: Request) -> Reply:
    """In place, so that a reply to it is known to be an answer. Raises ThreadUnknown."""
    session = request.session
    thread = await support.get_thread(session, callback_data.id)
    name, _username = await people.get_names(session, thread.telegram_id)
    who = await people.get_account_summary(session, thread.user_id) if thread.user_id else None
    if (shown := in_place(query)) is not None:
        await support.record_copy(session, request.person.telegram_id, shown, thread.id)
    found = await support.list_messages(session, thread.id, MESSAGES)
    close = press(words.CLOSE, CloseThread(id=thread.id)) if thread.closed_at is None else None
    text = words.history(who, name, thread.telegram_id, found, thread.closed_at)
    return show(query, text, rows(close, go(words.ALL, SUPPORT)))


admin_router.callback_query.register(show_thread, ShowThread.filter())


@admin_router.callback_query(WriteToPerson.filter())
async def write_to_person(query: CallbackQuery, callback_data: WriteToPerson, request: Request) -> Reply:
    """What was written last with this person; where nothing was, a thread to begin with. Raises PersonUnknown."""
    thread_id = await support.open_for(request.session, callback_data.user, request.now)
    return await show_thread(query, ShowThread(id=thread_id), request)


@admin_router.callback_query(CloseThread.filter())
async def close(query: CallbackQuery, callback_data: CloseThread, request: Request) -> Reply:
    """Raises ThreadUnknown."""
    session = request.session
    closed = await support.close_thread(session, callback_data.id, request.now)
    if closed:
        thread = await support.get_thread(session, callback_data.id)
        name, _username = await people.get_names(session, thread.telegram_id)
        await request.record_act(ActKind.CLOSE, user_id=thread.user_id, thread=thread.id, name=name)
    return [
        toast(query, words.CLOSED if closed else words.CLOSED_ALREADY),
        *as_list(await list_threads(query, request)),
    ]
