"""What is told of money that came in, whatever the settings; and when it came."""

from typing import Any

import asyncpg
import pytest

from bot.sandbox.app import Sandbox
from bot.settings import Settings
from handlers.app import Application
from tests.app import origin_of, settings_for, update_of
from tests.callbacks import becomes
from tests.chat.payments.test_invoices import ORDER, STARS, charge, invoice, pays
from tests.chat_user import ChatUser
from tests.http.test_metrics import read

OUTCOMES = ("credited", "credited as a second purchase")
NO_NEWS = "select not exists (select from bot.pgqueuer where entrypoint = 'tell')"


@pytest.fixture
def app_settings(sandbox: Sandbox) -> Settings:
    """Admins want no news of payments."""
    return settings_for(origin_of(sandbox), payment_news=False)


async def settled(person: ChatUser, app: Application, outcome: str) -> float:
    """Payments inside Telegram, as a scrape shows them."""
    async with person.http.get(f"http://127.0.0.1:{app.http_port}/metrics") as answer:
        series = f'payments_settled_total{{outcome="{outcome}",provider="telegram"}}'
        return read(await answer.text()).get(series, 0.0)


async def test_a_second_payment_is_told_to_admins_who_want_no_news_of_payments(
    anna: ChatUser, olga: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    await olga.send("/start")
    await anna.register()
    before = [await settled(anna, app, outcome) for outcome in OUTCOMES]
    await pays(anna, await invoice(anna, sql, STARS, "stars"))
    await anna.receives("✅ Оплачено")
    await becomes(lambda: sql.fetchval(NO_NEWS))
    await olga.refresh()
    assert olga.new_texts == [olga.last_text]
    row = await sql.fetchrow(ORDER)
    raw: dict[str, Any] = charge(row["key"], row["amount_cents"], "second-charge")
    await app.processor.process(update_of(anna, successful_payment=raw))
    assert "500\xa0⭐" in await olga.receives("Второй платёж")
    assert [await settled(anna, app, outcome) for outcome in OUTCOMES] == [count + 1 for count in before]
