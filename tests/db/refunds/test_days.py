"""Which days a refund takes, and which it leaves."""

from datetime import timedelta

import asyncpg
import pytest

from db.access.changes import Source
from db.engine import Database, Pool
from db.errors import (
    NotRefundable,
)
from db.refunds.days import get_balance
from db.refunds.requests import RefundStatus
from tests.db.merging.people import NOW as MET
from tests.db.merging.people import meet
from tests.db.refunds.school import DAY, DAYS, NOW, PRICE, School


async def test_a_draft_tells_what_will_happen_and_changes_nothing(school: School) -> None:
    purchase = await school.buys()
    plan = await school.drafts(purchase, 33_000)
    assert (plan.amount, plan.days) == (33_000, 10)
    assert (plan.purchase.product, plan.purchase.payer) == ("A month", 7000000001)
    assert (plan.balance.access_end, plan.ends_at) == (NOW + 30 * DAY, NOW + 20 * DAY)
    assert await school.ends_at() == NOW + 30 * DAY
    assert (await school.drafts(purchase)).amount == PRICE


async def test_a_full_refund_takes_all_days_and_ends_the_purchase(school: School) -> None:
    purchase = await school.buys()
    refund = await school.asks(purchase)
    done = await school.returned(purchase, PRICE, "r-1")
    assert done is not None
    assert done.refund.id == refund.id
    assert done.change is not None
    assert (done.change.days, done.change.after) == (-30, NOW)
    assert await school.ends_at() == NOW
    assert await school.status(purchase) == "refunded"
    with pytest.raises(NotRefundable) as caught:
        await school.drafts(purchase)
    assert caught.value.status == "refunded"


async def test_partial_refunds_sum_exactly(school: School) -> None:
    purchase = await school.buys()
    parts = [14_143, 14_143, 14_143, 14_143, 14_143, 14_143, 14_142]
    back = 0
    for number, part in enumerate(parts):
        planned = (await school.asks(purchase, part)).id
        await school.returned(purchase, part, f"r-{number}")
        back += part
        taken = await school.sql.fetchval("select sum(days_taken) from bot.refunds")
        assert taken == DAYS * back // PRICE
        assert (await school.task(planned)).status == RefundStatus.SUCCEEDED
        assert await school.status(purchase) == ("refunded" if back == PRICE else "succeeded")
    assert await school.ends_at() == NOW


async def test_the_plan_is_what_happens(school: School) -> None:
    """Also with another refund on its way, which takes its days first."""
    purchase = await school.buys()
    later = NOW + 12 * DAY
    await school.asks(purchase, 49_500, later)
    plan = await school.drafts(purchase, 49_500, later)
    await school.confirms(plan.refund_id, later)
    first = await school.returned(purchase, 49_500, "r-1", later)
    second = await school.returned(purchase, 49_500, "r-2", later)
    assert first is not None
    assert first.change is not None
    assert second is not None
    assert second.change is not None
    assert (first.change.days, second.change.days) == (-15, -plan.days)
    assert plan.days == 3


async def test_days_lived_through_are_not_taken(school: School) -> None:
    purchase = await school.buys()
    later = NOW + 25 * DAY + timedelta(hours=1)
    await school.asks(purchase, now=later)
    done = await school.returned(purchase, PRICE, "r-1", later)
    assert done is not None
    assert done.change is not None
    assert done.change.days == -5
    assert await school.ends_at() == NOW + 25 * DAY


async def test_once_all_days_are_lived_through_money_goes_back_alone(school: School) -> None:
    purchase = await school.buys()
    done = await school.returned(purchase, PRICE, "r-1", NOW + 31 * DAY)
    assert done is not None
    assert done.change is None
    assert await school.ends_at() == NOW + 30 * DAY
    assert await school.status(purchase) == "refunded"


async def test_access_of_other_causes_is_not_taken(school: School) -> None:
    """Half of it back on the first day took 15 days; ten days later only 5 are left of this purchase's own."""
    first = await school.buys()
    await school.buys()
    await school.returned(first, PRICE // 2, "r-1")
    done = await school.returned(first, PRICE // 2, "r-2", NOW + 10 * DAY)
    assert done is not None
    assert done.change is not None
    assert done.change.days == -5
    assert await school.ends_at() == NOW + 40 * DAY


async def test_days_a_revocation_took_are_not_taken_again(school: School) -> None:
    purchase = await school.buys()
    await school.gives(-28, Source.GRANT, 1)
    done = await school.returned(purchase, PRICE, "r-1")
    assert done is not None
    assert done.change is not None
    assert done.change.days == -2


async def test_endless_access_stays(school: School) -> None:
    purchase = await school.buys()
    await school.sql.execute("update usermoduleaccess set ends_at = 'infinity'")
    plan = await school.drafts(purchase)
    assert plan.balance.endless
    assert plan.ends_at is None
    done = await school.returned(purchase, PRICE, "r-1")
    assert done is not None
    assert done.balance.endless
    assert await school.sql.fetchval("select ends_at = 'infinity' from usermoduleaccess")


async def test_days_bought_while_access_was_endless_are_taken_once_it_ends(school: School) -> None:
    await school.sql.execute(
        "insert into usermoduleaccess (user_id, module_id, ends_at) values ($1, $2, 'infinity')",
        school.anna,
        school.module,
    )
    purchase = await school.buys()
    await school.sql.execute("update usermoduleaccess set ends_at = $1", NOW + 40 * DAY)
    done = await school.returned(purchase, PRICE, "r-1")
    assert done is not None
    assert done.change is not None
    assert done.change.days == -30


async def test_access_that_was_deleted_stops_no_refund(school: School) -> None:
    purchase = await school.buys()
    await school.sql.execute("delete from usermoduleaccess")
    done = await school.returned(purchase, PRICE, "r-1")
    assert done is not None
    assert done.change is None


async def test_what_was_back_before_settling_takes_nothing_more(school: School) -> None:
    """Settling gave 20 of the 30 days, because a third of the money was back by then."""
    purchase = await school.buys(credited=20)
    done = await school.returned(purchase, PRICE // 3, "r-1")
    assert done is not None
    assert done.change is None
    rest = await school.returned(purchase, PRICE - PRICE // 3, "r-2")
    assert rest is not None
    assert rest.change is not None
    assert rest.change.days == -20


async def test_days_lived_through_before_a_merge_are_not_taken_by_any_part(
    database: Database, connection: asyncpg.Connection
) -> None:
    """Ten of the thirty were, and the rest went behind others': two halves of the money take fifteen and five."""
    people = await meet(database, connection)
    school = School(database, connection, people.born, people.module, people.product)
    purchase = await people.buys(people.born)
    await people.grants(people.site, 50)
    await people.merges(MET + 10 * DAY)
    for number, days in enumerate((15, 5)):
        done = await school.returned(purchase, 50, f"r-{number}", MET + 12 * DAY, "XTR")
        assert done is not None
        assert done.change is not None
        assert done.change.days == -days
    assert await people.ends(people.site) == MET + 50 * DAY


async def test_what_was_not_credited_has_no_days_to_take(school: School) -> None:
    purchase = await school.buys(status="pending")
    async with school.database.transaction(Pool.JOBS) as session:
        balance = await get_balance(session, purchase)
    assert (balance.given, balance.taken, balance.own_end, balance.access_end) == (0, 0, None, None)


async def test_access_to_another_module_is_no_matter(school: School) -> None:
    purchase = await school.buys()
    other = await school.sql.fetchval(
        "insert into modules (name, description, interval_count) values ('Other', '', 1) returning id"
    )
    await school.sql.execute(
        "insert into usermoduleaccess (user_id, module_id, ends_at) values ($1, $2, $3)",
        school.anna,
        other,
        NOW + 300 * DAY,
    )
    async with school.database.transaction(Pool.JOBS) as session:
        balance = await get_balance(session, purchase)
    assert balance.access_end == NOW + 30 * DAY
