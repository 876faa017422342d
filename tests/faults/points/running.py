"""Every point of one path: found by walking it in peace, then tried one after the other."""

import time
import traceback
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path as Folder

from tests.app import TEMPLATE
from tests.database import Databases
from tests.faults.points.all_paths import PATHS
from tests.faults.points.gate import Point
from tests.faults.points.world import world

SURVEYS = 3


@dataclass(frozen=True)
class Tried:
    """`reached`: whether the path came by there this time."""

    point: Point
    reached: bool
    wrong: list[str]
    seconds: float


class Walks:
    """One path in one world, again and again, each time by somebody new."""

    def __init__(self, name: str, databases: Databases, folder: Folder) -> None:
        self._path = PATHS[name]
        self._databases = databases
        self._folder = folder
        self._stack = AsyncExitStack()

    async def begin(self) -> None:
        dsn = await self._stack.enter_async_context(self._databases.clone(TEMPLATE))
        self.world = await self._stack.enter_async_context(world(dsn, self._folder))

    async def end(self) -> None:
        await self._stack.aclose()

    async def renew(self) -> None:
        """Another world, where nothing is wrong yet."""
        await self.end()
        await self.begin()

    async def survey(self) -> list[Point]:
        """The points there are, in their order. What came by once only is a schedule's, or of another moment."""
        found: Counter[Point] = Counter()
        for _ in range(SURVEYS):
            wrong = await self._walk(None)
            assert wrong == [], wrong
            found.update(self.world.gate.points())
        return [point for point, times in found.items() if times > 1]

    async def attempt(self, point: Point) -> Tried:
        began = time.monotonic()
        try:
            wrong = await self._walk(point)
        except (AssertionError, TimeoutError) as error:
            wrong = ["".join(traceback.format_exception(error)), *await self.world.state()]
        return Tried(point, self.world.gate.was_hit, wrong, time.monotonic() - began)

    async def _walk(self, point: Point | None) -> list[str]:
        """What is wrong at its end."""
        world, path = self.world, self._path(self.world)
        await world.forget_orders()
        await path.prepare()
        await world.quiet()
        world.gate.begin(point)
        try:
            await path.walk()
            await world.quiet()
        finally:
            world.gate.end()
        await path.after()
        await world.quiet()
        return await path.verdict()


@asynccontextmanager
async def walks(name: str, databases: Databases, folder: Folder) -> AsyncIterator[Walks]:
    made = Walks(name, databases, folder)
    await made.begin()
    try:
        yield made
    finally:
        await made.end()
