"""What is told of money that came in, whatever the settings; and when it came."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from bot.payments.settling import to_snapshot
from bot.sandbox.app import Sandbox
from bot.settings import Settings
from handlers.app import Application
from tests.app import origin_of, settings_for, update_of
from tests.callbacks import becomes
from tests.chat.payments.test_invoices import ORDER, STARS, charge, invoice, pays
from tests.chat.payments.test_safety_nets import answer
from tests.chat_user import ChatUser
from tests.http.test_metrics import read

FIRST, SECOND = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
NOW = datetime(2026, 1, 3, tzinfo=UTC)
CREATED = {"created_at": "2026-01-01T00:00:00.000Z"}
CAPTURED = {"captured_at": "2026-01-02T00:00:00.000Z"}
OUTCOMES = ("credited", "credited as a second purchase")
NO_NEWS = "select not exists (select from bot.pgqueuer where entrypoint = 'tell')"


@pytest.fixture
def app_settings(sandbox: Sandbox) -> Settings:
    """Admins want no news of payments."""
    return settings_for(origin_of(sandbox), payment_news=False)


@pytest.mark.parametrize(
    ("said", "at", "receipt"),
    [
        ({}, NOW, False),
        (CREATED, FIRST, False),
        (CREATED | CAPTURED | {"receipt_registration": "pending"}, SECOND, False),
        (CAPTURED | {"receipt_registration": "succeeded"}, SECOND, True),
    ],
)
def test_a_payment_is_of_when_the_money_was_taken(said: dict[str, str], at: datetime, receipt: bool) -> None:
    """And has a receipt once the provider has made it out."""
    payment = answer(1, **said)
    snapshot = to_snapshot(payment, NOW)
    assert (snapshot.at, snapshot.receipt) == (at, payment.id if receipt else None)


async def settled(person: ChatUser, app: Application, outcome: str, provider: str = "telegram") -> float:
    """As a scrape shows it."""
    async with person.http.get(f"http://127.0.0.1:{app.http_port}/metrics") as answer:
        series = f'payments_settled_total{{outcome="{outcome}",provider="{provider}"}}'
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


async def test_a_payment_by_link_is_counted_and_told_to_its_payer_alone(
    anna: ChatUser, olga: ChatUser, app: Application, offer: int, sql: asyncpg.Connection
) -> None:
    await olga.send("/start")
    await anna.register()
    before = await settled(anna, app, "succeeded", "yookassa")
    await anna.order(offer)
    await anna.pay()
    await anna.receives("✅ Оплачено")
    await becomes(lambda: sql.fetchval(NO_NEWS))
    await olga.refresh()
    assert olga.new_texts == [olga.last_text]
    assert await settled(anna, app, "succeeded", "yookassa") == before + 1
