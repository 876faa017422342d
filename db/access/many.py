"""Access for many at once, by as many statements as for one."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.access.changes import UNDO, AppliedChange
from db.access.limits import LATEST_END
from db.access.plans import LOCK_MANY, GrantPlan
from db.account_ids import lock_accounts
from db.errors import AccessTooFar


async def create_grants(
    session: AsyncSession, admin_id: int, plans: Sequence[GrantPlan], now: datetime
) -> list[int]:
    """The ids of the changes. `plans` are those of `plan_grants`, of one product and as many days for each, made in
    this transaction: it holds every account and access. Raises AccessTooFar where somebody else has moved an access
    meanwhile."""
    first = plans[0]
    ids = await session.scalars(
        GIVE_MANY,
        {
            "admin": admin_id,
            "ids": [plan.user_id for plan in plans],
            "product": first.product_id,
            "days": first.days,
            "now": now,
            "far": LATEST_END,
        },
    )
    if len(changed := list(ids)) != len(plans):
        raise AccessTooFar(first.days)
    return changed


# As `changes.EXTEND`, of many; a person's row is read before it is changed, as it is joined to what changes it.
GIVE_MANY = text(
    """
with place as (
    select module_id from products where product_id = :product
), entry as (
    insert into adminaccesshistory (admin_id, target_user_id, product_id, days, created_at)
    select :admin, id, :product, :days, :now from unnest(cast(:ids as bigint[])) id order by id
    returning id, target_user_id as user_id
), before as (
    select user_id, ends_at from usermoduleaccess
    where user_id = any(cast(:ids as bigint[])) and module_id = (select module_id from place)
    order by user_id for update
), after as (
    insert into usermoduleaccess as access (user_id, module_id, ends_at)
    select entry.user_id, place.module_id, cast(:now as timestamptz) + make_interval(days => :days)
    from place cross join entry left join before on before.user_id = entry.user_id
    where before.ends_at is null or before.ends_at = 'infinity'
       or greatest(cast(:now as timestamptz), before.ends_at) + make_interval(days => :days)
          < cast(:far as timestamptz)
    on conflict (user_id, module_id) do update set
        ends_at = greatest(cast(:now as timestamptz), access.ends_at) + make_interval(days => :days)
    returning user_id, module_id, ends_at
)
insert into bot.access_changes (user_id, module_id, source, source_id, days, before, after, created_at)
select after.user_id, after.module_id, 'grant', entry.id, :days, before.ends_at, after.ends_at, :now
from after join entry on entry.user_id = after.user_id left join before on before.user_id = after.user_id
order by after.user_id
returning id
"""
)


async def undo_grants(
    session: AsyncSession, admin_id: int, change_ids: Sequence[int], now: datetime
) -> list[tuple[int, AppliedChange]]:
    """What `create_grants` changed is restored as `undo_grant` does it, with whom that is still possible: each change
    with what undid it. Left out is what was undone by itself, and whose account or access is gone. Raises
    AccountDeleted, where one goes meanwhile: nothing is undone, and once more is without it."""
    done: list[tuple[int, AppliedChange]] = []
    left = list(change_ids)
    while True:
        rows = (await session.execute(LIST_PLACES, {"ids": left})).all()
        locked = await lock_accounts(session, [row.user_id for row in rows])
        # Read again: a merge may have moved some of them before they were locked.
        rows = (await session.execute(LIST_PLACES, {"ids": left})).all()
        by_person = {row.user_id: row for row in rows if row.user_id in locked}  # merged ones share an access
        if not by_person:
            return done
        for module in {row.module_id for row in by_person.values()}:
            await session.execute(LOCK_MANY, {"ids": list(by_person), "module": module})
        undone = await _undo(session, [row.id for row in by_person.values()], now)
        products = {row.id: row.product_id for row in by_person.values()}
        await _record(session, admin_id, undone, products, now)
        done += undone
        left = [one for one in left if one not in products]


LIST_PLACES = text(
    """
    select c.id, c.user_id, c.module_id, h.product_id
    from bot.access_changes c join adminaccesshistory h on h.id = c.source_id
    where c.id = any(:ids) and c.source = 'grant'
      and not exists (select from bot.access_changes u where u.source = 'undo' and u.source_id = c.id)
      and not exists (select from bot.deleted_accounts d where d.user_id = c.user_id)
      and exists (select from usermoduleaccess a where a.user_id = c.user_id and a.module_id = c.module_id)
    order by c.user_id, c.id desc
    """
)


async def _undo(
    session: AsyncSession, change_ids: Sequence[int], now: datetime
) -> list[tuple[int, AppliedChange]]:
    rows = await session.execute(UNDO, {"changes": list(change_ids), "now": now})
    return [
        (row.of, AppliedChange(row.id, row.user_id, row.module_id, row.days, row.before, row.after))
        for row in rows
    ]


async def _record(
    session: AsyncSession,
    admin_id: int,
    undone: Sequence[tuple[int, AppliedChange]],
    products: dict[int, int],
    now: datetime,
) -> None:
    await session.execute(
        RECORD,
        {
            "admin": admin_id,
            "users": [change.user_id for _of, change in undone],
            "products": [products[of] for of, _change in undone],
            "days": [change.days for _of, change in undone],
            "now": now,
        },
    )


RECORD = text(
    """
    insert into adminaccesshistory (admin_id, target_user_id, product_id, days, created_at)
    select :admin, undone.user_id, undone.product_id, undone.days, :now
    from unnest(cast(:users as bigint[]), cast(:products as bigint[]), cast(:days as integer[]))
        with ordinality undone (user_id, product_id, days, place)
    order by place
    """
)


LIST_GRANTED = text(
    """
    select '#' || u.id, coalesce(u.name, ''), p.name, c.days::text,
           case when c.after = 'infinity' then '' else to_char(c.after at time zone 'UTC', 'YYYY-MM-DD') end
    from bot.access_changes c
    join adminaccesshistory h on c.source = 'grant' and h.id = c.source_id
    join users u on u.id = c.user_id
    join products p on p.product_id = h.product_id
    where c.id = any(:changes) order by u.name, u.id
    """
)


async def list_granted(session: AsyncSession, changes: list[int]) -> list[list[str]]:
    """A row for each: account, name, product, days, and the day (of UTC) on which the access ends, empty for never."""
    return [list(row) for row in await session.execute(LIST_GRANTED, {"changes": changes})]
