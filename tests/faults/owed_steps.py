"""What the steps of the proof of days owed share: how they reach the database, and what must hold after each."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
)
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db import audit
from db.accounts import registration
from db.engine import Database, Pool
from db.payments.settling import PaymentSnapshot
from db.shop import courses
from tests.faults.owed import Code, Gift, Money, Owed, Return, Sale

T = TypeVar("T")
BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
LINK = timedelta(hours=1)
SHOP = "100500"
SCHOOL = """
insert into modules (name, interval_count) values ('Python', 10), ('English', 5);
insert into products (name, module_id) select 'Python', min(id) from modules;
insert into products (name, module_id) select 'Python, short', min(id) from modules;
insert into products (name, module_id) select 'English', max(id) from modules;
insert into bot.offers (product_id, days, price, currency)
    select product_id, 30, 99000, 'RUB' from products where name = 'Python'
    union all select product_id, 7, 33331, 'RUB' from products where name = 'Python, short'
    union all select product_id, 10, 77, 'XTR' from products where name = 'Python'
    union all select product_id, 90, 500, 'XTR' from products where name = 'English';
insert into modules (name, interval_count) values ('Latin', 5);
"""
numbers = itertools.count(1)


@dataclass
class Town:
    """The database of all examples; `taken` counts the steps of each kind."""

    database: Database
    run: Callable[[Awaitable[Any]], Any]
    offers: list[courses.OfferDetails]
    taken: Counter[str] = field(default_factory=Counter)


def payment_id() -> str:
    """Of YooKassa's form."""
    return str(UUID(int=next(numbers)))


people = st.sampled_from((0, 1))
parts = st.integers(1, 100)  # percent
counted = st.integers(-40, 40).filter(bool)
links: Bundle[Sale] = Bundle("links")
sheets: Bundle[Sale] = Bundle("sheets")  # paid inside Telegram: invoices, and Stars
others: Bundle[Sale] = Bundle("others")  # second charges, and money an admin has assigned
gifts: Bundle[Gift] = Bundle("gifts")
codes: Bundle[Code] = Bundle("codes")
returns: Bundle[Return] = Bundle("returns")


class Steps(RuleBasedStateMachine):
    """Each rule is what one handler or job does in its transaction; a refusal must change nothing."""

    town: Town

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGAN
        self.owed = Owed()
        self.known: list[Sale] = []
        self.gifts: list[Gift] = []
        self.codes: list[Code] = []
        self.late: list[Money] = []
        self.gone: list[int] = []
        self.chats: dict[int, set[int]] = {}
        self.telegram = [10**10 + next(numbers) for _ in range(2)]
        self.accounts = [0, 0]
        for person in (0, 1):
            self.comes(person)

    def comes(self, person: int) -> None:
        """With an account that has nothing."""
        telegram = self.telegram[person]
        self.accounts[person] = self.do(self._register(telegram))
        self.chats[self.accounts[person]] = {telegram}

    def _register(self, telegram: int) -> Callable[[AsyncSession], Awaitable[int]]:
        async def register(session: AsyncSession) -> int:
            opened = await registration.create_account(
                session, telegram, name="L", now=self.now, keep=timedelta(days=365)
            )
            assert opened is not None
            return opened.user_id

        return register

    def do(self, act: Callable[[AsyncSession], Awaitable[T]]) -> T:
        found: T = self.town.run(self._transaction(act))
        return found

    async def _transaction(self, act: Callable[[AsyncSession], Awaitable[T]]) -> T:
        async with self.town.database.transaction(Pool.JOBS) as session:
            return await act(session)

    def at_once(self, *acts: Callable[[AsyncSession], Awaitable[T]]) -> list[T | BaseException]:
        async def together() -> list[T | BaseException]:
            return await asyncio.gather(*(self._transaction(act) for act in acts), return_exceptions=True)

        found: list[T | BaseException] = self.town.run(together())
        return found

    def step(self, name: str) -> None:
        self.town.taken[name] += 1

    def seen(self, sale: Sale, **changed: Any) -> PaymentSnapshot:
        """The payment as the provider would show it."""
        told: dict[str, Any] = {
            "payment_id": sale.payment,
            "status": "succeeded",
            "paid": True,
            "amount": sale.amount,
            "currency": sale.currency,
            "key": sale.key if sale.method == "link" else None,
            "test": False,
            "recipient": SHOP,
            "refunded": 0,
            "at": self.now,
            "receipt": None,
            "cancellation": None,
        }
        return PaymentSnapshot(**(told | changed))

    def row(self, sql: str, **values: Any) -> Any:
        rows = self.rows(sql, **values)
        assert len(rows) == 1, (sql, rows)
        return rows[0]

    def rows(self, sql: str, **values: Any) -> list[Any]:
        return self.do(lambda session: read(session, sql, **values))

    @invariant()
    def given_is_owed(self) -> None:
        """Access ends when it is owed, every cause gave its days once, purchases stand as they should, and the audit
        finds nothing. In one transaction: it follows every step."""
        access, causes, purchases, disagreements, unexplained = self.do(self._look)
        assert {(user, module): ends for user, module, ends in access} == self.owed.ends
        assert Counter(causes) == self.owed.causes
        assert dict(purchases) == {sale.id: sale.status for sale in self.known}
        assert not any(disagreements.values())
        assert {one.module for one in unexplained} <= {
            "Latin"
        }  # which the site gives: no change of ours explains it

    async def _look(self, session: AsyncSession) -> tuple[Any, ...]:
        users = self.accounts + self.gone
        found = [await read(session, statement, users=users) for statement in (ACCESS, CAUSES, PURCHASES)]
        await session.execute(text(LOOK_FROM), {"users": users})
        unexplained = await audit.take_unexplained_access(session, "", 1000)
        return *found, await audit.list_disagreements(session), unexplained


# Accesses are looked at in the order of their ids, a thousand a time: those of this example are the last ones.
LOOK_FROM = """
insert into bot.cursors (name, value)
select 'access_watch', coalesce(min(id), 1) - 1 from usermoduleaccess where user_id = any(:users)
on conflict (name) do update set value = excluded.value
"""
ACCESS = "select user_id, module_id, ends_at from usermoduleaccess where user_id = any(:users)"
CAUSES = "select source, source_id, days from bot.access_changes where user_id = any(:users)"
PURCHASES = "select id, status from purchases where user_id = any(:users)"


async def read(session: AsyncSession, sql: str, **values: Any) -> list[Any]:
    return [tuple(row) for row in await session.execute(text(sql), values)]
