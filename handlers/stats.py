"""The admins' context: /admin shows how things stand and leads on, /user shows a person."""

from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import ShowAlerts
from bot.chat.commands import ADMIN, Audience, for_audience
from bot.chat.keyboards import go, in_rows, press, rows
from bot.chat.replies import Reply, say
from bot.chat.rights import Right, rights_of
from bot.context import Request
from bot.texts import stats as words
from bot.texts import support as support_words
from bot.texts import zone
from bot.texts.shop_offers import products
from db import stats, support
from db.shop import offers
from handlers.filters import goes_to, is_, role_router

PRODUCTS = 10

router = role_router("admin")


@router.message(is_(ADMIN))
@router.callback_query(goes_to(ADMIN))
async def show_overview(event: Message | CallbackQuery, request: Request) -> Reply:
    """Figures and troubles are for who may see money; others see what waits for them."""
    rights = rights_of(request.person, request.context.settings)
    session, now = request.session, request.now
    waiting = await support_line(session)
    if Right.MONEY not in rights:
        return say(event, words.helpers_overview(request.person.role, now) + waiting, admin_keyboard(rights))
    found = await stats.get_overview(session, now)
    failed = await stats.list_failed_payments(session) if found.failed_updates else []
    held = await stats.list_held_jobs(session) if found.held_jobs else []
    goods = await offers.list_products(session, skip=0, limit=PRODUCTS)
    today = now.astimezone(zone()).replace(hour=0, minute=0, second=0, microsecond=0)
    figures = await stats.get_figures(session, today, now)
    text = words.overview(found, figures, failed, held, now) + waiting
    text += "\n\n" + products(goods, found.products)
    return say(event, text, admin_keyboard(rights, alarmed=bool(found.alarms or found.parked)))


async def support_line(session: AsyncSession) -> str:
    count, since = await support.get_waiting(session)
    return f"\n{support_words.waiting(count, since)}" if since is not None else ""


def admin_keyboard(rights: frozenset[Right], *, alarmed: bool = False) -> InlineKeyboardMarkup:
    """Every other command of admins that goes with these rights, two in a row."""
    buttons = [
        go(words.BUTTONS[command.name], command)
        for command in for_audience(Audience.ADMIN, rights)
        if command.audience is Audience.ADMIN and command is not ADMIN
    ]
    return rows(
        press(words.ALERTS, ShowAlerts()) if alarmed else None,
        *in_rows(buttons, 2),
    )
