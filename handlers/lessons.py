"""Lessons: modules, a module's contents, a lesson, finishing it, and /progress. Access is checked at each step.

Contents and free previews are open for everyone, also before registering; finishing a lesson needs a session.
"""

from datetime import datetime

from aiogram import F, Router
from aiogram.methods import EditMessageReplyMarkup
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import (
    FinishLesson,
    Go,
    ShowLesson,
    ShowLessonModules,
    ShowLessons,
    ShowModule,
    ShowOffer,
)
from bot.chat.commands import LESSONS, PROGRESS, PROMO
from bot.chat.keyboards import go, press, rows
from bot.chat.paging import Page
from bot.chat.replies import Method, Reply, say, say_media, say_pages, show, toast
from bot.texts import lessons as words
from bot.texts import promo as promo_words
from bot.texts import shop as shop_words
from db.chats import Person
from db.lessons import lessons, progress
from db.lessons.lessons import Contents, LessonPage
from db.shop import courses
from handlers.fallback import sign_in_first
from handlers.filters import SignedIn, is_

router = Router(name="lessons")

BUTTONS_A_PAGE = 8
MAX_OFFERS = 6  # under a locked lesson
MAX_MODULES = 40  # buttons under /progress


def learner(person: Person) -> int | None:
    """The account whose access and progress count; without a live session nothing of it is seen."""
    return person.user_id if person.signed_in else None


@router.message(is_(LESSONS), SignedIn())
@router.callback_query(Go.filter(F.command == LESSONS.name), SignedIn())
async def say_modules(
    event: Message | CallbackQuery, session: AsyncSession, person: Person, now: datetime
) -> Reply:
    return say(event, *await modules(session, person, now, 0))


@router.callback_query(ShowLessonModules.filter())
async def show_modules(
    query: CallbackQuery,
    callback_data: ShowLessonModules,
    session: AsyncSession,
    person: Person,
    now: datetime,
) -> Reply:
    return show(query, *await modules(session, person, now, callback_data.page))


async def modules(
    session: AsyncSession, person: Person, now: datetime, page: int
) -> tuple[str, InlineKeyboardMarkup]:
    found = await lessons.list_modules(session, learner(person), now)
    place = Page(page, len(found), BUTTONS_A_PAGE)
    buttons = [
        press(words.module_button(one), ShowLessons(module=one.id, page=0)) for one in found[place.slice]
    ]
    turn = place.navigation_buttons(
        lambda page: ShowLessonModules(page=page), words.PREVIOUS, words.FOLLOWING
    )
    return words.choose_module(found), rows(*buttons, turn)


@router.callback_query(ShowLessons.filter())
async def show_lessons(
    query: CallbackQuery, callback_data: ShowLessons, session: AsyncSession, person: Person, now: datetime
) -> Reply:
    found = await lessons.get_contents(session, callback_data.module, learner(person), now)
    if found is None:
        return toast(query, words.MODULE_GONE, alert=True)
    if callback_data.page is None:
        return say(query, words.contents(found), contents_keyboard(found, page_of_next(found)))
    return show(query, words.contents(found), contents_keyboard(found, callback_data.page))


def page_of_next(found: Contents) -> int:
    """The page with the first lesson that is not done yet."""
    undone = (at for at, line in enumerate(found.lessons) if not line.done)
    return next(undone, 0) // BUTTONS_A_PAGE


def contents_keyboard(found: Contents, page: int) -> InlineKeyboardMarkup:
    module, place = found.module_id, Page(page, len(found.lessons), BUTTONS_A_PAGE)
    buttons = [
        press(words.lesson_button(line, found.is_open), ShowLesson(id=line.id))
        for line in found.lessons[place.slice]
    ]
    turn = place.navigation_buttons(
        lambda page: ShowLessons(module=module, page=page), words.PREVIOUS, words.FOLLOWING
    )
    opens = None if found.is_open else press(words.HOW_TO_OPEN, ShowModule(id=module))
    return rows(*buttons, turn, opens, press(words.ALL_MODULES, ShowLessonModules()))


@router.callback_query(ShowLesson.filter())
async def show_lesson(
    query: CallbackQuery, callback_data: ShowLesson, session: AsyncSession, person: Person, now: datetime
) -> Reply:
    page = await lessons.get_lesson(session, callback_data.id, learner(person), now)
    return await say_lesson(query, page, session)


async def say_lesson(query: CallbackQuery, page: LessonPage, session: AsyncSession) -> list[Method]:
    """The lesson as new messages, so that what was read before stays; or what opens it."""
    if not page.is_open:
        return [await say_locked(query, page, session)]
    pages = say_pages(query, words.lesson(page), lesson_keyboard(page))
    if page.media is None or page.media_kind is None:
        return pages
    return [say_media(query, page.media_kind, page.media), *pages]


def lesson_keyboard(page: LessonPage) -> InlineKeyboardMarkup:
    done = None if page.done else press(words.DONE, FinishLesson(lesson=page.id))
    back = press(words.PREVIOUS, ShowLesson(id=page.previous)) if page.previous else None
    on = press(words.FOLLOWING, ShowLesson(id=page.following)) if page.following else None
    beside = [button for button in (back, on) if button]
    return rows(done, beside, press(words.ALL_LESSONS, ShowLessons(module=page.module_id)))


async def say_locked(query: CallbackQuery, page: LessonPage, session: AsyncSession) -> Method:
    offers = await courses.list_offers(session, page.module_id)
    buttons = [press(words.offer_button(offer), ShowOffer(id=offer.id)) for offer in offers[:MAX_OFFERS]]
    more = press(shop_words.ALL_OFFERS, ShowModule(id=page.module_id)) if len(offers) > MAX_OFFERS else None
    back = press(words.ALL_LESSONS, ShowLessons(module=page.module_id))
    keyboard = rows(*buttons, more, go(promo_words.HAVE_CODE, PROMO), back)
    return say(query, words.locked(page, offers), keyboard)


@router.callback_query(FinishLesson.filter(), ~SignedIn())
async def finish_before_registering(query: CallbackQuery, person: Person) -> Reply:
    return sign_in_first(query, person)


@router.callback_query(FinishLesson.filter())
async def finish(
    query: CallbackQuery, callback_data: FinishLesson, session: AsyncSession, person: Person, now: datetime
) -> Reply:
    done = await lessons.record_finished(session, person.user_id, callback_data.lesson, now)
    told: list[Method] = [toast(query, words.WELL_DONE), *without_done(query)]
    if done.lesson.following is None:
        back = press(words.ALL_LESSONS, ShowLessons(module=done.lesson.module_id))
        keyboard = rows(back, go(words.MY_PROGRESS, PROGRESS))
        return [*told, say(query, words.finished(done), keyboard)]
    page = await lessons.get_lesson(session, done.lesson.following, person.user_id, now)
    return [*told, *await say_lesson(query, page, session)]


def without_done(query: CallbackQuery) -> list[Method]:
    """The lesson's own message loses the button that has been pressed."""
    message = query.message
    if not isinstance(message, Message) or message.reply_markup is None:
        return []
    kept = [
        [button for button in row if button.callback_data != query.data]
        for row in message.reply_markup.inline_keyboard
    ]
    return [
        EditMessageReplyMarkup(
            chat_id=message.chat.id, message_id=message.message_id, reply_markup=rows(*kept)
        )
    ]


@router.message(is_(PROGRESS), SignedIn())
@router.callback_query(Go.filter(F.command == PROGRESS.name), SignedIn())
async def show_progress(
    event: Message | CallbackQuery, session: AsyncSession, person: Person, now: datetime
) -> Reply:
    found = await progress.list_progress(session, person.user_id, now)
    begun = [one for one in found if one.following is not None][:MAX_MODULES]
    buttons = [press(words.go_on(one), ShowLesson(id=one.following)) for one in begun]
    text = words.progress(found) if found else words.NO_PROGRESS
    return say_pages(event, text, rows(*buttons, go(words.LESSONS, LESSONS)))
