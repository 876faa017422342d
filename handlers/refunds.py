"""/refund: a preview of what it will do, then a confirmation, then a job asks the provider. The buttons carry the
refund's id and nothing else.
"""

from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.admin_buttons import RefundPurchase
from bot.chat.arguments import Arguments
from bot.chat.buttons import ConfirmRefund, DropRefund
from bot.chat.commands import REFUND
from bot.chat.conversation import Lookup
from bot.chat.keyboards import press, rows
from bot.chat.replies import Reply, say, show
from bot.chat.rights import Right
from bot.context import Request
from bot.payments.refund_plans import create_plan
from bot.texts import refunds as words
from bot.texts.access import granting as granting_words
from db.accounts import people
from db.acts import ActKind
from db.jobs import CreateRefundJob
from db.payments.purchases import get_currency
from db.queue import enqueue
from db.refunds import requests
from handlers.filters import goes_to, is_, role_router

PAYMENTS_PAGE = 1  # of somebody's card

router = role_router("refunds", Right.MONEY)


@router.message(is_(REFUND))
async def ask(message: Message, command: CommandObject, request: Request) -> Reply:
    asked = Arguments(REFUND, command.args)
    purchase_id = asked.purchase()
    amount = asked.amount(await get_currency(request.session, purchase_id)) if asked.left else None
    return await preview(message, request, purchase_id, amount)


@router.callback_query(goes_to(REFUND))
async def ask_whose(query: CallbackQuery, request: Request) -> Reply:
    """Whoever it is, their payments are shown, with a button for each that can be returned."""
    await request.ask(Lookup.who, page=PAYMENTS_PAGE)
    return say(query, f"{words.WHOSE}\n\n{granting_words.ASK_WHO}")


@router.callback_query(RefundPurchase.filter())
async def ask_for_all(query: CallbackQuery, callback_data: RefundPurchase, request: Request) -> Reply:
    """What is left of it. The button's message, a card or news, stays."""
    return await preview(query, request, callback_data.purchase, None)


async def preview(
    event: Message | CallbackQuery, request: Request, purchase_id: int, amount: int | None
) -> Reply:
    """Raises what `create_plan` raises."""
    admin = request.person.telegram_id
    plan = await create_plan(request.session, request.context, purchase_id, amount, admin, request.now)
    learner = await people.get_account_summary(request.session, plan.purchase.user_id)
    buttons = rows(
        press(words.confirm(plan), ConfirmRefund(refund=plan.refund_id)),
        press(words.DROP, DropRefund(refund=plan.refund_id)),
    )
    return say(event, words.preview(plan, learner, request.now), buttons)


@router.callback_query(ConfirmRefund.filter())
async def confirm(query: CallbackQuery, callback_data: ConfirmRefund, request: Request) -> Reply:
    plan = await requests.record_confirmation(request.session, callback_data.refund, request.now)
    purchase = plan.purchase
    await request.record_act(
        ActKind.REFUND,
        user_id=purchase.user_id,
        purchase=purchase.id,
        product=purchase.product,
        amount=plan.amount,
        currency=purchase.currency,
    )
    await enqueue(request.session, CreateRefundJob(refund=plan.refund_id), priority=5)
    return show(query, words.asked(plan))


@router.callback_query(DropRefund.filter())
async def drop(query: CallbackQuery, callback_data: DropRefund, session: AsyncSession) -> Reply:
    await requests.delete_draft(session, callback_data.refund)
    return show(query, words.DROPPED)
