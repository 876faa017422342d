"""Refunds made at the provider, on its dashboard."""

import logging

import asyncpg
import pytest

from bot.payments.reconciling import reconcile
from bot.sandbox.app import Sandbox
from bot.texts import errors
from db.errors import RefundTooMuch
from handlers.app import Application
from tests.callbacks import becomes
from tests.chat.refunds.steps import at_provider, confirm, count, no_jobs, stands
from tests.chat_user import ChatUser


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
