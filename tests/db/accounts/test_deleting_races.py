"""An account is deleted while others write for it: whoever comes second finds what the first has done."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from db.account_errors import AccountChanged, AccountDeleted
from db.deleting.deleting import DeletionKind, delete_account
from db.errors import NotMergeable, PromoUsedByYou
from db.merging.merging import merge
from db.payments.methods import PaymentMethod
from db.payments.settling import Outcome, settle
from db.promo import redeem
from tests.db.accounts.test_deleting import deletes
from tests.db.accounts.test_deleting_later import paid, settles
from tests.db.merging.people import CHAT, DAY, NOW, People, registers
from tests.db.merging.test_races import meanwhile


async def test_a_payment_that_is_being_settled_is_the_accounts(people: People) -> None:
    key = await people.orders(people.born, method=PaymentMethod.LINK)
    await meanwhile(people, lambda session: settle(session, paid(key), NOW), lambda: deletes(people))
    assert await people.sql.fetchval("select status from purchases") == "succeeded"
    assert await people.ends(people.born) == NOW + 30 * DAY
    assert await people.sql.fetchval("select count(*) from bot.parked_payments") == 0


async def test_a_payment_that_waits_for_the_deletion_is_parked(people: People) -> None:
    key = await people.orders(people.born, method=PaymentMethod.LINK)
    outcome = await meanwhile(
        people, lambda session: deletes_in(people, session), lambda: settles(people, key)
    )
    assert outcome is Outcome.PARKED
    assert await people.ends(people.born) is None
    assert await people.sql.fetchval("select count(*) from bot.parked_payments where reason = 'deleted'") == 1


async def deletes_in(people: People, session: AsyncSession) -> None:
    await delete_account(session, people.born, CHAT, DeletionKind.ERASED, NOW)


async def test_a_code_that_is_being_redeemed_stays_used(people: People) -> None:
    await people.makes_code("SPRING")
    await meanwhile(
        people, lambda session: redeem(session, people.born, "SPRING", NOW), lambda: deletes(people)
    )
    anew = await registers(people.database, CHAT)
    with pytest.raises(PromoUsedByYou):
        await people.redeems(anew, "SPRING")


async def test_a_code_that_waits_for_the_deletion_is_not_used(people: People) -> None:
    await people.makes_code("SPRING")
    with pytest.raises(AccountDeleted):
        await meanwhile(
            people,
            lambda session: deletes_in(people, session),
            lambda: people.redeems(people.born, "SPRING"),
        )
    anew = await registers(people.database, CHAT)
    await people.redeems(anew, "SPRING")


async def test_an_account_that_is_being_merged_is_not_deleted(people: People) -> None:
    """It is another one by then, of which its person was told nothing."""
    with pytest.raises(AccountChanged):
        await meanwhile(
            people, lambda session: merge(session, people.born, people.site, NOW), lambda: deletes(people)
        )
    assert await people.signed_in() == people.site


async def test_an_account_that_is_being_deleted_is_not_merged(people: People) -> None:
    with pytest.raises(NotMergeable) as refused:
        await meanwhile(people, lambda session: deletes_in(people, session), people.merges)
    assert refused.value.reason == "deleted"


async def test_another_account_merged_into_it_meanwhile_is_asked_about_anew(people: People) -> None:
    third = await registers(people.database, CHAT + 1)
    with pytest.raises(AccountChanged):
        await meanwhile(
            people, lambda session: merge(session, third, people.born, NOW), lambda: deletes(people)
        )
    await deletes(people)
    assert await people.sql.fetchval("select count(*) from bot.deleted_accounts") == 2


async def test_of_two_deletions_at_once_one_is_done(people: People) -> None:
    with pytest.raises(AccountChanged):
        await meanwhile(people, lambda session: deletes_in(people, session), lambda: deletes(people))
    assert await people.sql.fetchval("select count(*) from bot.deleted_accounts") == 1
