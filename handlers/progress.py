"""How far a person is: `/progress`."""

from datetime import datetime
from typing import Any

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import Go, ShowLesson
from bot.chat.commands import LESSONS, PROGRESS
from bot.chat.keyboards import go, press, rows
from bot.chat.replies import say_pages
from bot.texts import lessons as words
from db.chats import Person
from db.lessons import progress
from handlers.filters import SignedIn, is_

router = Router(name="progress")
router.message.filter(SignedIn())
router.callback_query.filter(SignedIn())

MAX_BUTTONS = 40


@router.message(is_(PROGRESS))
@router.callback_query(Go.filter(F.command == PROGRESS.name))
async def show_progress(
    event: Message | CallbackQuery, session: AsyncSession, person: Person, now: datetime
) -> Any:
    found = await progress.list_progress(session, person.user_id, now)
    begun = [one for one in found if one.following is not None][:MAX_BUTTONS]
    buttons = [press(words.go_on(one), ShowLesson(id=one.following)) for one in begun]
    text = words.progress(found) if found else words.NO_PROGRESS
    return say_pages(event, text, rows(*buttons, go(words.LESSONS, LESSONS)))
