"""How an attempt at a lesson's questions ended, and what comes after a course's last lesson."""

from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from bot.chat.buttons import BeginQuestions, ShowLesson, ShowLessons
from bot.chat.commands import COURSES, PROGRESS, START
from bot.chat.keyboards import go, open_url, press, rows
from bot.chat.replies import Method, place
from bot.context import Request
from bot.texts import home as home_words
from bot.texts import lessons as lesson_words
from bot.texts import questions as words
from bot.texts import review as review_words
from db.lessons import lessons, outcomes, progress
from db.lessons.attempts import Attempt
from db.lessons.lessons import FinishedLesson
from db.lessons.sittings import get_due
from handlers.home import Home, load_home, next_button, review_button


async def show_outcome(
    event: Message | CallbackQuery, attempt: Attempt, request: Request, message_id: int | None
) -> list[Method]:
    session, user_id = request.session, request.person.user_id
    if attempt.lesson_id is None:
        return [await show_reviewed(event, attempt, request, message_id)]
    ended = await outcomes.get_outcome(session, attempt.id)
    page = await lessons.get_lesson(session, attempt.lesson_id, user_id, request.now)
    text = words.outcome(page, ended)
    if not ended.passed:
        return [place(event, message_id, text, failed_keyboard(attempt.lesson_id, page.module_id))]
    found = await load_home(request)
    if page.following is not None:
        keyboard = rows(next_button(found, stays=True), *passed_buttons(page.id, page.module_id))
        return [place(event, message_id, text, keyboard)]
    done = FinishedLesson(page, await progress.get_progress(session, user_id, page.module_id, request.now))
    end, keyboard = course_end(done, found, request)
    return [place(event, message_id, f"{text}\n\n{end}", keyboard)]


async def show_reviewed(
    event: Message | CallbackQuery, attempt: Attempt, request: Request, message_id: int | None
) -> Method:
    due = await get_due(request.session, request.person.user_id, request.now)
    text = review_words.outcome(await outcomes.get_outcome(request.session, attempt.id), due)
    return place(event, message_id, text, rows(review_button(due.count), go(home_words.HOME, START)))


def failed_keyboard(lesson_id: int, module_id: int) -> InlineKeyboardMarkup:
    return rows(
        press(words.TRY_AGAIN, BeginQuestions(lesson=lesson_id)),
        press(words.READ_AGAIN, ShowLesson(id=lesson_id)),
        press(lesson_words.ALL_LESSONS, ShowLessons(module=module_id)),
    )


def passed_buttons(lesson_id: int, module_id: int) -> list[InlineKeyboardButton]:
    return [
        press(words.AGAIN, BeginQuestions(lesson=lesson_id)),
        press(lesson_words.ALL_LESSONS, ShowLessons(module=module_id)),
    ]


def course_end(done: FinishedLesson, found: Home, request: Request) -> tuple[str, InlineKeyboardMarkup]:
    """After a course's last lesson: what was left out in it, or the next course; and whom to tell."""
    lesson = done.lesson
    share = None if done.progress.left else lesson_words.share_url(lesson.module, request.context.username)
    keyboard = rows(
        next_button(found, stays=True) or go(lesson_words.MORE_COURSES, COURSES),
        open_url(lesson_words.SHARE, share) if share else None,
        press(lesson_words.ALL_LESSONS, ShowLessons(module=lesson.module_id)),
        go(lesson_words.MY_PROGRESS, PROGRESS),
    )
    return lesson_words.finished(done), keyboard
