"""A purchase of ours and the attempt at paying it: created here, both at once, before any provider is called."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.payments.methods import PaymentMethod
from db.payments.purchases import PurchaseStatus
from db.tables import Attempt, Module, Product, Purchase


@dataclass(frozen=True, slots=True)
class Sale:
    """A purchase of ours with the attempt at paying it and the names of what it gives."""

    purchase: Purchase
    attempt: Attempt
    product: str
    module_id: int
    module: str


# Rows for `Sale`. A purchase without an attempt is the other application's and is never found.
SALES: Select[Purchase, Attempt, str, int, str] = (
    select(Purchase, Attempt, Product.name, Module.id, Module.name)
    .join(Attempt, Attempt.purchase_id == Purchase.id)
    .join(Product, Product.product_id == Purchase.product_id)
    .join(Module, Module.id == Product.module_id)
)


async def lock_sale(session: AsyncSession, *conditions: ColumnElement[bool]) -> Sale | None:
    """Locks the purchase and reads all of it anew."""
    query = SALES.where(*conditions).with_for_update(of=Purchase).execution_options(populate_existing=True)
    row = (await session.execute(query)).one_or_none()
    return Sale(*row) if row else None


async def create_attempt(
    session: AsyncSession,
    *,
    user_id: int,
    telegram_id: int,
    product_id: int,
    offer_id: int | None,
    amount: int,
    currency: str,
    days: int,
    method: PaymentMethod,
    key: str,
    payment_id: str,
    now: datetime,
    message_id: int | None = None,
    linked_at: datetime | None = None,
    next_ask_at: datetime | None = None,
    outcome: str | None = None,
    touched_at: datetime | None = None,
) -> tuple[Purchase, Attempt]:
    """Pending, and the attempt at paying it; with `outcome` that is never offered to the payer."""
    purchase = Purchase(
        user_id=user_id,
        product_id=product_id,
        amount_cents=amount,
        provider=method.provider,
        status=PurchaseStatus.PENDING,
        provider_payment_id=payment_id,
        days=days,
        currency=currency,
        created_at=now,
    )
    await _store(session, purchase)
    attempt = Attempt(
        purchase_id=purchase.id,
        user_id=user_id,
        offer_id=offer_id,
        telegram_id=telegram_id,
        method=method.value,
        key=key,
        message_id=message_id,
        created_at=now,
        linked_at=linked_at,
        next_ask_at=next_ask_at,
        closed_at=now if outcome else None,
        outcome=outcome,
        touched_at=now if outcome else touched_at,
    )
    await _store(session, attempt)
    return purchase, attempt


async def _store(session: AsyncSession, row: Purchase | Attempt) -> None:
    session.add(row)
    await session.flush()
