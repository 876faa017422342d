"""What becomes of a payment, by what the provider or Telegram says of it: once, and of no other purchase."""

from dataclasses import replace

import pytest

from db.errors import AccessTooFar, ParkedGone, PurchaseUnknown
from db.payments import parked, telegram, timeline
from db.payments.methods import YOOKASSA, PaymentMethod
from db.payments.settling import Outcome, PaymentSnapshot, find_difference, settle
from db.payments.telegram import PreCheckoutVerdict, TelegramCharge
from tests.db.payments.shop import CHAT, HOUR, LATER, NOW, Shop

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
TOO_FAR = (
    "insert into usermoduleaccess (user_id, module_id, ends_at) select $1, id, '9000-12-30+00' from modules"
)


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
    for status, paid in (("pending", False), ("waiting_for_capture", True), ("succeeded", False)):
        await shop.does(settle, replace(PAYMENT, status=status, paid=paid), LATER)
        assert (shop.said.outcome, shop.said.reason) == (Outcome.OPEN, status)
    await shop.has(first, said=None, said_at=None, touched_at=None)
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
    assert await shop.does(settle, replace(canceled, cancellation=None), LATER) == {
        first: {"said": "canceled"}
    }
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
    await shop.sql.execute(
        "insert into bot.deleted_accounts (user_id, deleted_at) values ($1, $2)", shop.people[0], NOW
    )
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


async def test_days_that_cannot_be_given_are_waited_for(shop: Shop) -> None:
    first, _ = await shop.opens(0), await shop.opens(1)
    await shop.sql.execute(TOO_FAR, shop.people[0])
    assert await shop.does(settle, PAYMENT, LATER) == {
        first: {"said": "not credited", "said_at": LATER, "touched_at": LATER}
    }
    assert shop.said.outcome is Outcome.NOT_CREDITED


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


async def test_a_charge_counts_once_and_a_second_one_is_another_purchase(shop: Shop) -> None:
    first, other = [await shop.opens(one, 0, PaymentMethod.INVOICE) for one in (0, 1)]
    paid = CHARGE.provider_charge_id

    async def settles(charge: TelegramCharge) -> Outcome:
        settled = await shop.runs(telegram.settle_charge, charge, LATER)
        assert settled.payment_id == charge.payment_id
        outcome: Outcome = settled.outcome
        return outcome

    assert await shop.does(telegram.settle_charge, CHARGE, LATER) == {
        first: PAID
        | ENDED
        | {"provider_payment_id": paid, "receipt": "c-1", "charge_id": "c-1", "said": "succeeded"}
    }
    assert (shop.said.outcome, shop.said.change.days) == (Outcome.CREDITED, 30)
    assert await settles(CHARGE) is Outcome.REPEATED
    await shop.is_sold(first, status="refunded")
    assert await settles(replace(CHARGE, payload="key-9")) is Outcome.REPEATED
    # The same payment's name at another provider, and one that is not paid, are no repetition.
    assert await settles(replace(CHARGE, currency="XTR", charge_id=paid)) is Outcome.PARKED
    assert await settles(replace(CHARGE, currency="XTR", charge_id=paid)) is Outcome.REPEATED
    second = replace(CHARGE, charge_id="c-2", provider_charge_id="odd")
    assert await settles(second) is Outcome.SECOND
    rows = await shop.sql.fetch(
        "select provider_payment_id, status, user_id, days from purchases order by id"
    )
    assert [tuple(row) for row in rows] == [
        (paid, "refunded", shop.people[0], 30),
        ("key:key-2", "pending", shop.people[1], 30),
        ("tg:c-2", "succeeded", shop.people[0], 30),
    ]
    for wrong, reason in (
        ({"payload": "x" * 200}, "payload"),
        ({"amount": 99, "payload": "key-2"}, "amount"),
    ):
        charge = replace(CHARGE, charge_id=f"c-{reason}", provider_charge_id="", **wrong)
        assert await settles(charge) is Outcome.PARKED
        kept = await shop.sql.fetchrow("select * from bot.parked_payments order by id desc limit 1")
        assert (kept["payment_id"], kept["reason"], kept["payload"], kept["telegram_id"]) == (
            f"tg:c-{reason}", reason, charge.payload[:128], CHAT,
        )  # fmt: skip
    # Canceled by us is credited all the same; whose account is gone, or whose days can't be given, is not.
    await shop.is_sold(other, status="canceled")
    late = replace(CHARGE, payload="key-2", charge_id="c-3", provider_charge_id="")
    await shop.sql.execute(TOO_FAR, shop.people[1])
    with pytest.raises(AccessTooFar):
        await settles(late)
    assert (await shop.runs(telegram.park_refused_charge, late, LATER)).reason == "refused"
    await shop.sql.execute("delete from usermoduleaccess where user_id = $1", shop.people[1])
    assert await settles(late) is Outcome.CREDITED
    assert (
        await shop.sql.fetchval("select solved_at from bot.parked_payments where payment_id = 'tg:c-3'")
        == LATER
    )


async def test_a_charge_of_who_deleted_the_account_is_parked(shop: Shop) -> None:
    first, _ = [await shop.opens(one, 0, PaymentMethod.INVOICE) for one in (0, 1)]
    await shop.sql.execute(
        "insert into bot.deleted_accounts (user_id, deleted_at) values ($1, $2)", shop.people[0], NOW
    )
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
    attempt = await shop.runs(parked.assign_parked, ids[0], shop.people[0], CHAT, offer, "k", NOW)
    for gone in (parked.assign_parked,):
        with pytest.raises(ParkedGone):
            await shop.runs(gone, ids[0], shop.people[1], CHAT, offer, "l", NOW)
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
