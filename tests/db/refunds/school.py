"""One learner, one module, and purchases in it: bought, refunded, looked at."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import asyncpg
import orjson

from db.access.changes import Source, change_access
from db.engine import Database, Pool
from db.payments import purchases
from db.refunds import booking, requests
from db.refunds.booking import BookedRefund, ReturnedMoney
from db.refunds.requests import RefundPlan, RefundTask

T = TypeVar("T")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
OLGA = 7000000003
PRICE = 99_000  # kopecks
DAYS = 30


@dataclass
class School:
    """One learner, one module; `buys` makes purchases that are paid and credited."""

    database: Database
    sql: asyncpg.Connection
    anna: int
    module: int
    product: int
    count: int = 0

    async def buys(self, now: datetime = NOW, credited: int = DAYS, **changed: Any) -> int:
        self.count += 1
        values: dict[str, Any] = {
            "amount_cents": PRICE,
            "provider": "yookassa",
            "status": "succeeded",
            "provider_payment_id": payment_id(self.count),
            "currency": "RUB",
        } | changed
        purchase: int = await self.sql.fetchval(
            "insert into purchases (user_id, product_id, days, created_at, purchased_at, amount_cents, provider,"
            " status, provider_payment_id, currency) values ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9) returning id",
            self.anna,
            self.product,
            DAYS,
            now,
            *values.values(),
        )
        await self.sql.execute(
            "insert into bot.payment_attempts (purchase_id, user_id, telegram_id, method, key, request, created_at,"
            " closed_at) values ($1, $2, 7000000001, 'link', $3, '{}', $4, $4)",
            purchase,
            self.anna,
            f"key-{self.count}",
            now,
        )
        if values["status"] == "succeeded":
            await self.gives(credited, Source.PURCHASE, purchase, now)
        return purchase

    async def gives(self, days: int, source: Source, cause: int, now: datetime = NOW) -> None:
        async with self.database.transaction(Pool.JOBS) as session:
            await change_access(session, self.anna, self.module, days, source, cause, now)

    async def drafts(self, purchase: int, amount: int | None = None, now: datetime = NOW) -> RefundPlan:
        self.count += 1
        async with self.database.transaction(Pool.TALK) as session:
            plan = await requests.create_draft(session, purchase, amount, OLGA, f"refund-{self.count}", now)
            await requests.record_request(session, plan.refund_id, request(plan.refund_id))
        return plan

    async def confirms(self, refund: int, now: datetime = NOW) -> RefundPlan:
        async with self.database.transaction(Pool.TALK) as session:
            return await requests.record_confirmation(session, refund, now)

    async def asks(self, purchase: int, amount: int | None = None, now: datetime = NOW) -> RefundTask:
        """Confirmed and sent, without an answer yet."""
        plan = await self.drafts(purchase, amount, now)
        await self.confirms(plan.refund_id, now)
        async with self.database.transaction(Pool.JOBS) as session:
            await requests.mark_sent(session, plan.refund_id, now)
        return await self.task(plan.refund_id)

    async def task(self, refund: int) -> RefundTask:
        async with self.database.transaction(Pool.JOBS) as session:
            found = await requests.get_task(session, refund)
        assert found is not None
        return found

    async def returned(
        self,
        purchase: int,
        amount: int,
        name: str,
        now: datetime = NOW,
        currency: str = "RUB",
        description: str | None = None,
    ) -> BookedRefund | None:
        async with self.database.transaction(Pool.MONEY) as session:
            row = await purchases.lock_purchase(session, purchase)
            assert row is not None
            told = ReturnedMoney(name, amount, currency, description)
            return await booking.book_refund(session, row, told, now)

    async def locked(self, purchase: int, do: Callable[..., Awaitable[T]], *values: Any) -> T:
        async with self.database.transaction(Pool.MONEY) as session:
            await purchases.lock_purchase(session, purchase)
            return await do(session, *values)

    async def ends_at(self) -> datetime | None:
        found: datetime | None = await self.sql.fetchval("select ends_at from usermoduleaccess")
        return found

    async def status(self, purchase: int) -> str:
        found: str = await self.sql.fetchval("select status from purchases where id = $1", purchase)
        return found

    async def rows(self) -> list[tuple[Any, ...]]:
        """Status, amount, days taken."""
        found = await self.sql.fetch("select status, amount, days_taken from bot.refunds order by id")
        return [tuple(row) for row in found]


def payment_id(number: int) -> str:
    return f"22e12f66-000f-5000-8000-{number:012x}"


def request(refund: int) -> str:
    return orjson.dumps({"description": f"Refund {refund}"}).decode()
