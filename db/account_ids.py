"""Which account an id stands for: an account that was merged (db/merging/merging.py) leaves its id to another one.

A job or a button may name an account that was merged since. Who writes rows for an account keeps it from being merged
until the transaction ends, so that none is left behind.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, TextClause
from sqlalchemy.ext.asyncio import AsyncSession

from db.account_errors import AccountDeleted
from db.locks import lock_call
from db.sql import text
from db.tables import DeletedAccount

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
select id, {lock_call("'account:' || id", shared=True)} from ({CURRENT}) current
"""


CURRENT_STATE = f"""
select id, exists (select from bot.deleted_accounts d where d.user_id = current.id) as deleted
from ({CURRENT}) current
"""


async def get_current_id(session: AsyncSession, user_id: int) -> int:
    """The account that `user_id` was merged into; `user_id` itself where it was not."""
    return int((await session.execute(text(CURRENT), {"user_id": user_id})).scalar_one())


async def lock_account(session: AsyncSession, user_id: int) -> int:
    """Keeps the account from being merged until the transaction ends; its id, another one where it was merged already.

    To be taken before any other lock. Any number of transactions may hold it at once. Raises AccountDeleted.
    """
    return int((await lock_account_and(session, user_id, text(CURRENT_STATE), {})).id)


async def lock_account_and(
    session: AsyncSession, user_id: int, then: TextClause, values: Mapping[str, Any]
) -> Row[Any]:
    """As `lock_account`: the row of `then`, which is asked once the account is locked. It has CURRENT_STATE's columns
    and more, and is to lock and write nothing where `id` is not :user_id or is `deleted`."""
    while True:
        locked = (await session.execute(text(LOCK_SHARED), {"user_id": user_id})).one().id
        # Asked again: a statement that waits sees nothing of what it has waited for.
        current = (await session.execute(then, {**values, "user_id": locked})).one()
        if current.deleted:
            raise AccountDeleted(current.id)
        if current.id == locked:
            return current


async def is_deleted(session: AsyncSession, user_id: int) -> bool:
    """Whether its person has deleted the account."""
    return await session.get(DeletedAccount, user_id) is not None


async def list_telegram_ids(session: AsyncSession, user_id: int) -> list[int]:
    """Of the chats that sign in to the account."""
    return list(await session.scalars(text(TELEGRAM_IDS), {"user_id": user_id}))


TELEGRAM_IDS = """
    select cast(providerkey as bigint) as telegram_id from authidentities
    where user_id = :user_id and lower(loginprovider) = 'telegram' and providerkey ~ '^[0-9]{1,18}$' order by 1
"""


CURRENT_OF_MANY = text(
    """
    with recursive merged as (
        select id as asked, id from unnest(cast(:ids as bigint[])) id
        union
        select merged.asked, m.into_user_id from merged
        join bot.merges m on m.from_user_id = merged.id and m.undone_at is null
    )
    select distinct id, exists (select from bot.deleted_accounts d where d.user_id = merged.id) as deleted from merged
    where not exists (select from bot.merges m where m.from_user_id = merged.id and m.undone_at is null) order by id
    """
)
LOCK_MANY = text(
    f"""
    select {lock_call("'account:' || id", shared=True)}
    from (select id from unnest(cast(:ids as bigint[])) id order by id offset 0) ordered
    """
)


async def lock_accounts(session: AsyncSession, user_ids: Sequence[int]) -> list[int]:
    """As `lock_account`, of many: each of their accounts once, in the order of ids. Raises AccountDeleted."""
    locked: list[int] = []
    while True:
        rows = (await session.execute(CURRENT_OF_MANY, {"ids": list(user_ids)})).all()
        for row in rows:
            if row.deleted:
                raise AccountDeleted(row.id)
        if (current := [row.id for row in rows]) == locked:
            return current
        await session.execute(LOCK_MANY, {"ids": current})
        locked = current
