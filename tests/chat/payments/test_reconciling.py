"""What reconciliation looks at, what it reports as found, and what it says of a part that fails."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from bot.clock import utc_now
from bot.payments import stars
from bot.payments.reconciling import open_payments, pending_refunds, reconcile, succeeded_payments
from bot.payments.refunding import create_refund
from bot.payments.reports import Report
from bot.sandbox.app import Sandbox
from bot.sandbox.telegram.ledger import Invoice, StarMove
from bot.sandbox.telegram.methods import payments as telegram_payments
from bot.sandbox.telegram.methods import registry
from bot.sandbox.yookassa.timestamps import format_timestamp
from db.jobs import CreateRefundJob
from handlers.app import Application
from tests.callbacks import becomes
from tests.chat.payments.test_provider_answers import paid_unheard
from tests.chat.payments.test_refused_money import STARS, alarmed
from tests.chat.refunds.steps import at_provider, made, refund, stands
from tests.chat_user import ChatUser

pytestmark = pytest.mark.unasked

Json = dict[str, Any]
DAY = timedelta(days=1)


@pytest.fixture
async def payment(
    app: Application, anna: ChatUser, olga: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
) -> str:
    """Paid at the provider, and nobody has told us; its id."""
    await olga.send("/start")
    await anna.register()
    payment = await paid_unheard(anna, sandbox, sql)
    app.worker.stop()
    return payment


async def test_open_payments_that_are_paid_are_found(app: Application, anna: ChatUser, payment: str) -> None:
    report = Report()
    await open_payments(app.context, report)
    assert (report.looked_at, report.found) == ({"open payments": 1}, {"open payments": 1})


async def test_lists_are_asked_for_as_far_back_as_news_may_be_missing(
    app: Application, olga: ChatUser, payment: str, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    """Two days of payments, a week of refunds; of refunds only those that have succeeded."""
    await reconcile(app.context)
    await at_provider(olga, "/refunds", {"payment_id": payment, "amount": "330.00"})
    paid = sandbox.yookassa.provider.book.payments[payment].body
    returned = next(iter(sandbox.yookassa.provider.book.refunds.values())).body
    old, young = {"succeeded payments": 1, "refunds": 1}, {"open payments", "pending refunds"}
    for paid_ago, returned_ago, status, looked_at in (
        (3 * DAY, 8 * DAY, "succeeded", {}),
        (DAY, 6 * DAY, "pending", {"succeeded payments": 1}),
        (DAY, 6 * DAY, "succeeded", old),
    ):
        paid["captured_at"] = format_timestamp(utc_now() - paid_ago)
        returned.update(created_at=format_timestamp(utc_now() - returned_ago), status=status)
        report = await reconcile(app.context)
        assert {name: count for name, count in report.looked_at.items() if name not in young} == looked_at
    assert report.found == {"refunds": 1}
    assert await stands(sql) == ("succeeded", 20, [("succeeded", 33_000, 10)])


async def test_what_the_list_tells_first_is_found(
    app: Application, anna: ChatUser, payment: str, sql: asyncpg.Connection
) -> None:
    """Also where it is old enough to be nobody's."""
    await sql.execute("update purchases set status = 'canceled'")  # so that it is not asked for by itself
    app.context.now = lambda: utc_now() + timedelta(minutes=1)
    for found in ({"succeeded payments": 1}, {}):
        report = await reconcile(app.context)
        assert (report.found, report.failed) == (found, {})


@pytest.mark.errors_expected("money that nobody claims is an alarm")
async def test_a_payment_that_no_purchase_has_is_parked_once_its_purchase_may_not_be_on_its_way(
    app: Application, payment: str, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    body = sandbox.yookassa.provider.book.payments[payment].body
    body["metadata"] = {}
    await sql.execute("update purchases set provider_payment_id = 'another'")
    now, waits = app.context.now().replace(microsecond=0), app.context.timings.unknown_waits
    app.context.now = lambda: now
    for ago in (timedelta(), waits):
        body["created_at"] = format_timestamp(now - ago)
        report = Report()
        await succeeded_payments(app.context, report)
        assert (report.looked_at, report.found, report.failed) == ({"succeeded payments": 1}, {}, {})
        assert await alarmed(sql) == []
    for created in (format_timestamp(now - waits - timedelta(seconds=1)), None):
        body["created_at"] = created
        await sql.execute("delete from bot.parked_payments")
        report = Report()
        await succeeded_payments(app.context, report)
        assert (report.found, report.failed) == ({"succeeded payments": 1}, {})
        assert await alarmed(sql) == ["payment_parked"]


async def test_a_refund_is_found_when_it_has_ended(
    app: Application, olga: ChatUser, payment: str, sql: asyncpg.Connection
) -> None:
    await reconcile(app.context)
    await at_provider(olga, "/yookassa", {"refunds": "pending"}, "PUT")
    await refund(olga, "1 330", 33_000)
    await create_refund(CreateRefundJob(refund=1), app.context)
    for found in ({}, {"pending refunds": 1}):
        if found:
            await at_provider(olga, f"/refunds/{(await made(olga))[0]['id']}/succeed")
        report = Report()
        await pending_refunds(app.context, report)
        assert (report.looked_at, report.found) == ({"pending refunds": 1}, found)


@pytest.mark.errors_expected("what nobody has foreseen is logged as an error")
async def test_a_part_that_fails_says_why_and_stops_no_other(
    app: Application, payment: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, sql: asyncpg.Connection
) -> None:
    monkeypatch.setitem(registry._METHODS, "getstartransactions", lambda *_: {})
    report = await reconcile(app.context)
    assert report.failed == {"Stars": "KeyError('transactions')"}
    assert await sql.fetchval("select status from purchases") == "succeeded"
    sandbox.faults.set(provider_down=True)
    report = await reconcile(app.context)
    assert sorted(report.failed) == ["Stars", "refunds", "succeeded payments"]
    assert report.failed["refunds"].startswith("no answer: ")


CAUGHT = """
select {}(pid) from pg_locks join pg_database d on d.oid = database
where d.datname = current_database() and relation = 'bot.failing'::regclass and not granted limit 1
"""


@pytest.mark.parametrize(("end", "away"), [("pg_terminate_backend", True), ("pg_cancel_backend", False)])
async def test_a_database_that_is_away_while_a_part_is_recorded_stops_no_other(
    app: Application, sql: asyncpg.Connection, end: str, away: bool
) -> None:
    """Any other failure of it is one."""
    app.worker.stop()
    async with sql.transaction():
        await sql.execute("lock table bot.failing")
        reconciling = asyncio.create_task(reconcile(app.context))
        await becomes(lambda: sql.fetchval(CAUGHT.format(end)))
    if away:
        assert (await reconciling).failed == {}
    else:
        with pytest.raises(DBAPIError):
            await reconciling


@pytest.mark.errors_expected("a mismatch is an alarm")
async def test_the_stars_ledger_is_read_page_by_page(
    app: Application,
    anna: ChatUser,
    sandbox: Sandbox,
    sql: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is no purchase, and a refund that can't be booked, is nothing found; a payment without a date is of now."""
    await anna.register()
    await anna.send(f"/start buy_{await sql.fetchval(STARS)}")
    await anna.choose("stars")
    app.worker.stop()
    key, amount = await sql.fetchrow(
        "select key, amount_cents from bot.payment_attempts a join purchases p on p.id = a.purchase_id"
    )
    ledger = sandbox.telegram.context.ledger
    gift, paid = (
        ledger.received(Invoice("s", app.bot.id, "t", "d", payload, "XTR", amount), anna.id)
        for payload in ("gift", key)
    )
    for of, more in (("unknown", 0), (paid.id, 1)):
        ledger._add(replace(paid, id=of, amount=amount + more, refund=True))
    original: Callable[..., Json] = telegram_payments._transaction

    def shown(context: Any, move: StarMove) -> Json:
        entry = original(context, move)
        if move is gift:
            return entry | {"source": {"type": "fragment"}}
        return {name: value for name, value in entry.items() if name != "date"}

    monkeypatch.setattr(telegram_payments, "_transaction", shown)
    monkeypatch.setattr(stars, "PAGE", 1)
    now = utc_now()
    app.context.now = lambda: now
    for looked_at, found in (({"Stars": 4}, {"Stars": 1}), ({}, {})):
        report = Report()
        await stars.stars_ledger(app.context, report)
        assert (report.looked_at, report.found, report.failed) == (looked_at, found, {})
    assert await sql.fetchval("select value from bot.cursors where name = 'stars'") == 4
    row = await sql.fetchrow("select status, provider_payment_id, purchased_at from purchases")
    assert tuple(row) == ("succeeded", paid.id, now)
