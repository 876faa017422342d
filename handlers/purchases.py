"""/purchases: what was paid, what is open, and a question to the provider under each open one."""

from typing import Any

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.buttons import CheckPayment, Go
from bot.commands import PURCHASES
from bot.filters import SignedIn, is_
from bot.keyboards import press, rows
from bot.replies import say
from bot.words import payments as words
from db import purchases
from db.chats import Person

router = Router(name="purchases")
router.message.filter(SignedIn())
router.callback_query.filter(SignedIn())


@router.message(is_(PURCHASES))
@router.callback_query(Go.filter(F.command == PURCHASES.name))
async def show_purchases(event: Message | CallbackQuery, session: AsyncSession, person: Person) -> Any:
    found = await purchases.bought(session, person.user_id)
    open_ones = [one for one in found if one.ours and one.status == purchases.Status.PENDING]
    buttons = [press(words.check_number(one.id), CheckPayment(purchase=one.id)) for one in open_ones]
    return say(event, words.purchases(found), rows(*buttons) if buttons else None)
