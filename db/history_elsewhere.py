"""What the other application gives and takes (its rows of `adminaccesshistory`) stands in the history, too."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.acts import ELSEWHERE, ActKind
from db.locks import lock
from db.payments.cursors import get_cursor, record_cursor

# Among the cursors: the id of the row that was copied last, and the highest one there was when it was looked last.
COPIED, SEEN = "elsewhere_copied", "elsewhere_seen"
A_TIME = 5000  # rows

GET_END = text(
    """
    select coalesce(max(id), :copied) from (
        select id from adminaccesshistory where id > :copied and id <= :seen order by id limit :most) batch
    """
)
# A grant of ours has a change of its own, an undo the change that it was written with.
COPY = text(
    """
    insert into bot.acts (telegram_id, kind, user_id, facts, created_at)
    select :who, :kind, h.target_user_id,
           jsonb_build_object('entry', h.id, 'admin', h.admin_id, 'product', p.name, 'days', h.days),
           case when isfinite(h.created_at) then h.created_at else cast(:now as timestamptz) end
    from adminaccesshistory h join products p on p.product_id = h.product_id
    where h.id > :copied and h.id <= :last
      and not exists (select from bot.access_changes c where c.source = 'grant' and c.source_id = h.id)
      and not exists (
          select from bot.access_changes c
          where c.user_id = h.target_user_id and c.source = 'undo' and c.created_at = h.created_at and c.days = h.days)
    order by h.id
    """
)


async def record_elsewhere(session: AsyncSession, now: datetime) -> None:
    """The next so many rows that are not ours become acts. A row is looked at no sooner than the second time: one with
    a lower id may be committed after it."""
    await lock(session, "elsewhere")
    copied, seen = await get_cursor(session, COPIED), await get_cursor(session, SEEN)
    last = await session.scalar(GET_END, {"copied": copied, "seen": seen, "most": A_TIME})
    assert last is not None
    if last > copied:
        about = {
            "who": ELSEWHERE,
            "kind": ActKind.ELSEWHERE.value,
            "copied": copied,
            "last": last,
            "now": now,
        }
        await session.execute(COPY, about)
        await record_cursor(session, COPIED, copied, last)
    highest = await session.scalar(text("select coalesce(max(id), 0) from adminaccesshistory"))
    await record_cursor(session, SEEN, seen, highest or 0)
