"""A refund that does not agree with its payment takes no days: an alarm, until what the provider says agrees."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from bot.clock import utc_now
from bot.payments import refund_booking
from bot.payments.reconciling import pending_refunds, reconcile
from bot.payments.refunding import settle_refunds
from bot.payments.reports import Report
from bot.sandbox.app import Sandbox
from bot.sandbox.yookassa.book import RefundRecord
from handlers.app import Application
from tests.app import update_of
from tests.callbacks import becomes
from tests.chat.refunds.steps import (
    STARS,
    at_provider,
    confirm,
    invoiced,
    made,
    refund,
    stands,
)
from tests.chat_user import ChatUser

pytestmark = pytest.mark.unasked

Json = dict[str, Any]
OPEN_ALARMS = "select array_agg(kind || ' ' || subject order by id) from bot.alerts where solved_at is null"
OTHER = "2d000000-000f-5000-9000-1b0000000001"
LIES: list[Json] = [
    {"payment_id": OTHER},  # a list whose filter is ignored
    {"amount": {"value": "330.00", "currency": "USD"}},
    {"amount": {"value": "990.01", "currency": "RUB"}},
    {"amount": {"value": "0.00", "currency": "RUB"}},
]


@pytest.fixture
def lie(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Json:
    """What the provider says of each refund, whatever is so; no callback tells of one."""
    said: Json = {}
    refunds = sandbox.yookassa.provider.refunds
    original: Callable[[RefundRecord], Json] = refunds.shown
    monkeypatch.setattr(refunds, "shown", lambda record: original(record) | said)
    sandbox.faults.set(callback_lost=1.0)
    return said


@pytest.mark.errors_expected("a mismatch is an alarm")
async def test_what_is_said_of_another_payment_currency_or_sum_changes_nothing(
    app: Application,
    anna: ChatUser,
    olga: ChatUser,
    bought: str,
    lie: Json,
    sql: asyncpg.Connection,
) -> None:
    def tell(said: Json) -> None:
        lie.clear()
        lie.update(said)

    async def changes_nothing(*before: Any) -> None:
        assert await stands(sql) == before, lie
        raised = await sql.fetchval(OPEN_ALARMS) or []
        assert f"refund_mismatch {(await made(anna))[0]['id']}" in raised, lie
        await sql.execute("delete from bot.alerts")

    await at_provider(anna, "/yookassa", {"refunds": "pending"}, "PUT")
    await refund(olga, "1 330", 33_000)
    await becomes(lambda: sql.fetchval("select provider_refund_id is not null from bot.refunds"))
    await at_provider(anna, f"/refunds/{(await made(anna))[0]['id']}/succeed")
    for one in (*LIES, {"amount": {"value": "330.01", "currency": "RUB"}}):
        tell(one)
        await pending_refunds(app.context, Report())
        await changes_nothing("succeeded", 30, [("pending", 33_000, 0)])
    tell({"status": "processing"})
    await pending_refunds(app.context, Report())
    assert await sql.fetchval(OPEN_ALARMS) is None
    app.context.now = lambda: utc_now() + timedelta(hours=1)
    await pending_refunds(app.context, Report())
    assert await sql.fetchval(OPEN_ALARMS) == ["refund_unknown 1"]
    lie.clear()
    await pending_refunds(app.context, Report())
    assert await sql.fetchval(OPEN_ALARMS) is None
    assert "10 дней" in await anna.receives("↩️")
    await at_provider(anna, "/yookassa", {"refunds": "instant"}, "PUT")
    await at_provider(anna, "/refunds", {"payment_id": bought, "amount": "330.00"})
    for one in LIES:
        tell(one)
        await settle_refunds(app.context, bought)
        await changes_nothing("succeeded", 20, [("succeeded", 33_000, 10)])
    await olga.receives("не сходятся с платежом №1")
    lie.clear()
    await reconcile(app.context)
    assert await stands(sql) == ("succeeded", 10, [("succeeded", 33_000, 10)] * 2)
    assert await sql.fetchval(OPEN_ALARMS) is None


@pytest.mark.errors_expected("a mismatch is an alarm")
@pytest.mark.parametrize("shouted", ["", "there", "here"])
async def test_what_was_made_with_another_sum_is_known_by_whoever_meets_it_next(
    app: Application,
    anna: ChatUser,
    olga: ChatUser,
    bought: str,
    lie: Json,
    sql: asyncpg.Connection,
    shouted: str,
) -> None:
    """Whatever the case of its payment's id, there or here."""
    lie["amount"] = {"value": "330.01", "currency": "RUB"}
    if shouted == "there":
        lie["payment_id"] = bought.upper()
    await olga.send("/refund 1 330")
    if shouted == "here":
        await sql.execute("update purchases set provider_payment_id = upper(provider_payment_id)")
    await olga.click(confirm(33_000))
    await becomes(lambda: sql.fetchval("select count(*) = 1 from bot.alerts where kind = 'refund_mismatch'"))
    await sql.execute("update purchases set provider_payment_id = $1", bought)
    await settle_refunds(app.context, bought)
    assert await stands(sql) == ("succeeded", 30, [("pending", 33_000, 0)])
    assert len(await sql.fetchval(OPEN_ALARMS)) == 1
    lie.clear()
    await pending_refunds(app.context, Report())
    await anna.receives("↩️")
    assert await stands(sql) == ("succeeded", 20, [("succeeded", 33_000, 10)])
    assert await sql.fetchval(OPEN_ALARMS) is None


@pytest.mark.errors_expected("a mismatch is an alarm")
async def test_many_of_them_are_told_of_up_to_a_number(
    app: Application,
    anna: ChatUser,
    bought: str,
    lie: Json,
    sql: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(refund_booking, "MAX_UNKNOWN", 2)
    for _ in range(3):
        await at_provider(anna, "/refunds", {"payment_id": bought, "amount": "330.00"})
    lie["amount"] = {"value": "330.00", "currency": "USD"}
    await settle_refunds(app.context, bought)
    assert len(await sql.fetchval(OPEN_ALARMS)) == 2


@pytest.mark.errors_expected("a mismatch is an alarm")
async def test_more_stars_back_than_were_paid_change_nothing(
    app: Application, anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    paid = await invoiced(anna, olga, sql, STARS, "stars")
    amount = await sql.fetchval("select amount_cents from purchases")
    charge = paid["telegram_payment_charge_id"]
    whole = {"telegram_payment_charge_id": charge, "currency": "XTR", "invoice_payload": "any"}
    await app.processor.process(update_of(anna, refunded_payment=whole | {"total_amount": amount + 1}))
    assert await stands(sql) == ("succeeded", 30, [])
    assert await sql.fetchval(OPEN_ALARMS) == [f"refund_mismatch {charge}"]
    await app.processor.process(update_of(anna, refunded_payment=whole | {"total_amount": amount}))
    await anna.receives("↩️")
    assert await sql.fetchval(OPEN_ALARMS) is None
