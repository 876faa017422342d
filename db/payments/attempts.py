"""Attempts at paying a purchase: opened, answered by the provider, asked for, ended."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.errors import MethodNotOffered
from db.locks import lock
from db.payments.methods import CHARGE_PREFIX, KEY_PREFIX, PaymentMethod
from db.payments.purchases import PurchaseStatus
from db.payments.sales import SALES, Sale, create_attempt
from db.shop.courses import OfferDetails
from db.tables import Attempt, Purchase


@dataclass(frozen=True, slots=True)
class AttemptDetails:
    """An attempt at paying a purchase, as a job needs it. `amount` in the currency's smallest unit; `payment_id` is
    the provider's, None until it is known."""

    id: int
    purchase_id: int
    user_id: int
    telegram_id: int
    message_id: int | None
    offer_id: int | None
    method: PaymentMethod
    key: str
    request: str
    sent_at: datetime | None
    link: str | None
    link_ends_at: datetime | None
    asked: int
    next_ask_at: datetime | None
    closed_at: datetime | None
    status: str
    amount: int
    currency: str
    days: int
    product: str
    module: str
    payment_id: str | None
    created_at: datetime


async def open_attempt(
    session: AsyncSession,
    user_id: int,
    telegram_id: int,
    offer: OfferDetails,
    method: PaymentMethod,
    key: str,
    message_id: int | None,
    now: datetime,
) -> tuple[int, bool]:
    """The attempt's id, and whether it is new: an open attempt at the same offer is taken up again.

    A new one has no request yet: `record_request` writes it, in the same transaction. Raises MethodNotOffered.
    """
    if offer.methods and method not in offer.methods:
        raise MethodNotOffered(method)
    await lock(session, f"buy:{user_id}:{offer.id}:{method}")
    if (open_id := await _still_open(session, user_id, offer, method, now)) is not None:
        if message_id is not None:
            await session.execute(update(Attempt).where(Attempt.id == open_id).values(message_id=message_id))
        return open_id, False
    _, attempt = await create_attempt(
        session,
        user_id=user_id,
        telegram_id=telegram_id,
        product_id=offer.product_id,
        offer_id=offer.id,
        amount=offer.price,
        currency=offer.currency,
        days=offer.days,
        method=method,
        key=key,
        payment_id=f"{KEY_PREFIX}{key}",
        now=now,
        message_id=message_id,
        linked_at=None if method is PaymentMethod.LINK else now,  # an invoice goes out with the attempt
    )
    return attempt.id, True


async def _still_open(
    session: AsyncSession, user_id: int, offer: OfferDetails, method: PaymentMethod, now: datetime
) -> int | None:
    """An open attempt whose link can still be paid, at today's price; one that can't is closed (and still watched)."""
    row = (
        await session.execute(
            select(Attempt.id, Attempt.link_ends_at, Purchase.amount_cents, Purchase.days, Purchase.status)
            .join(Purchase, Purchase.id == Attempt.purchase_id)
            .where(
                Attempt.user_id == user_id,
                Attempt.offer_id == offer.id,
                Attempt.method == method.value,
                Attempt.closed_at.is_(None),
            )
            .with_for_update(of=Attempt)
        )
    ).one_or_none()
    if row is None:
        return None
    same = row.amount_cents == offer.price and row.days == offer.days and row.status == PurchaseStatus.PENDING
    if same and (row.link_ends_at is None or row.link_ends_at > now):
        return int(row.id)
    await close_attempt(session, row.id, "superseded", now)
    return None


async def record_request(session: AsyncSession, attempt_id: int, request: str) -> None:
    """The request, once and for ever: a repetition sends the same bytes."""
    await session.execute(
        update(Attempt).where(Attempt.id == attempt_id, Attempt.request == "").values(request=request)
    )


async def get_attempt(session: AsyncSession, attempt_id: int) -> AttemptDetails | None:
    row = (await session.execute(SALES.where(Attempt.id == attempt_id))).one_or_none()
    return _to_details(Sale(*row)) if row else None


async def get_attempt_by_key(session: AsyncSession, key: str) -> AttemptDetails | None:
    row = (await session.execute(SALES.where(Attempt.key == key))).one_or_none()
    return _to_details(Sale(*row)) if row else None


def _to_details(sale: Sale) -> AttemptDetails:
    purchase, attempt = sale.purchase, sale.attempt
    payment_id = purchase.provider_payment_id
    return AttemptDetails(
        id=attempt.id,
        purchase_id=purchase.id,
        user_id=purchase.user_id,
        telegram_id=attempt.telegram_id,
        message_id=attempt.message_id,
        offer_id=attempt.offer_id,
        method=PaymentMethod(attempt.method),
        key=attempt.key,
        request=attempt.request,
        sent_at=attempt.sent_at,
        link=attempt.link,
        link_ends_at=attempt.link_ends_at,
        asked=attempt.asked,
        next_ask_at=attempt.next_ask_at,
        closed_at=attempt.closed_at,
        status=purchase.status,
        amount=purchase.amount_cents,
        currency=purchase.currency,
        days=purchase.days,
        product=sale.product,
        module=sale.module,
        payment_id=None if payment_id.startswith((KEY_PREFIX, CHARGE_PREFIX)) else payment_id,
        created_at=purchase.created_at,
    )


async def mark_sent(session: AsyncSession, attempt_id: int, now: datetime) -> None:
    """The request may have reached the provider from now on."""
    await session.execute(
        update(Attempt).where(Attempt.id == attempt_id, Attempt.sent_at.is_(None)).values(sent_at=now)
    )


async def record_answer(
    session: AsyncSession,
    attempt: AttemptDetails,
    *,
    payment_id: str,
    link: str | None,
    link_ends_at: datetime,
    test: bool,
    recipient: str | None,
    next_ask_at: datetime,
    now: datetime,
) -> None:
    """What the provider's creating answer said, frozen: later answers are held against it."""
    await session.execute(
        update(Purchase)
        .where(
            Purchase.id == attempt.purchase_id, Purchase.provider_payment_id == f"{KEY_PREFIX}{attempt.key}"
        )
        .values(provider_payment_id=payment_id)
    )
    await session.execute(
        update(Attempt)
        .where(Attempt.id == attempt.id, Attempt.link.is_(None))
        .values(
            link=link,
            link_ends_at=link_ends_at,
            linked_at=now,
            test=test,
            recipient=recipient,
            next_ask_at=next_ask_at,
        )
    )


async def record_refusal(session: AsyncSession, attempt: AttemptDetails, reason: str, now: datetime) -> bool:
    """The provider refused to make the payment, so nothing happened there. Whether that was news to the database."""
    done = await session.execute(
        update(Purchase)
        .where(Purchase.id == attempt.purchase_id, Purchase.status == PurchaseStatus.PENDING)
        .values(status=PurchaseStatus.CANCELED.value)
        .returning(Purchase.id)
    )
    await close_attempt(session, attempt.id, reason, now)
    return done.scalar_one_or_none() is not None


async def close_attempt(session: AsyncSession, attempt_id: int, outcome: str, now: datetime) -> None:
    """No longer offered to the payer. Whether it is still asked for is `next_ask_at`'s affair."""
    await session.execute(
        update(Attempt)
        .where(Attempt.id == attempt_id, Attempt.closed_at.is_(None))
        .values(closed_at=now, outcome=outcome)
    )


FINISH = text(
    """
    update bot.payment_attempts
    set closed_at = coalesce(closed_at, :now), next_ask_at = null, said = :outcome, said_at = :now,
        outcome = case when closed_at is null then :outcome else outcome end
    where id = :id
    """
)


async def finish_attempt(session: AsyncSession, attempt_id: int, outcome: str, now: datetime) -> None:
    """Neither offered nor asked for any more."""
    await session.execute(FINISH, {"id": attempt_id, "outcome": outcome, "now": now})


async def record_status(session: AsyncSession, attempt_id: int, what: str, now: datetime) -> None:
    """The provider's last word, where it ends nothing."""
    await session.execute(update(Attempt).where(Attempt.id == attempt_id).values(said=what, said_at=now))


async def record_check(
    session: AsyncSession, attempt_id: int, now: datetime, next_ask_at: datetime | None
) -> None:
    await session.execute(
        update(Attempt)
        .where(Attempt.id == attempt_id)
        .values(asked=Attempt.asked + 1, asked_at=now, next_ask_at=next_ask_at)
    )


async def record_manual_check(session: AsyncSession, attempt_id: int, now: datetime) -> None:
    """The payer wanted to know; when it is asked for next is as it was."""
    await session.execute(update(Attempt).where(Attempt.id == attempt_id).values(asked_at=now))


async def list_overdue(session: AsyncSession, before: datetime, limit: int = 100) -> list[int]:
    """Attempts that should have been asked for before that moment: their job was lost.

    Not those whose purchase was deleted with its account: they would crowd out the others for ever.
    """
    rows = await session.scalars(
        select(Attempt.id)
        .join(Purchase, Purchase.id == Attempt.purchase_id)
        .where(
            Attempt.next_ask_at < before,
            Attempt.method != PaymentMethod.STARS.value,
            Purchase.status == PurchaseStatus.PENDING,
        )
        .order_by(Attempt.next_ask_at)
        .limit(limit)
    )
    return list(rows)


async def list_unsent(session: AsyncSession, before: datetime, limit: int = 100) -> list[int]:
    """Open attempts older than that moment whose provider has not answered yet: their job was lost."""
    rows = await session.scalars(
        select(Attempt.id)
        .join(Purchase, Purchase.id == Attempt.purchase_id)
        .where(
            Attempt.closed_at.is_(None),
            Attempt.link.is_(None),
            Attempt.method == PaymentMethod.LINK.value,
            Attempt.created_at < before,
            Purchase.status == PurchaseStatus.PENDING,
        )
        .limit(limit)
    )
    return list(rows)
