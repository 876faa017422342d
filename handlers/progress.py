"""/progress: how far in each course, days of learning; and the same as a picture."""

from aiogram.types import CallbackQuery, InlineKeyboardButton, Message

from bot.chat.buttons import DrawProgress, ShowLesson, ShowModule
from bot.chat.certificate_buttons import ShowCertificate
from bot.chat.commands import LESSONS, PROGRESS, START
from bot.chat.keyboards import go, press, rows
from bot.chat.replies import Reply, say, toast
from bot.context import Request
from bot.texts import certificates as certificate_words
from bot.texts import home as home_words
from bot.texts import progress as words
from db.jobs import DrawProgressJob
from db.lessons.days import get_learning_days
from db.lessons.progress import ModuleProgress, list_progress
from db.queue import enqueue
from db.reminders.people import get_zones
from handlers.filters import SignedIn, goes_to, is_, router_for

MAX_MODULES = 40  # buttons

router = router_for("progress", SignedIn())


@router.message(is_(PROGRESS))
@router.callback_query(goes_to(PROGRESS))
async def show_progress(event: Message | CallbackQuery, request: Request) -> Reply:
    session, user_id, now = request.session, request.person.user_id, request.now
    found = await list_progress(session, user_id, now)
    zone, moves = await get_zones(session, user_id, request.context.settings.zone)
    days = await get_learning_days(session, user_id, now, zone, moves)
    buttons = [button for one in found if (button := course_button(one))][:MAX_MODULES]
    return say(
        event,
        words.progress(found, days) if found else words.NOTHING,
        rows(
            *buttons,
            *(
                press(certificate_words.of_course(one.module), ShowCertificate(module=one.module_id))
                for one in found[:MAX_MODULES]
                if one.progress.finished
            ),
            press(words.PICTURE, DrawProgress(dark=False)) if found else None,
            (go(home_words.MY_COURSES, LESSONS), go(home_words.HOME, START)),
        ),
    )


def course_button(one: ModuleProgress) -> InlineKeyboardButton | None:
    """Goes on with it, or, where access to what is left of it is closed, opens it."""
    if not one.is_open:
        return press(words.open_again(one), ShowModule(id=one.module_id)) if one.progress.left else None
    return press(words.go_on(one), ShowLesson(id=one.following)) if one.following is not None else None


@router.callback_query(DrawProgress.filter())
async def draw_progress(query: CallbackQuery, callback_data: DrawProgress, request: Request) -> Reply:
    """Drawing takes a moment: a job does it."""
    person = request.person
    job = DrawProgressJob(user_id=person.user_id, telegram_id=person.telegram_id, dark=callback_data.dark)
    await enqueue(request.session, job)
    return toast(query, words.DRAWING)
