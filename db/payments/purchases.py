"""Purchases: what was bought, for how much, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.errors import PurchaseUnknown
from db.payments.methods import YOOKASSA, YOOKASSA_ID
from db.tables import Attempt, Purchase


class PurchaseStatus(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class PurchaseSummary:
    """A purchase as its payer sees it. `amount` and what of it was `refunded` in the currency's smallest unit; `ours`
    is False for a purchase of the other application."""

    id: int
    product: str
    module_id: int
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
    link_ends_at: datetime | None
    refunded: int


FROM_PURCHASES = """
from purchases p
join products pr using (product_id)
join modules m on m.id = pr.module_id
left join bot.payment_attempts a on a.purchase_id = p.id
"""
TOUCHED = "(a.id is null or a.touched_at is not null)"
SUMMARIES = f"""
select p.id, pr.name, m.id, m.name, p.days, p.amount_cents, p.currency, p.provider, p.status, p.provider_payment_id,
       p.receipt, p.created_at, p.purchased_at, a.id is not null, a.link_ends_at,
       (select coalesce(sum(r.amount), 0) from bot.refunds r where r.purchase_id = p.id and r.status = 'succeeded')
{FROM_PURCHASES}
where p.user_id = :user_id
"""


async def list_purchases(session: AsyncSession, user_id: int, limit: int = 10) -> list[PurchaseSummary]:
    """The newest first, the other application's among them; no orders that nobody touched."""
    rows = await session.execute(
        text(SUMMARIES + f" and {TOUCHED} order by p.id desc limit :limit"),
        {"user_id": user_id, "limit": limit},
    )
    return [PurchaseSummary(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class PaidSum:
    """What one person has paid in one currency, and what of it was returned, in its smallest unit."""

    currency: str
    count: int
    amount: int
    refunded: int


# The other application's refunds have no row of ours: its purchase says that all of it was returned.
LIST_SUMS = """
select p.currency, count(*), sum(p.amount_cents), sum(
    case when p.status = 'refunded' then p.amount_cents
    else (select coalesce(sum(r.amount), 0) from bot.refunds r
          where r.purchase_id = p.id and r.status = 'succeeded') end)
from purchases p
where p.user_id = :user_id and p.status in ('succeeded', 'refunded')
group by p.currency order by count(*) desc, p.currency
"""


async def list_sums(session: AsyncSession, user_id: int) -> list[PaidSum]:
    """The other application's purchases among them."""
    rows = await session.execute(text(LIST_SUMS), {"user_id": user_id})
    return [PaidSum(row[0], row[1], int(row[2]), int(row[3])) for row in rows]


async def list_unpaid(session: AsyncSession, user_id: int) -> list[PurchaseSummary]:
    """One's own open orders, those that nobody touched among them; the likeliest to be asked about first."""
    rows = await session.execute(
        text(
            SUMMARIES
            + " and p.status = 'pending' and a.id is not null and a.closed_at is null"
            + " order by coalesce(a.touched_at, a.created_at) desc, a.id desc limit 5"
        ),
        {"user_id": user_id},
    )
    return [PurchaseSummary(*row) for row in rows]


async def get_last_paid(session: AsyncSession, user_id: int) -> PurchaseSummary | None:
    """Of ours, what was paid last."""
    rows = await session.execute(
        text(
            SUMMARIES
            + " and a.id is not null and p.status = 'succeeded' order by p.purchased_at desc, p.id desc limit 1"
        ),
        {"user_id": user_id},
    )
    row = rows.one_or_none()
    return PurchaseSummary(*row) if row else None


async def list_pending_payment_ids(session: AsyncSession, limit: int = 500) -> list[str]:
    """YooKassa's payment ids of our pending purchases; touched ones first, then the newest, where an earlier shop left
    many that nobody can ask for any more."""
    rows = await session.scalars(
        select(Purchase.provider_payment_id)
        .join(Attempt, Attempt.purchase_id == Purchase.id)
        .where(
            Purchase.status == PurchaseStatus.PENDING.value,
            Purchase.provider == YOOKASSA,
            Purchase.provider_payment_id.regexp_match(f"^{YOOKASSA_ID.pattern}$"),
        )
        .order_by(Attempt.touched_at.is_(None), Purchase.id.desc())
        .limit(limit)
    )
    return list(rows)


async def get_currency(session: AsyncSession, purchase_id: int) -> str:
    """Raises PurchaseUnknown."""
    currency = await session.scalar(select(Purchase.currency).where(Purchase.id == purchase_id))
    if currency is None:
        raise PurchaseUnknown(purchase_id)
    return currency


async def get_state(session: AsyncSession, purchase_id: int) -> tuple[str, int] | None:
    """Its status, and whose it is."""
    query = select(Purchase.status, Purchase.user_id).where(Purchase.id == purchase_id)
    row = (await session.execute(query)).one_or_none()
    return (row.status, row.user_id) if row else None


async def purchase_exists(session: AsyncSession, payment_id: str) -> bool:
    """Whether any purchase, the other application's too, has this payment of YooKassa."""
    purchase_id = await session.scalar(
        select(Purchase.id).where(Purchase.provider == YOOKASSA, Purchase.provider_payment_id == payment_id)
    )
    return purchase_id is not None


async def lock_purchase(session: AsyncSession, purchase_id: int) -> Purchase | None:
    return await session.scalar(_select_locked().where(Purchase.id == purchase_id))


async def lock_purchase_of(session: AsyncSession, provider: str, payment_id: str) -> Purchase | None:
    """The purchase of ours that has this payment; those of the other application are never found."""
    ours = select(Attempt.id).where(Attempt.purchase_id == Purchase.id).exists()
    return await session.scalar(
        _select_locked().where(
            Purchase.provider == provider, Purchase.provider_payment_id == payment_id, ours
        )
    )


def _select_locked() -> Select[Purchase]:
    return select(Purchase).with_for_update().execution_options(populate_existing=True)


def count_returned_days(days: int, amount: int, refunded: int) -> int:
    """Of `days` bought for `amount`, those that go with `refunded` of it: in proportion, rounded down."""
    return days * min(refunded, amount) // amount
