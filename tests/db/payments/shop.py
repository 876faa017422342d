"""Two people with orders at the same offers, and what each statement changes of all that is there."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from db.engine import Database, Pool
from db.payments.attempts import AttemptDetails, get_attempt
from db.payments.methods import PaymentMethod
from db.payments.sales import create_attempt
from db.shop.courses import OfferDetails, get_offer

TOO_FAR = (
    "insert into usermoduleaccess (user_id, module_id, ends_at) select $1, id, '9000-12-30+00' from modules"
)
DELETED = "insert into bot.deleted_accounts (user_id, deleted_at) values ($1, now())"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = NOW + HOUR
CHAT = 7000000001
SCHOOL = """
with module as (insert into modules (name, interval_count) values ('Chess', 5) returning id),
product as (insert into products (name, module_id) select 'A month', id from module returning product_id),
people as (
    insert into users (email, created_at) select n || '@example.com', $1 from generate_series(1, 2) n returning id
),
offers as (
    insert into bot.offers (product_id, days, price, currency)
    select product_id, 30, n * 100, 'RUB' from product, generate_series(1, 7) n returning id
)
select (select array_agg(id order by id) from people), (select array_agg(id order by id) from offers)
"""
ROWS = """
select a.*, p.status, p.provider_payment_id, p.purchased_at, p.receipt
from bot.payment_attempts a join purchases p on p.id = a.purchase_id
"""

Changes = dict[int, dict[str, Any]]  # by attempt: columns with what stands there now


@dataclass
class Shop:
    """`said` is what the last statement returned."""

    database: Database
    sql: asyncpg.Connection
    people: list[int]
    offers: list[int]
    said: Any = None
    count: int = 0

    async def runs(self, work: Callable[..., Awaitable[Any]], *args: Any, **named: Any) -> Any:
        async with self.database.transaction(Pool.JOBS) as session:
            return await work(session, *args, **named)

    async def does(self, work: Callable[..., Awaitable[Any]], *args: Any, **named: Any) -> Changes:
        """What it has changed, of anybody's."""
        before = await self._rows()
        self.said = await self.runs(work, *args, **named)
        after = await self._rows()
        assert before.keys() == after.keys()
        changes = {
            attempt: {name: value for name, value in row.items() if before[attempt][name] != value}
            for attempt, row in after.items()
        }
        return {attempt: changed for attempt, changed in changes.items() if changed}

    async def _rows(self) -> dict[int, dict[str, Any]]:
        return {row["id"]: dict(row) for row in await self.sql.fetch(ROWS)}

    async def offer(self, number: int = 0) -> OfferDetails:
        found: OfferDetails = await self.runs(get_offer, self.offers[number])
        return found

    async def opens(
        self, person: int = 0, offer: int = 0, method: PaymentMethod = PaymentMethod.LINK, **changed: Any
    ) -> int:
        """The attempt. `changed`: columns of it, as they shall stand there."""
        self.count += 1
        details = await self.offer(offer)
        key = f"key-{self.count}"
        _, attempt = await self.runs(
            create_attempt,
            user_id=self.people[person],
            telegram_id=CHAT + person,
            product_id=details.product_id,
            offer_id=details.id,
            amount=details.price,
            currency=details.currency,
            days=details.days,
            method=method,
            key=key,
            payment_id=f"key:{key}",
            now=NOW,
        )
        await self.has(attempt.id, **changed)
        return int(attempt.id)

    async def has(self, attempt: int, **changed: Any) -> None:
        for name, value in changed.items():
            await self.sql.execute(
                f"update bot.payment_attempts set {name} = $2 where id = $1", attempt, value
            )

    async def is_sold(self, attempt: int, **changed: Any) -> None:
        """Columns of its purchase."""
        for name, value in changed.items():
            await self.sql.execute(
                f"update purchases p set {name} = $2 from bot.payment_attempts a"
                " where a.purchase_id = p.id and a.id = $1",
                attempt,
                value,
            )

    async def details(self, attempt: int) -> AttemptDetails:
        found: AttemptDetails | None = await self.runs(get_attempt, attempt)
        assert found is not None
        return found
