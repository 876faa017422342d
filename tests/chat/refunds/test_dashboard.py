"""Refunds made at the provider, on its dashboard."""

import logging
from datetime import timedelta

import asyncpg
import pytest

from bot.clock import utc_now
from bot.payments.reconciling import reconcile
from bot.payments.refunding import settle_refunds
from bot.sandbox.app import Sandbox
from bot.sandbox.yookassa import DEMO_SHOP_ID
from bot.texts import errors
from db.errors import RefundTooMuch
from handlers.app import Application
from tests.callbacks import becomes
from tests.chat.refunds.steps import at_provider, confirm, count, made, no_jobs, stands
from tests.chat_user import ChatUser

OPEN = "select array_agg(kind) from bot.alerts where solved_at is null"


class TestDashboard:
    async def test_made_there_it_does_the_same(
        self, anna: ChatUser, olga: ChatUser, bought: str, sql: asyncpg.Connection
    ) -> None:
        await at_provider(anna, "/refunds", {"payment_id": bought, "amount": "330.00"})
        assert "10 дней" in await anna.receives("↩️")
        await olga.receives("↩️ Возврат сделан")
        assert await stands(sql) == ("succeeded", 20, [("succeeded", 33_000, 10)])
        await olga.send("/refund 1 990")
        await olga.receives(lambda: errors.say(RefundTooMuch(1, 66_000, "RUB")))

    async def test_its_callback_asks_the_provider_once(
        self,
        anna: ChatUser,
        olga: ChatUser,
        bought: str,
        sql: asyncpg.Connection,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        await no_jobs(sql)
        caplog.set_level(logging.DEBUG, logger="urllib3.connectionpool")
        await at_provider(anna, "/refunds", {"payment_id": bought, "amount": "330.00"})
        await anna.receives("↩️")
        await no_jobs(sql)
        requests = [record.getMessage() for record in caplog.records if record.name.startswith("urllib3")]
        assert sum(f"/payments/{bought} " in request for request in requests) == 1, requests
        assert sum("/refunds?" in request for request in requests) == 1, requests

    async def test_repeated_shuffled_forged_callbacks_take_once(
        self, anna: ChatUser, olga: ChatUser, bought: str, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        sandbox.faults.set(callback_repeat=3, callback_shuffle=True, callback_forge=1.0)
        for _ in range(2):
            await at_provider(anna, "/refunds", {"payment_id": bought, "amount": "330.00"})
        await becomes(lambda: sql.fetchval("select count(*) = 2 from bot.refunds"))
        await no_jobs(sql)
        assert await stands(sql) == ("succeeded", 10, [("succeeded", 33_000, 10)] * 2)
        await anna.refresh()
        assert count(anna, "↩️") == 2

    async def test_without_a_callback_reconciliation_finds_it(
        self,
        anna: ChatUser,
        olga: ChatUser,
        bought: str,
        sandbox: Sandbox,
        app: Application,
        sql: asyncpg.Connection,
    ) -> None:
        sandbox.faults.set(callback_lost=1.0)
        await at_provider(anna, "/refunds", {"payment_id": bought})
        report = await reconcile(app.context)
        assert report.found.get("refunds") == 1
        await anna.receives("↩️")
        assert await stands(sql) == ("refunded", 0, [("succeeded", 99_000, 30)])
        assert "refunds" not in (await reconcile(app.context)).found

    @pytest.mark.errors_expected("a refund the provider refuses is the admins' to look at")
    async def test_a_confirmed_one_that_came_too_late_is_refused_and_told(
        self, anna: ChatUser, olga: ChatUser, bought: str, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        await olga.send("/refund 1")
        sandbox.faults.set(callback_lost=1.0)
        await at_provider(anna, "/refunds", {"payment_id": bought, "amount": "330.00"})
        await olga.click(confirm(99_000))
        await olga.receives("/refund 1 990")
        assert await stands(sql) == ("succeeded", 30, [("canceled", 99_000, 0)])
        await anna.refresh()
        assert count(anna, "↩️") == 0

    async def test_a_part_too_small_for_a_day_takes_none(
        self, anna: ChatUser, olga: ChatUser, bought: str, sql: asyncpg.Connection
    ) -> None:
        await at_provider(anna, "/refunds", {"payment_id": bought, "amount": "32.99"})
        assert "открыт до" in await anna.receives("↩️")
        assert "Доступ не изменился" in await olga.receives("↩️ Возврат сделан")
        assert await stands(sql) == ("succeeded", 30, [("succeeded", 3_299, 0)])

    async def test_one_that_was_canceled_is_no_news(
        self, app: Application, anna: ChatUser, olga: ChatUser, bought: str, sql: asyncpg.Connection
    ) -> None:
        await at_provider(anna, "/yookassa", {"refunds": "pending"}, "PUT")
        await at_provider(anna, "/refunds", {"payment_id": bought, "amount": "330.00"})
        await at_provider(anna, f"/refunds/{(await made(anna))[0]['id']}/cancel", {})
        await settle_refunds(app.context, bought)
        assert await stands(sql) == ("succeeded", 30, [])
        assert await sql.fetchval(OPEN) is None

    @pytest.mark.errors_expected("a mismatch is an alarm")
    async def test_of_a_payment_that_does_not_agree_nothing_is_booked(
        self, app: Application, anna: ChatUser, bought: str, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        sandbox.faults.set(callback_lost=1.0)
        await sql.execute("update purchases set amount_cents = amount_cents + 1")
        await at_provider(anna, "/refunds", {"payment_id": bought, "amount": "330.00"})
        await settle_refunds(app.context, bought)
        assert await stands(sql) == ("succeeded", 30, [])
        assert await sql.fetchval(OPEN) == ["payment_mismatch"]

    @pytest.mark.errors_expected("money that nobody claims is an alarm")
    async def test_of_a_payment_that_nobody_claims_the_whole_closes_it(
        self, app: Application, anna: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        """Not a part of it."""
        sandbox.faults.set(callback_lost=1.0)
        provider = sandbox.yookassa.provider
        body = {"amount": {"value": "990.00", "currency": "RUB"}}
        payment = provider.payments.create_paid(provider.book.merchants[DEMO_SHOP_ID], 99_000, "RUB", body)
        app.context.now = lambda: utc_now() + timedelta(minutes=1)
        await reconcile(app.context)
        for amount, open_ in (("330.00", ["payment_parked"]), ("660.00", None)):
            await at_provider(anna, "/refunds", {"payment_id": payment.id, "amount": amount})
            await settle_refunds(app.context, payment.id)
            assert await sql.fetchval(OPEN) == open_
        assert await sql.fetchval("select solved_at is not null from bot.parked_payments")
