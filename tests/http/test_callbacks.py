"""YooKassa callbacks over HTTP: what is refused, what is let go, and what is kept."""

import json
from dataclasses import replace
from typing import Any

import aiohttp
import asyncpg
import pytest

from bot.jobs.housekeeping import sweep
from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.timings import Timings, seconds
from db.jobs import SweepJob
from db.payments import callbacks
from handlers.app import Application
from tests.app import origin_of, settings_for
from tests.callbacks import (
    NOTHING,
    ONLY_CALLBACKS,
    UNKNOWN,
    all_handled,
    becomes,
    credited,
    notification,
    post,
    recorded,
)


@pytest.fixture
def timings() -> Timings:
    return replace(ONLY_CALLBACKS, unknown_waits=seconds(0.01)[0])


# --- what is refused, and what is answered and let go ---


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b"\xff\xfe{}",
        b'{"type": "notification"',
        b'{"a": NaN}',
        b"[" * 100_000,
        [],
        "payment.succeeded",
        None,
        {},
        {"type": "notification", "event": "payment.succeeded"},
        {"type": "notification", "object": {"id": UNKNOWN}},
        {"type": "other", "event": "payment.succeeded", "object": {"id": UNKNOWN}},
        notification(5, id=UNKNOWN),
        {"type": "notification", "event": "payment.succeeded", "object": [UNKNOWN]},
    ],
)
async def test_what_is_no_notification_is_refused(
    app: Application, http: aiohttp.ClientSession, sql: asyncpg.Connection, body: Any
) -> None:
    assert await post(app, http, body) == 400
    assert await recorded(sql) == NOTHING


async def test_a_body_too_large_is_refused(
    app: Application, http: aiohttp.ClientSession, sql: asyncpg.Connection
) -> None:
    body = notification("payment.succeeded", id=UNKNOWN, description="x" * 300_000)
    assert await post(app, http, body) == 413
    assert await recorded(sql) == NOTHING


@pytest.mark.parametrize(
    "event", ["payment.surprised", "payout.succeeded", "deal.closed", "", "e" * 10_000, "\x00"]
)
async def test_an_unknown_event_is_answered_and_let_go(
    app: Application, http: aiohttp.ClientSession, sql: asyncpg.Connection, event: str
) -> None:
    assert await post(app, http, notification(event, id=UNKNOWN)) == 200
    assert await recorded(sql) == NOTHING


# --- what is kept ---


async def test_a_callback_is_kept_as_it_came_with_a_job_that_verifies_it(
    app: Application, http: aiohttp.ClientSession, sql: asyncpg.Connection
) -> None:
    app.worker.stop()
    body = notification("payment.succeeded", id=UNKNOWN, description="<b>\"'; drop table users; -- \u0000 😀")
    assert await post(app, http, body) == 200
    row = await sql.fetchrow("select event, object_id, payment_id, body, handled_at from bot.callbacks")
    assert tuple(row) == ("payment.succeeded", UNKNOWN, UNKNOWN, json.dumps(body), None)
    assert (await recorded(sql))[0] == 1


async def test_a_refund_speaks_of_its_payment(
    app: Application, http: aiohttp.ClientSession, sql: asyncpg.Connection
) -> None:
    body = notification("refund.succeeded", id="r\x00" * 100, payment_id=UNKNOWN)
    assert await post(app, http, body, **{"Content-Type": "text/plain; charset=utf-16"}) == 200
    row = await sql.fetchrow("select object_id, payment_id from bot.callbacks")
    assert tuple(row) == ("r" * 64, UNKNOWN)
    await all_handled(sql, 1)
    assert await credited(sql) == (0, 0)


# --- what becomes of a payment that no purchase bears ---


def foreign(sandbox: Sandbox) -> dict[str, Any]:
    """Of the same shop, but not of this bot; open. The provider says nothing of it by itself."""
    sandbox.faults.set(callback_lost=1.0)
    provider = sandbox.yookassa.provider
    paid = provider.payments.create_paid(
        provider.demo, 100, "RUB", {"amount": {"value": "1.00", "currency": "RUB"}}
    )
    paid.body |= {"status": "pending", "paid": False}
    return paid.body


@pytest.mark.errors_expected("admins are told of money that nobody claims")
async def test_an_unknown_payment_is_asked_about_until_it_is_final(
    app: Application, http: aiohttp.ClientSession, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    """Then money that came in is parked; the callback's text is not kept."""
    thing = foreign(sandbox)
    assert await post(app, http, notification("payment.succeeded", id=thing["id"])) == 200
    await becomes(lambda: sql.fetchval("select asked > 1 from bot.callbacks"))
    assert await sql.fetchval("select count(*) from bot.parked_payments") == 0
    thing |= {"status": "succeeded", "paid": True}
    await all_handled(sql, 1)
    assert await sql.fetchval("select payment_id from bot.parked_payments") == thing["id"]
    assert tuple(await sql.fetchrow("select outcome, body from bot.callbacks")) == ("unknown", "")


async def test_an_unknown_payment_is_not_asked_about_for_ever(
    app: Application, http: aiohttp.ClientSession, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    assert await post(app, http, notification("payment.succeeded", id=foreign(sandbox)["id"])) == 200
    await all_handled(sql, 1)
    row = await sql.fetchrow("select asked, outcome, body from bot.callbacks")
    assert tuple(row) == (10, "not asked for any more", "")


async def test_payments_that_are_not_there_leave_no_text(
    app: Application, http: aiohttp.ClientSession, sql: asyncpg.Connection
) -> None:
    for event, fields in (
        ("payment.succeeded", {"id": UNKNOWN}),
        ("refund.succeeded", {"payment_id": UNKNOWN}),
    ):
        assert await post(app, http, notification(event, **fields)) == 200
    await all_handled(sql, 2)
    assert await sql.fetchval("select string_agg(body, '') from bot.callbacks") == ""


async def test_what_is_too_much_is_to_come_again(
    app: Application, http: aiohttp.ClientSession, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.worker.stop()
    monkeypatch.setattr(callbacks, "CEILING", 2)
    body = notification("payment.succeeded", id=UNKNOWN)
    assert [await post(app, http, body) for _ in range(3)] == [200, 200, 503]
    assert (await recorded(sql))[0] == 2


class TestWithoutProvider:
    """Links are not sold here, but anybody may call."""

    @pytest.fixture
    def app_settings(self, sandbox: Sandbox) -> Settings:
        return settings_for(origin_of(sandbox), yookassa_shop_id=None, yookassa_secret_key=None)

    async def test_nothing_is_asked_and_nothing_is_an_error(
        self, app: Application, http: aiohttp.ClientSession, sql: asyncpg.Connection
    ) -> None:
        assert await post(app, http, notification("payment.succeeded", id=UNKNOWN)) == 200
        await all_handled(sql, 1)


@pytest.mark.errors_expected("an alarm is logged as an error")
async def test_that_callbacks_are_turned_away_is_an_alarm_until_fewer_wait(
    app: Application, http: aiohttp.ClientSession, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "CEILING", 2)
    app.worker.stop()
    statuses = [await post(app, http, notification("payment.succeeded", id=UNKNOWN)) for _ in range(3)]
    assert statuses == [200, 200, 503]
    open_ = "select array_agg(kind) from bot.alerts where solved_at is null"
    for _ in range(2):
        await sweep(SweepJob(), app.context)
        assert await sql.fetchval(open_) == ["callbacks_turned_away"]
    await sql.execute(
        "update bot.callbacks set handled_at = now() where id = (select min(id) from bot.callbacks)"
    )
    await sweep(SweepJob(), app.context)
    assert await sql.fetchval(open_) is None
