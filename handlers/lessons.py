"""Lessons: courses, a course's contents, a lesson. Access is checked at each step.

Contents and free lessons are open for everyone, also before registering; finishing a lesson, which needs a session,
is in handlers/questions.py.
"""

from functools import lru_cache

from aiogram import Router
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import (
    BeginQuestions,
    Continue,
    FinishLesson,
    ShowLesson,
    ShowLessonModules,
    ShowLessons,
    ShowModule,
    ShowOffer,
)
from bot.chat.certificate_buttons import ShowCertificate
from bot.chat.commands import LESSONS, PROMO, START, STATUS
from bot.chat.disabled import disabled
from bot.chat.keyboards import go, press, rows
from bot.chat.paging import Page
from bot.chat.replies import Method, Reply, say, show, toast
from bot.context import Request
from bot.texts import certificates as certificate_words
from bot.texts import home as home_words
from bot.texts import language
from bot.texts import lessons as words
from bot.texts import questions as question_words
from bot.texts import shop as shop_words
from bot.texts.format import safe
from db.ahead import Ahead
from db.chats import Person
from db.errors import LessonUnknown
from db.lessons import lessons
from db.lessons.lessons import Contents, LessonLine, LessonPage, ModuleLessons
from db.shop import courses
from handlers.dispatching import AHEAD
from handlers.filters import NotSignedOut, goes_to, is_
from handlers.home import load_home, next_button, now_home, place_home
from handlers.lessons_screen import show_page, show_text

router = Router(name="lessons")

BUTTONS_A_PAGE = 8
MAX_OFFERS = 6  # under a locked lesson


def learner(person: Person) -> int | None:
    """The account whose access and progress count; without a live session nothing of it is seen."""
    return person.user_id if person.signed_in else None


@router.message(is_(LESSONS), NotSignedOut())
@router.callback_query(goes_to(LESSONS), NotSignedOut())
async def first_courses(event: Message | CallbackQuery, request: Request) -> Reply:
    return show(event, *await courses_page(request, 0))


@router.callback_query(ShowLessonModules.filter())
async def turn_courses(query: CallbackQuery, callback_data: ShowLessonModules, request: Request) -> Reply:
    return show(query, *await courses_page(request, callback_data.page))


async def courses_page(request: Request, number: int) -> tuple[str, InlineKeyboardMarkup]:
    person = request.person
    found = await lessons.list_modules(request.session, learner(person), request.now)
    found.sort(key=usefulness)
    place = Page(number, len(found), BUTTONS_A_PAGE)
    buttons = [
        press(words.module_button(one), ShowLessons(module=one.id, page=0)) for one in found[place.slice]
    ]
    turn = place.navigation_buttons(
        lambda page: ShowLessonModules(page=page), words.PREVIOUS, words.FOLLOWING
    )
    if not person.signed_in:
        return words.courses(found, []), rows(*buttons, turn, go(home_words.HOME, START))
    home = await load_home(request)
    beside = (go(words.MY_ACCESS, STATUS), go(home_words.HOME, START))
    return words.courses(found, home.courses), rows(next_button(home), *buttons, turn, beside)


def usefulness(one: ModuleLessons) -> tuple[bool, bool]:
    """What can be gone on with stands first, then what is done, then what is locked."""
    return not one.is_open, one.progress.finished


@router.callback_query(ShowLessons.filter())
async def show_lessons(query: CallbackQuery, callback_data: ShowLessons, request: Request) -> Reply:
    session, person, now = request.session, request.person, request.now
    found = await lessons.get_contents(session, callback_data.module, learner(person), now)
    if found is None:
        return toast(query, words.MODULE_GONE, alert=True)
    page = page_of_next(found) if callback_data.page is None else callback_data.page
    place = Page(page, len(found.lessons), BUTTONS_A_PAGE)
    shown = found.lessons[place.slice]
    return show_text(query, words.contents(found, shown), contents_keyboard(found, place), request)


def page_of_next(found: Contents) -> int:
    """The page with the first lesson that is not done yet."""
    undone = (at for at, line in enumerate(found.lessons) if not line.done)
    return next(undone, 0) // BUTTONS_A_PAGE


def contents_keyboard(found: Contents, place: Page) -> InlineKeyboardMarkup:
    """The lesson to go on with first, then all in their order."""
    module = found.module_id
    can_take = (
        line
        for line in found.lessons
        if not line.done and (line.preview or (found.is_open and not line.lock))
    )
    first = next(can_take, None)
    buttons = [lesson_button(line, found.is_open) for line in found.lessons[place.slice]]
    turn = place.navigation_buttons(
        lambda page: ShowLessons(module=module, page=page), words.PREVIOUS, words.FOLLOWING
    )
    return rows(
        press(home_words.next_lesson(first.number, first.title), Continue(lesson=first.id))
        if first
        else None,
        press(certificate_words.CERTIFICATE, ShowCertificate(module=module))
        if found.progress.finished
        else None,
        *buttons,
        turn,
        None if found.is_open else press(words.HOW_TO_OPEN, ShowModule(id=module)),
        press(words.ALL_MODULES, ShowLessonModules()),
    )


def lesson_button(line: LessonLine, is_open: bool) -> InlineKeyboardButton:
    """What opens one that waits is said above."""
    make = press if line.lock is None else disabled
    return make(words.lesson_button(line, is_open), ShowLesson(id=line.id))


def lesson_ahead(query: CallbackQuery) -> Ahead:
    return lessons.lesson_ahead(ShowLesson.unpack(query.data or "").id)


@router.callback_query(ShowLesson.filter(), flags={AHEAD: lesson_ahead})
async def show_lesson(query: CallbackQuery, callback_data: ShowLesson, request: Request) -> Reply:
    page = await lessons.get_lesson(request.session, callback_data.id, learner(request.person), request.now)
    return await say_lesson(query, page, request, here=True)


@router.callback_query(Continue.filter())
async def go_on(query: CallbackQuery, callback_data: Continue, request: Request) -> Reply:
    """The lesson on the button; where that is done by now, the one to go on with, and the message is drawn anew."""
    person, session, now = request.person, request.session, request.now
    if not person.signed_in:
        return await say_lesson(
            query, await lessons.get_lesson(session, callback_data.lesson, None, now), request
        )
    if callback_data.stays:
        query = query.model_copy(update={"message": None})
    try:
        page = await lessons.get_lesson(session, callback_data.lesson, person.user_id, now)
    except LessonUnknown:
        return await go_on_from_home(query, None, request)
    if page.done or not page.is_open:
        return await go_on_from_home(query, page, request)
    beside = now_home(person, query.message.message_id) if query.message else []
    return [*await say_lesson(query, page, request), *beside]


async def go_on_from_home(query: CallbackQuery, page: LessonPage | None, request: Request) -> Reply:
    """`page`: of the lesson that was on the button, where it is still there."""
    found = await load_home(request)
    drawn = place_home(query, found, request) if query.message or not found.following else []
    if page is not None and not page.done:
        return [*drawn, await say_locked(query, page, request.session)]
    if found.following is None:
        return drawn
    following = await lessons.get_lesson(
        request.session, found.following.id, request.person.user_id, request.now
    )
    return [*await say_lesson(query, following, request), *drawn]


async def say_lesson(
    query: CallbackQuery, page: LessonPage, request: Request, *, here: bool = False
) -> list[Method]:
    """The lesson, `here` in place of what was pressed, else below, so that what was read before stays; or what opens
    it."""
    if not page.is_open:
        return [await say_locked(query, page, request.session)]
    person = request.person
    if person.module_id != page.module_id:
        person.module_id, person.changed = page.module_id, True
    return await show_page(query, page, lesson_keyboard(page), request, here=here)


def lesson_keyboard(page: LessonPage) -> InlineKeyboardMarkup:
    around = page.id, page.module_id, page.previous, page.following
    return _lesson_keyboard(language(), *around, page.questions, page.done)


@lru_cache(maxsize=1000)
def _lesson_keyboard(
    _language: str,
    id_: int,
    module: int,
    previous: int | None,
    following: int | None,
    questions: int,
    done: bool,
) -> InlineKeyboardMarkup:
    """Only the button that finishes an undone lesson has words: going on without it would count nothing."""
    back, on = (words.PREVIOUS, words.FOLLOWING) if done else (words.BACKWARD, words.FORWARD)
    beside = [
        press(back, ShowLesson(id=previous)) if previous else None,
        press(on, ShowLesson(id=following)) if following else None,
    ]
    return rows(
        _finish_button(id_, following, questions, done),
        [button for button in beside if button],
        press(words.ALL_LESSONS, ShowLessons(module=module)),
    )


def _finish_button(
    id_: int, following: int | None, questions: int, done: bool
) -> InlineKeyboardButton | None:
    """By its questions where it has some, which may be answered again."""
    if questions:
        text = question_words.AGAIN if done else question_words.begin(questions)
        return press(text, BeginQuestions(lesson=id_))
    word = words.DONE_NEXT if following else words.DONE
    return None if done else press(word, FinishLesson(lesson=id_))


async def say_locked(query: Message | CallbackQuery, page: LessonPage, session: AsyncSession) -> Method:
    """What opens it: access, or, where that is open, what the lesson waits for."""
    if page.lock is not None:
        waits = words.locked_for_now(page)
        return (
            toast(query, waits, alert=True) if isinstance(query, CallbackQuery) else say(query, safe(waits))
        )
    offers = await courses.list_offers(session, page.module_id)
    buttons = [press(words.offer_button(offer), ShowOffer(id=offer.id)) for offer in offers[:MAX_OFFERS]]
    more = press(shop_words.ALL_OFFERS, ShowModule(id=page.module_id)) if len(offers) > MAX_OFFERS else None
    back = press(words.ALL_LESSONS, ShowLessons(module=page.module_id))
    keyboard = rows(*buttons, more, go(home_words.PROMO, PROMO), back)
    return say(query, words.locked(page, offers), keyboard)


async def say_following(query: CallbackQuery, page: LessonPage, request: Request) -> list[Method]:
    """The lesson; where it is still locked, what it waits for, and what else there is to do."""
    if page.lock is None or page.is_open:
        return await say_lesson(query, page, request)
    found = await load_home(request)
    keyboard = rows(
        next_button(found, stays=True), press(words.ALL_LESSONS, ShowLessons(module=page.module_id))
    )
    return [say(query, safe(words.locked_for_now(page)), keyboard)]
