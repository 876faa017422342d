"""What goes with an account that is deleted, table by table. Raises MergeBlocked where a row can't be let go of.

In schema `bot` the catalog tells what a table is: rows that would be deleted with an account are its person's; rows
that would only forget it are records of money, and stay; a `telegram_id` without an account's key is a chat's.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.accounts.references import blocking, quote, text_name
from db.placeholders import placeholder, read_placeholder
from db.tables import DeletedAccount, TelegramAccount, User

# Why each day of access is there, what admins did (a chat there is theirs), which id leads to which; and what was tried
# too often, or used up: it is not to be tried anew by deleting an account, and expires.
KEPT = (
    "bot.access_changes",
    "bot.acts",
    "bot.merges",
    "bot.telegram_accounts",
    "bot.deleted_accounts",
    "bot.cooldowns",
    "bot.site_links",
)
NOBODY = 0  # a Telegram id that nobody has


async def erase_sign_ins(session: AsyncSession, user_id: int, chats: list[int]) -> None:
    """Sessions, devices and identities of the chats: each becomes a stranger. A device stays where another account has
    signed in on it."""
    values = {"user": user_id, "devices": [f"telegram:{chat}" for chat in chats]}
    for table, statement in ERASE_SIGN_INS.items():
        await _erase(session, table, statement, **values)


OF_CHATS = "device_id in (select id from devices where device_key = any(:devices))"
ERASE_SIGN_INS = {
    "sessions": f"delete from sessions where user_id = :user and {OF_CHATS}",
    "users_devices": f"delete from users_devices where user_id = :user and {OF_CHATS}",
    "devices": """
        delete from devices d where device_key = any(:devices)
          and not exists (select from sessions s where s.device_id = d.id)
          and not exists (select from users_devices u where u.device_id = d.id)
    """,
    "authidentities": "delete from authidentities where user_id = :user and lower(loginprovider) = 'telegram'",
}


async def erase_account(session: AsyncSession, user_id: int) -> None:
    """One that was used in Telegram only: all but what counts."""
    await _erase(session, "progress", "delete from progress where user_id = :user", user=user_id)
    for table in await _list_tables(session):
        for column in table.columns:
            statement = f"delete from {text_name(table.name)} where {quote(column)} = :user"
            await _erase(session, table.name, statement, user=user_id)
    # What an admin has written of somebody, or called them then.
    await _execute(
        session,
        "update bot.acts set reason = null, facts = facts - 'name' - 'chat' where user_id = :user",
        {"user": user_id},
    )
    await _anonymise(session, user_id)


async def erase_chats(session: AsyncSession, user_id: int, chats: list[int]) -> None:
    """What the account's chats have left here, and what was typed in them."""
    for statement in OF_CHATS_ACCOUNT:
        await _execute(session, statement, {"user": user_id})
    await _erase_chats(session, chats)
    user = await session.get_one(User, user_id, populate_existing=True)
    if await _forget_birth(session, user_id) and read_placeholder(user.email) is not None:
        user.email = _nobodys_address()
    await session.flush()


OF_CHATS_ACCOUNT = (
    "delete from bot.contacts where user_id = :user",
    "delete from bot.reminders where user_id = :user",
    "delete from bot.outbox where user_id = :user and state = 'waiting'",
)


async def _erase_chats(session: AsyncSession, chats: list[int]) -> None:
    for table in await _list_tables(session):
        if table.has_chat:
            statement = f"delete from {text_name(table.name)} where telegram_id = any(:chats)"
            await _erase(session, table.name, statement, chats=chats)
    values = {"chats": chats, "names": [str(chat) for chat in chats]}
    for statement in FORGET_CHATS:
        await _execute(session, statement, values)


# Of what is not solved yet an admin has to know whose it is.
FORGET_CHATS = (
    """
    update bot.parked_payments parked set telegram_id = null
    where telegram_id = any(:chats) and solved_at is not null and not exists (
        select from purchases p where p.id = parked.purchase_id and p.status in ('pending', 'succeeded'))
    """,
    """
    delete from bot.outbox where asked_by = any(:chats) or recipient = any(:names)
    """,
    """
    update bot.alerts set facts = facts - 'telegram_id'
    where solved_at is not null and facts ->> 'telegram_id' = any(:names)
    """,
    r"""
    delete from bot.failed_updates where solved_at is not null
      and body ~ ('\m(' || array_to_string(cast(:names as text[]), '|') || ')\M')
    """,
)


async def _anonymise(session: AsyncSession, user_id: int) -> None:
    user = await session.get_one(User, user_id, populate_existing=True)
    user.name = user.phone = user.last_seen = None
    user.email = _nobodys_address()
    await _forget_birth(session, user_id)
    await session.flush()


async def _forget_birth(session: AsyncSession, user_id: int) -> bool:
    """Whether it was born in Telegram; by whom is nobody's business any more."""
    born = await session.get(TelegramAccount, user_id, populate_existing=True)
    if born is not None:
        born.telegram_id = NOBODY
    return born is not None


def _nobodys_address() -> str:
    return placeholder(NOBODY, secrets.token_hex(8))


async def forget_merged(session: AsyncSession, user_id: int, merged: list[int]) -> None:
    """Accounts that were merged into this one: their rows in `users` name its person as well. The way back to them
    ends."""
    for one in merged:
        await _anonymise(session, one)
    await session.execute(FORGET_MERGES, {"user": user_id, "merged": merged})


FORGET_MERGES = text(
    """
    with forgotten as (
        update bot.merges set profile = '{}' where into_user_id = :user or into_user_id = any(:merged) returning id
    )
    delete from bot.merged_rows where merge_id in (select id from forgotten)
    """
)


async def mark_deleted(session: AsyncSession, users: list[int], now: datetime) -> None:
    """Nothing is written for them any more."""
    rows = [{"user_id": one, "deleted_at": now} for one in users]
    if rows:
        await session.execute(insert(DeletedAccount).values(rows).on_conflict_do_nothing())


async def erase_unpaid(session: AsyncSession) -> None:
    """Of deleted accounts: who wanted to pay, and what the provider was asked for, where nothing was paid or all of it
    is back. What was paid can be returned only to its payer, with its receipt."""
    for statement in ERASE_UNPAID:
        await session.execute(text(statement))


OVER = """
from purchases p join bot.deleted_accounts d on d.user_id = p.user_id
where p.id = it.purchase_id and p.status not in ('pending', 'succeeded')
"""
ERASE_UNPAID = (
    f"""
    update bot.payment_attempts it set telegram_id = {NOBODY}, request = '', link = null {OVER}
      and (it.telegram_id <> {NOBODY} or it.request <> '' or it.link is not null)
    """,
    f"update bot.refunds it set request = '' {OVER} and it.status in ('succeeded', 'canceled') and it.request <> ''",
)


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of schema `bot`. `columns` name the account whose rows they are; `has_chat`: they may name a chat."""

    name: str
    columns: list[str]
    has_chat: bool


async def _list_tables(session: AsyncSession) -> list[_Table]:
    return [_Table(*row) for row in await session.execute(LIST_TABLES, {"kept": list(KEPT)})]


LIST_TABLES = text(
    """
    select c.oid::regclass::text,
           array(select a.attname::text from pg_constraint k
                 join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
                 where k.conrelid = c.oid and k.contype = 'f' and k.confrelid = 'public.users'::regclass
                   and k.confdeltype = 'c' order by a.attnum),
           exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'telegram_id'
                   and a.attnum > 0 and not a.attisdropped)
    from pg_class c
    where c.relnamespace = 'bot'::regnamespace and c.relkind in ('r', 'p')
      and not c.oid::regclass::text = any(:kept)
      and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'f' and k.confdeltype = 'n'
                      and k.confrelid in ('public.users'::regclass, 'public.purchases'::regclass))
    order by 1
    """
)


async def _erase(session: AsyncSession, table: str, statement: str, **values: Any) -> None:
    async with blocking(session, table):
        await _execute(session, statement, values)


async def _execute(session: AsyncSession, statement: str, values: dict[str, Any]) -> None:
    """With those of the values that the statement names."""
    await session.execute(
        text(statement), {name: value for name, value in values.items() if f":{name}" in statement}
    )
