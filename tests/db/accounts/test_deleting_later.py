"""What comes after an account was deleted: the same person with a promo code again, and money for its orders."""

import pytest

from db.deleting.deleting import DeletionKind
from db.engine import Pool
from db.errors import (
    PromoUsedByYou,
)
from db.payments.attempts import get_attempt, record_answer
from db.payments.methods import PaymentMethod
from db.payments.parked import assign_parked
from db.payments.settling import Outcome, PaymentSnapshot, settle
from db.payments.telegram import TelegramCharge, settle_charge
from db.promo import get_preview
from db.shop import courses
from tests.db.accounts.test_deleting import deletes
from tests.db.merging.people import CHAT, DAY, NOW, People, registers

PAYMENT = "2f0a0000-000f-5000-8000-1f0b6b6b0001"


async def test_codes_are_not_farmed_by_deleting(people: People) -> None:
    for code in ("SPRING", "SUMMER"):
        await people.makes_code(code)
    await people.redeems(people.born, "SPRING")
    await deletes(people)
    for _ in range(2):
        async with people.database.transaction(Pool.TALK) as session:
            with pytest.raises(PromoUsedByYou) as told:
                await get_preview(session, "SPRING", None, CHAT)
        assert told.value.used_at == NOW
        anew = await registers(people.database, CHAT)
        with pytest.raises(PromoUsedByYou):
            await people.redeems(anew, "spring")
        await deletes(people, anew)
    anew = await registers(people.database, CHAT)
    await people.redeems(anew, "SUMMER")
    ben = await registers(people.database, CHAT + 1)
    await people.redeems(ben, "SPRING")
    used = await people.sql.fetch("select person from bot.used_codes")
    assert len(used) == 1
    assert str(CHAT).encode() not in used[0]["person"]


async def test_codes_are_not_farmed_by_merging_and_deleting(people: People) -> None:
    """What the site's account has used in this chat is used for the chat that leaves it."""
    await people.makes_code("SPRING")
    await people.redeems(people.born, "SPRING")
    await people.merges()
    await deletes(people, people.site, kind=DeletionKind.DISCONNECTED)
    anew = await registers(people.database, CHAT)
    with pytest.raises(PromoUsedByYou):
        await people.redeems(anew, "SPRING")
    await people.merges(from_id=anew, into_id=people.site)
    with pytest.raises(PromoUsedByYou):
        await people.redeems(people.site, "SPRING")


async def test_stars_that_come_later_are_parked(people: People) -> None:
    first = await people.orders(people.born)
    await people.pays(first)
    key = await people.orders(people.born)
    await deletes(people)
    for payload in (first, key):
        charge = TelegramCharge(payload, 100, "XTR", CHAT, f"late-{payload}", "", NOW)
        async with people.database.transaction(Pool.MONEY) as session:
            assert (await settle_charge(session, charge, NOW)).outcome is Outcome.PARKED
        async with people.database.transaction(Pool.MONEY) as session:
            assert (await settle_charge(session, charge, NOW)).outcome is Outcome.REPEATED
    parked = await people.sql.fetch("select reason, telegram_id from bot.parked_payments")
    assert [tuple(row) for row in parked] == [("deleted", CHAT)] * 2
    assert await people.sql.fetchval("select count(*) from bot.access_changes") == 1


def paid(key: str) -> PaymentSnapshot:
    return PaymentSnapshot(
        payment_id=PAYMENT,
        status="succeeded",
        paid=True,
        amount=100,
        currency="XTR",
        key=key,
        test=False,
        recipient=None,
        refunded=0,
        at=NOW,
        receipt=None,
        cancellation=None,
    )


async def settles(people: People, key: str) -> Outcome:
    async with people.database.transaction(Pool.MONEY) as session:
        return (await settle(session, paid(key), NOW)).outcome


async def is_answered(people: People) -> None:
    """The provider's answer to creating the payment comes after all, or once more: it takes nobody's payment."""
    async with people.database.transaction(Pool.JOBS) as session:
        order = await get_attempt(
            session, await people.sql.fetchval("select min(id) from bot.payment_attempts")
        )
        assert order is not None
        await record_answer(
            session, order, payment_id=PAYMENT, link="https://pay.example/1", link_ends_at=NOW + DAY, test=False,
            recipient=None, next_ask_at=NOW, now=NOW,
        )  # fmt: skip


async def test_a_link_paid_later_is_parked_and_can_be_assigned(people: People) -> None:
    key = await people.orders(people.born, method=PaymentMethod.LINK)
    await deletes(people)
    assert await settles(people, key) is Outcome.PARKED
    assert await settles(people, key) is Outcome.REPEATED
    assert await people.sql.fetchval("select reason from bot.parked_payments") == "deleted"
    await is_answered(people)
    async with people.database.transaction(Pool.TALK) as session:
        offer = await courses.get_offer(session, people.offer)
        parked = await people.sql.fetchval("select id from bot.parked_payments")
        await assign_parked(session, parked, people.site, CHAT + 1, offer, "x", NOW)
    await is_answered(people)
    assert await settles(people, key) is Outcome.SUCCEEDED
    assert await people.ends(people.site) == NOW + 30 * DAY
    assert await people.ends(people.born) is None
