"""What a refund will do, and what the provider will be asked for: frozen before an admin confirms it."""

import secrets
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from bot.context import AppContext
from bot.payments.receipts import Customer, receipt_customer
from bot.settings import Settings
from bot.texts import refunds as words
from bot.yookassa import requests
from db.errors import RefundByHand
from db.payments.methods import STARS, YOOKASSA
from db.refunds import requests as refunds
from db.refunds.requests import RefundPlan


async def create_plan(
    session: AsyncSession,
    context: AppContext,
    purchase_id: int,
    amount: int | None,
    asked_by: int,
    now: datetime,
) -> RefundPlan:
    """A draft with its request frozen. Raises what `create_draft` raises."""
    key = secrets.token_urlsafe(24)
    plan = await refunds.create_draft(session, purchase_id, amount, asked_by, key, now)
    if plan.purchase.provider == YOOKASSA and context.provider is None:
        raise RefundByHand(purchase_id, plan.purchase.payment_id)
    customer = await receipt_customer(session, plan.purchase.user_id, context.settings)
    with context.localizer.use_locale(context.settings.default_language):
        await refunds.record_request(session, plan.refund_id, _request(plan, customer, context.settings))
    return plan


def _request(plan: RefundPlan, customer: Customer | None, settings: Settings) -> str:
    """The body of `POST /refunds`, or the arguments of `refundStarPayment`."""
    purchase = plan.purchase
    if purchase.provider == STARS:
        return orjson.dumps(
            {"user_id": purchase.payer, "telegram_payment_charge_id": purchase.payment_id}
        ).decode()
    body: dict[str, Any] = {
        "payment_id": purchase.payment_id,
        "amount": {"value": requests.value(plan.amount, purchase.currency), "currency": purchase.currency},
        "description": words.description(plan.refund_id, purchase.id),
    }
    if plan.amount < purchase.amount and (receipt := _receipt(plan, body["amount"], customer, settings)):
        body["receipt"] = receipt
    return orjson.dumps(body).decode()


def _receipt(
    plan: RefundPlan, amount: dict[str, str], customer: Customer | None, settings: Settings
) -> dict[str, Any] | None:
    """54-FZ: the part that is returned, in the words and under the tax of the sale; the whole needs none
    (docs/facts.md#provider-refunds)."""
    asked = orjson.loads(plan.purchase.request) if plan.purchase.request else {}
    if sold := asked.get("receipt"):
        return {**sold, "items": [{**sold["items"][0], "amount": amount}]}
    if settings.yookassa_vat_code is None or not customer:
        return None
    item = requests.description(plan.purchase.product, plan.purchase.days)
    return requests.receipt(amount, item, customer, settings)
