"""Promo codes as admins keep them: /promo_new and /promos."""

import re
from typing import Any

from aiogram import F, Router
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.arguments import MAX_COUNT, Arguments
from bot.chat.buttons import Go
from bot.chat.commands import PROMO_NEW, PROMOS
from bot.chat.keyboards import go, rows
from bot.chat.replies import say
from bot.context import AppContext
from bot.texts import arguments
from bot.texts import promo as words
from db import promo
from handlers.filters import Admin, is_

SHOWN = 20
LINKED = re.compile(
    r"[A-Za-z0-9_-]{1,58}"
)  # Telegram takes 64 such characters after start=, "promo_" among them

router = Router(name="admin_promos")
router.message.filter(Admin())
router.callback_query.filter(Admin())


@router.message(is_(PROMO_NEW))
async def make(message: Message, command: CommandObject, session: AsyncSession, context: AppContext) -> Any:
    asked = Arguments(PROMO_NEW, command.args)
    code, product_id, days = asked.code(), asked.product(), asked.days()
    most = asked.whole("MAX", 1, MAX_COUNT)
    asked.end()
    made = await promo.create_promo(session, code, product_id, days, most)
    return say(message, words.made(made, link(made.code, context)))


def link(code: str, context: AppContext) -> str | None:
    """None where Telegram would not carry the code."""
    if not context.username or not LINKED.fullmatch(code):
        return None
    return f"https://t.me/{context.username}?start=promo_{code}"


@router.callback_query(Go.filter(F.command == PROMO_NEW.name))
async def how_to_make(query: CallbackQuery) -> Any:
    return say(query, arguments.usage(PROMO_NEW))


@router.message(is_(PROMOS))
@router.callback_query(Go.filter(F.command == PROMOS.name))
async def list_promos(event: Message | CallbackQuery, session: AsyncSession) -> Any:
    found = await promo.list_promos(session, SHOWN + 1)
    return say(event, words.promos(found[:SHOWN], len(found) > SHOWN), rows(go(words.MAKE_ONE, PROMO_NEW)))
