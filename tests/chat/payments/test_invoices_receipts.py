"""Invoices in a shop that sends receipts (54-FZ): Telegram asks for the address and hands it to the provider."""

import asyncpg
import orjson
import pytest
from pydantic import SecretStr

from bot.sandbox.app import Sandbox
from bot.settings import Settings
from tests.app import origin_of, settings_for
from tests.chat.refunds.steps import ROUBLES, STARS, at_provider
from tests.chat_user import ChatUser


@pytest.fixture
def app_settings(sandbox: Sandbox) -> Settings:
    token = SecretStr("381764678:TEST:1")
    return settings_for(origin_of(sandbox), telegram_payment_token=token, yookassa_vat_code=4)


async def pays(person: ChatUser, sql: asyncpg.Connection, offer: str, method: str) -> None:
    await person.register()
    await person.send(f"/start buy_{await sql.fetchval(offer)}")
    if method == "invoice":
        await person.send("anna@school.example")  # for the link, which comes first
    await person.choose(method)
    message = next(one for one in reversed(person.messages) if "invoice" in one)
    await person._post(
        "/invoices", {"message_id": message["message_id"], "action": "pay", "email": "anna@bank.example"}
    )
    await person.receives("✅ Оплачено")


async def test_the_receipt_goes_to_the_address_that_was_typed_on_the_invoice(
    anna: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await at_provider(anna, "/yookassa", {"receipts_required": True}, "PUT")
    await pays(anna, sql, ROUBLES, "invoice")
    paid = await sql.fetchval("select provider_payment_id from purchases where status = 'succeeded'")
    assert sandbox.yookassa.provider.book.payments[paid].receipt == {
        "customer": {"email": "anna@bank.example"},
        "items": [
            {
                "description": "Курс Python с нуля, 30 дней",
                "quantity": "1.00",
                "amount": {"value": "990.00", "currency": "RUB"},
                "vat_code": 4,
                "payment_mode": "full_payment",
                "payment_subject": "service",
            }
        ],
    }


async def test_stars_have_none(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await pays(anna, sql, STARS, "stars")
    request = await sql.fetchval("select request from bot.payment_attempts where method = 'stars'")
    asked = orjson.loads(request)
    assert asked.keys() == {"title", "description", "payload", "currency", "prices", "protect_content"}
    assert asked["protect_content"]
