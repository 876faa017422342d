"""How an attempt at a lesson's questions ended, and what comes after a course's last lesson."""

from datetime import datetime

from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from bot.chat.buttons import BeginQuestions, ShowLesson, ShowLessons, ShowModule
from bot.chat.certificate_buttons import ShowCertificate
from bot.chat.commands import COURSES, PROGRESS, START
from bot.chat.keyboards import go, open_url, press, rows
from bot.chat.replies import Method, place
from bot.chat.support_buttons import WriteToSchool
from bot.context import Request
from bot.texts import certificates as certificate_words
from bot.texts import home as home_words
from bot.texts import lessons as lesson_words
from bot.texts import questions as words
from bot.texts import review as review_words
from db.lessons import lessons, outcomes, progress
from db.lessons.attempts import Attempt
from db.lessons.finishing import record_finished_course
from db.lessons.lessons import FinishedLesson
from db.lessons.sittings import get_due
from db.shop import courses
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
    done = FinishedLesson(page, await progress.get_progress(session, user_id, page.module_id, request.now))
    finished = await is_course_end(done, ended.finished_at, request)
    if page.following is not None and not finished:
        keyboard = rows(next_button(found, stays=True), *passed_buttons(page.id, page.module_id))
        return [place(event, message_id, text, keyboard)]
    end, keyboard = await course_end(done, found, request, finished=finished)
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


async def is_course_end(done: FinishedLesson, at: datetime | None, request: Request) -> bool:
    """Whether what was finished at that moment was the last that was left of its course: once per person."""
    if not done.progress.finished or at is None:
        return False
    session, user_id, module_id = request.session, request.person.user_id, done.lesson.module_id
    return at == await record_finished_course(session, user_id, module_id, request.now)


async def course_end(
    done: FinishedLesson, found: Home, request: Request, *, finished: bool
) -> tuple[str, InlineKeyboardMarkup]:
    """After a course's last lesson: what was left out in it, or its certificate and the next course, and whom to tell.
    `finished`: just now."""
    lesson = done.lesson
    share = None if done.progress.left else lesson_words.share_url(lesson.module, request.context.username)
    keyboard = rows(
        None
        if done.progress.left
        else press(certificate_words.GET, ShowCertificate(module=lesson.module_id)),
        next_button(found, stays=True),
        await next_course(lesson.module_id, found, request),
        [open_url(lesson_words.SHARE, share)] if share else None,
        None if done.progress.left else press(words.A_WORD, WriteToSchool()),
        press(lesson_words.ALL_LESSONS, ShowLessons(module=lesson.module_id)),
        go(lesson_words.MY_PROGRESS, PROGRESS),
    )
    return lesson_words.finished(done, finished), keyboard


async def next_course(module_id: int, found: Home, request: Request) -> InlineKeyboardButton | None:
    """The one on sale after this one that the person has no access to; all courses where there is nothing to do."""
    opened = {one.module_id for one in found.courses if one.is_open} | {module_id}
    there = [
        one for one in await courses.list_modules(request.session) if one.offers and one.id not in opened
    ]
    there.sort(key=lambda one: one.id < module_id)
    if there:
        return press(lesson_words.next_course(there[0].name), ShowModule(id=there[0].id))
    return None if found.following else go(lesson_words.MORE_COURSES, COURSES)
