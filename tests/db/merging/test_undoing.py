"""A merge undone: both accounts are as if they had never been one."""

import pytest

from db.audit import WatchedAccess, take_unexplained_access
from db.engine import Pool
from db.errors import MergeNotUndoable
from tests.db.merging.people import CHAT, DAY, NOW, People, registers


async def test_access_ends_on_both_sides_when_it_had_to(people: People) -> None:
    await people.grants(people.site, 40)
    await people.grants(people.born, 10)
    merge = await people.merges(NOW + DAY)
    [access] = await people.undoes(merge.merge_id, NOW + 5 * DAY)
    assert (access.from_end, access.into_end) == (NOW + 10 * DAY, NOW + 40 * DAY)
    assert await people.ends(people.born) == NOW + 10 * DAY
    assert await people.ends(people.site) == NOW + 40 * DAY


async def test_what_came_since_stays_with_whom_it_belongs_to(people: People) -> None:
    """The refund is of a purchase that goes back; the order was opened there too, and the grant was for the other."""
    await people.grants(people.site, 40)
    bought = await people.buys(people.born)
    ordered = await people.orders(people.born)
    merge = await people.merges()
    await people.grants(people.site, 7, NOW + DAY)
    await people.pays(ordered, NOW + DAY)
    await people.refunds(bought, NOW + DAY)
    assert await people.ends(people.site) == NOW + 77 * DAY
    await people.undoes(merge.merge_id, NOW + 2 * DAY)
    assert await people.ends(people.site) == NOW + 47 * DAY
    assert await people.ends(people.born) == NOW + 30 * DAY
    assert await unexplained(people) == []
    await people.grants(people.born, 1, NOW + 2 * DAY)
    assert (
        await people.sql.fetchval(
            "select count(*) from bot.access_changes where user_id = $1 and source in ('purchase', 'refund')",
            people.born,
        )
        == 3
    )


async def test_a_grant_undone_since_stays_undone(people: People) -> None:
    await people.grants(people.site, 40)
    grant = await people.grants(people.born, 10)
    merge = await people.merges()
    await people.undoes_grant(grant, NOW)
    await people.undoes(merge.merge_id)
    assert await people.ends(people.born) == NOW
    assert await people.ends(people.site) == NOW + 40 * DAY


async def test_days_bought_after_all_was_over_are_kept_whole(people: People) -> None:
    await people.grants(people.born, 3)
    merge = await people.merges()
    await people.grants(people.site, 5, NOW + 20 * DAY)
    await people.undoes(merge.merge_id, NOW + 20 * DAY)
    assert await people.ends(people.site) == NOW + 25 * DAY
    assert await people.ends(people.born) == NOW + 3 * DAY


async def test_a_refund_afterwards_is_as_if_nothing_had_been(people: People) -> None:
    purchase = await people.buys(people.born)
    await people.grants(people.site, 50)
    merge = await people.merges(NOW + 10 * DAY)
    await people.undoes(merge.merge_id, NOW + 11 * DAY)
    booked = await people.refunds(purchase, NOW + 12 * DAY)
    assert booked.change is not None
    assert booked.change.days == -18
    assert await people.ends(people.site) == NOW + 50 * DAY


async def test_it_can_be_merged_and_undone_again(people: People) -> None:
    await people.grants(people.born, 10)
    for _ in range(2):
        merge = await people.merges()
        assert await people.ends(people.site) == NOW + 10 * DAY
        await people.undoes(merge.merge_id)
        assert (await people.ends(people.site), await people.ends(people.born)) == (None, NOW + 10 * DAY)


async def test_the_chat_loses_what_it_signed_in_to(people: People) -> None:
    merge = await people.merges()
    live = "select count(*) from sessions where user_id = $1 and revoked_at is null"
    assert await people.sql.fetchval(live, people.site) == 1
    await people.sql.execute(
        "insert into sessions (user_id, device_id, refresh_token_hash, created_at, expires_at)"
        " select $1, id, 'later', now(), now() + interval '1 day' from devices",
        people.site,
    )
    await people.undoes(merge.merge_id)
    assert await people.sql.fetchval(live, people.site) == 0
    assert await people.sql.fetchval(live, people.born) == 1


async def test_only_for_thirty_days_and_once(people: People) -> None:
    merge = await people.merges()
    await refused(people, merge.merge_id, "too late", days=31)
    await refused(people, merge.merge_id + 1, "unknown")
    await people.undoes(merge.merge_id, NOW + 30 * DAY)
    await refused(people, merge.merge_id, "undone")


async def test_the_later_of_two_merges_is_undone_first(people: People) -> None:
    third = await registers(people.database, CHAT + 1)
    await people.grants(people.born, 10)
    first = await people.merges(into_id=third)
    second = await people.merges(from_id=third)
    assert await people.ends(people.site) == NOW + 10 * DAY
    await refused(people, first.merge_id, "merged again")
    await people.undoes(second.merge_id)
    await people.undoes(first.merge_id)
    assert await people.ends(people.born) == NOW + 10 * DAY


async def test_an_identity_that_was_moved_since_is_not_taken_back(people: People) -> None:
    merge = await people.merges()
    third = await registers(people.database, CHAT + 1)
    await people.sql.execute(
        "update authidentities set user_id = $1 where providerkey = $2", third, str(CHAT)
    )
    await refused(people, merge.merge_id, "moved")
    assert await people.signed_in() == third


async def test_access_that_the_other_application_has_changed_is_left(people: People) -> None:
    await people.grants(people.born, 10)
    merge = await people.merges()
    await people.sql.execute("update usermoduleaccess set ends_at = ends_at + interval '1 day'")
    await refused(people, merge.merge_id, "changed elsewhere")


async def test_days_bought_since_go_to_their_payer_who_had_none_before(people: People) -> None:
    """What the other account was given meanwhile is its own; one that had nothing has nothing."""
    ordered = await people.orders(people.born)
    merge = await people.merges()
    await people.pays(ordered, NOW + DAY)
    await people.grants(people.site, 10, NOW + DAY)
    await people.undoes(merge.merge_id, NOW + 2 * DAY)
    assert await people.ends(people.born) == NOW + 31 * DAY
    assert await people.ends(people.site) == NOW + 11 * DAY
    assert await unexplained(people) == []
    again = await people.merges(NOW + 2 * DAY)
    assert await people.ends(people.site) == NOW + 40 * DAY
    await people.undoes(again.merge_id, NOW + 2 * DAY)
    assert await people.ends(people.site) == NOW + 11 * DAY


async def test_who_had_nothing_has_nothing_once_the_payer_is_gone(people: People) -> None:
    ordered = await people.orders(people.born)
    merge = await people.merges()
    purchase = await people.pays(ordered)
    await people.undoes(merge.merge_id, NOW + DAY)
    assert await people.ends(people.site) is None
    booked = await people.refunds(purchase, NOW + 2 * DAY)
    assert booked.change is not None
    assert booked.change.days == -28
    assert await unexplained(people) == []


async def test_what_was_paid_and_returned_since_leaves_no_end_that_nobody_explains(people: People) -> None:
    """What goes back adds up to nothing; what stays was reckoned with it in between."""
    await people.grants(people.site, 10)
    ordered = await people.orders(people.born)
    merge = await people.merges()
    purchase = await people.pays(ordered)
    await people.grants(people.site, 5)
    await people.refunds(purchase)
    await people.undoes(merge.merge_id)
    assert await people.ends(people.site) == NOW + 15 * DAY
    assert await unexplained(people) == []


async def unexplained(people: People) -> list[WatchedAccess]:
    async with people.database.transaction(Pool.TALK) as session:
        return await take_unexplained_access(session, "", 10)


async def refused(people: People, merge_id: int, reason: str, days: int = 0) -> None:
    before = await people.dump()
    with pytest.raises(MergeNotUndoable) as caught:
        await people.undoes(merge_id, NOW + days * DAY)
    assert caught.value == MergeNotUndoable(merge_id, reason)
    assert await people.dump() == before
