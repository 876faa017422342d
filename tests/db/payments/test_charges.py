"""Payments inside Telegram: which may be made, and what becomes of a charge."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from db.engine import Pool
from db.errors import AccessTooFar, ParkedGone
from db.payments import parked, purchases, telegram
from db.payments.methods import PaymentMethod
from db.payments.settling import Outcome
from db.payments.telegram import PreCheckoutVerdict, TelegramCharge
from tests.db.payments.shop import CHAT, DELETED, HOUR, LATER, NOW, TOO_FAR, Shop
from tests.db.test_promo import until_waits

CHARGE = TelegramCharge(
    payload="key-1",
    amount=100,
    currency="RUB",
    telegram_id=CHAT,
    charge_id="c-1",
    provider_charge_id="2d4d8203-000f-5000-9000-15fc20582329",
    at=NOW,
)
ENDED = {"closed_at": LATER, "said_at": LATER, "touched_at": LATER}
PAID = {"status": "succeeded", "provider_payment_id": "p-1", "purchased_at": NOW, "outcome": "succeeded"}


async def test_which_invoice_may_be_paid(shop: Shop) -> None:
    """By any chat of the account; at the price it was opened at, for an hour after that was raised."""
    first = await shop.opens(0, 0, PaymentMethod.INVOICE)
    await shop.opens(1, 1, PaymentMethod.INVOICE)
    other = CHAT + 9
    await shop.sql.execute(
        "insert into authidentities (user_id, loginprovider, providerkey) values ($1, 'telegram', $2)",
        shop.people[0],
        str(other),
    )

    async def verdict(key: str = "key-1", chat: int = CHAT, amount: int = 100, currency: str = "RUB") -> str:
        found: str = await shop.runs(telegram.check_pre_checkout, key, chat, amount, currency, LATER)
        return found

    assert [await verdict(), await verdict(chat=other)] == [PreCheckoutVerdict.OK] * 2
    assert await verdict("key-9") is PreCheckoutVerdict.UNKNOWN
    assert await verdict(chat=CHAT + 1) is PreCheckoutVerdict.FOREIGN
    assert await verdict(amount=101) is PreCheckoutVerdict.CHANGED
    assert await verdict(currency="USD") is PreCheckoutVerdict.CHANGED
    raised = "update bot.offers set price = $1, price_before = 100, price_changed_at = $2, days = $3"
    for price, at, days, allowed in (
        (101, NOW + HOUR / 60, 30, True),
        (101, NOW, 30, False),
        (99, LATER, 30, False),
        (101, LATER, 31, False),
        (101, None, 30, False),
    ):
        await shop.sql.execute(raised + " where id = $4", price, at, days, shop.offers[0])
        assert (await verdict() is PreCheckoutVerdict.OK) is allowed
    await shop.has(first, offer_id=None)
    assert await verdict() is PreCheckoutVerdict.OK
    await shop.has(first, closed_at=NOW)
    assert await verdict() is PreCheckoutVerdict.CLOSED
    await shop.has(first, closed_at=None)
    await shop.is_sold(first, status="canceled")
    assert await verdict() is PreCheckoutVerdict.CLOSED


async def settles(shop: Shop, **changed: Any) -> Outcome:
    charge = replace(CHARGE, **changed)
    settled = await shop.runs(telegram.settle_charge, charge, LATER)
    assert settled.payment_id == charge.payment_id
    outcome: Outcome = settled.outcome
    return outcome


async def test_a_charge_counts_once_and_a_second_one_is_another_purchase(shop: Shop) -> None:
    first, _ = [await shop.opens(one, 0, PaymentMethod.INVOICE) for one in (0, 1)]
    paid = CHARGE.provider_charge_id
    assert await shop.does(telegram.settle_charge, CHARGE, LATER) == {
        first: PAID
        | ENDED
        | {"provider_payment_id": paid, "receipt": "c-1", "charge_id": "c-1", "said": "succeeded"}
    }
    assert (shop.said.outcome, shop.said.change.days) == (Outcome.CREDITED, 30)
    assert await settles(shop) is Outcome.REPEATED
    await shop.is_sold(first, status="refunded")
    assert await settles(shop, payload="key-9") is Outcome.REPEATED
    # The same payment's name at another provider, and one that is not paid, are no repetition.
    assert await settles(shop, currency="XTR", charge_id=paid) is Outcome.PARKED
    assert await settles(shop, currency="XTR", charge_id=paid) is Outcome.REPEATED
    assert await settles(shop, charge_id="c-2", provider_charge_id="odd") is Outcome.SECOND
    rows = await shop.sql.fetch(
        "select provider_payment_id, status, user_id, days from purchases order by id"
    )
    assert [tuple(row) for row in rows] == [
        (paid, "refunded", shop.people[0], 30),
        ("key:key-2", "pending", shop.people[1], 30),
        ("tg:c-2", "succeeded", shop.people[0], 30),
    ]


async def test_what_no_purchase_explains_is_parked_and_what_was_refused_is_credited_later(shop: Shop) -> None:
    _, other = [await shop.opens(one, 0, PaymentMethod.INVOICE) for one in (0, 1)]
    for wrong, reason in (
        ({"payload": "x" * 200}, "payload"),
        ({"amount": 99, "payload": "key-2"}, "amount"),
    ):
        parked_one: dict[str, Any] = {"charge_id": f"c-{reason}", "provider_charge_id": "", **wrong}
        assert await settles(shop, **parked_one) is Outcome.PARKED
        kept = await shop.sql.fetchrow("select * from bot.parked_payments order by id desc limit 1")
        assert (kept["payment_id"], kept["reason"], kept["payload"], kept["telegram_id"]) == (
            f"tg:c-{reason}", reason, parked_one["payload"][:128], CHAT,
        )  # fmt: skip
    # Canceled by us is credited all the same; whose days can't be given is not.
    await shop.is_sold(other, status="canceled")
    late: dict[str, Any] = {"payload": "key-2", "charge_id": "c-3", "provider_charge_id": ""}
    await shop.sql.execute(TOO_FAR, shop.people[1])
    with pytest.raises(AccessTooFar):
        await settles(shop, **late)
    assert (await shop.runs(telegram.park_refused_charge, replace(CHARGE, **late), LATER)).reason == "refused"
    await shop.sql.execute("delete from usermoduleaccess where user_id = $1", shop.people[1])
    assert await settles(shop, **late) is Outcome.CREDITED
    assert (
        await shop.sql.fetchval("select solved_at from bot.parked_payments where payment_id = 'tg:c-3'")
        == LATER
    )


async def test_a_charge_of_who_deleted_the_account_is_parked(shop: Shop) -> None:
    first, _ = [await shop.opens(one, 0, PaymentMethod.INVOICE) for one in (0, 1)]
    await shop.sql.execute(DELETED, shop.people[0])
    assert await shop.does(telegram.settle_charge, CHARGE, LATER) == {
        first: {"status": "canceled", "outcome": "deleted", "said": "deleted", **ENDED}
    }
    assert (shop.said.outcome, shop.said.reason) == (Outcome.PARKED, "deleted")
    assert await shop.does(telegram.settle_charge, replace(CHARGE, charge_id="c-2"), LATER + HOUR) == {}
    assert shop.said.outcome is Outcome.REPEATED


async def test_a_parked_charge_that_was_assigned_is_credited_once(shop: Shop) -> None:
    kept = {"amount": 55, "currency": "XTR", "paid_at": NOW, "reason": "x", "now": NOW}
    for number in (1, 2):
        await shop.runs(parked.park_payment, provider="stars", payment_id=f"c-{number}", **kept)
    ids = [row[0] for row in await shop.sql.fetch("select id from bot.parked_payments order by id")]
    assert [one.id for one in await shop.runs(parked.list_parked)] == ids[::-1]
    assert [one.id for one in await shop.runs(parked.list_parked, 1)] == ids[1:]
    offer = await shop.offer()
    async with shop.database.transaction(Pool.JOBS) as session:
        attempt = await parked.assign_parked(session, ids[0], shop.people[0], CHAT, offer, "k", NOW)
        again = shop.runs(parked.assign_parked, ids[0], shop.people[1], CHAT, offer, "l", NOW)
        second = asyncio.create_task(again)  # another admin's
        await until_waits(shop.sql, second)
    with pytest.raises(ParkedGone):
        await second
    listed = await shop.runs(purchases.list_purchases, shop.people[0])
    assert [one.payment_id for one in listed] == ["c-1"], "its new owner sees it at once"
    details = await shop.details(attempt)
    assert (details.amount, details.currency, details.method, details.key, details.payment_id, details.next_ask_at) == (
        55, "XTR", PaymentMethod.STARS, "assigned:k", "c-1", NOW,
    )  # fmt: skip
    changed = await shop.does(telegram.settle_assigned_charge, attempt, LATER)
    assert (changed[attempt]["status"], changed[attempt]["charge_id"]) == ("succeeded", "c-1")
    assert (shop.said.outcome, shop.said.change.days) == (Outcome.CREDITED, 30)
    assert await shop.does(telegram.settle_assigned_charge, attempt, LATER) == {}
    assert shop.said.outcome is Outcome.REPEATED
    assert not await shop.runs(parked.close_refunded, "stars", "c-1", LATER)
    assert not await shop.runs(parked.close_refunded, "yookassa", "c-2", LATER)
    assert await shop.runs(parked.close_refunded, "stars", "c-2", LATER)
    assert await shop.runs(parked.list_parked) == []


async def test_an_assigned_payment_by_invoice_is_known_by_telegrams_charge(shop: Shop) -> None:
    await settles(shop, payload="nothing", provider_charge_id="odd")
    kept = await shop.sql.fetchval("select id from bot.parked_payments")
    attempt = await shop.runs(parked.assign_parked, kept, shop.people[0], CHAT, await shop.offer(), "k", NOW)
    details = await shop.details(attempt)
    assert details.method is PaymentMethod.INVOICE
    changed = (await shop.does(telegram.settle_assigned_charge, attempt, LATER))[attempt]
    assert (changed["charge_id"], changed["receipt"]) == ("c-1", "c-1")
    assert "provider_payment_id" not in changed
