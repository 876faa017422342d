"""Buying when the provider is slow, and in how many taps."""

from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from bot.payments.reconciling import reconcile
from bot.sandbox.app import Sandbox
from bot.texts.accounts import registration
from bot.texts.payments import orders as words
from bot.timings import Timings
from handlers.app import Application
from tests.app import QUICK
from tests.callbacks import becomes
from tests.chat.payments.orders.screens import NEVER, newest, stripped
from tests.chat_user import ChatUser


class TestSlow:
    @pytest.fixture
    def timings(self) -> Timings:
        return replace(QUICK, asks=NEVER, slow_link=timedelta(seconds=0.3), job_retry_most=QUICK.job_retry)

    @pytest.mark.errors_expected("the provider is away")
    async def test_the_payer_learns_it_with_the_other_ways_and_the_late_link_is_news(
        self, anna: ChatUser, offer: int, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        await anna.register()
        sandbox.faults.set(provider_down=True)
        await anna.send(f"/start buy_{offer}")
        await anna.receives("ЮKassa не отвечает, пробую ещё")
        waiting, count = newest(anna), len(anna.texts)
        assert anna.buttons == [
            "💳 Картой в Telegram · 990\xa0₽",
            "⭐ Звёздами · 500\xa0⭐",
            anna.words(words.CANCEL),
        ]
        sandbox.faults.set(provider_down=False)
        await anna.gets_link()
        assert len(anna.texts) == count + 1
        await becomes(lambda: stripped(anna, waiting))
        await anna.pay()
        await anna.receives("✅")
        assert await sql.fetchval("select count(*) from purchases") == 1

    @pytest.mark.errors_expected("the provider is away")
    async def test_opened_anew_it_says_the_same_and_the_screen_above_loses_its_buttons(
        self, anna: ChatUser, offer: int, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        await anna.register()
        sandbox.faults.set(provider_down=True)
        await anna.send(f"/start buy_{offer}")
        await anna.receives("ЮKassa не отвечает, пробую ещё")
        above = newest(anna)
        await anna.send(f"/start buy_{offer}")
        await becomes(lambda: stripped(anna, above))
        below, _ = await anna.sees(lambda key: key.get("callback_data", "").endswith(":stars"))
        assert below["message_id"] != above
        assert "ЮKassa не отвечает, пробую ещё" in below["text"]
        await anna.send("/courses")
        await anna.click("Python с нуля")
        await anna.click("30 дней · 990")
        await becomes(lambda: stripped(anna, below["message_id"]))
        shown, _ = await anna.sees(lambda key: key.get("callback_data", "").endswith(":stars"))
        assert shown["message_id"] == newest(anna)
        sandbox.faults.set(provider_down=False)
        await anna.gets_link()
        assert await sql.fetchval("select count(*) from purchases") == 1

    @pytest.mark.errors_expected("the provider is away")
    async def test_thought_better_of(
        self, anna: ChatUser, offer: int, sandbox: Sandbox, app: Application, sql: asyncpg.Connection
    ) -> None:
        """The request is still sent until its answer is known; the payment nobody can make ends by itself."""
        await anna.register()
        sandbox.faults.set(provider_down=True)
        await anna.send(f"/start buy_{offer}")
        await anna.receives("ЮKassa не отвечает, пробую ещё")
        await anna.click(words.CANCEL)
        assert "Python с нуля" in anna.last_text
        count = len(anna.texts)
        sandbox.faults.set(provider_down=False)
        await becomes(
            lambda: sql.fetchval("select not starts_with(provider_payment_id, 'key:') from purchases")
        )
        await reconcile(app.context)
        await anna.refresh()
        assert len(anna.texts) == count
        assert await sql.fetchval("select outcome from bot.payment_attempts") == "dropped"


class TestTaps:
    """Counted from the first button; the one that pays opens the checkout."""

    async def test_from_the_courses(self, anna: ChatUser) -> None:
        await anna.register()
        await anna.send("/start")
        anna.taps = 0
        await anna.click("🎓")
        await anna.click("Python с нуля")
        await anna.click("30 дней · 990")
        await anna.gets_link()
        assert anna.taps <= 3

    async def test_somebody_new(self, anna: ChatUser) -> None:
        await anna.send("/start")
        anna.taps = 0
        await anna.click("🎓")
        await anna.click("Python с нуля")
        await anna.click("30 дней · 990")
        await anna.click(registration.REGISTER)
        await anna.gets_link()
        assert anna.taps <= 4

    async def test_renewing(self, anna: ChatUser) -> None:
        await anna.register()
        await anna.send("/promo SPRING")
        await anna.receives("SPRING")
        await anna.send("/status")
        anna.taps = 0
        await anna.click("Продлить")
        await anna.click("30 дней · 990")
        await anna.gets_link()
        assert anna.taps <= 2
