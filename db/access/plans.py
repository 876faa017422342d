"""What a grant or a revocation would do, before it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.access import changes
from db.access.changes import AccessPeriod
from db.access.limits import LATEST_END
from db.account_ids import lock_account, lock_accounts
from db.errors import AccessForEver, AccessNotOwned, AccessTooFar, PersonUnknown, ProductUnknown

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class GrantPlan:
    """`days` are negative where access gets shorter. `before`: the access as it is, None where there is none;
    `ends_at`: when it would end, None for ever. `closes`: nothing would be left of it; `is_too_much`: more was asked
    for than is left."""

    user_id: int
    product_id: int
    product: str
    module: str
    days: int
    before: AccessPeriod | None
    ends_at: datetime | None
    closes: bool = False
    is_too_much: bool = False

    @property
    def end_before(self) -> datetime | None:
        return self.before.ends_at if self.before else None


async def plan_grant(
    session: AsyncSession, user_id: int, product_id: int, days: int, now: datetime
) -> GrantPlan:
    """Holds the access until the transaction ends. Raises ProductUnknown, PersonUnknown, AccessTooFar."""
    plans = await plan_grants(session, [user_id], product_id, days, now)
    if not plans:
        raise PersonUnknown(f"#{user_id}")
    return plans[0]


async def plan_grants(
    session: AsyncSession, user_ids: Sequence[int], product_id: int, days: int, now: datetime
) -> list[GrantPlan]:
    """As `plan_grant`, of many, by as many statements as for one; in the order of ids."""
    row = (await session.execute(GET_PRODUCT, {"product_id": product_id})).one_or_none()
    if row is None:
        raise ProductUnknown(product_id)
    ids = await lock_accounts(session, user_ids)
    await session.execute(LOCK_MANY, {"ids": ids, "module": row[2]})
    rows = await session.execute(LIST_ENDS, {"ids": ids, "module": row[2]})
    found: dict[int, datetime | None] = {row[0]: row[1] for row in rows}
    plans = []
    for user_id in ids:
        access = AccessPeriod(row[2], row[1], found[user_id]) if user_id in found else None
        ends_at = changes.end_after(access, days, now)
        if ends_at is not None and ends_at >= LATEST_END:
            raise AccessTooFar(days)
        plans.append(GrantPlan(user_id, product_id, row[0], row[1], days, access, ends_at))
    return plans


LOCK_MANY = text(
    f"""
    select {changes.lock_access_call("id", "cast(:module as bigint)")}
    from (select id from unnest(cast(:ids as bigint[])) id order by id offset 0) ordered
    """
)
LIST_ENDS = text(
    "select user_id, nullif(ends_at, 'infinity') from usermoduleaccess"
    " where user_id = any(:ids) and module_id = :module"
)


async def plan_revocation(
    session: AsyncSession, user_id: int, product_id: int, days: int | None, now: datetime
) -> GrantPlan:
    """`days` to be taken, None for all that are left; no more than these are ever taken, so that no access ends before
    it was taken. Holds the access until the transaction ends.

    Raises ProductUnknown, AccessNotOwned (nothing is open), AccessForEver.
    """
    product, access = await _get_place(session, user_id, product_id)
    if access is not None and access.ends_at is None:
        raise AccessForEver(user_id)
    if access is None or access.ends_at is None or access.ends_at <= now:
        raise AccessNotOwned(user_id)
    left = -((now - access.ends_at) // DAY)  # a day begun is one
    taken = left if days is None else min(days, left)
    ends_at = access.ends_at - taken * DAY
    return GrantPlan(
        user_id, product_id, product[0], product[1], -taken, access, ends_at,
        closes=ends_at <= now, is_too_much=days is not None and days > left,
    )  # fmt: skip


GET_PRODUCT = text(
    "select p.name, m.name, m.id from products p join modules m on m.id = p.module_id where p.product_id = :product_id"
)


async def _get_place(
    session: AsyncSession, user_id: int, product_id: int
) -> tuple[tuple[str, str], AccessPeriod | None]:
    row = (await session.execute(GET_PRODUCT, {"product_id": product_id})).one_or_none()
    if row is None:
        raise ProductUnknown(product_id)
    user_id = await lock_account(session, user_id)
    await changes.lock_access(session, user_id, row[2])
    return (row[0], row[1]), await changes.get_access(session, user_id, row[2])
