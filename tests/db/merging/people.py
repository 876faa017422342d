"""An account born in Telegram, one of the school's site, and a school that both learn at."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from db.access import changes, grants
from db.accounts.registration import create_account
from db.engine import Database, Pool
from db.merging import merging, undoing
from db.merging.merging import MergeResult
from db.merging.undoing import SeparatedAccess
from db.payments import orders, purchases
from db.payments.methods import PaymentMethod
from db.payments.telegram import TelegramCharge, settle_charge
from db.promo import create_promo, redeem
from db.refunds import booking
from db.refunds.booking import BookedRefund, ReturnedMoney
from db.shop import courses

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CHAT = 7000000001
OWNER = 7000000003
YEAR = timedelta(days=365)
SCHOOL = """
with module as (insert into modules (name, interval_count) values ('Chess', 5) returning id),
product as (insert into products (name, module_id) select 'A month', id from module returning product_id, module_id),
offer as (
    insert into bot.offers (product_id, days, price, currency) select product_id, 30, 100, 'XTR' from product
    returning id
)
select module_id, product_id, offer.id as offer_id from product, offer
"""
numbers = itertools.count(1)


@dataclass
class People:
    """`born` is Anna's account in Telegram, `site` the one she has at the school's site."""

    database: Database
    sql: asyncpg.Connection
    module: int
    product: int
    offer: int
    born: int
    site: int

    async def merges(self, now: datetime = NOW, **changed: int) -> MergeResult:
        values = {"from_id": self.born, "into_id": self.site, "merged_by": OWNER} | changed
        async with self.database.transaction(Pool.TALK) as session:
            return await merging.merge(session, now=now, **values)

    async def previews(self, now: datetime = NOW) -> MergeResult:
        async with self.database.transaction(Pool.TALK) as session:
            return await merging.preview(session, self.born, self.site, now)

    async def undoes(self, merge_id: int, now: datetime = NOW) -> list[SeparatedAccess]:
        async with self.database.transaction(Pool.TALK) as session:
            return await undoing.undo_merge(session, merge_id, now)

    async def grants(self, user: int, days: int, now: datetime = NOW) -> int:
        """The change's id."""
        async with self.database.transaction(Pool.TALK) as session:
            made = await grants.create_grant(session, self.site, user, self.product, days, now)
        return made.change.id

    async def undoes_grant(self, change: int, now: datetime = NOW) -> None:
        async with self.database.transaction(Pool.TALK) as session:
            await grants.undo_grant(session, self.site, change, now)

    async def orders(
        self, user: int, now: datetime = NOW, method: PaymentMethod = PaymentMethod.STARS
    ) -> str:
        """The attempt's key."""
        key = f"key-{next(numbers)}"
        async with self.database.transaction(Pool.TALK) as session:
            offer = await courses.get_offer(session, self.offer)
            await orders.open_attempt(session, user, CHAT, offer, method, key, None, now)
        return key

    async def pays(self, key: str, now: datetime = NOW) -> int:
        """The purchase's id."""
        charge = TelegramCharge(key, 100, "XTR", CHAT, f"charge-{key}", "", now)
        async with self.database.transaction(Pool.MONEY) as session:
            settled = await settle_charge(session, charge, now)
        assert settled.purchase is not None
        return settled.purchase.id

    async def buys(self, user: int, now: datetime = NOW) -> int:
        return await self.pays(await self.orders(user, now), now)

    async def refunds(self, purchase: int, now: datetime = NOW) -> BookedRefund:
        async with self.database.transaction(Pool.MONEY) as session:
            row = await purchases.lock_purchase(session, purchase)
            assert row is not None
            returned = ReturnedMoney(row.provider_payment_id, row.amount_cents, row.currency)
            booked = await booking.book_refund(session, row, returned, now)
        assert booked is not None
        return booked

    async def makes_code(self, code: str, days: int = 20) -> None:
        async with self.database.transaction(Pool.TALK) as session:
            await create_promo(session, code, self.product, days, 10)

    async def redeems(self, user: int, code: str, now: datetime = NOW) -> None:
        async with self.database.transaction(Pool.TALK) as session:
            await redeem(session, user, code, now)

    async def gives_for_ever(self, user: int) -> None:
        await self.sql.execute(
            "insert into usermoduleaccess (user_id, module_id, ends_at) values ($1, $2, 'infinity')"
            " on conflict (user_id, module_id) do update set ends_at = 'infinity'",
            user,
            self.module,
        )

    async def ends(self, user: int) -> datetime | None:
        """When access ends; None without any."""
        async with self.database.transaction(Pool.TALK) as session:
            found = await changes.list_access(session, user)
        return found[0].ends_at if found else None

    async def signed_in(self) -> int:
        """The account that Anna's chat signs in to."""
        return int(
            await self.sql.fetchval("select user_id from authidentities where providerkey = $1", str(CHAT))
        )

    async def rows_of(self, user: int) -> dict[str, int]:
        """How many rows of which table name the account."""
        tables = await self.sql.fetch(
            "select conrelid::regclass::text as name, quote_ident(attname) as column"
            " from pg_constraint c join pg_attribute a"
            " on a.attrelid = c.conrelid and a.attnum = c.conkey[cardinality(c.conkey)]"
            " where contype = 'f' and confrelid = 'users'::regclass"
        )
        found = {}
        for table, column in tables:
            count = await self.sql.fetchval(
                f"select count(*) from {table} where {column}::text = $1", str(user)
            )
            if count and table not in ("bot.merges", "bot.telegram_accounts"):
                found[f"{table}.{column}"] = count
        return found

    async def dump(self) -> dict[str, list[Any]]:
        """All rows, but for those that say of the merge itself."""
        tables = await self.sql.fetch(
            "select oid::regclass::text as name from pg_class where relkind = 'r'"
            " and relnamespace in ('public'::regnamespace, 'bot'::regnamespace)"
            " and relname !~ '^(merge|pgqueuer|access_changes)'"
        )
        return {
            name: await self.sql.fetchval(
                f"select array_agg(row order by row) from (select to_jsonb(t)::text as row from {name} t) rows"
            )
            for (name,) in tables
        }


async def meet(database: Database, sql: asyncpg.Connection) -> People:
    school = await sql.fetchrow(SCHOOL)
    assert school is not None
    site = await sql.fetchval(
        "insert into users (email, password_hash, created_at) values ('anna@school.example', 'x', now()) returning id"
    )
    module, product, offer = school
    return People(database, sql, module, product, offer, await registers(database, CHAT), site)


async def registers(database: Database, telegram_id: int) -> int:
    async with database.transaction(Pool.TALK) as session:
        opened = await create_account(session, telegram_id, name="Anna", now=NOW, keep=YEAR)
    assert opened is not None
    return opened.user_id
