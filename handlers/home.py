"""Home, where a signed-in person starts from: the lesson to go on with, and a line per course.

Its message is a living one: its buttons rewrite it, and a lesson that is done does so as well, as soon as a button
pressed on it has told which message it is (`Person.home_id`). Of two the older one loses its buttons.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from aiogram.dispatcher.event.bases import UNHANDLED
from aiogram.methods import DeleteMessages, EditMessageMedia, EditMessageText
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message, TelegramObject
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import Continue, Go, GoBelow, ShowLesson, ShowModule
from bot.chat.commands import ADMIN, BUY, LESSONS, PROFILE, PROMO, REVIEW
from bot.chat.keyboards import go, press, rows
from bot.chat.replies import Method, Redraw, as_list, in_place, say, without_buttons
from bot.chat.rights import may
from bot.context import Request
from bot.texts import home as words
from db.chats import Person
from db.lessons import home
from db.lessons.home import Course, NextLesson

Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]]
RENEW_WITHIN = timedelta(days=7)  # of its end a course is offered to be renewed


@dataclass(frozen=True, slots=True)
class Home:
    """`following`: the lesson to go on with, a free one where nothing else is left to do. `due`: questions to
    review."""

    courses: list[Course]
    following: NextLesson | None
    due: int = 0


async def load_home(request: Request) -> Home:
    """Of a signed-in person."""
    session, person = request.session, request.person
    found = await home.get_learning(session, person.user_id, request.now)
    following = choose(found.courses, person.module_id)
    if following is None:
        following = await home.get_free_lesson(session, person.user_id, last=person.module_id)
    return Home(found.courses, following, found.due)


def choose(courses: list[Course], last: int | None) -> NextLesson | None:
    """The next lesson of the course used last; else of the one that ends first."""
    to_do = [one for one in courses if one.following is not None]
    used = [one for one in to_do if one.module_id == last]
    return next((one.following for one in (*used, *to_do)), None)


async def show_home(event: Message | CallbackQuery, request: Request) -> list[Method]:
    """In place of the message whose button was pressed, or as a new one."""
    return place_home(event, await load_home(request), request)


def place_home(event: Message | CallbackQuery, found: Home, request: Request) -> list[Method]:
    if (message_id := in_place(event)) is None:
        return [say(event, *draw(found, request))]
    return [_redraw(message_id, found, request), *now_home(request.person, message_id)]


def draw(found: Home, request: Request) -> tuple[str, InlineKeyboardMarkup]:
    text = words.home(request.person.first_name, found.courses, found.following)
    return text, home_keyboard(found, request)


def _redraw(message_id: int, found: Home, request: Request) -> Redraw:
    text, keyboard = draw(found, request)
    chat_id = request.person.telegram_id
    return Redraw(chat_id=chat_id, message_id=message_id, text=text, reply_markup=keyboard)


def home_keyboard(found: Home, request: Request) -> InlineKeyboardMarkup:
    is_admin = may(request.person, request.context.settings)
    return rows(
        next_button(found),
        review_button(found.due),
        renew_button(found, request),
        (go(words.MY_COURSES, LESSONS), go(words.BUY, BUY)),
        (go(words.PROMO, PROMO), go(words.PROFILE, PROFILE)),
        go(words.ADMIN, ADMIN) if is_admin else None,
    )


def next_button(found: Home, *, stays: bool = False) -> InlineKeyboardButton | None:
    """As wide as the message: what most people have come for. `stays`: under news."""
    lesson = found.following
    return (
        press(words.next_lesson(lesson.number, lesson.title), Continue(lesson=lesson.id, stays=stays))
        if lesson
        else None
    )


def review_button(due: int) -> InlineKeyboardButton | None:
    return go(words.review(due), REVIEW) if due else None


async def free_lesson_button(
    session: AsyncSession, user_id: int | None = None, module_id: int | None = None
) -> InlineKeyboardButton | None:
    """The first free lesson that is still to do, of a course or of all: what convinces best."""
    found = await home.get_free_lesson(session, user_id, module_id)
    return press(words.FREE_LESSON, ShowLesson(id=found.id)) if found else None


def renew_button(found: Home, request: Request) -> InlineKeyboardButton | None:
    """What ends soonest, where that is soon; what has ended last, where nothing else is open."""
    first = found.courses[0] if found.courses else None
    if first is None or first.ends_at is None or first.ends_at > request.now + RENEW_WITHIN:
        return None
    return press(words.renew(first), ShowModule(id=first.module_id))


def now_home(person: Person, message_id: int) -> list[Method]:
    """The message that shows home from now on; the one before it loses its buttons."""
    before = person.home_id
    if before == message_id:
        return []
    person.home_id, person.changed = message_id, True
    if before is None:
        return []
    return [without_buttons(person.telegram_id, before)]


def redraw_home(found: Home, request: Request) -> list[Method]:
    """What has just been done changes what home shows."""
    home_id = request.person.home_id
    return [] if home_id is None else [_redraw(home_id, found, request)]


async def go_below(handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
    """Middleware: as if the button's message were gone, so that what is shown is a new one."""
    prefix = f"{GoBelow.__prefix__}:"
    if isinstance(event, CallbackQuery) and (event.data or "").startswith(prefix):
        command = (event.data or "").removeprefix(prefix)
        event = event.model_copy(update={"data": f"{Go.__prefix__}:{command}", "message": None})
        data = data | {"request": replace(data["request"], event=event)}
    return await handler(event, data)


async def forget_rewritten(handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
    """Middleware: a button of the living message may turn it into something else, an order or a lesson."""
    answer, person = await handler(event, data), data["person"]
    if answer is UNHANDLED or person.home_id is None:
        return answer
    if any(_rewrites(one, person.home_id) for one in as_list(answer)):
        person.home_id, person.changed = None, True
    return answer


def _rewrites(method: Method, message_id: int) -> bool:
    match method:
        case Redraw():
            return False
        case EditMessageText() | EditMessageMedia():
            return method.message_id == message_id
        case DeleteMessages():
            return message_id in method.message_ids
    return False
