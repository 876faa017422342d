"""What becomes of the days when two accounts are made one."""

from datetime import UTC, datetime, timedelta

from tests.db.merging.people import DAY, NOW, People


async def test_days_left_are_appended_exactly(people: People) -> None:
    await people.grants(people.site, 40)
    await people.grants(people.born, 10)
    later = NOW + timedelta(days=3, hours=5, microseconds=7)
    result = await people.merges(later)
    [access] = result.access
    assert (access.from_end, access.into_end) == (NOW + 10 * DAY, NOW + 40 * DAY)
    assert access.after == NOW + 40 * DAY + (NOW + 10 * DAY - later)
    assert await people.ends(people.site) == access.after
    assert await people.ends(people.born) is None


async def test_without_access_on_the_other_side_it_ends_as_it_would_have(people: People) -> None:
    await people.grants(people.born, 10)
    await people.merges(NOW + DAY)
    assert await people.ends(people.site) == NOW + 10 * DAY


async def test_what_is_over_on_the_other_side_starts_now(people: People) -> None:
    await people.grants(people.site, 1)
    await people.grants(people.born, 10)
    await people.merges(NOW + 4 * DAY)
    assert await people.ends(people.site) == NOW + 10 * DAY


async def test_what_is_over_gives_nothing(people: People) -> None:
    await people.grants(people.site, 40)
    await people.grants(people.born, 10)
    await people.merges(NOW + 20 * DAY)
    assert await people.ends(people.site) == NOW + 40 * DAY


async def test_what_is_over_on_both_sides_stays_over(people: People) -> None:
    await people.grants(people.site, 1)
    await people.grants(people.born, 2)
    await people.merges(NOW + 20 * DAY)
    assert await people.ends(people.site) == NOW + DAY


async def test_for_ever_on_either_side_is_for_ever(people: People) -> None:
    await people.grants(people.site, 1)
    await people.gives_for_ever(people.born)
    result = await people.merges()
    assert await people.sql.fetchval("select ends_at = 'infinity' from usermoduleaccess")
    await people.undoes(result.merge_id)
    assert await people.ends(people.site) == NOW + DAY
    assert await people.sql.fetchval(
        "select ends_at = 'infinity' from usermoduleaccess where user_id = $1", people.born
    )


async def test_for_ever_there_stays_for_ever(people: People) -> None:
    await people.gives_for_ever(people.site)
    await people.grants(people.born, 10)
    await people.merges()
    assert await people.sql.fetchval("select ends_at = 'infinity' from usermoduleaccess")


async def test_no_access_ends_after_the_year_9000(people: People) -> None:
    await people.grants(people.site, 1)
    await people.grants(people.born, 1)
    await people.sql.execute("update usermoduleaccess set ends_at = '8999-12-31+00'")
    await people.merges()
    ends = await people.ends(people.site)
    assert ends is not None
    assert datetime(9000, 12, 31, tzinfo=UTC) < ends < datetime(9001, 1, 1, tzinfo=UTC)


async def test_long_ago_is_over(people: People) -> None:
    await people.grants(people.born, 10)
    await people.sql.execute(
        "insert into usermoduleaccess (user_id, module_id, ends_at) values ($1, $2, '-infinity')",
        people.site,
        people.module,
    )
    await people.merges()
    assert await people.ends(people.site) == NOW + 10 * DAY


async def test_the_change_is_recorded_with_its_cause(people: People) -> None:
    await people.grants(people.site, 40)
    await people.grants(people.born, 10)
    await people.merges(NOW + DAY)
    row = await people.sql.fetchrow(
        "select c.user_id, c.days, c.before, c.after, m.merge_id is not null as known from bot.access_changes c"
        " left join bot.merged_modules m on m.id = c.source_id where c.source = 'merge'"
    )
    assert tuple(row) == (people.site, 9, NOW + 40 * DAY, NOW + 49 * DAY, True)


async def test_a_refund_takes_what_was_appended_and_no_more(people: People) -> None:
    """Ten of its thirty days were lived through when the account was merged behind forty other days."""
    purchase = await people.buys(people.born)
    await people.grants(people.site, 50)
    await people.merges(NOW + 10 * DAY)
    assert await people.ends(people.site) == NOW + 70 * DAY
    booked = await people.refunds(purchase, NOW + 12 * DAY)
    assert booked.change is not None
    assert booked.change.days == -20
    assert await people.ends(people.site) == NOW + 50 * DAY


async def test_a_refund_when_the_appended_days_are_being_lived_takes_the_rest(people: People) -> None:
    purchase = await people.buys(people.born)
    await people.grants(people.site, 50)
    await people.merges(NOW + 10 * DAY)
    booked = await people.refunds(purchase, NOW + 55 * DAY)
    assert booked.change is not None
    assert booked.change.days == -15


async def test_a_refund_of_what_was_over_takes_nothing(people: People) -> None:
    purchase = await people.buys(people.born)
    await people.grants(people.site, 100)
    await people.merges(NOW + 40 * DAY)
    assert (await people.refunds(purchase, NOW + 41 * DAY)).change is None
    assert await people.ends(people.site) == NOW + 100 * DAY


async def test_a_refund_before_the_merge_stays_one(people: People) -> None:
    purchase = await people.buys(people.born)
    await people.grants(people.born, 5)
    await people.refunds(purchase, NOW + 10 * DAY)
    await people.merges(NOW + 10 * DAY)
    assert await people.ends(people.site) == NOW + 15 * DAY
    status = await people.sql.fetchval("select status from purchases where user_id = $1", people.site)
    assert status == "refunded"


async def test_the_other_accounts_own_purchase_is_refunded_as_ever(people: People) -> None:
    purchase = await people.buys(people.site)
    await people.grants(people.born, 10)
    await people.merges(NOW + 5 * DAY)
    booked = await people.refunds(purchase, NOW + 6 * DAY)
    assert booked.change is not None
    assert booked.change.days == -24
    assert await people.ends(people.site) == NOW + 11 * DAY


async def test_a_grant_undone_afterwards_takes_what_was_left_of_it(people: People) -> None:
    grant = await people.grants(people.born, 10)
    over = await people.grants(people.born, -4)
    await people.grants(people.site, 50)
    await people.merges(NOW + 4 * DAY)
    assert await people.ends(people.site) == NOW + 52 * DAY
    await people.undoes_grant(over, NOW + 4 * DAY)
    assert await people.ends(people.site) == NOW + 56 * DAY
    await people.undoes_grant(grant, NOW + 4 * DAY)
    assert await people.ends(people.site) == NOW + 50 * DAY


async def test_a_code_used_on_both_sides_counts_once(people: People) -> None:
    """The later use was here: what is left of it goes, its row stays."""
    await people.makes_code("SPRING", 20)
    await people.redeems(people.site, "SPRING")
    await people.redeems(people.born, "SPRING", NOW + DAY)
    await people.grants(people.born, 5, NOW + DAY)
    result = await people.merges(NOW + 2 * DAY)
    assert result.codes == ["SPRING"]
    assert await people.ends(people.site) == NOW + 25 * DAY
    assert (
        await people.sql.fetchval("select count(*) from promocodeusages where user_id = $1", people.site) == 2
    )


async def test_a_code_used_later_on_the_other_side_goes_there(people: People) -> None:
    await people.makes_code("SPRING", 20)
    await people.redeems(people.born, "SPRING")
    await people.grants(people.site, 5)
    await people.redeems(people.site, "SPRING", NOW + DAY)
    result = await people.merges(NOW + DAY)
    assert await people.ends(people.site) == NOW + 5 * DAY + 19 * DAY
    await people.undoes(result.merge_id, NOW + DAY)
    assert await people.ends(people.site) == NOW + 25 * DAY
    assert await people.ends(people.born) == NOW + 20 * DAY
