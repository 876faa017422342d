"""Payments inside Telegram. These handlers come first: no step, session, throttle or lock may stand before them."""

from datetime import datetime
from typing import Any

import structlog
from aiogram import F, Router
from aiogram.methods import AnswerPreCheckoutQuery
from aiogram.types import Message, PreCheckoutQuery
from sqlalchemy.ext.asyncio import AsyncSession

from bot.context import AppContext
from bot.payments.invoices import notify_charge
from bot.payments.refunding import stars_refunded
from bot.texts.payments import invoices as words
from db.payments.telegram import PreCheckoutVerdict, TelegramCharge, check_pre_checkout, settle_charge

log = structlog.get_logger(__name__)
router = Router(name="payments")


@router.pre_checkout_query()
async def pre_checkout(query: PreCheckoutQuery, session: AsyncSession) -> Any:
    """Within ten seconds, or Telegram declines by itself."""
    verdict = await check_pre_checkout(
        session, query.invoice_payload, query.from_user.id, query.total_amount, query.currency
    )
    if verdict is PreCheckoutVerdict.OK:
        return AnswerPreCheckoutQuery(pre_checkout_query_id=query.id, ok=True)
    return AnswerPreCheckoutQuery(
        pre_checkout_query_id=query.id, ok=False, error_message=words.refusal(verdict)
    )


@router.message(F.successful_payment)
async def successful_payment(
    message: Message, session: AsyncSession, context: AppContext, now: datetime
) -> None:
    paid = message.successful_payment
    assert paid is not None
    assert message.from_user is not None
    charge = TelegramCharge(
        payload=paid.invoice_payload,
        amount=paid.total_amount,
        currency=paid.currency,
        telegram_id=message.from_user.id,
        charge_id=paid.telegram_payment_charge_id,
        provider_charge_id=paid.provider_payment_charge_id,
        at=message.date,
    )
    received = await settle_charge(session, charge, now)
    await notify_charge(session, context, charge, received)


@router.message(F.refunded_payment)
async def refunded_payment(
    message: Message, session: AsyncSession, context: AppContext, now: datetime
) -> None:
    """Stars given back, by us or by Telegram itself: access is shortened all the same."""
    returned = message.refunded_payment
    assert returned is not None
    charge_id, amount = returned.telegram_payment_charge_id, returned.total_amount
    await stars_refunded(session, context, charge_id, amount, now)
