"""Promo codes: redeemed by `/promo CODE`, by the button and then the code as text, or by a deep link
(`handlers/accounts/start.py`); made and listed by admins with /promo_new and /promos.
"""

import re
from datetime import datetime

from aiogram import F, Router
from aiogram.filters import CommandObject
from aiogram.fsm.context import FSMContext
from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.arguments import MAX_COUNT, Arguments
from bot.chat.buttons import Go
from bot.chat.commands import PROMO, PROMO_NEW, PROMOS
from bot.chat.conversation import Promo
from bot.chat.keyboards import go, rows
from bot.chat.replies import Reply, say
from bot.context import AppContext
from bot.notifications.events import PromoRedeemed
from bot.notifications.notify import notify
from bot.texts import promo as words
from db import promo
from db.chats import Person
from handlers.filters import Admin, SignedIn, is_

MAX_LISTED = 20
# Telegram carries 64 characters after start=, of which "promo_" takes six.
LINKABLE = re.compile(r"[A-Za-z0-9_-]{1,58}")

router = Router(name="promo")
router.message.filter(SignedIn())
router.callback_query.filter(SignedIn())
admin_router = Router(name="admin_promo")
admin_router.message.filter(Admin())
admin_router.callback_query.filter(Admin())


@router.message(is_(PROMO))
@router.callback_query(Go.filter(F.command == PROMO.name))
async def redeem_or_ask(
    event: Message | CallbackQuery,
    session: AsyncSession,
    person: Person,
    state: FSMContext,
    now: datetime,
    command: CommandObject | None = None,
) -> Reply:
    if command and command.args:
        await redeem_code(command.args, session, person, state, now)
        return None
    await state.set_state(Promo.code)
    return say(event, words.ASK)


@router.message(Promo.code, F.text, ~F.text.startswith("/"))
async def take_code(
    message: Message, session: AsyncSession, person: Person, state: FSMContext, now: datetime
) -> None:
    await redeem_code(message.text or "", session, person, state, now)


@router.message(Promo.code, ~F.text)
async def not_a_text(message: Message) -> Reply:
    return say(message, words.TEXT_PLEASE)


async def redeem_code(
    code: str, session: AsyncSession, person: Person, state: FSMContext, now: datetime
) -> None:
    """Raises what `db.promo.redeem` raises; the question stays open then: the next text is taken as a code again."""
    redeemed = await promo.redeem(session, person.user_id, code, now)
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


@admin_router.message(is_(PROMO_NEW))
async def create_promo(
    message: Message, command: CommandObject, session: AsyncSession, context: AppContext
) -> Reply:
    asked = Arguments(PROMO_NEW, command.args)
    code, product_id, days = asked.code(), asked.product(), asked.days()
    max_uses = asked.whole("MAX", 1, MAX_COUNT)
    asked.end()
    made = await promo.create_promo(session, code, product_id, days, max_uses)
    return say(message, words.made(made, link(made.code, context)))


def link(code: str, context: AppContext) -> str | None:
    """None where Telegram can't carry the code."""
    if not context.username or not LINKABLE.fullmatch(code):
        return None
    return f"https://t.me/{context.username}?start=promo_{code}"


@admin_router.message(is_(PROMOS))
@admin_router.callback_query(Go.filter(F.command == PROMOS.name))
async def list_promos(event: Message | CallbackQuery, session: AsyncSession) -> Reply:
    found = await promo.list_promos(session, MAX_LISTED + 1)
    text = words.promos(found[:MAX_LISTED], len(found) > MAX_LISTED)
    return say(event, text, rows(go(words.MAKE_ONE, PROMO_NEW)))
