"""Tries what the bot will do to the shared tables, as the bot does it: its role, address, pool and search_path, its
models and statements, in a transaction that is rolled back. Identities may lose a few numbers by it.
"""

import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import asyncpg
from sqlalchemy import inspect, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from db import tables
from db.engine import Database, Pool
from db.identities import find_taken_id
from db.placeholders import placeholder
from db.schema.inspection import LIST_NARROW
from db.schema.rights import SHARED_RIGHTS, Obstacle, list_missing_rights

STRING_TOO_LONG = "22001"


class _UndoneError(Exception):
    """Rolls the trial back."""


class _ChangedError(Exception):
    """A row is not as it was written."""


async def list_obstacles(dsn: str) -> list[Obstacle]:
    """Everything found at once, as far as one does not hide another. Raises what the driver raises where the database
    can't be reached."""
    database = Database(dsn, sizes=dict.fromkeys(Pool, 1))
    found: list[Obstacle] = []
    try:
        with suppress(_UndoneError):
            async with database.transaction(Pool.MONEY) as session:
                await session.execute(text("set local lock_timeout = '10s'"))
                found = await _look(session)
                raise _UndoneError
    finally:
        await database.close()
    return found


async def _look(session: AsyncSession) -> list[Obstacle]:
    """What the catalogues tell is not tried: the statements for it are known."""
    raw = await (await session.connection()).get_raw_connection()
    driver: asyncpg.Connection = raw.driver_connection
    found = await list_missing_rights(driver) or await _list_hidden(driver)
    if found:
        return found
    found = await _list_restricted(driver) + await _list_lagging(driver)
    if not any(one.breaks for one in found) and (refused := await _try(session)) is not None:
        found.append(refused)
    return found


async def _list_hidden(driver: asyncpg.Connection) -> list[Obstacle]:
    """Tables that our statements, which name no schema, would not find in schema public."""
    names = [row[0] for row in await driver.fetch(LIST_HIDDEN, list(SHARED_RIGHTS))]
    if not names:
        return []
    path, role, database = await driver.fetchrow(
        "SELECT current_setting('search_path'), quote_ident(current_user), quote_ident(current_database())"
    )
    statement = f"ALTER ROLE {role} IN DATABASE {database} SET search_path = public;"
    return [Obstacle(f"search_path {path!r} does not lead to public.{', public.'.join(names)}", (statement,))]


LIST_HIDDEN = """
SELECT name FROM unnest($1::text[]) AS name
WHERE to_regclass('public.' || name) IS NOT NULL AND to_regclass(name) IS DISTINCT FROM to_regclass('public.' || name)
"""


async def _list_restricted(driver: asyncpg.Connection) -> list[Obstacle]:
    role = await driver.fetchval("SELECT quote_ident(current_user)")
    return [
        Obstacle(
            f"row level security hides rows of {table} from the role {role}",
            (f"CREATE POLICY lessongate ON public.{table} TO {role} USING (true) WITH CHECK (true);",),
        )
        for (table,) in await driver.fetch(LIST_RESTRICTED, list(SHARED_RIGHTS))
    ]


# A permissive policy that lets our role see and write all rows is as good as none, unless a restrictive one is there.
LIST_RESTRICTED = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = to_regnamespace('public') AND c.relname = ANY($1) AND row_security_active(c.oid)
  AND (EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND NOT polpermissive)
       OR NOT EXISTS (
         SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd = '*'
           AND pg_get_expr(p.polqual, p.polrelid) = 'true'
           AND coalesce(pg_get_expr(p.polwithcheck, p.polrelid), 'true') = 'true'
           AND EXISTS (SELECT FROM unnest(p.polroles) AS r WHERE r = 0 OR pg_has_role(r, 'USAGE'))))
ORDER BY c.relname
"""


async def _list_lagging(driver: asyncpg.Connection) -> list[Obstacle]:
    """Identities behind the ids of their table. No obstacle to the bot (db/identities.py), but to their owner."""
    found = []
    for table, column, sequence, last in await driver.fetch(LIST_IDENTITIES, list(SHARED_RIGHTS)):
        most = await driver.fetchval(f"SELECT max({column}) FROM public.{table}")
        if most is not None and (last or 0) < most:
            statement = f"SELECT setval('{sequence}', (SELECT max({column}) FROM public.{table}));"
            text_ = f"the ids of {table} go up to {most}, but its identity stands at {last or 'its start'}"
            found.append(Obstacle(text_, (statement,), breaks=False))
    return found


# The last value is read as far as the role may; the sequence of a given id is told by nobody else.
LIST_IDENTITIES = """
SELECT c.relname, a.attname, s.name, CASE WHEN has_sequence_privilege(s.name, 'SELECT, USAGE')
       THEN pg_sequence_last_value(s.name::regclass) ELSE 9223372036854775807 END
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
CROSS JOIN LATERAL (SELECT pg_get_serial_sequence(c.oid::regclass::text, a.attname) AS name) s
WHERE c.relnamespace = to_regnamespace('public') AND c.relname = ANY($1) AND s.name IS NOT NULL
ORDER BY c.relname
"""


async def _try(session: AsyncSession) -> Obstacle | None:
    try:
        async with session.begin_nested():
            await _write(session, datetime.now(UTC).replace(microsecond=0))
            await session.execute(text("set constraints all immediate"))
    except _ChangedError as error:
        return Obstacle(f"{error}: a trigger or a rule changes what is written")
    except SQLAlchemyError as error:
        if (taken := find_taken_id(error)) is not None:
            statement = (
                f"SELECT setval(pg_get_serial_sequence('public.{taken.table}', '{taken.column}'),"
                f" (SELECT max({taken.column}) FROM public.{taken.table}));"
            )
            return Obstacle(
                f"the identity of {taken.table} gives ids that are taken", (statement,), breaks=False
            )
        return await _refused(session, error)
    return None


async def _refused(session: AsyncSession, error: SQLAlchemyError) -> Obstacle:
    """What the database said, and which constraint stands in the way."""
    cause = getattr(getattr(error, "orig", None), "__cause__", None)
    if not isinstance(cause, asyncpg.PostgresError):
        return Obstacle(f"a row that was written is not there: a trigger or a rule drops it ({error})")
    place = "; ".join(str(part) for part in (cause.detail, cause.context) if part)
    told = f"{cause.table_name or 'the shared tables'}: {cause}{f' ({place})' if place else ''}"
    if cause.sqlstate == STRING_TOO_LONG:
        return Obstacle(told, tuple(await session.scalars(text(LIST_NARROW), {"names": list(SHARED_RIGHTS)})))
    name = cause.constraint_name
    if name is None:
        return Obstacle(told)
    is_constraint = await session.scalar(
        text("select exists (select from pg_constraint where conname = :name)"), {"name": name}
    )
    table = f"public.{cause.table_name}"
    mend = (
        f'ALTER TABLE {table} DROP CONSTRAINT "{name}";' if is_constraint else f'DROP INDEX public."{name}";'
    )
    return Obstacle(told, (mend,))


async def _write(session: AsyncSession, now: datetime) -> None:
    """Two rows of each kind, alike in all that may be alike, and each change the bot makes to them."""
    token = secrets.token_hex(8)
    users = await _people(session, token, now)
    module = tables.Module(name="Trial", description="Trial", interval_count=12)
    await _add(session, module)
    product = tables.Product(module_id=module.id, name="Trial")
    await _add(session, product)
    module.name = product.name = "Trial of the bot"
    await session.flush()
    kinds = (("yookassa", "RUB"), ("yookassa", "RUB"), ("stars", "XTR"), ("stars", "XTR"))
    purchases = [
        _purchase(users[0], product, provider, currency, f"key:{token}{token}{number:04}", now)
        for number, (provider, currency) in enumerate(kinds)
    ]
    await _add(session, *purchases)
    await session.execute(
        select(tables.Purchase.id).where(tables.Purchase.id == purchases[0].id).with_for_update()
    )
    for status in ("succeeded", "refunded", "canceled"):
        purchases[0].status, purchases[0].purchased_at = status, now
        await session.flush()
    code = tables.PromoCode(code=f"Trial{token}", max_usage_count=10, days=14, product_id=product.product_id)
    await _add(session, code)
    await session.execute(select(tables.PromoCode.id).where(tables.PromoCode.id == code.id).with_for_update())
    code.days, code.max_usage_count = 15, 0
    await _add(session, *(tables.PromoUsage(user_id=user.id, code_id=code.id, used_at=now) for user in users))
    for days in (30, -30):
        grant = tables.AdminAccess(
            admin_id=users[0].id,
            target_user_id=users[1].id,
            product_id=product.product_id,
            days=days,
            created_at=now,
        )
        await _add(session, grant)
    for ends_at in (now, now + timedelta(days=30)):
        access = insert(tables.ModuleAccess).values(user_id=users[0].id, module_id=module.id, ends_at=ends_at)
        await session.execute(
            access.on_conflict_do_update(index_elements=["user_id", "module_id"], set_={"ends_at": ends_at})
        )
    await _add(
        session, *(tables.Progress(user_id=users[0].id, lesson_id=2**31 + 1, result_id=1) for _ in range(2))
    )
    await _delete(session, users)


async def _delete(session: AsyncSession, users: list[tables.User]) -> None:
    """As an account is deleted: what signs in to it, and how far it has come."""
    for statement in (*map(DELETE.format, ("progress", "sessions", "authidentities")), DELETE_DEVICES):
        await session.execute(text(statement), {"users": [user.id for user in users]})


DELETE = "delete from {} where user_id = any(:users)"
DELETE_DEVICES = """
with links as (delete from users_devices where user_id = any(:users) returning device_id)
delete from devices where id in (select device_id from links)
"""


async def _people(session: AsyncSession, token: str, now: datetime) -> list[tables.User]:
    given = {"name": "Trial", "phone": "+79990000000", "created_at": now, "last_seen": now}
    users = [tables.User(email=placeholder(n, token), **given) for n in (1, 2)]
    await _add(session, *users)
    await _add(session, *(_identity(user, token, n) for n, user in enumerate(users)))
    device = tables.Device(device_key=f"telegram:{token}", platform="telegram", created_at=now)
    await _add(session, device)
    repeated = insert(tables.Device).values(device_key=device.device_key, platform="telegram", created_at=now)
    await session.execute(repeated.on_conflict_do_nothing(index_elements=["device_key"]))
    await _add(
        session, *(tables.UserDevice(user_id=user.id, device_id=device.id, linked_at=now) for user in users)
    )
    for _ in range(2):
        sign_in = tables.Session(
            user_id=users[0].id,
            device_id=device.id,
            refresh_token_hash=secrets.token_hex(32),
            created_at=now,
            expires_at=now,
        )
        await _add(session, sign_in)
        sign_in.revoked_at = sign_in.expires_at = users[0].last_seen = now + timedelta(hours=1)
        await session.flush()
    users[0].email, users[0].phone = placeholder(3, token), None
    await session.flush()
    return users


def _identity(user: tables.User, token: str, number: int) -> tables.AuthIdentity:
    return tables.AuthIdentity(user_id=user.id, loginprovider="telegram", providerkey=f"{token}{number}")


def _purchase(
    user: tables.User, product: tables.Product, provider: str, currency: str, payment: str, now: datetime
) -> tables.Purchase:
    return tables.Purchase(
        user_id=user.id,
        product_id=product.product_id,
        amount_cents=99_000,
        provider=provider,
        status="pending",
        provider_payment_id=payment,
        days=30,
        currency=currency,
        created_at=now,
    )


async def _add(session: AsyncSession, *rows: tables.Base) -> None:
    """Raises _ChangedError where a row is not afterwards what it was made as."""
    wanted = [{name: value for name, value in _values(row).items() if value is not None} for row in rows]
    session.add_all(rows)
    await session.flush()
    for row, values in zip(rows, wanted, strict=True):
        await session.refresh(row)
        for name, value in values.items():
            if _values(row)[name] != value:
                raise _ChangedError(f"{row.__tablename__}.{name}")


def _values(row: tables.Base) -> dict[str, object]:
    return {column.key: getattr(row, column.key) for column in inspect(type(row)).column_attrs}
