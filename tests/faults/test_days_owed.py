"""Days given equal days owed, after every step: PostgreSQL against the model in tests/faults/owed.py."""

import asyncio
import os
from collections.abc import Awaitable
from datetime import UTC, datetime

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from db.engine import Database, Pool
from db.shop import courses
from tests.app import SMALL
from tests.faults.owed_deletions import Deletions
from tests.faults.owed_gifts import Gifts
from tests.faults.owed_merges import Merges
from tests.faults.owed_refunds import Refunds
from tests.faults.owed_steps import (
    SCHOOL,
    T,
    Town,
    people,
)

# Other ones every day; what a run prints gives the same ones again.
EXAMPLES = int(os.environ.get("OWED_EXAMPLES", "80"))
SEED = os.environ.get("OWED_SEED") or f"{datetime.now(UTC):%Y-%m-%d}"
STEPS = 20 * EXAMPLES  # at least so many must have been taken
KINDS = {
    "time", "grant", "undo", "code", "promo", "promo at once", "link", "sheet", "answer", "success",
    "success twice at once", "lie", "cancel", "charge", "charge repeated", "parked", "refund asked",
    "refund succeeded", "refund failed", "refund by hand", "merge", "merge undone", "merge without end",
    "refund after a merge", "from the site", "deletion", "late success", "late success assigned",
}  # fmt: skip
# The time a step takes is no fault.
SETTINGS = settings(
    max_examples=EXAMPLES,
    stateful_step_count=50,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


class DaysOwed(Gifts, Deletions, Refunds, Merges):
    """All of them, in any order."""

    @rule(person=people, hours=st.integers(1, 24 * 12), ask=st.booleans(), succeeds=st.booleans())
    def bought_joined_and_returned(self, person: int, hours: int, ask: bool, succeeds: bool) -> None:
        """These three seldom follow each other by themselves."""
        sale = self.orders_for_stars(person)
        self.charged(sale, 1)
        self.merged(person, stays=True)
        self.time_passes(hours)
        if ask:
            self.refund_ended(self.confirm(sale, sale.left), succeeds, twice=False)
        else:
            self.returned(sale, 100, twice=False)

    @rule(person=people)
    def joined_and_separated(self, person: int) -> None:
        """Of the merges drawn at random few are undone."""
        self.merged(person, stays=False)


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
        machine = seed(SEED)(type("Machine", (DaysOwed,), {"town": town}))
        try:
            run_state_machine_as_test(machine, settings=SETTINGS)
        finally:
            runner.run(database.close())
            with capsys.disabled():
                print(f"\nOWED_SEED={SEED}, {town.taken.total()} steps: {dict(town.taken.most_common())}")
    assert town.taken.total() >= STEPS
    assert town.taken.keys() == KINDS


async def _awaited(work: Awaitable[T]) -> T:
    return await work
