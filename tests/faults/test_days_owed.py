"""Days given equal days owed, after every step: PostgreSQL against the model in tests/faults/owed.py."""

import asyncio
from collections.abc import Awaitable

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    run_state_machine_as_test,
)

from db.engine import Database, Pool
from db.shop import courses
from tests.app import SMALL
from tests.faults.owed_gifts import Gifts
from tests.faults.owed_merges import Merges
from tests.faults.owed_refunds import Refunds
from tests.faults.owed_sales import Sales
from tests.faults.owed_steps import (
    SCHOOL,
    T,
    Town,
)

STEPS = 2000  # at least so many must have been taken
KINDS = {
    "time", "grant", "undo", "code", "promo", "promo at once", "link", "sheet", "answer", "success",
    "success twice at once", "lie", "cancel", "charge", "charge repeated", "parked", "refund asked",
    "refund succeeded", "refund failed", "refund by hand", "merge", "merge undone", "merge without end",
    "refund after a merge", "from the site",
}  # fmt: skip
# The same examples in every run; the time a step takes is no fault.
EXAMPLES = settings(
    max_examples=200,
    stateful_step_count=50,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


class DaysOwed(Gifts, Sales, Refunds, Merges):
    """All of them, in any order."""


@pytest.fixture
async def town_dsn(dsn: str) -> str:
    connection = await asyncpg.connect(dsn)
    await connection.execute(SCHOOL)
    await connection.close()
    return dsn


@pytest.mark.proof
def test_days_given_are_days_owed(town_dsn: str, capsys: pytest.CaptureFixture[str]) -> None:
    with asyncio.Runner() as runner:
        database = Database(town_dsn, sizes=SMALL)

        async def offers() -> list[courses.OfferDetails]:
            async with database.transaction(Pool.JOBS) as session:
                return [await courses.get_offer(session, number) for number in range(1, 5)]

        town = Town(database, lambda work: runner.run(_awaited(work)), runner.run(offers()))
        machine = type("Machine", (DaysOwed,), {"town": town})
        try:
            run_state_machine_as_test(machine, settings=EXAMPLES)
        finally:
            runner.run(database.close())
    with capsys.disabled():
        print(f"\n{town.taken.total()} steps: {dict(town.taken.most_common())}")
    assert town.taken.total() >= STEPS
    assert town.taken.keys() == KINDS


async def _awaited(work: Awaitable[T]) -> T:
    return await work
