"""Questions of a lesson, one at a time in the same message, and finishing a lesson. Access is checked at each step.

Buttons bear the attempt and the form of what was asked when they were drawn: one that is pressed late, twice, or on
another device answers nothing, and the message is drawn as the attempt stands now (db/lessons/attempts.py).
"""

import random
from typing import Any

from aiogram import F
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

from bot.chat.buttons import (
    AnswerTicked,
    BeginQuestions,
    ChooseOption,
    FinishLesson,
    GiveUp,
    ShowQuestion,
    TickOption,
)
from bot.chat.conversation import LessonQuestion
from bot.chat.keyboards import in_rows, press, rows
from bot.chat.replies import Method, Reply, in_place, place, say, toast, without_buttons, without_pressed
from bot.context import Request
from bot.lessons.messages import send_file
from bot.texts import lessons as lesson_words
from bot.texts import questions as words
from db.errors import LessonLocked, NothingTicked
from db.lessons import attempts, lessons
from db.lessons.attempts import Attempt, OpenQuestion, Verdict
from db.lessons.outcomes import finish as finish_attempt
from db.lessons.questions import Given, Kind
from handlers.conversation import needs_text
from handlers.filters import SignedIn, router_for
from handlers.home import Home, load_home, redraw_home
from handlers.lessons import say_following, say_locked
from handlers.lessons_screen import file_id
from handlers.questions_end import course_end, is_course_end, show_outcome

router = router_for("questions", SignedIn())

COLUMNS = 5  # numbers of options in a row
MAX_SEED = 2**31 - 1


def seed() -> int:
    """Of a new attempt."""
    return random.randrange(MAX_SEED)


async def begin(query: CallbackQuery, callback_data: BeginQuestions, request: Request) -> list[Method]:
    """In a message of its own: the lesson can be read above."""
    session, user_id, now = request.session, request.person.user_id, request.now
    try:
        attempt = await attempts.begin(session, user_id, callback_data.lesson, seed(), now)
    except LessonLocked as locked:
        return [await say_why_locked(query, locked, request)]
    return await show_attempt(query, attempt, request, None)


router.callback_query.register(begin, BeginQuestions.filter())


@router.callback_query(ShowQuestion.filter())
async def show_question(query: CallbackQuery, callback_data: ShowQuestion, request: Request) -> Reply:
    attempt = await attempts.get_attempt(request.session, request.person.user_id, callback_data.attempt)
    if not callback_data.below:
        return await show_attempt(query, attempt, request, in_place(query))
    shown = await show_attempt(query, attempt, request, None)
    before = query.message.message_id if query.message else None
    return [*([without_buttons(request.person.telegram_id, before)] if before else []), *shown]


async def show_attempt(
    event: Message | CallbackQuery, attempt: Attempt, request: Request, message_id: int | None
) -> list[Method]:
    """What it asks now, or how it ended; in that message, or, where that is None, in a new one."""
    try:
        asked = await attempts.get_question(request.session, attempt, request.now)
    except LessonLocked as locked:
        return [await say_why_locked(event, locked, request)]
    if asked is not None:
        return [await ask(event, asked, request, message_id)]
    if not attempt.is_finished:  # what was left to ask has been withdrawn
        await finish_attempt(request.session, attempt.id, request.now)
    return await show_outcome(event, attempt, request, message_id)


async def say_why_locked(event: Message | CallbackQuery, locked: LessonLocked, request: Request) -> Method:
    session, user_id = request.session, request.person.user_id
    page = await lessons.get_lesson(session, locked.lesson_id, user_id, request.now)
    return await say_locked(event, page, session)


async def ask(
    event: Message | CallbackQuery, asked: OpenQuestion, request: Request, message_id: int | None
) -> Method:
    if asked.question.is_typed:
        await request.state.set_state(LessonQuestion.typed)
        data = {"attempt": asked.attempt.id, "form": asked.form, "message": message_id}
        await request.state.set_data(data)
    return place(event, message_id, words.question(asked), question_keyboard(asked))


def question_keyboard(asked: OpenQuestion) -> InlineKeyboardMarkup:
    attempt, form = asked.attempt.id, asked.form
    kind: Any = TickOption if asked.question.kind == Kind.SEVERAL else ChooseOption
    buttons = [
        press(words.option(asked, at), kind(attempt=attempt, form=form, option=at)) for at in asked.options
    ]
    last = None
    if asked.question.is_typed:
        last = press(words.GIVE_UP, GiveUp(attempt=attempt, form=form))
    elif asked.question.kind == Kind.SEVERAL:
        last = press(words.ANSWER, AnswerTicked(attempt=attempt, form=form))
    return rows(*in_rows(buttons, COLUMNS if words.is_listed(asked) else 1), last)


# --- answers ---


@router.callback_query(TickOption.filter())
async def tick(query: CallbackQuery, callback_data: TickOption, request: Request) -> Reply:
    asked = await attempts.toggle(
        request.session,
        request.person.user_id,
        callback_data.attempt,
        callback_data.form,
        callback_data.option,
        request.now,
    )
    if asked is None or asked.form != callback_data.form:
        return await moved_on(query, callback_data.attempt, request)
    return await ask(query, asked, request, in_place(query))


@router.callback_query(ChooseOption.filter())
async def choose(query: CallbackQuery, callback_data: ChooseOption, request: Request) -> Reply:
    given = Given(frozenset([callback_data.option]))
    return await take(query, callback_data.attempt, callback_data.form, given, request)


@router.callback_query(AnswerTicked.filter())
async def answer_ticked(query: CallbackQuery, callback_data: AnswerTicked, request: Request) -> Reply:
    try:
        return await take(query, callback_data.attempt, callback_data.form, None, request)
    except NothingTicked:
        return toast(query, words.NOTHING_TICKED, alert=True)


@router.callback_query(GiveUp.filter())
async def give_up(query: CallbackQuery, callback_data: GiveUp, request: Request) -> Reply:
    return await take(query, callback_data.attempt, callback_data.form, Given(), request)


async def take(
    query: CallbackQuery, attempt_id: int, form: str, given: Given | None, request: Request
) -> list[Method]:
    said = await attempts.answer(
        request.session, request.person.user_id, attempt_id, form, given, request.now
    )
    if said is None:
        return await moved_on(query, attempt_id, request)
    return await show_verdict(query, said, request, in_place(query))


async def moved_on(query: CallbackQuery, attempt_id: int, request: Request) -> list[Method]:
    """What the button was drawn for is not asked any more."""
    attempt = await attempts.get_attempt(request.session, request.person.user_id, attempt_id)
    shown = await show_attempt(query, attempt, request, in_place(query))
    return [toast(query, words.MOVED_ON), *shown]


@router.message(LessonQuestion.typed, F.text, ~F.text.startswith("/"))
async def take_typed(message: Message, request: Request) -> Reply:
    """A text that can't be read as an answer is refused and counts as no try; the question stays open."""
    data, session, person = request.person.data, request.session, request.person
    given = Given(text=message.text or "")
    said = await attempts.answer(session, person.user_id, data["attempt"], data["form"], given, request.now)
    if said is None:
        await request.state.clear()  # what stands now asks again, if anything does
        attempt = await attempts.get_attempt(session, person.user_id, data["attempt"])
        return await show_attempt(message, attempt, request, None)
    await request.state.clear()
    return await show_verdict(message, said, request, data["message"])


needs_text(router, LessonQuestion.typed, words.TEXT_PLEASE)


async def show_verdict(
    event: Message | CallbackQuery, said: Verdict, request: Request, message_id: int | None
) -> list[Method]:
    if said.again and said.following is not None:
        return [await ask(event, said.following, request, message_id)]
    picture, attempt = said.asked.question.picture, said.asked.attempt
    on = ShowQuestion(attempt=attempt.id, below=picture is not None)
    keyboard = rows(press(words.NEXT if said.following else words.DONE, on))
    shown: list[Method] = [place(event, message_id, words.verdict(said), keyboard)]
    if picture is not None:
        picture = await file_id(request, "photo", picture) or picture
        shown.append(send_file(request.person.telegram_id, "photo", picture))
    if said.following is None and request.person.home_id is not None:
        shown += redraw_home(await load_home(request), request)
    return shown


# --- lessons without questions ---


@router.callback_query(FinishLesson.filter())
async def finish(query: CallbackQuery, callback_data: FinishLesson, request: Request) -> Reply:
    """A lesson with questions is finished by answering them."""
    session, person, now = request.session, request.person, request.now
    page = await lessons.get_lesson(session, callback_data.lesson, person.user_id, now)
    if page.questions and not page.done:
        return await begin(query, BeginQuestions(lesson=page.id), request)
    done = await lessons.record_finished(session, person.user_id, page, now)
    finished = not page.done and await is_course_end(done, now, request)
    told: list[Method] = [toast(query, lesson_words.WELL_DONE), *without_pressed(query)]
    found = Home([], None)
    if finished or page.following is None or person.home_id is not None:
        found = await load_home(request)
    if finished or page.following is None:
        told.append(say(query, *await course_end(done, found, request, finished=finished)))
    else:
        following = await lessons.get_lesson(session, page.following, person.user_id, now)
        told += await say_following(query, following, request)
    return [*told, *redraw_home(found, request)]
