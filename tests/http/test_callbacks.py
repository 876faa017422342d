"""YooKassa callbacks over HTTP: what is refused, what is let go, and what is kept."""

import json
from typing import Any

import aiohttp
import asyncpg
import pytest

from bot.timings import Timings
from handlers.app import Application
from tests.callbacks import (
    NOTHING,
    ONLY_CALLBACKS,
    UNKNOWN,
    all_handled,
    credited,
    notification,
    post,
    recorded,
)


@pytest.fixture
def timings() -> Timings:
    return ONLY_CALLBACKS


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
