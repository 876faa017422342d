"""The database, the provider, or what speaks for it, fails at the worst moment."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from aiohttp import web

from bot.sandbox.app import Sandbox
from bot.settings import Settings
from tests.app import chat_user, origin_of, running_app, settings_for
from tests.callbacks import ONLY_CALLBACKS, becomes, credited
from tests.chat_user import ChatUser
from tests.http.outage import own_database
from tests.sandbox.provider_world import serve

ROUBLES = "select min(id) from bot.offers where currency = 'RUB'"
KEPT = ("Authorization", "Idempotence-Key", "Content-Type")


@pytest.mark.errors_expected("a callback that could not be recorded is an error, and comes again")
async def test_database_down_at_the_callback(
    http: aiohttp.ClientSession, sandbox: Sandbox, tmp_path: Path
) -> None:
    settings = settings_for(origin_of(sandbox))
    async with (
        own_database(tmp_path) as dsn,
        running_app(settings, dsn.dsn, ONLY_CALLBACKS) as app,
    ):
        sandbox.yookassa.notifications_url = f"http://127.0.0.1:{app.http_port}/yookassa/webhook"
        anna = chat_user(http, app, 7000000001, "ru")
        await anna.register()
        await anna.order(1)
        await anna.open_checkout()
        await dsn.stop()
        await anna.pay()
        await becomes(lambda: refused_with_503(anna))
        await dsn.start()
        await anna.receives("✅")
        sql = await asyncpg.connect(dsn.dsn)
        assert await credited(sql) == (1, await sql.fetchval("select days from purchases"))
        await sql.close()


async def refused_with_503(person: ChatUser) -> bool:
    async with person.http.get(f"{person.origin}/sandbox/notifications") as response:
        attempts = [one for item in await response.json() for one in item["attempts"]]
    return any(one["status"] == 503 for one in attempts)


@dataclass
class Between:
    """Stands between the bot and the provider: answers what is posted with `nonsense` until that is used up.

    The provider has done what was asked each time, unless it is `unheard`. `asked`: methods and paths, as they came.
    `addressless`: answers to what is posted lack the address to pay at.
    """

    provider: str
    nonsense: list[str] = field(default_factory=list)
    unheard: bool = False
    addressless: bool = False
    asked: list[str] = field(default_factory=list)

    async def pass_on(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.method} {request.path}")
        posted = request.method == "POST" and bool(self.nonsense)
        if posted and self.unheard:
            return web.Response(text=self.nonsense.pop(0), content_type="application/json")
        headers = {name: request.headers[name] for name in KEPT if name in request.headers}
        url, data = f"{self.provider}{request.raw_path}", await request.read()
        async with aiohttp.request(request.method, url, data=data, headers=headers) as answer:
            body = await answer.text()
            if posted:
                body = self.nonsense.pop(0)
            if self.addressless and request.method == "POST":
                body = json.dumps(
                    {name: one for name, one in json.loads(body).items() if name != "confirmation"}
                )
            return web.Response(text=body, status=answer.status, content_type="application/json")


class TestSdkFailuresMeanUnknown:
    """Answers of no use, and the work may be done: key and body are kept, and there is one payment."""

    SENSELESS = ("null", "[]", '"ok"', "{}", '{"id": 7}', "<html>502</html>", "")

    @pytest.fixture
    def between(self, sandbox: Sandbox) -> Between:
        return Between(origin_of(sandbox))

    @pytest.fixture
    async def app_settings(self, sandbox: Sandbox, between: Between) -> AsyncIterator[Settings]:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", between.pass_on)
        origin, runner = await serve(app)
        yield settings_for(origin_of(sandbox), yookassa_api_url=f"{origin}/v3")
        await runner.cleanup()

    async def test_answers_the_sdk_breaks_at(
        self, anna: ChatUser, sandbox: Sandbox, between: Between, sql: asyncpg.Connection
    ) -> None:
        between.nonsense += self.SENSELESS
        await anna.register()
        await anna.order(await sql.fetchval(ROUBLES))
        assert between.nonsense == []
        assert len(sandbox.yookassa.provider.book.payments) == 1
        await anna.pay()
        await anna.receives("✅")
        assert await credited(sql) == (1, await sql.fetchval("select days from purchases"))

    async def test_a_refund_likewise(
        self, anna: ChatUser, olga: ChatUser, sandbox: Sandbox, between: Between, sql: asyncpg.Connection
    ) -> None:
        await olga.send("/start")
        await anna.register()
        await anna.order(await sql.fetchval(ROUBLES))
        await anna.pay()
        await anna.receives("✅")
        between.nonsense += self.SENSELESS
        sandbox.faults.set(callback_lost=1.0)
        await olga.send("/refund 1 330")
        await olga.click("Вернуть")
        await anna.receives("Вам возвращено")
        assert between.nonsense == []
        assert [one.amount for one in sandbox.yookassa.provider.book.refunds.values()] == [33_000]

    @pytest.mark.errors_expected("what a payer can't pay by is the admins' to look at")
    async def test_an_answer_without_an_address_to_pay_at(
        self, anna: ChatUser, olga: ChatUser, sandbox: Sandbox, between: Between, sql: asyncpg.Connection
    ) -> None:
        """Admins hear of it; the same is asked for again, and the link shown once there is one."""
        between.addressless = True
        await olga.send("/start")
        await anna.register()
        await anna.send(f"/start buy_{await sql.fetchval(ROUBLES)}")
        await becomes(lambda: sql.fetchval("select count(*) = 1 from bot.alerts where solved_at is null"))
        alarm = await sql.fetchrow("select kind, subject, facts ->> 'reason' as reason from bot.alerts")
        purchase = await sql.fetchval("select id from purchases")
        assert tuple(alarm) == ("payment_unknown", str(purchase), "its answer has no address to pay at")
        between.addressless = False
        await anna.gets_link()
        assert await sql.fetchval("select solved_at is not null from bot.alerts")
        assert len(sandbox.yookassa.provider.book.payments) == 1
        await anna.pay()
        await anna.receives("✅")

    @pytest.mark.parametrize("made", [True, False])
    async def test_key_older_than_23_hours(
        self, anna: ChatUser, sandbox: Sandbox, between: Between, sql: asyncpg.Connection, made: bool
    ) -> None:
        """The key would be a new operation by now: the payment is looked for, and nothing is posted again."""
        between.nonsense += ["null"] * 10_000
        between.unheard = not made
        await anna.register()
        await anna.send(f"/start buy_{await sql.fetchval(ROUBLES)}")
        await becomes(lambda: sql.fetchval("select sent_at is not null from bot.payment_attempts"))
        await sql.execute("update bot.payment_attempts set sent_at = sent_at - interval '23 hours'")
        if made:
            await anna.gets_link()
        else:
            await anna.receives("поэтому заказ закрыт")
            assert await sql.fetchval("select status from purchases") == "canceled"
        looked = between.asked.index("GET /v3/payments")
        assert "POST /v3/payments" not in between.asked[looked:]
        assert len(sandbox.yookassa.provider.book.payments) == made


@pytest.mark.parametrize(
    "fault",
    ["provider_5xx", "provider_html_502", "provider_cut", "provider_cut_before", "provider_broken_json"],
)
async def test_provider_fails_while_the_payment_is_made(
    anna: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection, fault: str
) -> None:
    """The provider may or may not have done the work each time: in the end there is one payment."""
    await anna.register()
    sandbox.faults.set(**{fault: 1.0})
    await anna.send(f"/start buy_{await sql.fetchval(ROUBLES)}")
    request = await sql.fetchrow("select key, request, id from bot.payment_attempts")
    tries = "select coalesce(max(attempts), 0) >= 3 from bot.pgqueuer where entrypoint = 'create_payment'"
    await becomes(lambda: sql.fetchval(tries))
    sandbox.faults.set(**{fault: 0})
    await anna.gets_link()
    assert await sql.fetchrow("select key, request, id from bot.payment_attempts") == request
    payments = sandbox.yookassa.provider.book.payments.values()
    assert [payment.body["metadata"]["key"] for payment in payments] == [request["key"]]
    await anna.pay()
    await anna.receives("✅")
    assert (await credited(sql))[0] == 1
