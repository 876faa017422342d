"""Rows that name an account: every foreign key to `users`, as the system catalog tells, the other application's further
tables too. They are moved from one account to another, and noted in `bot.merged_rows` so that they can go back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import sqlstate
from db.errors import MergeBlocked

# They say of an account how it came to be and what became of it.
KEPT = ("bot.telegram_accounts", "bot.merges", "bot.connections")
# Of class 23 all (a constraint that refuses the row), and a right that is missing.
BLOCKING_SQLSTATES = ("23", "42501")


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: `columns` of `table` name `keys` of `users`. `identity`: the columns by which a row is found
    again, with their types; all of them where the table has no primary key."""

    table: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    identity: tuple[tuple[str, str], ...]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return list(zip(map(quote, self.columns), map(quote, self.keys), strict=True))

    def names(self, user: str) -> str:
        """SQL: the row `it` names the account of that alias of `users`."""
        return " and ".join(f"it.{column} = {user}.{key}" for column, key in self.pairs)

    def assign(self, user: str) -> str:
        return ", ".join(f"{column} = {user}.{key}" for column, key in self.pairs)

    @property
    def is_noted(self) -> str:
        """SQL: the row `it` is the one of `note`."""
        return " and ".join(
            f"it.{quote(name)} is not distinct from cast(note.key ->> {literal(name)} as {kind})"
            for name, kind in self.identity
        )

    @property
    def note(self) -> str:
        """SQL: `identity` of the row `it` as JSON."""
        parts = ", ".join(f"{literal(name)}, it.{quote(name)}" for name, _kind in self.identity)
        return f"jsonb_build_object({parts})"


def quote(name: str) -> str:
    """SQL of an identifier, for `text`."""
    return '"{}"'.format(name.replace('"', '""').replace(":", "\\:"))


def literal(value: str) -> str:
    return "'{}'".format(value.replace("'", "''").replace(":", "\\:"))


# A partition's copy of its table's key is no key of its own.
LIST_REFERENCES = text(
    """
    select c.conrelid::regclass::text as table_name,
           array(select a.attname::text from unnest(c.conkey) with ordinality k (number, place)
                 join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.number order by place) as columns,
           array(select a.attname::text from unnest(c.confkey) with ordinality k (number, place)
                 join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.number order by place) as keys,
           array(select a.attname::text from pg_attribute a where a.attrelid = c.conrelid and a.attnum > 0
                 and not a.attisdropped and (p.conkey is null or a.attnum = any(p.conkey)) order by a.attnum) as names,
           array(select format_type(a.atttypid, a.atttypmod) from pg_attribute a where a.attrelid = c.conrelid
                 and a.attnum > 0 and not a.attisdropped and (p.conkey is null or a.attnum = any(p.conkey))
                 order by a.attnum) as types
    from pg_constraint c left join pg_constraint p on p.conrelid = c.conrelid and p.contype = 'p'
    where c.contype = 'f' and c.confrelid = 'public.users'::regclass and c.conparentid = 0
    order by c.conrelid::regclass::text, c.conname
    """
)


async def list_references(session: AsyncSession) -> list[Reference]:
    """In an order that stays; those that a merge leaves alone are not among them."""
    rows = await session.execute(LIST_REFERENCES)
    found = [
        Reference(
            row.table_name,
            tuple(row.columns),
            tuple(row.keys),
            tuple(zip(row.names, row.types, strict=True)),
        )
        for row in rows
    ]
    return [one for one in found if one.table not in KEPT]


@asynccontextmanager
async def blocking(session: AsyncSession, table: str) -> AsyncIterator[None]:
    """What the database refuses to move is told by the name of its table. Raises MergeBlocked."""
    try:
        async with session.begin_nested():
            yield
    except DBAPIError as error:
        if not (sqlstate(error) or "").startswith(BLOCKING_SQLSTATES):
            raise
        cause = getattr(error.orig, "__cause__", None)
        raise MergeBlocked(getattr(cause, "table_name", None) or table) from error


async def move_rows(
    session: AsyncSession, reference: Reference, merge_id: int, from_id: int, into_id: int
) -> int:
    """How many rows name `into_id` now. Raises MergeBlocked."""
    users = {"merge": merge_id, "from": from_id, "into": into_id, "table": reference.table}
    async with blocking(session, reference.table):
        if not await is_named(session, reference, from_id):
            return 0
        moved = await session.execute(
            text(
                f"""
                with moved as (
                    update {text_name(reference.table)} it set {reference.assign("target")}
                    from users source, users target
                    where source.id = :from and target.id = :into and {reference.names("source")}
                    returning {reference.note} as key
                )
                insert into bot.merged_rows (merge_id, table_name, columns, key)
                select :merge, :table, cast(:columns as text[]), key from moved returning id
                """
            ),
            users | {"columns": list(reference.columns)},
        )
        return len(moved.all())


async def is_named(session: AsyncSession, reference: Reference, user_id: int) -> bool:
    """Whether any row names the account by this key."""
    found = await session.scalar(
        text(
            f"select exists (select from {text_name(reference.table)} it, users owner"
            f" where owner.id = :user and {reference.names('owner')})"
        ),
        {"user": user_id},
    )
    return bool(found)


async def check_nothing_left(session: AsyncSession, user_id: int) -> None:
    """No row names the account any more, by the catalog as it is now. Raises MergeBlocked."""
    for reference in await list_references(session):
        if await is_named(session, reference, user_id):
            raise MergeBlocked(reference.table)


async def return_rows(
    session: AsyncSession, reference: Reference, merge_id: int, from_id: int, into_id: int
) -> int:
    """The rows that a merge has moved name `from_id` again; how many of them are still there. Raises MergeBlocked."""
    table = text_name(reference.table)
    # Where rows have no key, as many go back as came of those that are alike.
    statement = f"""
        with notes as (
            select key, count(*) as count from bot.merged_rows
            where merge_id = :merge and table_name = :table and columns = cast(:columns as text[])
              and key is not null
            group by key
        ), found as (
            select it.tableoid, it.ctid, note.count, row_number() over (partition by note.key) as place
            from notes note join {table} it on {reference.is_noted} join users target on {reference.names("target")}
            where target.id = :into
        )
        update {table} it set {reference.assign("source")} from users source, found
        where source.id = :from and it.tableoid = found.tableoid and it.ctid = found.ctid and place <= count
        returning 1
    """
    values = {
        "merge": merge_id,
        "from": from_id,
        "into": into_id,
        "table": reference.table,
        "columns": list(reference.columns),
    }
    async with blocking(session, reference.table):
        return len((await session.execute(text(statement), values)).all())


async def take_away(
    session: AsyncSession, merge_id: int, table: str, which: str, from_id: int, into_id: int
) -> None:
    """Deletes those rows `it` of the account, and keeps them for the way back. Raises MergeBlocked."""
    async with blocking(session, table):
        await session.execute(
            text(
                f"""
                with gone as (
                    delete from {table} it where it.user_id = :from and {which} returning to_jsonb(it) as row
                )
                insert into bot.merged_rows (merge_id, table_name, columns, row)
                select :merge, :table, '{{user_id}}', row from gone
                """
            ),
            {"merge": merge_id, "table": table, "from": from_id, "into": into_id},
        )


async def put_back(session: AsyncSession, merge_id: int, table: str) -> None:
    """The rows that `take_away` has deleted. Raises MergeBlocked."""
    async with blocking(session, table):
        await session.execute(
            text(
                f"""
                insert into {table}
                select it.* from bot.merged_rows note, jsonb_populate_record(cast(null as {table}), note.row) it
                where note.merge_id = :merge and note.table_name = :table and note.row is not null
                """
            ),
            {"merge": merge_id, "table": table},
        )


def text_name(table: str) -> str:
    """A name that PostgreSQL has quoted, for `text`."""
    return table.replace(":", "\\:")
