"""Grants: what admins give and take back, one row of `adminaccesshistory` each."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.access import changes
from db.access.changes import AppliedChange, Source
from db.account_ids import lock_account
from db.errors import (
    AccessForEver,
    AccessNotOwned,
    AccessTooFar,
    GrantUnknown,
    ProductUnknown,
    UndoTooLate,
)
from db.placeholders import proven_email
from db.tables import AdminAccess

LAST_YEAR = 9000
# The only floor of taking back: PostgreSQL's timestamps reach further back than Python's.
FIRST_YEAR = 1000


@dataclass(frozen=True, slots=True)
class GrantResult:
    """What a grant (or with negative `change.days` a revocation) did."""

    product: str
    module: str
    change: AppliedChange


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One row of the history; `undone` says that another row has taken it back."""

    id: int
    created_at: datetime
    admin: str
    person: str
    user_id: int
    product: str
    days: int
    undone: bool


async def create_grant(
    session: AsyncSession, admin_id: int, user_id: int, product_id: int, days: int, now: datetime
) -> GrantResult:
    """Gives `days` of the product's module; negative ones take back.

    Raises ProductUnknown, AccessTooFar, AccessNotOwned, AccessForEver.
    """
    changes.check_days(days)
    user_id = await lock_account(session, user_id)
    place = await _get_place(session, user_id, product_id, days)
    entry = AdminAccess(
        admin_id=admin_id, target_user_id=user_id, product_id=product_id, days=days, created_at=now
    )
    session.add(entry)
    await session.flush()
    change = await changes.change_access(session, user_id, place.module_id, days, Source.GRANT, entry.id, now)
    if days < 0 and change.after is None:
        raise AccessForEver(user_id)
    return GrantResult(place.product, place.module, change)


async def undo_grant(
    session: AsyncSession, admin_id: int, change_id: int, now: datetime, *, within: timedelta | None = None
) -> GrantResult:
    """Restores what a grant or revocation changed, with a row of the opposite days.

    Raises GrantUnknown (also for changes that no admin made), UndoTooLate (made longer than `within` ago),
    AlreadyUndone, AccessNotOwned, AccessTooFar.
    """
    row = (await session.execute(GET_GRANT_OF_CHANGE, {"change_id": change_id})).one_or_none()
    if row is None:
        raise GrantUnknown(change_id)
    if within is not None and row.created_at + within < now:
        raise UndoTooLate(change_id)
    if not row.owned:
        raise AccessNotOwned(row.user_id)
    change = await changes.undo_change(session, change_id, now)
    if change.after is not None and change.after.year > LAST_YEAR:
        raise AccessTooFar(change.days)
    session.add(
        AdminAccess(
            admin_id=admin_id,
            target_user_id=change.user_id,
            product_id=row.product_id,
            days=change.days,
            created_at=now,
        )
    )
    await session.flush()
    return GrantResult(row.product, row.module, change)


GET_GRANT_OF_CHANGE = text(
    """
    select h.target_user_id as user_id, h.product_id, p.name as product, m.name as module, c.created_at,
           exists (select from usermoduleaccess a where a.user_id = c.user_id and a.module_id = c.module_id)
               as owned
    from bot.access_changes c
    join adminaccesshistory h on h.id = c.source_id
    join products p on p.product_id = h.product_id
    join modules m on m.id = c.module_id
    where c.id = :change_id and c.source = 'grant'
    """
)

LIST_HISTORY = text(
    f"""
    select h.id, h.created_at, coalesce(admin.name, {proven_email("admin")}, '#' || admin.id),
           coalesce(target.name, {proven_email("target")}, '#' || target.id), target.id,
           p.name, h.days, undone.id is not null
    from adminaccesshistory h
    join users admin on admin.id = h.admin_id
    join users target on target.id = h.target_user_id
    join products p on p.product_id = h.product_id
    left join bot.access_changes change on change.source = 'grant' and change.source_id = h.id
    left join bot.access_changes undone on undone.source = 'undo' and undone.source_id = change.id
    where h.target_user_id = :user_id
    order by h.created_at desc, h.id desc limit :limit
    """
)


async def list_history(session: AsyncSession, user_id: int, limit: int) -> list[HistoryEntry]:
    """Of one person, the newest first."""
    rows = await session.execute(LIST_HISTORY, {"user_id": user_id, "limit": limit})
    return [HistoryEntry(*row) for row in rows]


async def _get_place(session: AsyncSession, user_id: int, product_id: int, days: int) -> Row[Any]:
    """The product, its module, and when the person's access to it ends now."""
    row = (await session.execute(GET_PLACE, {"user_id": user_id, "product_id": product_id})).one_or_none()
    if row is None:
        raise ProductUnknown(product_id)
    if days < 0 and row.ends_at is not None and row.ends_at.year <= FIRST_YEAR:
        raise AccessTooFar(days)
    return row


GET_PLACE = text(
    """
    select p.name as product, m.id as module_id, m.name as module, nullif(a.ends_at, 'infinity') as ends_at
    from products p join modules m on m.id = p.module_id
    left join usermoduleaccess a on a.module_id = m.id and a.user_id = :user_id
    where p.product_id = :product_id
    """
)
