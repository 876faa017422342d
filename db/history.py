"""What admins did, to be read: the newest first, by person, by admin, by kind, since when. Each way has an index of its
own (db/tables/acts.py), and a page is its beginning: how much there is makes no difference."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.placeholders import proven_email

MAX_ADMINS = 30


@dataclass(frozen=True, slots=True)
class ActEntry:
    """`admin` is None where the bot has never met them; `person` where nobody in particular was concerned. `undone`:
    another act has taken it back."""

    id: int
    created_at: datetime
    telegram_id: int
    admin: str | None
    kind: str
    user_id: int | None
    person: str | None
    facts: dict[str, Any]
    reason: str | None
    undone: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """None means all. `since`: not before it; `before`: an act's id, older ones only."""

    user_id: int | None = None
    telegram_id: int | None = None
    kinds: Sequence[str] | None = None
    since: datetime | None = None
    before: int | None = None


IN_ORDER = "select * from bot.acts a where CONDITIONS order by a.id desc limit :limit"
# One kind after the other by its index: PostgreSQL can't read several of them in one order.
BY_KINDS = """
    select one.* from unnest(cast(:kinds as text[])) wanted (kind)
    cross join lateral (
        select * from bot.acts a where a.kind = wanted.kind and CONDITIONS order by a.id desc limit :limit
    ) one
    order by one.id desc limit :limit
"""
WITH_NAMES = f"""
select found.id, found.created_at, found.telegram_id, chat.name, found.kind, found.user_id,
       coalesce(u.name, {proven_email("u")}), found.facts, found.reason, undone.id is not null
from (FOUND) found
left join bot.chats chat on chat.telegram_id = found.telegram_id
left join users u on u.id = found.user_id
left join bot.access_changes undone on undone.source = 'undo'
    and undone.source_id = case when found.kind in ('grant', 'revoke') then cast(found.facts ->> 'change' as bigint) end
order by found.id desc
"""
# Acts of the other application are copied later than they were done: the order of ids is not that of time.
SINCE = """a.created_at >= :since and a.id >= (
    select min(first.id) from bot.acts first where first.created_at >= :since)"""


def statement(wanted: Wanted) -> str:
    """The SQL of these wishes."""
    conditions = ["true"]
    if wanted.user_id is not None:
        conditions.append("a.user_id = :user_id")
    if wanted.telegram_id is not None:
        conditions.append("a.telegram_id = :telegram_id")
    if wanted.since is not None:
        conditions.append(SINCE)
    if wanted.before is not None:
        conditions.append("a.id < :before")
    # Of one person there is little: their own index, and the kind is looked at in each row.
    if wanted.kinds is not None and wanted.user_id is not None:
        conditions.append("a.kind = any(:kinds)")
    by_kinds = wanted.kinds is not None and wanted.user_id is None
    found = (BY_KINDS if by_kinds else IN_ORDER).replace("CONDITIONS", " and ".join(conditions))
    return WITH_NAMES.replace("FOUND", found)


def values(wanted: Wanted, limit: int) -> dict[str, Any]:
    given = {
        "user_id": wanted.user_id,
        "telegram_id": wanted.telegram_id,
        "kinds": list(wanted.kinds) if wanted.kinds is not None else None,
        "since": wanted.since,
        "before": wanted.before,
    }
    return {name: value for name, value in given.items() if value is not None} | {"limit": limit}


async def list_acts(session: AsyncSession, wanted: Wanted, limit: int) -> list[ActEntry]:
    rows = await session.execute(text(statement(wanted)), values(wanted, limit))
    return [ActEntry(*row) for row in rows]


LIST_ADMINS = text(
    """
    with recursive admin as (
        (select telegram_id from bot.acts order by telegram_id limit 1)
        union all
        select (select a.telegram_id from bot.acts a where a.telegram_id > admin.telegram_id
                order by a.telegram_id limit 1)
        from admin where admin.telegram_id is not null
    )
    select admin.telegram_id, chat.name from admin
    left join bot.chats chat on chat.telegram_id = admin.telegram_id
    where admin.telegram_id is not null order by admin.telegram_id limit :limit
    """
)


async def list_admins(session: AsyncSession) -> list[tuple[int, str | None]]:
    """Who has ever done anything: Telegram id and name."""
    rows = await session.execute(LIST_ADMINS, {"limit": MAX_ADMINS})
    return [(row[0], row[1]) for row in rows]
