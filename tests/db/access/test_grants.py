"""Grants and revocations: the row, the days, the undo."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from db.access import grants, plans
from db.access.grants import GrantResult
from db.access.limits import LATEST_END
from db.engine import Database, Pool
from db.errors import (
    AccessForEver,
    AccessNotOwned,
    AccessTooFar,
    AlreadyUndone,
    GrantUnknown,
    ProductUnknown,
    Refused,
)
from tests.db.access.test_changes import until_one_waits

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass
class School:
    """One admin, one learner, two products that open one module."""

    database: Database
    connection: asyncpg.Connection
    admin: int
    anna: int
    module: int
    product: int
    other: int

    async def grant(self, days: int, product: int | None = None, now: datetime = NOW) -> GrantResult:
        async with self.database.transaction(Pool.TALK) as session:
            return await grants.create_grant(
                session, self.admin, self.anna, product or self.product, days, now
            )

    async def undo(self, change_id: int, now: datetime = NOW) -> GrantResult:
        async with self.database.transaction(Pool.TALK) as session:
            return await grants.undo_grant(session, self.admin, change_id, now)

    async def ends_at(self) -> datetime | None:
        found: datetime | None = await self.connection.fetchval(
            "select ends_at from usermoduleaccess where user_id = $1", self.anna
        )
        return found

    async def history(self) -> list[int]:
        rows = await self.connection.fetch("select days from adminaccesshistory order by id")
        return [row["days"] for row in rows]

    async def opened(self, ends_at: str) -> None:
        """Access that the other application has written."""
        await self.connection.execute(
            "insert into usermoduleaccess (user_id, module_id, ends_at) values ($1, $2, $3::text::timestamptz)",
            self.anna,
            self.module,
            ends_at,
        )


@pytest.fixture
async def school(database: Database, connection: asyncpg.Connection) -> School:
    async def made(statement: str, *values: object) -> int:
        return await connection.fetchval(statement, *values)  # type: ignore[no-any-return]

    user = "insert into users (name, email, created_at) values ($1, $1, now()) returning id"
    admin, anna = await made(user, "olga"), await made(user, "anna")
    module = await made("insert into modules (name, interval_count) values ('Chess', 5) returning id")
    product = "insert into products (name, module_id) values ($1, $2) returning product_id"
    first, second = await made(product, "A month", module), await made(product, "A year", module)
    return School(database, connection, admin, anna, module, first, second)


async def test_a_grant_gives_days_and_leaves_a_row(school: School) -> None:
    granted = await school.grant(30)
    assert (granted.product, granted.module) == ("A month", "Chess")
    assert (granted.change.before, granted.change.after) == (None, NOW + 30 * DAY)
    assert await school.ends_at() == NOW + 30 * DAY
    assert await school.history() == [30]


async def test_grants_of_two_products_add_up_in_their_module(school: School) -> None:
    await school.grant(30)
    granted = await school.grant(10, school.other)
    assert granted.change.before == NOW + 30 * DAY
    assert await school.ends_at() == NOW + 40 * DAY


async def test_a_revocation_takes_days_below_now(school: School) -> None:
    await school.grant(3)
    granted = await school.grant(-7)
    assert granted.change.after == NOW - 4 * DAY
    assert await school.history() == [3, -7]


@pytest.mark.parametrize(
    ("days", "refusal"),
    [
        (0, AccessTooFar),
        (36_501, AccessTooFar),
        (-36_501, AccessTooFar),
        (10**30, AccessTooFar),
        (-1, AccessNotOwned),
    ],
)
async def test_what_is_refused_leaves_nothing(school: School, days: int, refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        await school.grant(days)
    assert await school.history() == []
    assert await school.ends_at() is None


async def test_an_unknown_product_is_refused(school: School) -> None:
    with pytest.raises(ProductUnknown):
        await school.grant(5, 2**63 - 1)
    assert await school.history() == []


async def test_access_without_end_stays_so(school: School) -> None:
    await school.opened("infinity")
    granted = await school.grant(30)
    assert granted.change.after is None
    with pytest.raises(AccessForEver):
        await school.grant(-30)
    undone = await school.undo(granted.change.id)
    assert undone.change.after is None
    assert await school.history() == [30, -30]


async def test_no_access_ends_after_the_year_9000_nor_before_the_year_900(school: School) -> None:
    await school.opened("8999-06-01")
    with pytest.raises(AccessTooFar):
        await school.grant(36_500)

    async def take_for_ever() -> None:
        for _ in range(90):
            await school.grant(-36_500)

    with pytest.raises(AccessTooFar):
        await take_for_ever()
    ends_at = await school.ends_at()
    assert ends_at is not None
    assert ends_at.year in range(899, 1001)
    assert (await school.grant(1)).change.after == NOW + DAY


async def test_undoing_a_grant_takes_its_days_back_with_a_row(school: School) -> None:
    await school.grant(10)
    granted = await school.grant(30)
    undone = await school.undo(granted.change.id)
    assert (undone.product, undone.change.days, undone.change.after) == ("A month", -30, NOW + 10 * DAY)
    assert await school.ends_at() == NOW + 10 * DAY
    assert await school.history() == [10, 30, -30]


async def test_undoing_a_revocation_gives_its_days_back(school: School) -> None:
    await school.grant(10)
    taken = await school.grant(-4)
    await school.undo(taken.change.id, NOW + DAY)
    assert await school.ends_at() == NOW + 10 * DAY
    assert await school.history() == [10, -4, 4]


async def test_undoing_leads_not_beyond_the_year_9000(school: School) -> None:
    await school.opened("9000-12-29")
    taken = await school.grant(-5)
    await school.connection.execute("update usermoduleaccess set ends_at = '9000-12-28+00'")
    with pytest.raises(AccessTooFar):
        await school.undo(taken.change.id)
    assert await school.history() == [-5]


async def test_undoing_keeps_what_came_since(school: School) -> None:
    first = await school.grant(10)
    await school.grant(5)
    await school.undo(first.change.id)
    assert await school.ends_at() == NOW + 5 * DAY


async def test_eight_presses_on_undo_undo_once(school: School) -> None:
    await school.grant(100)
    granted = await school.grant(30)
    presses = await asyncio.gather(
        *(school.undo(granted.change.id) for _ in range(8)), return_exceptions=True
    )
    assert [type(press) for press in presses if isinstance(press, BaseException)] == [AlreadyUndone] * 7
    assert await school.ends_at() == NOW + 100 * DAY
    assert await school.history() == [100, 30, -30]


async def test_only_grants_can_be_undone(school: School) -> None:
    """A change that a purchase made has an id too; an undo button never bore it."""
    change = await school.connection.fetchval(
        "insert into bot.access_changes (user_id, module_id, source, source_id, days, after, created_at)"
        " values ($1, $2, 'purchase', 1, 5, now(), now()) returning id",
        school.anna,
        school.module,
    )
    with pytest.raises(GrantUnknown):
        await school.undo(change)
    with pytest.raises(GrantUnknown):
        await school.undo(2**63 - 1)


async def test_undo_where_the_other_application_removed_the_access(school: School) -> None:
    granted = await school.grant(30)
    await school.connection.execute("delete from usermoduleaccess")
    with pytest.raises(AccessNotOwned):
        await school.undo(granted.change.id)


async def test_grants_at_once_all_count(school: School) -> None:
    await asyncio.gather(*(school.grant(1, now=NOW) for _ in range(20)))
    assert await school.ends_at() == NOW + 20 * DAY
    assert await school.history() == [1] * 20


async def test_history_is_newest_first_and_marks_what_was_undone(school: School) -> None:
    granted = await school.grant(10)
    await school.grant(20)
    await school.undo(granted.change.id, NOW + 2 * DAY)
    async with school.database.transaction(Pool.TALK) as session:
        entries = await grants.list_history(session, school.anna, 20)
        nobody = await grants.list_history(session, school.admin, 20)
        newest = await grants.list_history(session, school.anna, 1)
    assert [(entry.days, entry.undone) for entry in entries] == [(-10, False), (20, False), (10, True)]
    assert (entries[0].admin, entries[0].person, entries[0].product) == ("olga", "anna", "A month")
    assert nobody == []
    assert [entry.days for entry in newest] == [-10]
    rename = "update users set name = null, email = $2 where id = $1"
    await school.connection.execute(rename, school.admin, "olga@example.com")
    await school.connection.execute(rename, school.anna, "anna@example.com")
    async with school.database.transaction(Pool.TALK) as session:
        (unnamed,) = await grants.list_history(session, school.anna, limit=1)
    assert (unnamed.admin, unnamed.person) == ("olga@example.com", "anna@example.com")


async def test_plans_say_what_would_be(school: School) -> None:
    late = LATEST_END - 5 * DAY
    await school.opened(str(NOW + 10 * DAY))
    async with school.database.transaction(Pool.TALK) as session:
        plan = await plans.plan_grant(session, school.anna, school.product, 5, NOW)
        assert (plan.product, plan.module, plan.days) == ("A month", "Chess", 5)
        assert (plan.end_before, plan.ends_at) == (NOW + 10 * DAY, NOW + 15 * DAY)
        assert await plans.plan_grants(session, [school.anna], school.product, 5, NOW) == [plan]
        taken = await plans.plan_revocation(session, school.anna, school.product, 3, NOW)
        assert (taken.product, taken.module, taken.days) == ("A month", "Chess", -3)
        with pytest.raises(AccessNotOwned):
            await plans.plan_revocation(session, school.anna, school.product, None, NOW + 10 * DAY)
        with pytest.raises(AccessTooFar):
            await plans.plan_grant(session, school.anna, school.product, 5, late)
        with pytest.raises(AccessTooFar):
            await plans.plan_grants(session, [school.anna], school.product, 5, late)
    await school.connection.execute("update usermoduleaccess set ends_at = 'infinity'")
    async with school.database.transaction(Pool.TALK) as session:
        (endless,) = await plans.plan_grants(session, [school.anna], school.product, 5, NOW)
    assert (endless.end_before, endless.ends_at) == (None, None)


async def test_two_who_take_at_once_take_no_more_than_is_left(school: School) -> None:
    """The second plan waits for what the first one does."""
    await school.grant(10)

    async def take(session: AsyncSession) -> plans.GrantPlan:
        plan = await plans.plan_revocation(session, school.anna, school.product, 7, NOW)
        await grants.create_grant(session, school.admin, school.anna, school.product, plan.days, NOW)
        return plan

    async def take_too() -> plans.GrantPlan:
        async with school.database.transaction(Pool.TALK) as session:
            return await take(session)

    async with school.database.transaction(Pool.TALK) as session:
        first = await take(session)
        taking = asyncio.create_task(take_too())
        await until_one_waits(school.connection)
    second = await taking
    assert (first.days, second.days, second.is_too_much) == (-7, -3, True)
    assert await school.ends_at() == NOW
