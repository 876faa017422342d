"""Consistency checks: every succeeded purchase of ours has given its days, and no other purchase has."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

PAID_NOT_GRANTED = """
select p.id from purchases p
join bot.payment_attempts a on a.purchase_id = p.id
left join bot.access_changes c on c.source = 'purchase' and c.source_id = p.id
where p.status = 'succeeded' and c.id is null
order by p.id limit 100
"""
GRANTED_NOT_PAID = """
select c.source_id from bot.access_changes c
left join purchases p on p.id = c.source_id and p.status in ('succeeded', 'refunded')
where c.source = 'purchase' and p.id is null
order by c.source_id limit 100
"""


async def list_disagreements(session: AsyncSession) -> dict[str, list[int]]:
    """Purchase ids by kind of alarm."""
    return {
        "paid_not_granted": list(await session.scalars(text(PAID_NOT_GRANTED))),
        "granted_not_paid": list(await session.scalars(text(GRANTED_NOT_PAID))),
    }
