"""The events of a purchase with their timestamps: for its payer who asks where the money is."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.errors import PurchaseUnknown
from db.payments.methods import PaymentMethod
from db.payments.purchases import SUMMARIES, PurchaseStatus, PurchaseSummary


@dataclass(frozen=True, slots=True)
class AttemptEvents:
    """The attempt at paying it. `said` is the provider's last word."""

    id: int
    method: PaymentMethod
    linked_at: datetime | None
    said: str | None
    said_at: datetime | None
    asked_at: datetime | None

    @property
    def question(self) -> str:
        """Names the next question to the provider: another name as soon as an answer is in the database."""
        return f"{self.id}:{self.asked_at}:{self.said_at}"


@dataclass(frozen=True, slots=True)
class AccessOpened:
    """The access it gave; `until` is None for ever."""

    at: datetime
    days: int
    until: datetime | None


@dataclass(frozen=True, slots=True)
class RefundEvent:
    """A refund: pending or succeeded."""

    at: datetime
    amount: int
    days: int
    done: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """`attempt` is None for a purchase of the other application."""

    purchase: PurchaseSummary
    attempt: AttemptEvents | None
    access: AccessOpened | None
    refunds: tuple[RefundEvent, ...]

    @property
    def waits(self) -> bool:
        """Whether asking the provider may bring news: also of one that was called canceled."""
        return self.attempt is not None and self.purchase.status in (
            PurchaseStatus.PENDING,
            PurchaseStatus.CANCELED,
        )


async def get_timeline(session: AsyncSession, purchase_id: int, user_id: int) -> Timeline:
    """Of one's own purchase. Raises PurchaseUnknown."""
    values = {"user_id": user_id, "purchase_id": purchase_id}
    found = (await session.execute(PURCHASE, values)).one_or_none()
    if found is None:
        raise PurchaseUnknown(purchase_id)
    row = (await session.execute(EVENTS, values)).one()
    refunds = await session.execute(REFUNDS, values)
    attempt = access = None
    if row.id is not None:
        attempt = AttemptEvents(
            row.id, PaymentMethod(row.method), row.linked_at, row.said, row.said_at, row.asked_at
        )
    if row.opened_at is not None:
        access = AccessOpened(row.opened_at, row.days, row.until)
    return Timeline(
        PurchaseSummary(*found), attempt, access, tuple(RefundEvent(*refund) for refund in refunds)
    )


PURCHASE = text(SUMMARIES + " and p.id = :purchase_id")
EVENTS = text(
    """
    select a.id, a.method, a.linked_at, a.said, a.said_at, a.asked_at,
           c.created_at as opened_at, c.days, nullif(c.after, 'infinity') as until
    from purchases p
    left join bot.payment_attempts a on a.purchase_id = p.id
    left join bot.access_changes c on c.source = 'purchase' and c.source_id = p.id
    where p.id = :purchase_id
    """
)
REFUNDS = text(
    """
    select coalesce(finished_at, created_at), amount, days_taken, status = 'succeeded'
    from bot.refunds where purchase_id = :purchase_id and status in ('pending', 'succeeded') order by id
    """
)


ENDED_SINCE = text(
    """
    select exists (
        select from authidentities i
        join purchases p on p.user_id = i.user_id
        join bot.payment_attempts a on a.purchase_id = p.id
        where lower(i.loginprovider) = 'telegram' and i.providerkey = cast(:telegram_id as text)
          and a.telegram_id = cast(cast(:telegram_id as text) as bigint) and a.message_id = :message_id
          and p.status <> 'pending' and greatest(a.closed_at, a.said_at) > :at)
    """
)


async def has_ended_since(session: AsyncSession, telegram_id: int, message_id: int, at: datetime) -> bool:
    """Whether that message shows an order that was settled after that moment."""
    values = {"telegram_id": str(telegram_id), "message_id": message_id, "at": at}
    return bool(await session.scalar(ENDED_SINCE, values))
