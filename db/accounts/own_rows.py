"""Every row that is about a person, for the person: those that name the account by a foreign key, as the system catalog
tells, those that name such rows in turn, and what schema `bot` keeps of the chats. The other application's further
tables are among them.

Left out by rule: columns that hold secrets, by their names; rows of tables that the bot may not read; other people's
accounts, and the Telegram ids of others, admins too, in schema `bot`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.account_ids import list_telegram_ids
from db.accounts.references import literal, quote, text_name

USERS = "users"
USER = "cast(:user as bigint)"
TELEGRAM_ID = "^(telegram_id|chat_id|admin_id|.*_by)$"  # the name of a column; foreign keys are none
SOMEBODY_ELSE = "somebody else"  # stands for the Telegram id of another person
SECRET = "(password|passwd|hash|digest|token|secret|hmac|salt)"  # in the name of a column
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Key:
    """A foreign key: `columns` of `table` name `keys` of `parent`."""

    table: str
    columns: tuple[str, ...]
    parent: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """`secrets`: its columns that are nobody's to see, `chats`: those that hold a Telegram id. One that is called
    `telegram_id` says whose the row is."""

    name: str
    readable: bool
    secrets: tuple[str, ...]
    chats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnRows:
    """Rows by table, as JSON. `left_out`: table.column of secrets; `unreadable`: tables the bot has no right to."""

    tables: dict[str, list[Json]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


LIST_KEYS = text(
    """
    select c.conrelid::regclass::text as table_name, c.confrelid::regclass::text as parent,
           array(select a.attname::text from unnest(c.conkey) with ordinality k (number, place)
                 join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.number order by place) as columns,
           array(select a.attname::text from unnest(c.confkey) with ordinality k (number, place)
                 join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.number order by place) as keys
    from pg_constraint c where c.contype = 'f' and c.conparentid = 0
    order by c.conrelid::regclass::text, c.conname
    """
)
LIST_TABLES = text(
    f"""
    select c.oid::regclass::text as name,
           has_schema_privilege(c.relnamespace, 'usage') and has_table_privilege(c.oid, 'select') as readable,
           array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0
                 and not a.attisdropped and a.attname ~* '{SECRET}' order by a.attnum) as secrets,
           array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0
                 and c.relnamespace = to_regnamespace('bot') and a.atttypid = 'bigint'::regtype
                 and a.attname ~ '{TELEGRAM_ID}' and not exists (
                     select from pg_constraint k
                     where k.conrelid = c.oid and k.contype = 'f' and a.attnum = any(k.conkey))) as chats
    from pg_class c where c.relkind in ('r', 'p') and not c.relispartition
    """
)


async def get_own_rows(session: AsyncSession, user_id: int) -> OwnRows:
    """Of the account and of all its chats."""
    tables = {
        row.name: Table(row.name, row.readable, tuple(row.secrets), tuple(row.chats))
        for row in await session.execute(LIST_TABLES)
    }
    keys = [
        Key(row.table_name, tuple(row.columns), row.parent, tuple(row.keys))
        for row in await session.execute(LIST_KEYS)
    ]
    found, own = OwnRows(), await list_telegram_ids(session, user_id)
    for name, condition in list_conditions(keys, tables.values()).items():
        await _add(session, found, tables[name], condition, user_id)
        for row in found.tables.get(name, []):
            row |= {column: SOMEBODY_ELSE for column in tables[name].chats if row[column] not in (None, *own)}
    return found


def list_conditions(keys: Iterable[Key], tables: Iterable[Table]) -> dict[str, str]:
    """By table, SQL: the row `t0` is about the account `USER`, or about one of its chats."""
    known = {table.name for table in tables}
    parents: dict[str, list[Key]] = {USERS: []}
    level = [USERS]
    while level:
        found: dict[str, list[Key]] = {}
        for key in keys:
            if key.parent in level and key.table not in parents and key.table in known:
                found.setdefault(key.table, []).append(key)
        parents |= found
        level = list(found)
    conditions = {name: _names(name, parents, 0) for name in parents}
    chats = {one.name: OF_CHAT for one in tables if "telegram_id" in one.chats and one.name not in parents}
    return conditions | chats | {"devices": OF_DEVICE}


OF_CHAT = f"""
t0.telegram_id in (
    select cast(providerkey as bigint) from authidentities
    where user_id = {USER} and lower(loginprovider) = 'telegram' and providerkey ~ '^[0-9]{{1,18}}$')
"""
OF_DEVICE = f"""
t0.id in (select device_id from users_devices where user_id = {USER}
          union select device_id from sessions where user_id = {USER})
"""


def _names(table: str, parents: dict[str, list[Key]], depth: int) -> str:
    """SQL: the row with the alias of that depth names, in however many steps, the account."""
    if table == USERS:
        return f"t{depth}.id = {USER}"
    return " or ".join(_by(key, parents, depth) for key in parents[table])


def _by(key: Key, parents: dict[str, list[Key]], depth: int) -> str:
    if (key.parent, key.keys) == (USERS, ("id",)):
        return (
            f"t{depth}.{quote(key.columns[0])} = {USER}"  # by an index, also where a table has two such keys
        )
    of_person = _names(key.parent, parents, depth + 1)
    parent = f"{text_name(key.parent)} t{depth + 1}"
    return f"exists (select from {parent} where {_joined(key, depth)} and ({of_person}))"


def _joined(key: Key, depth: int) -> str:
    pairs = zip(key.columns, key.keys, strict=True)
    return " and ".join(f"t{depth}.{quote(mine)} = t{depth + 1}.{quote(its)}" for mine, its in pairs)


async def _add(session: AsyncSession, found: OwnRows, table: Table, condition: str, user_id: int) -> None:
    if not table.readable:
        found.unreadable.append(table.name)
        return
    secrets = ", ".join(literal(name) for name in table.secrets)
    rows = await session.scalars(
        text(
            f"select to_jsonb(t0) - cast(array[{secrets}] as text[]) from {text_name(table.name)} t0"
            f" where {condition} order by t0.ctid"
        ),
        {"user": user_id},
    )
    if of_person := list(rows):
        found.tables[table.name] = of_person
        found.left_out.extend(f"{table.name}.{name}" for name in table.secrets)
