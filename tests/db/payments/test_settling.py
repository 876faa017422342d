"""What becomes of a payment, by what the provider or Telegram says of it: once, and of no other purchase."""

from dataclasses import replace
from functools import partial

import pytest

from db.errors import PurchaseUnknown
from db.payments import parked, timeline
from db.payments.methods import YOOKASSA
from db.payments.settling import Outcome, PaymentSnapshot, find_difference, settle
from tests.db.payments.shop import CHAT, DELETED, LATER, NOW, TOO_FAR, Shop

PAYMENT = PaymentSnapshot(
    payment_id="p-1",
    status="succeeded",
    paid=True,
    amount=100,
    currency="RUB",
    key="key-1",
    test=False,
    recipient="7",
    refunded=0,
    at=NOW,
    receipt=None,
    cancellation=None,
)
ENDED = {"closed_at": LATER, "said_at": LATER, "touched_at": LATER}
PAID = {"status": "succeeded", "provider_payment_id": "p-1", "purchased_at": NOW, "outcome": "succeeded"}


async def test_a_payment_is_known_by_its_id_and_by_our_key_while_it_has_none(shop: Shop) -> None:
    first, other = await shop.opens(0), await shop.opens(1)
    changed = await shop.does(settle, replace(PAYMENT, payment_id="p-2", key="key-9"), LATER)
    assert (changed, shop.said.outcome) == ({}, Outcome.UNKNOWN)
    assert await shop.does(settle, PAYMENT, LATER) == {first: {**PAID, **ENDED, "said": "succeeded"}}
    assert (shop.said.outcome, shop.said.change.days) == (Outcome.SUCCEEDED, 30)
    # Registered after the payment, and once.
    for receipt, news in (("r-1", {first: {"receipt": "r-1"}}), ("r-2", {})):
        assert await shop.does(settle, replace(PAYMENT, receipt=receipt), LATER) == news
        assert shop.said.outcome is Outcome.NO_NEWS
    # A key says nothing of a purchase that bears another payment; nor does another provider's payment of that name.
    assert await shop.does(settle, replace(PAYMENT, payment_id="p-2"), LATER) == {}
    assert shop.said.outcome is Outcome.UNKNOWN
    await shop.is_sold(other, provider="stars", provider_payment_id="p-3")
    await shop.does(settle, replace(PAYMENT, payment_id="p-3", key="key-2"), LATER)
    assert shop.said.outcome is Outcome.UNKNOWN


async def test_what_does_not_agree_is_not_believed(shop: Shop) -> None:
    first, _ = await shop.opens(0, test=False, recipient="7"), await shop.opens(1)
    await shop.is_sold(first, provider_payment_id="p-1")
    for wrong in ({"amount": 99}, {"currency": "USD"}, {"key": "key-2"}, {"test": True}, {"recipient": "8"}):
        await shop.has(first, said=None, said_at=None, touched_at=None)
        assert await shop.does(settle, replace(PAYMENT, **wrong), LATER) == {
            first: {"said": "mismatch", "said_at": LATER, "touched_at": LATER}
        }
        name, value = next(iter(wrong.items()))
        assert shop.said.reason.startswith(f"{'metadata' if name == 'key' else name}: {value!r}, not ")
    await shop.runs(settle, replace(PAYMENT, amount=99, currency="USD"), LATER)
    await shop.has(first, test=None, recipient=None, method="invoice")
    await shop.runs(settle, replace(PAYMENT, key=None, test=True, recipient="8", status="pending"), LATER)
    assert await shop.does(settle, replace(PAYMENT, key=None, test=True, recipient="8"), LATER) != {}
    assert shop.said.outcome is Outcome.SUCCEEDED
    assert find_difference(replace(PAYMENT, amount=1, currency="USD"), shop.said.sale).count(", not ") == 2


async def test_open_then_canceled_then_paid_all_the_same(shop: Shop) -> None:
    first, _ = await shop.opens(0, next_ask_at=LATER), await shop.opens(1)
    unpaid = {"pending": False, "waiting_for_capture": True, "succeeded": False}
    for status, paid in unpaid.items():
        touched = {} if status == "pending" else {"touched_at": LATER}
        assert await shop.does(settle, replace(PAYMENT, status=status, paid=paid), LATER) == {
            first: {"said": status, "said_at": LATER} | touched
        }
        await shop.has(first, said=None, said_at=None, touched_at=None)
        reason = "succeeded, not paid" if status == "succeeded" else status
        assert (shop.said.outcome, shop.said.reason) == (Outcome.OPEN, reason)
    canceled = replace(PAYMENT, status="canceled", paid=False, cancellation="no money")
    assert await shop.does(settle, canceled, LATER) == {
        first: ENDED
        | {
            "status": "canceled",
            "provider_payment_id": "p-1",
            "next_ask_at": None,
            "outcome": "no money",
            "said": "no money",
        }
    }
    assert (shop.said.outcome, shop.said.reason) == (Outcome.CANCELED, "no money")
    assert await shop.does(settle, replace(canceled, cancellation=None), LATER) == {}
    assert (shop.said.outcome, shop.said.reason) == (Outcome.NO_NEWS, "")
    kept = {"amount": 1, "currency": "RUB", "paid_at": NOW, "reason": "x", "now": NOW}
    for provider, payment in ((YOOKASSA, "p-1"), (YOOKASSA, "p-2"), ("stars", "p-1")):
        await shop.runs(parked.park_payment, provider=provider, payment_id=payment, **kept)
    assert await shop.does(settle, PAYMENT, LATER) == {
        first: {"status": "succeeded", "purchased_at": NOW, "said": "succeeded"}
    }
    solved = await shop.sql.fetch("select solved_at, purchase_id from bot.parked_payments order by id")
    purchase = (await shop.details(first)).purchase_id
    assert [tuple(row) for row in solved] == [(LATER, purchase), (None, None), (None, None)]


async def test_a_cancellation_without_a_reason(shop: Shop) -> None:
    first = await shop.opens(0)
    changed = await shop.does(settle, replace(PAYMENT, status="canceled", paid=False), LATER)
    assert (shop.said.outcome, shop.said.reason, changed[first]["outcome"]) == (
        Outcome.CANCELED,
        "",
        "canceled",
    )


@pytest.mark.parametrize(
    ("refunded", "days", "status"), [(1, 30, "succeeded"), (50, 15, "succeeded"), (100, 0, "refunded")]
)
async def test_days_whose_money_went_back_already_are_not_given(
    shop: Shop, refunded: int, days: int, status: str
) -> None:
    first = await shop.opens(0)
    changed = await shop.does(settle, replace(PAYMENT, refunded=refunded), LATER)
    assert changed[first]["status"] == status
    assert (shop.said.change.days if days else shop.said.change) == (days or None)


async def test_who_deleted_the_account_gets_nothing_and_the_money_is_kept_once(shop: Shop) -> None:
    first, _ = await shop.opens(0), await shop.opens(1)
    await shop.sql.execute(DELETED, shop.people[0])
    deleted = {"status": "canceled", "outcome": "deleted", "said": "deleted", **ENDED}
    await shop.is_sold(first, provider_payment_id="p-1")
    assert await shop.does(settle, replace(PAYMENT, refunded=100), LATER) == {
        first: deleted | {"provider_payment_id": "key:key-1"}
    }
    assert shop.said.outcome is Outcome.NO_NEWS
    assert await shop.sql.fetchval("select count(*) from bot.parked_payments") == 0
    for refunded, outcome in ((99, Outcome.PARKED), (0, Outcome.REPEATED)):
        assert await shop.does(settle, replace(PAYMENT, refunded=refunded), LATER) == {}
        assert (shop.said.outcome, shop.said.reason) == (outcome, "deleted")
    assert (
        await shop.sql.fetchval("select (amount, reason)::text from bot.parked_payments") == "(100,deleted)"
    )
    canceled = replace(PAYMENT, status="canceled", paid=False)
    assert await shop.does(settle, canceled, LATER) == {}  # or the payment could be assigned to nobody


async def test_days_that_cannot_be_given_are_waited_for(shop: Shop) -> None:
    first, _ = await shop.opens(0), await shop.opens(1)
    await shop.sql.execute(TOO_FAR, shop.people[0])
    assert await shop.does(settle, PAYMENT, LATER) == {
        first: {"said": "not credited", "said_at": LATER, "touched_at": LATER}
    }
    assert shop.said.outcome is Outcome.NOT_CREDITED


async def test_whether_what_a_message_shows_has_ended_meanwhile(shop: Shop) -> None:
    """By what was closed or said last; of that chat, of that message, of whoever uses the chat."""
    first = await shop.opens(0, 0, message_id=5, closed_at=NOW, said_at=LATER)
    await shop.is_sold(first, status="canceled")
    await shop.opens(0, 1, message_id=6, closed_at=LATER, said_at=LATER)  # pending
    ended = partial(shop.runs, timeline.has_ended_since)
    assert not await ended(CHAT, 5, NOW), "nobody uses that chat"
    for person, chat in zip(shop.people, (CHAT, CHAT + 1), strict=True):
        await shop.sql.execute(
            "insert into authidentities (user_id, loginprovider, providerkey) values ($1, 'Telegram', $2)",
            person,
            str(chat),
        )
    assert [await ended(CHAT, message, NOW) for message in (5, 6, 7)] == [True, False, False]
    assert not await ended(CHAT, 5, LATER)
    assert not await ended(CHAT + 1, 5, NOW)
    await shop.has(first, telegram_id=CHAT + 1)
    assert not await ended(CHAT, 5, NOW)
    await shop.has(first, telegram_id=CHAT, closed_at=LATER, said_at=NOW)
    assert await ended(CHAT, 5, NOW)
    await shop.sql.execute("update authidentities set providerkey = '9' where user_id = $1", shop.people[0])
    assert not await ended(CHAT, 5, NOW), "its payer uses another chat now"


async def test_the_story_of_a_purchase_is_its_own_and_ones_own(shop: Shop) -> None:
    first, other = await shop.opens(0, linked_at=NOW, asked_at=NOW), await shop.opens(1)
    for number, key in (("p-1", "key-1"), ("p-2", "key-2")):
        await shop.runs(settle, replace(PAYMENT, payment_id=number, key=key), LATER)
    ids = [(await shop.details(one)).purchase_id for one in (first, other)]
    await shop.sql.executemany(
        "insert into bot.refunds (purchase_id, provider, amount, currency, key, request, status, created_at,"
        " finished_at, days_taken) values ($1, 'yookassa', $2, 'RUB', $3, '', $4, $5, $6, 3)",
        [
            (ids[0], 10, "r-1", "succeeded", NOW, LATER),
            (ids[0], 20, "r-2", "pending", NOW, None),
            (ids[0], 30, "r-3", "canceled", NOW, LATER),
            (ids[1], 40, "r-4", "succeeded", NOW, LATER),
        ],
    )
    story = await shop.runs(timeline.get_timeline, ids[0], shop.people[0])
    assert [(one.at, one.amount, one.done) for one in story.refunds] == [(LATER, 10, True), (NOW, 20, False)]
    assert (story.purchase.id, story.purchase.refunded, story.attempt.id, story.access.days) == (
        ids[0],
        10,
        first,
        30,
    )
    assert story.access.until is not None
    assert not story.waits
    with pytest.raises(PurchaseUnknown):
        await shop.runs(timeline.get_timeline, ids[0], shop.people[1])
    await shop.sql.execute("update bot.access_changes set after = 'infinity'")
    await shop.is_sold(first, status="canceled")
    story = await shop.runs(timeline.get_timeline, ids[0], shop.people[0])
    assert story.access.until is None
    assert story.waits
    await shop.sql.execute("delete from bot.payment_attempts")
    await shop.sql.execute("delete from bot.access_changes")
    story = await shop.runs(timeline.get_timeline, ids[0], shop.people[0])
    assert (story.attempt, story.access, story.waits) == (None, None, False)
