"""Attempts at paying a purchase: answered by the provider, asked for, ended. `orders` opens them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.payments.methods import CHARGE_PREFIX, KEY_PREFIX, YOOKASSA, PaymentMethod
from db.payments.purchases import PurchaseStatus
from db.payments.sales import SALES, Sale
from db.tables import Attempt, ParkedPayment, Purchase

EXPIRED = "expired_on_confirmation"  # YooKassa's reason where a link was not used in time


@dataclass(frozen=True, slots=True)
class AttemptDetails:
    """An attempt at paying a purchase, as a job needs it. `amount` in the currency's smallest unit; `payment_id` is
    the provider's, None until it is known; `left`: its payer has gone on from the message that showed it."""

    id: int
    purchase_id: int
    user_id: int
    telegram_id: int
    message_id: int | None
    left: bool
    offer_id: int | None
    product_id: int
    module_id: int
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


async def get_attempt_shown_by(
    session: AsyncSession, user_id: int, telegram_id: int, message_id: int
) -> AttemptDetails | None:
    """The person's newest that this message of a chat shows."""
    query = SALES.where(
        Attempt.user_id == user_id, Attempt.telegram_id == telegram_id, Attempt.message_id == message_id
    )
    row = (await session.execute(query.order_by(Attempt.id.desc()).limit(1))).one_or_none()
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
        left=attempt.left_at is not None,
        offer_id=attempt.offer_id,
        product_id=purchase.product_id,
        module_id=sale.module_id,
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
    """What the provider's creating answer said, frozen: later answers are held against it. A payment that was parked
    before it came is somebody else's, perhaps."""
    parked = select(ParkedPayment.id).where(
        ParkedPayment.provider == YOOKASSA, ParkedPayment.payment_id == payment_id
    )
    await session.execute(
        update(Purchase)
        .where(
            Purchase.id == attempt.purchase_id,
            Purchase.provider_payment_id == f"{KEY_PREFIX}{attempt.key}",
            ~parked.exists(),
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


# A link that nobody has used ends by itself, which is no sign of a payer.
FINISH = text(
    f"""
    update bot.payment_attempts
    set closed_at = coalesce(closed_at, :now), next_ask_at = null, said = :outcome, said_at = :now,
        outcome = case when closed_at is null then :outcome else outcome end,
        touched_at = coalesce(touched_at, case when :outcome <> '{EXPIRED}' then cast(:now as timestamptz) end)
    where id = :id
    """
)


async def finish_attempt(session: AsyncSession, attempt_id: int, outcome: str, now: datetime) -> None:
    """Neither offered nor asked for any more."""
    await session.execute(FINISH, {"id": attempt_id, "outcome": outcome, "now": now})


async def record_status(session: AsyncSession, attempt_id: int, what: str, now: datetime) -> None:
    """The provider's last word, where it ends nothing."""
    touched_at = (
        Attempt.touched_at if what == PurchaseStatus.PENDING else func.coalesce(Attempt.touched_at, now)
    )
    await session.execute(
        update(Attempt)
        .where(Attempt.id == attempt_id)
        .values(said=what, said_at=now, touched_at=touched_at)
        .execution_options(synchronize_session=False)
    )


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
    """Attempts older than that moment whose provider has not answered yet: their job was lost. Those that are closed,
    too, so that they end as the provider says. Touched ones first, then the newest."""
    rows = await session.scalars(
        select(Attempt.id)
        .join(Purchase, Purchase.id == Attempt.purchase_id)
        .where(
            or_(Attempt.closed_at.is_(None), Purchase.provider_payment_id.startswith(KEY_PREFIX)),
            Attempt.link.is_(None),
            Attempt.method == PaymentMethod.LINK.value,
            Attempt.created_at < before,
            Purchase.status == PurchaseStatus.PENDING,
        )
        .order_by(Attempt.touched_at.is_(None), Attempt.id.desc())
        .limit(limit)
    )
    return list(rows)
