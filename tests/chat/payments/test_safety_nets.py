"""The nets below callbacks and questions: what is told when they fail themselves, and what they find."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from bot.chat.buttons import CheckPayment, DropOrder, ShowModule
from bot.clock import utc_now
from bot.notifications.alert_events import PaymentUnknown
from bot.payments import alarms
from bot.payments.asking import ask_payment
from bot.payments.callbacks import settle_assigned, verify_callback, verify_unknown
from bot.payments.checking import check_payment
from bot.payments.links import create_payment, show_slow
from bot.payments.reconciling import open_payments
from bot.payments.refunding import ask_refund, create_refund
from bot.payments.reports import Report
from bot.payments.screens import Order, is_shown, keyboard
from bot.payments.settling import park_unknown
from bot.raw_json import Unreadable
from bot.sandbox.app import Sandbox
from bot.yookassa.answers import ProviderPayment, payment_of
from db.engine import Pool
from db.jobs import (
    AskPaymentJob,
    AskRefundJob,
    CheckPaymentJob,
    CreatePaymentJob,
    CreateRefundJob,
    SettleAssignedJob,
    SlowLinkJob,
    VerifyCallbackJob,
    VerifyUnknownJob,
)
from db.payments.attempts import AttemptDetails
from db.payments.methods import PaymentMethod
from handlers.app import Application
from tests.chat.payments.test_provider_answers import alarms as open_alarms
from tests.chat_user import ChatUser

pytestmark = pytest.mark.unasked

ANSWER: dict[str, Any] = {
    "status": "succeeded", "paid": True, "amount": {"value": "1.00", "currency": "RUB"}, "metadata": {},
    "test": True, "recipient": {"account_id": "7"},
}  # fmt: skip


def answer(number: int, **changed: Any) -> ProviderPayment:
    return payment_of(ANSWER | {"id": f"2d4d8203-000f-5000-9000-15fc2058232{number}"} | changed)


@pytest.mark.errors_expected("an alarm is logged as an error")
async def test_what_stays_unknown_for_an_hour_is_told_of_and_not_of_everything(
    app: Application, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.worker.stop()
    monkeypatch.setattr(alarms, "MAX_UNKNOWN", 2)
    context, now = app.context, utc_now()

    async def fails(minutes: int, *subjects: int) -> list[str]:
        context.now = lambda: now + timedelta(minutes=minutes)
        for one in subjects:
            await alarms.record_unknown(context, PaymentUnknown(subject=str(one), reason="x"))
        return await open_alarms(sql)

    assert await fails(0, 1, 2, 3) == []
    assert await fails(59, 1) == []
    assert await fails(60, 1, 2, 3) == ["payment_unknown 1", "payment_unknown 2"]
    for subject, left in ((9, ["payment_unknown 1", "payment_unknown 2"]), (1, ["payment_unknown 2"])):
        async with context.database.transaction(Pool.JOBS) as session:
            await alarms.close_unknown(session, context, PaymentUnknown, subject)
        assert await open_alarms(sql) == left
    assert await fails(119, 1, 3) == ["payment_unknown 2", "payment_unknown 3"]


@pytest.mark.errors_expected("an alarm is logged as an error")
async def test_a_part_that_fails_twice_running_and_what_cannot_be_read(
    app: Application, sql: asyncpg.Connection
) -> None:
    app.worker.stop()
    context = app.context
    for part, error, open_ in (
        ("a", "e" * 300, []),
        ("b", "e", []),
        ("a", "e" * 300, ["reconciliation_failed a"]),
        ("b", None, ["reconciliation_failed a"]),
        ("b", "e", ["reconciliation_failed a"]),
        ("a", None, []),
        ("a", "e", []),
    ):
        await alarms.record_part(context, part, error)
        assert await open_alarms(sql) == open_
    assert await sql.fetchval("select max(length(facts ->> 'error')) from bot.alerts") == 200

    async def items(*made: ProviderPayment | Unreadable) -> AsyncIterator[ProviderPayment | Unreadable]:
        for one in made:
            yield one

    first, second = answer(1), answer(2)
    broken = Unreadable(first.id, "{}", "why")
    read = [one async for one in alarms.readable(context, "here", items(broken, second))]
    assert read == [second]
    assert await open_alarms(sql) == [f"item_unreadable here {first.id}"]
    for source, left in (("there", 1), ("here", 0)):
        assert [one async for one in alarms.readable(context, source, items(first))] == [first]
        assert len(await open_alarms(sql)) == left
        assert await sql.fetchval("select count(*) from bot.unread_items") == left
    assert [one async for one in alarms.readable(context, "here", items())] == []


@pytest.mark.errors_expected("money that nobody claims is an alarm")
async def test_money_that_no_purchase_has_is_parked_once(
    app: Application, anna: ChatUser, sql: asyncpg.Connection
) -> None:
    """Not what is only open, what went back, and what the other application has sold."""
    app.worker.stop()
    await anna.register()
    await sql.execute(
        "insert into purchases (user_id, product_id, amount_cents, provider, status, provider_payment_id, days,"
        " currency, created_at) select id, 1, 100, 'yookassa', 'succeeded', $1, 30, 'RUB', now() from users",
        answer(4).id,
    )
    now = app.context.now()
    returned = {"refunded_amount": {"value": "1.00", "currency": "RUB"}}
    partly = {"refunded_amount": {"value": "0.99", "currency": "RUB"}}
    created = {"created_at": "2026-01-01T00:00:00.000Z"}
    captured = {"captured_at": "2026-01-02T00:00:00.000Z"}
    for payment, parked in (
        (answer(1), True),
        (answer(1), False),
        (answer(2, status="waiting_for_capture"), False),
        (answer(3, **returned), False),
        (answer(4), False),
        (answer(5, **partly, **created), True),
        (answer(6, **created, **captured), True),
    ):
        async with app.context.database.transaction(Pool.JOBS) as session:
            assert await park_unknown(session, app.context, payment, now) is parked
    rows = await sql.fetch("select payment_id, paid_at from bot.parked_payments order by id")
    dated = {1: now, 5: datetime(2026, 1, 1, tzinfo=UTC), 6: datetime(2026, 1, 2, tzinfo=UTC)}
    assert [tuple(row) for row in rows] == [(answer(number).id, at) for number, at in dated.items()]
    assert await open_alarms(sql) == [f"payment_parked {answer(number).id}" for number in dated]


async def test_an_order_whose_job_was_lost_is_sent_again_once(
    app: Application, anna: ChatUser, offer: int, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await anna.register()
    app.worker.stop()
    await anna.send(f"/start buy_{offer}")
    await sql.execute("delete from bot.pgqueuer")
    queued = "select count(*) from bot.pgqueuer where entrypoint = 'create_payment'"
    for age, count in ((1, 0), (2, 1), (2, 1)):
        await sql.execute(
            "update bot.payment_attempts set created_at = $1", app.context.now() - timedelta(minutes=age)
        )
        report = Report()
        await open_payments(app.context, report)
        assert (await sql.fetchval(queued), report.failed) == (count, {})


async def test_jobs_whose_row_is_gone_do_nothing(app: Application, sql: asyncpg.Connection) -> None:
    app.worker.stop()
    context = app.context
    await create_payment(CreatePaymentJob(attempt=9), context)
    await show_slow(SlowLinkJob(attempt=9), context)
    await ask_payment(AskPaymentJob(attempt=9), context)
    await check_payment(CheckPaymentJob(attempt=9, telegram_id=1, message_id=None), context)
    await settle_assigned(SettleAssignedJob(attempt=9), context)
    await verify_callback(VerifyCallbackJob(id=9), context)
    await verify_unknown(VerifyUnknownJob(id=9), context)
    await create_refund(CreateRefundJob(refund=9), context)
    await ask_refund(AskRefundJob(refund=9, asked=1), context)
    assert await sql.fetchval("select count(*) from bot.pgqueuer") == 0


def test_which_buttons_an_order_has(app: Application) -> None:
    """While its link is waited for, none that pays; once that takes long, one that drops it."""
    order = Order(
        AttemptDetails(
            id=1, purchase_id=2, user_id=3, telegram_id=4, message_id=5, left=False, offer_id=6, product_id=7,
            module_id=8, method=PaymentMethod.LINK, key="k", request="", sent_at=None, link=None, link_ends_at=None,
            asked=0, next_ask_at=None, closed_at=None, status="pending", amount=100, currency="RUB", days=30,
            product="", module="", payment_id=None, created_at=utc_now(),
        ),
        [], None, slow=False,
    )  # fmt: skip
    check, back = CheckPayment(purchase=2, here=True).pack(), ShowModule(id=8).pack()
    drop, url = DropOrder(purchase=2).pack(), "https://pay.example/1"
    for method, link, slow, expected in (
        (PaymentMethod.LINK, None, False, [back]),
        (PaymentMethod.LINK, None, True, [drop]),
        (PaymentMethod.LINK, url, False, [url, check, back]),
        (PaymentMethod.LINK, url, True, [url, check, back]),
        (PaymentMethod.STARS, None, True, [check, back]),
    ):
        attempt = replace(order.attempt, method=method, link=link)
        with app.context.localizer.use_locale("ru"):
            keys = keyboard(replace(order, attempt=attempt, slow=slow)).inline_keyboard
        assert [key.callback_data or key.url for row in keys for key in row] == expected
    moments: list[tuple[dict[str, Any], bool]] = [
        ({}, True),
        ({"left": True}, False),
        ({"closed_at": utc_now()}, False),
        ({"status": "canceled"}, False),
    ]
    for changed, shown in moments:
        assert is_shown(replace(order.attempt, **changed)) is shown
