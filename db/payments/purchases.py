"""Purchases and the attempts at paying them: the row first, then the provider."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Row, Select, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.errors import MethodNotOffered
from db.locks import lock
from db.shop.courses import OfferDetails
from db.tables import Attempt, Module, Product, Purchase

YOOKASSA = "yookassa"
STARS = "stars"


class PaymentMethod(StrEnum):
    """Ways to pay: YooKassa by link, YooKassa by Telegram invoice, Stars."""

    LINK = "link"
    INVOICE = "invoice"
    STARS = "stars"

    @property
    def provider(self) -> str:
        return STARS if self is PaymentMethod.STARS else YOOKASSA


class PurchaseStatus(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class AttemptDetails:
    """An attempt at paying a purchase, as a job needs it. `amount` in the currency's smallest unit."""

    attempt_id: int
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


@dataclass(frozen=True, slots=True)
class PurchaseSummary:
    """A purchase as its payer sees it; `ours` is False for one of the other application."""

    id: int
    product: str
    module: str
    days: int
    amount: int
    currency: str
    provider: str
    status: str
    payment_id: str
    receipt: str | None
    created_at: datetime
    purchased_at: datetime | None
    ours: bool
    link: str | None
    link_ends_at: datetime | None


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
    purchase = Purchase(
        user_id=user_id,
        product_id=offer.product_id,
        amount_cents=offer.price,
        provider=method.provider,
        status=PurchaseStatus.PENDING.value,
        provider_payment_id=f"key:{key}",
        days=offer.days,
        currency=offer.currency,
        created_at=now,
    )
    session.add(purchase)
    await session.flush()
    attempt = Attempt(
        purchase_id=purchase.id,
        user_id=user_id,
        offer_id=offer.id,
        telegram_id=telegram_id,
        method=method.value,
        key=key,
        request="",
        message_id=message_id,
        created_at=now,
        linked_at=None if method is PaymentMethod.LINK else now,  # an invoice goes out with the order
    )
    session.add(attempt)
    await session.flush()
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


def _select_attempts() -> Select[Attempt, Purchase, str, str]:
    return (
        select(Attempt, Purchase, Product.name, Module.name)
        .join(Purchase, Purchase.id == Attempt.purchase_id)
        .join(Product, Product.product_id == Purchase.product_id)
        .join(Module, Module.id == Product.module_id)
    )


def _to_details(row: Row[Attempt, Purchase, str, str]) -> AttemptDetails:
    attempt, purchase, product, module = row
    known = purchase.provider_payment_id
    return AttemptDetails(
        attempt_id=attempt.id,
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
        product=product,
        module=module,
        payment_id=None if known.startswith(("key:", "tg:")) else known,
        created_at=purchase.created_at,
    )


async def get_attempt(session: AsyncSession, attempt_id: int) -> AttemptDetails | None:
    row = (await session.execute(_select_attempts().where(Attempt.id == attempt_id))).one_or_none()
    return _to_details(row) if row else None


async def mark_sent(session: AsyncSession, attempt_id: int, now: datetime) -> None:
    """The request may have reached the provider from now on."""
    await session.execute(
        update(Attempt).where(Attempt.id == attempt_id, Attempt.sent_at.is_(None)).values(sent_at=now)
    )


async def record_answer(
    session: AsyncSession,
    order: AttemptDetails,
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
        .where(Purchase.id == order.purchase_id, Purchase.provider_payment_id == f"key:{order.key}")
        .values(provider_payment_id=payment_id)
    )
    await session.execute(
        update(Attempt)
        .where(Attempt.id == order.attempt_id, Attempt.link.is_(None))
        .values(
            link=link,
            link_ends_at=link_ends_at,
            linked_at=now,
            test=test,
            recipient=recipient,
            next_ask_at=next_ask_at,
        )
    )


async def record_refusal(session: AsyncSession, order: AttemptDetails, reason: str, now: datetime) -> bool:
    """The provider refused to make the payment, so nothing happened there. Whether that was news to the database."""
    done = await session.execute(
        update(Purchase)
        .where(Purchase.id == order.purchase_id, Purchase.status == PurchaseStatus.PENDING)
        .values(status=PurchaseStatus.CANCELED.value)
        .returning(Purchase.id)
    )
    await close_attempt(session, order.attempt_id, reason, now)
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


async def list_pending_payment_ids(session: AsyncSession, limit: int = 500) -> list[str]:
    """Payment ids of our pending purchases, as the provider knows them; the newest, where an earlier shop left many
    that nobody can ask for any more."""
    rows = await session.scalars(
        select(Purchase.provider_payment_id)
        .join(Attempt, Attempt.purchase_id == Purchase.id)
        .where(
            Purchase.status == PurchaseStatus.PENDING.value,
            Purchase.provider == YOOKASSA,
            Purchase.provider_payment_id.regexp_match("^[0-9a-fA-F-]{36}$"),
        )
        .order_by(Purchase.id.desc())
        .limit(limit)
    )
    return list(rows)


BOUGHT = """
select p.id, pr.name, m.name, p.days, p.amount_cents, p.currency, p.provider, p.status, p.provider_payment_id,
       p.receipt, p.created_at, p.purchased_at, a.id is not null, a.link, a.link_ends_at
from purchases p
join products pr using (product_id)
join modules m on m.id = pr.module_id
left join bot.payment_attempts a on a.purchase_id = p.id
where p.user_id = :user_id
"""


async def list_purchases(session: AsyncSession, user_id: int, limit: int = 10) -> list[PurchaseSummary]:
    """The newest first, the other application's among them."""
    rows = await session.execute(
        text(BOUGHT + " order by p.id desc limit :limit"), {"user_id": user_id, "limit": limit}
    )
    return [PurchaseSummary(*row) for row in rows]


async def list_unpaid(session: AsyncSession, user_id: int) -> list[PurchaseSummary]:
    """One's own purchases whose payment is still open."""
    rows = await session.execute(
        text(BOUGHT + " and p.status = 'pending' and a.id is not null order by p.id desc limit 5"),
        {"user_id": user_id},
    )
    return [PurchaseSummary(*row) for row in rows]
