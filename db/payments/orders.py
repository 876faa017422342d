"""Orders: attempts as their payers meet them, each shown by at most one message of a chat.

An order is there as soon as its screen was opened, so that the screen can bear the link. Until its payer does something
about it (`mark_touched`: asks for the payment, chooses a way to pay) or the provider says more than that it is open or
has run out, it is in no list and in no figure. A payment through its link counts in any case.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.account_ids import lock_account
from db.chats import record_order
from db.errors import MethodNotOffered
from db.locks import lock
from db.payments.attempts import EXPIRED
from db.payments.methods import KEY_PREFIX, PaymentMethod
from db.payments.prices import is_todays
from db.payments.purchases import PurchaseStatus, list_unpaid
from db.payments.sales import create_attempt
from db.shop.courses import OfferDetails
from db.sql import text
from db.tables import Attempt, Offer, Product, Purchase

MAX_OPEN = 5  # of one person
SUPERSEDED = "superseded"
DROPPED = "dropped"

Copy = tuple[int, int]  # a chat and the message in it that showed an order, and shows it no more


@dataclass(frozen=True, slots=True)
class OpenedOrder:
    """`new`: it has no request yet, `record_request` is to write it in the same transaction. `copies`: messages whose
    buttons are to go. `before`: what the open order cost that this one stands in for at another price."""

    attempt_id: int
    new: bool
    copies: tuple[Copy, ...] = ()
    before: int | None = None


async def open_attempt(
    session: AsyncSession,
    user_id: int,
    telegram_id: int,
    offer: OfferDetails,
    method: PaymentMethod,
    key: str,
    message_id: int | None,
    now: datetime,
    *,
    touched: bool = True,
) -> OpenedOrder:
    """An open attempt at the same offer is taken up again. `message_id`: the message that shows it from now on, None
    for one that is still to be sent. Raises MethodNotOffered."""
    if offer.methods and method not in offer.methods:
        raise MethodNotOffered(method)
    user_id = await lock_account(session, user_id)
    await lock(session, f"orders:{user_id}")
    if message_id is not None:
        await leave_message(session, user_id, telegram_id, message_id, now)
    copies: list[Copy] = []
    before = None
    if (old := await _lock_open(session, user_id, offer, method)) is not None:
        if old.can_be_paid(now):
            copies = await take_message(session, old.attempt.id, telegram_id, message_id)
            if touched:
                await mark_touched(session, old.attempt.id, now)
            return OpenedOrder(old.attempt.id, False, tuple(copies))
        before = old.other_price()
        copies = await _close(session, old.attempt.id, SUPERSEDED, now)
    copies += await _close_beyond(session, user_id, now)
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
        touched_at=now if touched else None,
    )
    return OpenedOrder(attempt.id, True, tuple(copies), before)


@dataclass(frozen=True, slots=True)
class _OpenOrder:
    attempt: Attempt
    purchase: Purchase
    offer: Offer

    def can_be_paid(self, now: datetime) -> bool:
        """Its link or invoice; one that can't is closed (and still watched)."""
        linked = self.attempt.link_ends_at is None or self.attempt.link_ends_at > now
        is_pending = self.purchase.status == PurchaseStatus.PENDING
        return linked and is_pending and is_todays(self.purchase, self.offer, now)

    def other_price(self) -> int | None:
        """Where it is not today's, in the same currency."""
        same = self.purchase.currency == self.offer.currency
        return self.purchase.amount_cents if same and self.purchase.amount_cents != self.offer.price else None


async def _lock_open(
    session: AsyncSession, user_id: int, offer: OfferDetails, method: PaymentMethod
) -> _OpenOrder | None:
    row = (
        await session.execute(
            select(Attempt, Purchase, Offer)
            .join(Purchase, Purchase.id == Attempt.purchase_id)
            .join(Offer, Offer.id == Attempt.offer_id)
            .where(
                Attempt.user_id == user_id,
                Attempt.offer_id == offer.id,
                Attempt.method == method.value,
                Attempt.closed_at.is_(None),
            )
            .with_for_update(of=Attempt)
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    return _OpenOrder(*row) if row else None


async def _close_beyond(session: AsyncSession, user_id: int, now: datetime) -> list[Copy]:
    """So that one more is at most MAX_OPEN: those that nobody touched go first, the oldest before the others."""
    rows = await session.scalars(
        select(Attempt.id)
        .where(Attempt.user_id == user_id, Attempt.closed_at.is_(None))
        .order_by(Attempt.touched_at.is_not(None), Attempt.id)
    )
    open_ids = list(rows)
    copies: list[Copy] = []
    for attempt_id in open_ids[: max(0, len(open_ids) - MAX_OPEN + 1)]:
        copies += await _close(session, attempt_id, SUPERSEDED, now)
    return copies


async def _close(session: AsyncSession, attempt_id: int, outcome: str, now: datetime) -> list[Copy]:
    """No longer offered; asked for until the provider says how it ends, so that a payment by its link counts. One that
    was settled meanwhile stays as it is."""
    attempt = await session.get_one(Attempt, attempt_id, populate_existing=True, with_for_update=True)
    if attempt.closed_at is not None:
        return []
    copies = [(attempt.telegram_id, attempt.message_id)] if attempt.message_id else []
    attempt.closed_at, attempt.outcome = now, outcome
    attempt.message_id, attempt.left_at = None, now
    await session.flush()
    return copies


async def close_all(session: AsyncSession, user_id: int, now: datetime) -> list[Copy]:
    """All of a person who goes. A link is asked for until the provider says how it ends; an invoice can't be paid any
    more, but for what is on its way, which counts or is parked."""
    rows = await session.scalars(
        select(Attempt.id).where(Attempt.user_id == user_id, Attempt.closed_at.is_(None)).order_by(Attempt.id)
    )
    copies: list[Copy] = []
    for attempt_id in list(rows):
        copies += await _close(session, attempt_id, DROPPED, now)
    await session.execute(CANCEL_INVOICES, {"user_id": user_id})
    return copies


CANCEL_INVOICES = text(
    """
    update purchases p set status = 'canceled' from bot.payment_attempts a
    where a.purchase_id = p.id and p.user_id = :user_id and p.status = 'pending' and a.method <> 'link'
    """
)


async def close_order(session: AsyncSession, purchase_id: int, user_id: int, now: datetime) -> int | None:
    """One's own, where it is open: its payer has thought better of it. The module it would have opened."""
    row = (
        await session.execute(
            select(Attempt.id, Product.module_id)
            .join(Purchase, Purchase.id == Attempt.purchase_id)
            .join(Product, Product.product_id == Purchase.product_id)
            .where(
                Attempt.purchase_id == purchase_id,
                Attempt.user_id == user_id,
                Attempt.closed_at.is_(None),
            )
        )
    ).one_or_none()
    if row is None:
        return None
    await _close(session, row.id, DROPPED, now)
    return int(row.module_id)


async def take_message(
    session: AsyncSession, attempt_id: int, telegram_id: int, message_id: int | None
) -> list[Copy]:
    """An open order is shown by that message from now on (None: by one that is still to be sent); the message that
    showed it before is returned."""
    attempt = await session.get_one(Attempt, attempt_id, populate_existing=True)
    if attempt.closed_at is not None:
        return []
    before = (attempt.telegram_id, attempt.message_id)
    attempt.telegram_id, attempt.message_id, attempt.left_at = telegram_id, message_id, None
    await session.flush()
    return [(before[0], before[1])] if before[1] and before != (telegram_id, message_id) else []


async def record_message(session: AsyncSession, attempt_id: int, before: int | None, message_id: int) -> bool:
    """The message that was sent to show it, unless it is shown by another one meanwhile, or nobody looks any more.
    Whether it shows it."""
    done = await session.execute(
        update(Attempt)
        .where(
            Attempt.id == attempt_id,
            Attempt.closed_at.is_(None),
            Attempt.left_at.is_(None),
            Attempt.message_id.is_not_distinct_from(before),
        )
        .values(message_id=message_id)
        .returning(Attempt.telegram_id)
    )
    telegram_id = done.scalar_one_or_none()
    if telegram_id is not None:
        await record_order(session, telegram_id, message_id)
    return telegram_id is not None


async def leave_message(
    session: AsyncSession, user_id: int, telegram_id: int, message_id: int, now: datetime
) -> None:
    """That message shows something else from now on: nothing of an open order is written over it."""
    await session.execute(
        update(Attempt)
        .where(
            Attempt.user_id == user_id,
            Attempt.closed_at.is_(None),
            Attempt.telegram_id == telegram_id,
            Attempt.message_id == message_id,
        )
        .values(message_id=None, left_at=now)
    )


async def mark_touched(session: AsyncSession, attempt_id: int, now: datetime) -> None:
    await session.execute(
        update(Attempt)
        .where(Attempt.id == attempt_id)
        .values(touched_at=func.coalesce(Attempt.touched_at, now))
        .execution_options(synchronize_session=False)
    )


async def get_open_order(session: AsyncSession, user_id: int) -> int | None:
    """The purchase that its payer most likely asks about."""
    found = await list_unpaid(session, user_id)
    return found[0].id if found else None


async def hurry(session: AsyncSession, user_id: int, besides: int, now: datetime) -> list[int]:
    """The person's other open orders whose payment is asked for: due now. Attempts' ids."""
    rows = await session.scalars(
        update(Attempt)
        .where(
            Attempt.user_id == user_id,
            Attempt.closed_at.is_(None),
            Attempt.purchase_id != besides,
            Attempt.next_ask_at > now,
        )
        .values(next_ask_at=now)
        .returning(Attempt.id)
    )
    return list(rows)


def is_silent(attempt: Attempt, reason: str) -> bool:
    """Whether the end of an unpaid order is news to nobody: a link that ran out, which nobody has used, asked about
    or been offered to the last."""
    return reason == EXPIRED and (attempt.touched_at is None or attempt.outcome in (SUPERSEDED, DROPPED))
