"""Two transactions that take turns, statement by statement, in all orders that their locks allow."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from sqlalchemy import Connection, Engine, event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.util import await_only

from db.engine import Database, Pool, is_retryable

Act = Callable[[AsyncSession], Awaitable[Any]]
BLOCKED = "select cardinality(pg_blocking_pids($1)) > 0"
CHANGES = re.compile(r"\b(insert|update|delete|share)\b|_advisory_|^lock ", re.IGNORECASE)  # or takes a lock
PATIENCE = 30  # seconds


@dataclass(eq=False)
class Actor:
    """Stands before its next statement, or its commit, until it is let go. `coarse`: not before a statement that only
    reads. `end`: what became of its transaction."""

    act: Act
    coarse: bool = False
    pid: int = 0
    stands: bool = False
    over: bool = False
    end: Any = None
    _go: asyncio.Event = field(default_factory=asyncio.Event)

    async def stand(self) -> None:
        self._go.clear()
        self.stands = True
        await self._go.wait()

    def go(self) -> None:
        self.stands = False
        self._go.set()

    async def step(self, database: Database) -> None:
        ACTOR.set(self)
        await self.run(database)
        self.over = True

    async def run(self, database: Database) -> None:
        """At one go, where it is nobody's turn."""
        try:
            async with database.transaction(Pool.JOBS) as session:
                self.end = await self.act(session)
        except Exception as error:
            self.end = error


ACTOR: ContextVar[Actor | None] = ContextVar("ACTOR", default=None)


def _before(connection: Connection, statement: str = "") -> None:
    if actor := ACTOR.get():
        driver: Any = connection.connection.driver_connection
        actor.pid = driver.get_server_pid()
        if not (actor.coarse and statement) or CHANGES.search(statement):
            await_only(actor.stand())


@asynccontextmanager
async def stepping() -> AsyncIterator[None]:
    """Statements and commits of actors wait for their turns."""

    def before_statement(connection: Connection, _: Any, statement: str, *__: Any) -> None:
        _before(connection, statement)

    event.listen(Engine, "before_cursor_execute", before_statement)
    event.listen(Engine, "commit", _before)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", before_statement)
        event.remove(Engine, "commit", _before)


class Turns:
    """One run. `chosen` is who was let go each time (0 or 1), `choices` who might have been."""

    def __init__(
        self, database: Database, sql: asyncpg.Connection, acts: Sequence[Act], *, coarse: bool = False
    ) -> None:
        self._database = database
        self._sql = sql
        self._actors = [Actor(act, coarse) for act in acts]
        self.chosen: list[int] = []
        self.choices: list[list[int]] = []

    async def take(self, order: Sequence[int]) -> list[Any]:
        """As `order` says; then whoever was last goes on while it can. Who was a deadlock's victim is run once more,
        as the bot does. The ends of both."""
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
            for actor in self._actors:
                tasks.create_task(actor.step(self._database))
            await self._come_to_rest()
            while not all(actor.over for actor in self._actors):
                ready = [number for number, actor in enumerate(self._actors) if actor.stands]
                if ready:  # else both wait for locks: a deadlock, which PostgreSQL ends
                    self._choose(ready, order)
                await self._come_to_rest()
        for actor in self._actors:
            if isinstance(actor.end, Exception) and is_retryable(actor.end):
                await actor.run(self._database)
        return [actor.end for actor in self._actors]

    def _choose(self, ready: list[int], order: Sequence[int]) -> None:
        at = len(self.chosen)
        last = self.chosen[-1] if self.chosen else 0
        pick = order[at] if at < len(order) else last
        pick = pick if pick in ready else ready[0]
        self.chosen.append(pick)
        self.choices.append(ready)
        self._actors[pick].go()

    async def _come_to_rest(self) -> None:
        """Each stands before a statement, is over, or waits for a lock."""
        while not all([await self._rests(actor) for actor in self._actors]):  # noqa: ASYNC110 - the database knows
            await asyncio.sleep(0.001)

    async def _rests(self, actor: Actor) -> bool:
        for pause in (0, 0.001, 0.002):  # most statements take no longer, and asking costs more than they do
            await asyncio.sleep(pause)
            if actor.stands or actor.over:
                return True
        return bool(actor.pid and await self._sql.fetchval(BLOCKED, actor.pid))


async def all_orders(run: Callable[[Sequence[int]], Awaitable[Turns]], changes: int | None = None) -> int:
    """Runs every order there is, or those that take the turn from somebody who could go on at most so many times
    (`changes`); how many there were."""
    waiting: list[list[int]] = [[]]
    count = 0
    while waiting:
        order = waiting.pop()
        turns = await run(order)
        count += 1
        for at in range(len(order), len(turns.chosen)):
            for other in turns.choices[at]:
                fork = [*turns.chosen[:at], other]
                if other != turns.chosen[at] and (changes is None or _changes(fork, turns) <= changes):
                    waiting.append(fork)
    return count


async def some_orders(run: Callable[[Sequence[int]], Awaitable[Turns]], count: int, seed: int) -> None:
    """Orders in which the turn is taken three times, wherever the chance of this seed says."""
    length = len((await run([])).chosen)
    chance = random.Random(seed)
    for _ in range(count):
        first = chance.randrange(2)
        cuts = sorted(chance.sample(range(1, length), 3))
        await run([(first + sum(at >= cut for cut in cuts)) % 2 for at in range(length)])


def _changes(order: list[int], turns: Turns) -> int:
    """How often the turn was taken from somebody who could have gone on."""
    return sum(
        order[at] != order[at - 1] and order[at - 1] in turns.choices[at] for at in range(1, len(order))
    )
