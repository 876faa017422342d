"""Which account an id stands for: an account that was merged (db/merging/merging.py) leaves its id to another one.

A job or a button may name an account that was merged since. Who writes rows for an account keeps it from being merged
until the transaction ends, so that none is left behind.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

CURRENT = """
with recursive merged as (
    select cast(:user_id as bigint) as id
    union
    select m.into_user_id from merged join bot.merges m on m.from_user_id = merged.id and m.undone_at is null
)
select id from merged
where not exists (select from bot.merges m where m.from_user_id = merged.id and m.undone_at is null)
"""
# The lock of `lock(session, f"account:{id}")`, which merging takes alone.
LOCK_SHARED = f"""
select id, pg_advisory_xact_lock_shared(hashtextextended('lessongate:account:' || id, 0)) from ({CURRENT}) current
"""


async def get_current_id(session: AsyncSession, user_id: int) -> int:
    """The account that `user_id` was merged into; `user_id` itself where it was not."""
    return int((await session.execute(text(CURRENT), {"user_id": user_id})).scalar_one())


async def lock_account(session: AsyncSession, user_id: int) -> int:
    """Keeps the account from being merged until the transaction ends; its id, another one where it was merged already.

    To be taken before any other lock. Any number of transactions may hold it at once.
    """
    while True:
        locked = (await session.execute(text(LOCK_SHARED), {"user_id": user_id})).one().id
        # Asked again: a statement that waits sees nothing of what it has waited for.
        if await get_current_id(session, locked) == locked:
            return int(locked)
