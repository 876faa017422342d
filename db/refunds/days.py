"""How many days go with money that is given back.

In total the share of a purchase's days that `count_returned_days` tells, and never more than it has left unused: a
day begun is unused until it is over.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.payments.purchases import count_returned_days

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PurchaseBalance:
    """A purchase of `days` for `amount`: `refunded` of it is back, `pending` on its way, in the
    smallest unit.

    Of its days it gave `given` (what had been returned before it was settled is never given), and its refunds took
    `taken`; `lived` were over when its account was merged. `own_end` is when its own days would end by themselves,
    None before any were given; `access_end` when the module's access does, None without end and without access:
    `endless` tells.
    """

    days: int
    amount: int
    refunded: int
    pending: int
    given: int
    taken: int
    own_end: datetime | None
    access_end: datetime | None
    endless: bool
    lived: int = 0

    def due(self, refunded: int) -> int:
        """Days still to be taken once `refunded` is back."""
        total = count_returned_days(self.days, self.amount, refunded)
        return max(0, total - (self.days - self.given) - self.taken)

    def unused(self, now: datetime) -> int:
        """Unused days of this purchase, capped by what remains of its own period and of the access."""
        left = [self.given - self.lived - self.taken]
        if self.own_end is not None:
            left.append(days_until(self.own_end, now) - self.taken)
        if not self.endless:
            left.append(days_until(self.access_end, now) if self.access_end else 0)
        return max(0, min(left))

    def to_take(self, refunded: int, now: datetime) -> int:
        return min(self.due(refunded), self.unused(now))

    def taken_by(self, amount: int, now: datetime) -> int:
        """What a refund of `amount` more will take, once those on their way have taken theirs."""
        before = self.refunded + self.pending
        return self.to_take(before + amount, now) - self.to_take(before, now)


def days_until(end: datetime, now: datetime) -> int:
    """Days begun count whole; negative once it is past."""
    return -((now - end) // DAY)


BALANCE = text(
    """
    select p.days, p.amount_cents, coalesce(r.refunded, 0), coalesce(r.pending, 0), coalesce(c.days, 0),
           coalesce(r.taken, 0), c.after + coalesce(merged.shift, '0'),
           nullif(a.ends_at, 'infinity'), coalesce(a.ends_at = 'infinity', false),
           coalesce(c.days - cast(extract(epoch from merged.share) / 86400 as integer), 0)
    from purchases p
    join products pr using (product_id)
    left join bot.access_changes c on c.source = 'purchase' and c.source_id = p.id
    left join usermoduleaccess a on a.user_id = p.user_id and a.module_id = pr.module_id
    cross join lateral (
        select cast(sum(amount) filter (where status = 'succeeded') as bigint) as refunded,
               cast(sum(amount) filter (where status = 'pending') as bigint) as pending, sum(days_taken) as taken
        from bot.refunds where purchase_id = p.id
    ) r
    cross join lateral (
        select sum(shift) as shift, (array_agg(share order by merge_id desc))[1] as share
        from bot.merged_changes where change_id = c.id
    ) merged
    where p.id = :purchase_id
    """
)


async def get_balance(session: AsyncSession, purchase_id: int) -> PurchaseBalance:
    return PurchaseBalance(*(await session.execute(BALANCE, {"purchase_id": purchase_id})).one())
