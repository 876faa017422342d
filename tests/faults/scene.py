"""What pairs of transactions are played on: a school, and for each run people of their own."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from db import promo
from db.accounts import registration
from db.engine import Database, Pool
from db.errors import Refused
from db.payments import attempts, orders
from db.payments.methods import PaymentMethod
from db.payments.settling import PaymentSnapshot
from db.shop import courses
from tests.faults.owed_steps import LINK, SHOP, numbers, payment_id
from tests.faults.turns import Act, Turns, all_orders, some_orders, stepping

T = TypeVar("T")


@dataclass
class Scene:
    """A school; each run of a pair has people of its own."""

    database: Database
    sql: asyncpg.Connection
    offer: courses.OfferDetails
    lesson: int
    now: datetime

    async def do(self, act: Callable[[AsyncSession], Awaitable[T]]) -> T:
        async with self.database.transaction(Pool.JOBS) as session:
            return await act(session)

    async def person(self) -> tuple[int, int]:
        """Account and Telegram id."""
        telegram = 10**10 + next(numbers)
        opened = await self.do(
            lambda session: registration.create_account(
                session, telegram, name="L", now=self.now, keep=timedelta(days=365)
            )
        )
        assert opened is not None
        return opened.user_id, telegram

    async def order(self, user: int, telegram: int) -> tuple[int, PaymentSnapshot]:
        """A link that was made: the purchase, and its payment as it is shown once it is paid."""
        key, payment = f"key-{next(numbers)}", payment_id()
        opened = await self.do(
            lambda session: orders.open_attempt(
                session, user, telegram, self.offer, PaymentMethod.LINK, key, None, self.now
            )
        )
        order = await self.do(lambda session: attempts.get_attempt(session, opened.attempt_id))
        assert order is not None
        await self.do(
            lambda session: attempts.record_answer(
                session, order, payment_id=payment, link="https://pay.example/1",
                link_ends_at=self.now + LINK, test=False, recipient=SHOP, next_ask_at=self.now, now=self.now,
            )
        )  # fmt: skip
        return order.purchase_id, PaymentSnapshot(
            payment_id=payment, status="succeeded", paid=True, amount=self.offer.price,
            currency=self.offer.currency, key=key, test=False, recipient=SHOP, refunded=0, at=self.now,
            receipt=None, cancellation=None,
        )  # fmt: skip

    async def code(self, uses: int) -> str:
        name = f"CODE{next(numbers)}"
        await self.do(lambda session: promo.create_promo(session, name, self.offer.product_id, 14, uses))
        return name

    async def sources(self, user: int) -> Counter[str]:
        """Days of all changes of the account's access, by source."""
        rows = await self.sql.fetch("select source, days from bot.access_changes where user_id = $1", user)
        found: Counter[str] = Counter()
        for row in rows:
            found[row["source"]] += row["days"]
        return found

    async def all_orders(self, pair: "Pair", changes: int, *, coarse: bool = False) -> int:
        async with stepping():
            return await all_orders(self._runs(pair, coarse), changes)

    async def some_orders(self, pair: "Pair", count: int, seed: int) -> None:
        async with stepping():
            await some_orders(self._runs(pair, coarse=True), count, seed)

    def _runs(self, pair: "Pair", coarse: bool) -> Callable[[Sequence[int]], Awaitable[Turns]]:
        async def run(order: Sequence[int]) -> Turns:
            acts, check = await pair(self)
            turns = Turns(self.database, self.sql, acts, coarse=coarse)
            ends = await turns.take(order)
            unexpected = [end for end in ends if isinstance(end, Exception) and not isinstance(end, Refused)]
            said = f"in the order {turns.chosen}: {ends}"
            assert unexpected == [], said
            await check(ends, said)
            return turns

        return run


Check = Callable[[list[Any], str], Awaitable[None]]
Pair = Callable[[Scene], Awaitable[tuple[Sequence[Act], Check]]]
