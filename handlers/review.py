"""Reviews: questions that are due again, in sittings of ten at most. They are asked as those of lessons are."""

from aiogram.types import CallbackQuery, Message

from bot.chat.commands import LESSONS, REVIEW, START
from bot.chat.keyboards import go, rows
from bot.chat.replies import Reply, in_place, show
from bot.context import Request
from bot.texts import home as home_words
from bot.texts import review as words
from db.lessons import attempts
from db.lessons.sittings import get_due
from handlers.filters import SignedIn, goes_to, is_, router_for
from handlers.questions import seed, show_attempt

router = router_for("review", SignedIn())


@router.message(is_(REVIEW))
@router.callback_query(goes_to(REVIEW))
async def review(event: Message | CallbackQuery, request: Request) -> Reply:
    """The question that is most overdue, at once: one tap answers it."""
    session, user_id, now = request.session, request.person.user_id, request.now
    due = await get_due(session, user_id, now)
    if not due.count:
        keyboard = rows((go(home_words.MY_COURSES, LESSONS), go(home_words.HOME, START)))
        return show(event, words.nothing(due), keyboard)
    attempt = await attempts.begin_review(session, user_id, seed(), now)
    return await show_attempt(event, attempt, request, in_place(event))
