"""Promo codes: `/promo CODE`, the button and then the code as text, or a deep link (`handlers/start.py`)."""

from datetime import datetime
from typing import Any

from aiogram import F, Router
from aiogram.filters import CommandObject
from aiogram.fsm.context import FSMContext
from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import Go
from bot.chat.commands import PROMO
from bot.chat.conversation import Promo
from bot.chat.replies import say
from bot.notifications.events import PromoRedeemed
from bot.notifications.notify import notify
from bot.texts import promo
from db.chats import Person
from db.promo import redeem
from handlers.filters import SignedIn, is_

router = Router(name="promo")
router.message.filter(SignedIn())
router.callback_query.filter(SignedIn())


@router.message(is_(PROMO))
async def redeem_or_ask(
    message: Message,
    command: CommandObject,
    session: AsyncSession,
    person: Person,
    state: FSMContext,
    now: datetime,
) -> Any:
    if not command.args:
        return await ask(message, state)
    return await redeem_code(command.args, session, person, state, now)


@router.callback_query(Go.filter(F.command == PROMO.name))
async def ask(event: Message | CallbackQuery, state: FSMContext) -> Any:
    await state.set_state(Promo.code)
    return say(event, promo.ASK)


@router.message(Promo.code, F.text, ~F.text.startswith("/"))
async def take_code(
    message: Message, session: AsyncSession, person: Person, state: FSMContext, now: datetime
) -> Any:
    return await redeem_code(message.text or "", session, person, state, now)


@router.message(Promo.code, ~F.text)
async def not_a_text(message: Message) -> Any:
    return say(message, promo.TEXT_PLEASE)


async def redeem_code(
    code: str,
    session: AsyncSession,
    person: Person,
    state: FSMContext,
    now: datetime,
) -> None:
    """A refused code keeps the question open: the next text is taken as a code again."""
    redeemed = await redeem(session, person.user_id, code, now)
    await state.clear()
    await notify(
        session,
        person.user_id,
        PromoRedeemed(
            code=redeemed.code,
            product=redeemed.product,
            module=redeemed.module,
            module_id=redeemed.change.module_id,
            days=redeemed.days,
            ends_at=redeemed.change.after,
        ),
    )
