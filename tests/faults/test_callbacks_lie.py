"""Callbacks that lie: nothing is credited before the payment was fetched with our own key and agrees."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import asyncpg
import pytest
from aiohttp import web

from bot.sandbox.app import Sandbox
from bot.sandbox.yookassa import DEMO_SHOP_ID
from bot.settings import Settings
from bot.timings import Timings
from db.engine import Pool
from db.payments import attempts
from handlers.app import Application
from tests.app import origin_of, settings_for
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
from tests.chat_user import ChatUser
from tests.sandbox.provider_world import serve


@pytest.fixture
def timings() -> Timings:
    return ONLY_CALLBACKS


@pytest.fixture
async def payment(anna: ChatUser, sql: asyncpg.Connection) -> str:
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
async def test_forged_body(
    anna: ChatUser, app: Application, payment: str, sql: asyncpg.Connection, lie: str
) -> None:
    thing: dict[str, Any] = {"id": payment, "status": "succeeded", "paid": True} | LIES[lie]
    assert await post(app, anna.http, notification("payment.succeeded", **thing)) == 200
    await all_handled(sql, 1)
    assert await credited(sql) == (0, 0)
    await anna.pay()
    await anna.receives("✅")
    assert (await credited(sql))[0] == 1


async def test_payment_of_another_shop(
    anna: ChatUser, app: Application, sandbox: Sandbox, payment: str, sql: asyncpg.Connection
) -> None:
    """Really paid, with our purchase's own key in it, but not to us."""
    provider = sandbox.yookassa.provider
    ours = provider.payments.find(DEMO_SHOP_ID, payment)
    provider.any_shop = True
    other = provider.merchant("200600", "key-of-the-other")
    body = {key: ours.body[key] for key in ("amount", "metadata")}
    theirs = provider.payments.create_paid(other, 100, "RUB", body)
    thing = provider.payments.shown(theirs) | {"recipient": ours.body["recipient"]}
    assert await post(app, anna.http, notification("payment.succeeded", **thing)) == 200
    await all_handled(sql, 1)
    assert await credited(sql) == (0, 0)


async def test_replay(
    anna: ChatUser, app: Application, sandbox: Sandbox, payment: str, sql: asyncpg.Connection
) -> None:
    sandbox.faults.set(callback_lost=1.0)
    body = notification("payment.succeeded", **await anna.pay())
    assert await asyncio.gather(*(post(app, anna.http, body) for _ in range(10))) == [200] * 10
    await anna.receives("✅")
    await all_handled(sql, 10)
    assert await post(app, anna.http, body) == 200
    await all_handled(sql, 11)
    assert await credited(sql) == (1, await sql.fetchval("select days from purchases"))


async def test_success_after_local_cancel(
    anna: ChatUser, app: Application, payment: str, sql: asyncpg.Connection
) -> None:
    """We had called it canceled, and its link is paid all the same: that is honoured, once."""
    attempt = await sql.fetchval("select id from bot.payment_attempts")
    async with app.database.transaction(Pool.JOBS) as session:
        details = await attempts.get_attempt(session, attempt)
        assert details is not None
        assert await attempts.record_refusal(session, details, "never created", app.context.now())
    assert await sql.fetchval("select status from purchases") == "canceled"
    await anna.pay()
    await anna.receives("✅")
    assert await credited(sql) == (1, await sql.fetchval("select days from purchases"))


class TestPathCharactersInThePaymentId:
    """The provider here writes down what it is asked for, and knows no payment."""

    @pytest.fixture
    def asked(self) -> list[str]:
        return []

    @pytest.fixture
    async def app_settings(self, sandbox: Sandbox, asked: list[str]) -> AsyncIterator[Settings]:
        async def answer(request: web.Request) -> web.Response:
            asked.append(request.raw_path)
            return web.json_response({"type": "error", "code": "not_found"}, status=404)

        server = web.Application()
        server.router.add_route("*", "/{tail:.*}", answer)
        origin, runner = await serve(server)
        yield settings_for(origin_of(sandbox), yookassa_api_url=f"{origin}/v3")
        await runner.cleanup()

    async def test_path_characters_in_the_payment_id(
        self, app: Application, http: aiohttp.ClientSession, sql: asyncpg.Connection, asked: list[str]
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
            assert await post(app, http, notification("payment.succeeded", id=one)) == 200, one
            assert await post(app, http, notification("refund.succeeded", id=UNKNOWN, payment_id=one)) == 200
        assert await recorded(sql) == NOTHING
        assert await post(app, http, notification("payment.succeeded", id=UNKNOWN)) == 200
        await all_handled(sql, 1)
        assert {path for path in asked if "?" not in path} == {f"/v3/payments/{UNKNOWN}"}
