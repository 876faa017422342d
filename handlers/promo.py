"""Promo codes: redeemed by `/promo CODE`, by the button and then the code as text, or by a deep link
(`handlers/accounts/start.py`); made and listed by admins with /promo_new and /promos.
"""

import re

from aiogram import F, Router
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.arguments import MAX_COUNT, Arguments
from bot.chat.buttons import Go
from bot.chat.commands import PROMO, PROMO_NEW, PROMOS
from bot.chat.conversation import Promo
from bot.chat.keyboards import go, rows
from bot.chat.replies import Reply, say
from bot.chat.rights import Right
from bot.context import AppContext, Request
from bot.notifications.events import PromoRedeemed
from bot.notifications.notify import notify
from bot.texts import errors
from bot.texts import promo as words
from db import promo
from db.cooldowns import Guess, count_try, delete_tries
from db.errors import PromoUnknown
from db.shop.offers import list_all_products
from handlers.filters import SignedIn, is_, role_router

MAX_LISTED = 20
# Telegram carries 64 characters after start=, of which "promo_" takes six.
LINKABLE = re.compile(r"[A-Za-z0-9_-]{1,58}")

router = Router(name="promo")
router.message.filter(SignedIn())
router.callback_query.filter(SignedIn())
admin_router = role_router("admin_promo", Right.PROMO)


@router.message(is_(PROMO))
@router.callback_query(Go.filter(F.command == PROMO.name))
async def redeem_or_ask(
    event: Message | CallbackQuery, request: Request, command: CommandObject | None = None
) -> Reply:
    if command and command.args:
        return await redeem_code(event, command.args, request)
    await request.state.set_state(Promo.code)
    return say(event, words.ASK)


@router.message(Promo.code, F.text, ~F.text.startswith("/"))
async def take_code(message: Message, request: Request) -> Reply:
    return await redeem_code(message, message.text or "", request)


@router.message(Promo.code, ~F.text)
async def not_a_text(message: Message) -> Reply:
    return say(message, words.TEXT_PLEASE)


async def redeem_code(event: Message | CallbackQuery, code: str, request: Request) -> Reply:
    """Silent where it worked: news of it come by a job. Raises what `db.promo.redeem` raises, and TooManyTries; the
    question stays open then: the next text is taken as a code again."""
    session, person, now = request.session, request.person, request.now
    timings = request.context.timings
    await count_try(
        session, person.telegram_id, Guess.PROMO, now, most=timings.tries, wait=timings.tries_wait
    )
    try:
        redeemed = await promo.redeem(session, person.user_id, code, now)
    except PromoUnknown as unknown:
        return say(event, errors.say(unknown))  # not raised: the try is to be committed
    await delete_tries(session, person.telegram_id, Guess.PROMO)
    await request.state.clear()
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
    return None


@admin_router.message(is_(PROMO_NEW))
async def create_promo(
    message: Message, command: CommandObject, session: AsyncSession, context: AppContext
) -> Reply:
    asked = Arguments(PROMO_NEW, command.args)
    code, product_id = asked.code(), asked.product(await list_all_products(session))
    days = asked.days()
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
