"""Attempts at paying: what is written of one is written of no other, and what was said first stays."""

from datetime import timedelta

from db.payments import attempts
from db.payments.methods import STARS, YOOKASSA, PaymentMethod
from db.payments.parked import park_payment
from tests.db.payments.shop import CHAT, HOUR, LATER, NOW, Shop


async def test_a_request_is_frozen_and_its_first_sending_stays(shop: Shop) -> None:
    first, _ = await shop.opens(0), await shop.opens(1)
    assert await shop.does(attempts.record_request, first, "a") == {first: {"request": "a"}}
    assert await shop.does(attempts.record_request, first, "b") == {}
    assert await shop.does(attempts.mark_sent, first, NOW) == {first: {"sent_at": NOW}}
    assert await shop.does(attempts.mark_sent, first, LATER) == {}


async def test_an_answer_is_frozen_and_takes_no_payment_that_was_parked(shop: Shop) -> None:
    first, second = await shop.opens(0), await shop.opens(1)
    for provider, payment in ((STARS, "p-1"), (YOOKASSA, "p-2")):
        parked = {"amount": 1, "currency": "RUB", "paid_at": NOW, "reason": "x", "now": NOW}
        assert await shop.runs(park_payment, provider=provider, payment_id=payment, **parked)
        assert not await shop.runs(park_payment, provider=provider, payment_id=payment, **parked)
    answer = {"link_ends_at": LATER, "test": True, "recipient": "7", "next_ask_at": LATER}
    details = await shop.details(first)
    assert details.payment_id is None
    assert await shop.does(
        attempts.record_answer, details, payment_id="p-1", link="l-1", **answer, now=NOW
    ) == {first: {"provider_payment_id": "p-1", "link": "l-1", "linked_at": NOW, **answer}}
    assert (
        await shop.does(
            attempts.record_answer,
            details,
            payment_id="p-3",
            link="l-3",
            **answer | {"test": False},
            now=LATER,
        )
        == {}
    )
    assert (await shop.details(first)).payment_id == "p-1"
    changed = await shop.does(
        attempts.record_answer, await shop.details(second), payment_id="p-2", link="l-2", **answer, now=NOW
    )
    assert changed == {second: {"link": "l-2", "linked_at": NOW, **answer}}
    await shop.is_sold(second, provider_payment_id="tg:c-1")
    assert (await shop.details(second)).payment_id is None


async def test_a_refusal_is_news_once_and_an_end_stays_the_first_one(shop: Shop) -> None:
    first, paid = await shop.opens(0), await shop.opens(1)
    await shop.is_sold(paid, status="succeeded")
    refused = {"status": "canceled", "closed_at": NOW, "outcome": "x"}
    assert await shop.does(attempts.record_refusal, await shop.details(first), "x", NOW) == {first: refused}
    assert shop.said is True
    for one in (first, paid):
        changed = await shop.does(attempts.record_refusal, await shop.details(one), "y", LATER)
        assert (changed, shop.said) == (
            {} if one == first else {paid: {"closed_at": LATER, "outcome": "y"}},
            False,
        )


async def test_what_the_provider_says_last_and_whether_it_is_a_sign_of_a_payer(shop: Shop) -> None:
    """A link that ran out unused, and a payment that is only open, are none."""
    first, second = await shop.opens(0, next_ask_at=NOW), await shop.opens(1)
    assert await shop.does(attempts.finish_attempt, first, attempts.EXPIRED, NOW) == {
        first: {
            "closed_at": NOW,
            "outcome": attempts.EXPIRED,
            "said": attempts.EXPIRED,
            "said_at": NOW,
            "next_ask_at": None,
        }
    }
    assert await shop.does(attempts.finish_attempt, first, "canceled", LATER) == {
        first: {"said": "canceled", "said_at": LATER, "touched_at": LATER}
    }
    assert await shop.does(attempts.finish_attempt, first, "succeeded", LATER + HOUR) == {
        first: {"said": "succeeded", "said_at": LATER + HOUR}
    }
    assert await shop.does(attempts.record_status, second, "pending", NOW) == {
        second: {"said": "pending", "said_at": NOW}
    }
    assert await shop.does(attempts.record_status, second, "held", LATER) == {
        second: {"said": "held", "said_at": LATER, "touched_at": LATER}
    }
    assert await shop.does(attempts.record_status, second, "x", NOW) == {
        second: {"said": "x", "said_at": NOW}
    }


async def test_which_order_is_meant(shop: Shop) -> None:
    """By its key; by the message that shows it, in that chat, to that person: the newest."""
    first, second = await shop.opens(0, 0, message_id=5), await shop.opens(0, 1, message_id=5)
    other = await shop.opens(1, 0, message_id=5, telegram_id=CHAT)
    elsewhere = await shop.opens(0, 2, message_id=5, telegram_id=CHAT + 7)
    assert (await shop.runs(attempts.get_attempt_by_key, "key-2")).id == second
    assert await shop.runs(attempts.get_attempt_by_key, "key-9") is None
    anna, ben = shop.people
    for person, chat, message, shown in (
        (anna, CHAT, 5, second), (ben, CHAT, 5, other), (anna, CHAT + 7, 5, elsewhere), (anna, CHAT, 6, None),
    ):  # fmt: skip
        found = await shop.runs(attempts.get_attempt_shown_by, person, chat, message)
        assert (found.id if found else None) == shown
    await shop.has(second, message_id=6)
    assert (await shop.runs(attempts.get_attempt_shown_by, anna, CHAT, 5)).id == first


async def test_how_often_it_was_asked_for(shop: Shop) -> None:
    first, _ = await shop.opens(0), await shop.opens(1)
    for asked in (1, 2):
        at = NOW + asked * HOUR
        assert await shop.does(attempts.record_check, first, at, at + HOUR) == {
            first: {"asked": asked, "asked_at": at, "next_ask_at": at + HOUR}
        }
    assert await shop.does(attempts.record_manual_check, first, NOW) == {first: {"asked_at": NOW}}


async def test_whose_job_was_lost(shop: Shop) -> None:
    """Overdue: the longest first. Never answered: those that somebody touched, then the newest."""
    early = NOW - timedelta(seconds=1)
    closed = await shop.opens(0, 0, next_ask_at=early, closed_at=NOW)
    first = await shop.opens(0, 1, next_ask_at=early - HOUR, link="l")
    touched = await shop.opens(0, 2, touched_at=NOW)
    newest = await shop.opens(1, 0, next_ask_at=NOW)
    await shop.opens(1, 1, PaymentMethod.STARS, next_ask_at=early)
    canceled = await shop.opens(1, 2, next_ask_at=early)
    await shop.is_sold(canceled, status="canceled")
    answered = await shop.opens(1, 3, closed_at=NOW)
    await shop.is_sold(answered, provider_payment_id="p-1")
    invoice = await shop.opens(1, 4, PaymentMethod.INVOICE, next_ask_at=early - 2 * HOUR)
    assert await shop.runs(attempts.list_overdue, NOW) == [invoice, first, closed]
    assert await shop.runs(attempts.list_overdue, NOW, 1) == [invoice]
    assert await shop.runs(attempts.list_unsent, NOW) == []
    assert await shop.runs(attempts.list_unsent, LATER) == [touched, newest, closed]
    assert await shop.runs(attempts.list_unsent, LATER, 2) == [touched, newest]
