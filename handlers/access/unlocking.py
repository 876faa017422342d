"""An admin unlocks a lesson for one person, whatever the catalogue makes it wait for: from /user."""

from typing import Any

from aiogram.types import CallbackQuery, InlineKeyboardMarkup

from bot.chat.admin_buttons import ShowWaiting, UnlockLesson
from bot.chat.keyboards import press, rows
from bot.chat.replies import Method, Reply, show_or_say, toast
from bot.chat.rights import Right, may
from bot.context import Request
from bot.notifications.events import LessonUnlocked
from bot.notifications.notify import notify
from bot.texts.access import unlocking as words
from db.accounts import people
from db.acts import ActKind
from db.lessons import lessons, unlocking
from db.lessons.unlocking import WaitingLesson
from handlers.filters import role_router

router = role_router("unlocking", Right.LESSONS, Right.PEOPLE)

SHOWN = 10


async def show_waiting(
    query: CallbackQuery, callback_data: ShowWaiting | UnlockLesson, request: Request
) -> Method:
    user_id = callback_data.user
    who = await people.get_account_summary(request.session, user_id)
    if not may(request.person, request.context.settings, Right.PEOPLE):
        who = who.without_contacts
    found = await unlocking.list_waiting(request.session, user_id, request.now, SHOWN)
    return show_or_say(query, words.waiting(who, found), _keyboard(user_id, found))


router.callback_query.register(show_waiting, ShowWaiting.filter())


@router.callback_query(UnlockLesson.filter())
async def unlock(query: CallbackQuery, callback_data: UnlockLesson, request: Request) -> Reply:
    user_id, session, now = callback_data.user, request.session, request.now
    page = await lessons.get_lesson(session, callback_data.lesson, user_id, now)
    admin = request.person.telegram_id
    if page.lock is None or not await unlocking.unlock_lesson(session, user_id, page.id, admin, now):
        return [toast(query, words.UNLOCKED_BEFORE), await show_waiting(query, callback_data, request)]
    facts: dict[str, Any] = {"number": page.number, "lesson": page.title, "module": page.module}
    await request.record_act(ActKind.UNLOCK, user_id=user_id, **facts)
    event = LessonUnlocked(lesson_id=page.id, **facts)
    await notify(session, user_id, event)
    return [toast(query, words.UNLOCKED), await show_waiting(query, callback_data, request)]


def _keyboard(user_id: int, found: list[WaitingLesson]) -> InlineKeyboardMarkup:
    return rows(*(press(words.button(one), UnlockLesson(user=user_id, lesson=one.id)) for one in found))
