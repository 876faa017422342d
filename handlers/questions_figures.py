"""/questions, for admins: the hardest questions, where people stop, and who is stuck, each a tap from their card."""

from datetime import datetime

from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.admin_buttons import ShowPerson
from bot.chat.commands import QUESTIONS
from bot.chat.keyboards import press, rows
from bot.chat.replies import Reply, say
from bot.chat.rights import Right
from bot.texts import questions_figures as words
from db.lessons import figures
from handlers.filters import goes_to, is_, role_router

SHOWN = 10

router = role_router("questions_figures", Right.QUESTIONS)


@router.message(is_(QUESTIONS))
@router.callback_query(goes_to(QUESTIONS))
async def show_figures(event: Message | CallbackQuery, session: AsyncSession, now: datetime) -> Reply:
    hardest = await figures.list_hardest(session, SHOWN)
    stops = await figures.list_stops(session, now, SHOWN)
    stuck = await figures.list_stuck(session, now, SHOWN + 1)
    shown = stuck[:SHOWN]
    people = {one.user_id: press(words.person_button(one), ShowPerson(id=one.user_id)) for one in shown}
    return say(event, words.figures(hardest, stops, shown, more=len(stuck) > SHOWN), rows(*people.values()))
