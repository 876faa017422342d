"""YooKassa callbacks over HTTP: what is refused, what is kept, and that no body is believed without proof."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest
from aiohttp import web

from bot.pace import Pace, seconds
from bot.sandbox.app import Sandbox
from bot.sandbox.yookassa import DEMO_SHOP_ID
from bot.settings import Settings
from main import Lessongate
from tests.chat.person import PATIENCE, Person
from tests.http.outage import own_database
from tests.sandbox.provider_world import serve
from tests.school import (
    QUICK,
    errors,  # noqa: F401
    open_school,
    origin_of,
    settings_for,
    somebody,
)

UNKNOWN = "2c5d8f9e-000f-5000-8000-1b68e7b15f3f"
NOTHING = (0, 0)
# Open payments are not asked for, so that only callbacks settle.
ONLY_CALLBACKS = Pace(
    asks=seconds(36000),
    dequeue=QUICK.dequeue,
    job_retry=QUICK.job_retry,
    job_retry_most=QUICK.job_retry_most,
    restart=QUICK.restart,
    restart_most=QUICK.restart_most,
)


@pytest.fixture
def pace() -> Pace:
    return ONLY_CALLBACKS


async def post(house: Lessongate, http: aiohttp.ClientSession, body: Any, **headers: str) -> int:
    """The status; `body` goes as it is when it is bytes, as JSON otherwise."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    url = f"http://127.0.0.1:{house.http_port}/yookassa/webhook"
    async with http.post(url, data=raw, headers={"Content-Type": "application/json"} | headers) as response:
        await response.read()
        return response.status


def notification(event: Any, **thing: Any) -> dict[str, Any]:
    return {"type": "notification", "event": event, "object": thing}


async def recorded(sql: asyncpg.Connection) -> tuple[int, int]:
    """Callbacks, jobs to verify one."""
    row = await sql.fetchrow(
        "select (select count(*) from bot.callbacks),"
        " (select count(*) from bot.pgqueuer where entrypoint = 'verify_callback')"
    )
    return row[0], row[1]


async def credited(sql: asyncpg.Connection) -> tuple[int, int]:
    """Succeeded purchases, days given."""
    row = await sql.fetchrow(
        "select (select count(*) from purchases where status = 'succeeded'),"
        " (select coalesce(sum(days), 0) from bot.access_changes)"
    )
    return row[0], row[1]


async def becomes(condition: Callable[[], Awaitable[Any]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await condition():  # noqa: ASYNC110 - it happens in other tasks and in the database
            await asyncio.sleep(0.03)


async def all_handled(sql: asyncpg.Connection, count: int) -> None:
    handled = "select count(*) = $1 and count(*) = count(handled_at) from bot.callbacks"
    await becomes(lambda: sql.fetchval(handled, count))


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
    school: Lessongate, http: aiohttp.ClientSession, sql: asyncpg.Connection, body: Any
) -> None:
    assert await post(school, http, body) == 400
    assert await recorded(sql) == NOTHING


async def test_a_body_too_large_is_refused(
    school: Lessongate, http: aiohttp.ClientSession, sql: asyncpg.Connection
) -> None:
    body = notification("payment.succeeded", id=UNKNOWN, description="x" * 300_000)
    assert await post(school, http, body) == 413
    assert await recorded(sql) == NOTHING


@pytest.mark.parametrize(
    "event", ["payment.surprised", "payout.succeeded", "deal.closed", "", "e" * 10_000, "\x00"]
)
async def test_an_unknown_event_is_answered_and_let_go(
    school: Lessongate, http: aiohttp.ClientSession, sql: asyncpg.Connection, event: str
) -> None:
    assert await post(school, http, notification(event, id=UNKNOWN)) == 200
    assert await recorded(sql) == NOTHING


class TestTheProviderIsAskedForNothingStrange:
    """The provider here writes down what it is asked for, and knows no payment."""

    @pytest.fixture
    def asked(self) -> list[str]:
        return []

    @pytest.fixture
    async def school_settings(self, sandbox: Sandbox, asked: list[str]) -> AsyncIterator[Settings]:
        async def answer(request: web.Request) -> web.Response:
            asked.append(request.raw_path)
            return web.json_response({"type": "error", "code": "not_found"}, status=404)

        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", answer)
        origin, runner = await serve(app)
        yield settings_for(origin_of(sandbox), yookassa_api_url=f"{origin}/v3")
        await runner.cleanup()

    async def test_strange_ids_are_answered_and_never_fetched(
        self, school: Lessongate, http: aiohttp.ClientSession, sql: asyncpg.Connection, asked: list[str]
    ) -> None:
        strange = [
            "../me",
            "..%2f..%2fme",
            f"{UNKNOWN}/capture",
            f"{UNKNOWN}/../../me"[-36:],
            f"{UNKNOWN}\n",
            f"{UNKNOWN[:-1]}?",
            f"{UNKNOWN[:-1]}٣",
            "x" * 100_000,
            "\x00" * 36,
            "",
            None,
            7,
            True,
            [UNKNOWN],
            {"id": UNKNOWN},
        ]
        for one in strange:
            assert await post(school, http, notification("payment.succeeded", id=one)) == 200, one
            assert (
                await post(school, http, notification("refund.succeeded", id=UNKNOWN, payment_id=one)) == 200
            )
        assert await recorded(sql) == NOTHING
        assert await post(school, http, notification("payment.succeeded", id=UNKNOWN)) == 200
        await all_handled(sql, 1)
        assert {path for path in asked if "?" not in path} == {f"/v3/payments/{UNKNOWN}"}


# --- what is kept ---


async def test_a_callback_is_kept_as_it_came_with_a_job_that_verifies_it(
    school: Lessongate, http: aiohttp.ClientSession, sql: asyncpg.Connection
) -> None:
    school.worker.stop()
    body = notification("payment.succeeded", id=UNKNOWN, description="<b>\"'; drop table users; -- \u0000 😀")
    assert await post(school, http, body) == 200
    row = await sql.fetchrow("select event, object_id, payment_id, body, handled_at from bot.callbacks")
    assert tuple(row) == ("payment.succeeded", UNKNOWN, UNKNOWN, json.dumps(body), None)
    assert (await recorded(sql))[0] == 1


async def test_a_refund_speaks_of_its_payment(
    school: Lessongate, http: aiohttp.ClientSession, sql: asyncpg.Connection
) -> None:
    body = notification("refund.succeeded", id="r\x00" * 100, payment_id=UNKNOWN)
    assert await post(school, http, body, **{"Content-Type": "text/plain; charset=utf-16"}) == 200
    row = await sql.fetchrow("select object_id, payment_id from bot.callbacks")
    assert tuple(row) == ("r" * 64, UNKNOWN)
    await all_handled(sql, 1)
    assert await credited(sql) == (0, 0)


# --- no body is believed ---


@pytest.fixture
async def payment(anna: Person, sql: asyncpg.Connection) -> str:
    """Anna's, open at the provider."""
    await anna.register()
    await anna.order(await sql.fetchval("select min(id) from bot.offers where currency = 'RUB'"))
    return await anna.open_checkout()


LIES: dict[str, dict[str, Any]] = {
    "smaller amount": {"amount": {"value": "1.00", "currency": "RUB"}},
    "larger amount": {"amount": {"value": "99999.00", "currency": "RUB"}},
    "other currency": {"amount": {"value": "1.00", "currency": "USD"}},
    "other shop": {"recipient": {"account_id": "200600", "gateway_id": "1"}},
    "somebody else's": {"metadata": {"key": "somebody-elses"}},
    "unknown payment": {"id": UNKNOWN},
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_forged_success_credits_nothing_and_hinders_nothing(
    anna: Person, school: Lessongate, payment: str, sql: asyncpg.Connection, lie: str
) -> None:
    thing: dict[str, Any] = {"id": payment, "status": "succeeded", "paid": True} | LIES[lie]
    assert await post(school, anna.http, notification("payment.succeeded", **thing)) == 200
    await all_handled(sql, 1)
    assert await credited(sql) == (0, 0)
    await anna.pay()
    await anna.hears("✅")
    assert (await credited(sql))[0] == 1


async def test_a_payment_of_another_shop_is_nobodys(
    anna: Person, school: Lessongate, sandbox: Sandbox, payment: str, sql: asyncpg.Connection
) -> None:
    """Really paid, with our purchase's own key in it, but not to us."""
    provider = sandbox.yookassa.provider
    ours = provider.payments.find(DEMO_SHOP_ID, payment)
    provider.any_shop = True
    other = provider.merchant("200600", "key-of-the-other")
    body = {key: ours.body[key] for key in ("amount", "metadata")}
    theirs = provider.payments.create_paid(other, 100, "RUB", body)
    thing = provider.payments.shown(theirs) | {"recipient": ours.body["recipient"]}
    assert await post(school, anna.http, notification("payment.succeeded", **thing)) == 200
    await all_handled(sql, 1)
    assert await credited(sql) == (0, 0)


async def test_a_true_one_counts_once_however_often_it_comes(
    anna: Person, school: Lessongate, sandbox: Sandbox, payment: str, sql: asyncpg.Connection
) -> None:
    sandbox.faults.set(callback_lost=1.0)
    body = notification("payment.succeeded", **await anna.pay())
    assert await asyncio.gather(*(post(school, anna.http, body) for _ in range(10))) == [200] * 10
    await anna.hears("✅")
    await all_handled(sql, 10)
    assert await post(school, anna.http, body) == 200
    await all_handled(sql, 11)
    assert await credited(sql) == (1, await sql.fetchval("select days from purchases"))


# --- while the database is away ---


@pytest.mark.errors_expected("a callback that could not be recorded is an error, and comes again")
async def test_while_the_database_is_away_callbacks_come_again_and_are_credited(
    http: aiohttp.ClientSession, sandbox: Sandbox, tmp_path: Path
) -> None:
    settings = settings_for(origin_of(sandbox))
    async with (
        own_database(tmp_path) as database,
        open_school(settings, database.dsn, ONLY_CALLBACKS) as school,
    ):
        sandbox.yookassa.notifications_url = f"http://127.0.0.1:{school.http_port}/yookassa/webhook"
        anna = somebody(http, school, 7000000001, "ru", "anna@example.com")
        await anna.register()
        await anna.order(1)
        await anna.open_checkout()
        await database.stop()
        await anna.pay()
        await becomes(lambda: refused_with_503(anna))
        await database.start()
        await anna.hears("✅")
        sql = await asyncpg.connect(database.dsn)
        assert await credited(sql) == (1, await sql.fetchval("select days from purchases"))
        await sql.close()


async def refused_with_503(person: Person) -> bool:
    async with person.http.get(f"{person.origin}/sandbox/notifications") as response:
        attempts = [one for item in await response.json() for one in item["attempts"]]
    return any(one["status"] == 503 for one in attempts)
