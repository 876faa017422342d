"""Paying inside Telegram: Stars and invoices by the provider token; nothing may swallow or delay them."""

import asyncio
from typing import Any

import asyncpg
import orjson
import pytest
from pydantic import SecretStr

from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.texts import stats as admin_words
from bot.texts.payments import invoices as words
from db.payments.telegram import PreCheckoutVerdict
from handlers.app import Application
from tests.app import origin_of, second_app, settings_for, update_of
from tests.chat_user import ANNA, ChatUser

STARS = "select id from bot.offers where currency = 'XTR' order by id limit 1"
ORDER = (
    "select a.key, p.amount_cents, p.days from purchases p"
    " join bot.payment_attempts a on a.purchase_id = p.id"
)
ROUBLES = "select id from bot.offers where currency = 'RUB' order by id limit 1"


@pytest.fixture
def app_settings(sandbox: Sandbox) -> Settings:
    return settings_for(origin_of(sandbox), telegram_payment_token=SecretStr("381764678:TEST:1"))


async def invoice(person: ChatUser, sql: asyncpg.Connection, offer: str, method: str) -> dict[str, Any]:
    """Orders and gets the invoice's message."""
    await person.send(f"/start buy_{await sql.fetchval(offer)}")
    await person.choose(method)
    return next(one for one in reversed(person.messages) if "invoice" in one)


async def pays(person: ChatUser, message: dict[str, Any], action: str = "pay", **more: Any) -> dict[str, Any]:
    return await person._post("/invoices", {"message_id": message["message_id"], "action": action, **more})


async def days_given(sql: asyncpg.Connection) -> int:
    return int(await sql.fetchval("select coalesce(sum(days), 0) from bot.access_changes"))


def charge(payload: str, amount: int, number: str) -> dict[str, Any]:
    return {
        "currency": "XTR",
        "total_amount": amount,
        "invoice_payload": payload,
        "telegram_payment_charge_id": number,
        "provider_payment_charge_id": "",
    }


@pytest.mark.parametrize(
    ("offer", "method", "provider"), [(STARS, "stars", "stars"), (ROUBLES, "invoice", "yookassa")]
)
async def test_paid_is_credited_and_told(
    anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection, offer: str, method: str, provider: str
) -> None:
    await olga.send("/start")
    await anna.register()
    message = await invoice(anna, sql, offer, method)
    paid = await pays(anna, message)
    assert paid["status"] == "paid"
    await anna.receives("✅ Оплачено")
    await olga.receives("Платёж №")
    row = await sql.fetchrow("select * from purchases order by id desc limit 1")
    assert (row["provider"], row["status"]) == (provider, "succeeded")
    known = paid["telegram_payment_charge_id" if method == "stars" else "provider_payment_charge_id"]
    assert row["provider_payment_id"] == known
    assert await days_given(sql) == row["days"]
    asked = orjson.loads(
        await sql.fetchval("select request from bot.payment_attempts where method = $1", method)
    )
    assert "provider_data" not in asked  # without a VAT code nobody is asked for a receipt's address


async def test_declined_changes_nothing(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    message = await invoice(anna, sql, ROUBLES, "invoice")
    assert (await pays(anna, message, "decline"))["status"] == "declined"
    assert await sql.fetchval("select status from purchases") == "pending"
    assert await days_given(sql) == 0


async def test_an_invoice_of_somebody_else_is_refused(
    anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await ben.register()
    message = await invoice(anna, sql, STARS, "stars")
    refused = await pays(anna, message, "pay", **{"as": ben.id})
    assert refused["status"] == "refused"
    assert refused["error_message"] == ben.words(lambda: words.refusal(PreCheckoutVerdict.FOREIGN))
    assert await days_given(sql) == 0


async def test_an_invoice_may_be_paid_in_each_chat_of_the_account(
    anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    message = await invoice(anna, sql, STARS, "stars")
    await sql.execute(
        "insert into authidentities (user_id, loginprovider, providerkey) select id, 'telegram', $1 from users",
        str(ben.id),
    )
    await sql.execute("update bot.payment_attempts set telegram_id = $1", ben.id)  # asked about there
    assert (await pays(anna, message))["status"] == "paid"


async def test_a_changed_price_is_refused_at_the_old_one(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    old = await invoice(anna, sql, STARS, "stars")
    await sql.execute("update bot.offers set price = price + 1")
    await invoice(anna, sql, STARS, "stars")
    assert (await pays(anna, old))["status"] == "refused"


async def test_a_second_charge_is_a_purchase_of_its_own(
    anna: ChatUser, olga: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    await olga.send("/start")
    await anna.register()
    message = await invoice(anna, sql, STARS, "stars")
    await pays(anna, message)
    await anna.receives("✅ Оплачено")
    row = await sql.fetchrow(ORDER)
    raw = update_of(anna, successful_payment=charge(row["key"], row["amount_cents"], "second-charge"))
    await app.processor.process(raw)
    await olga.receives("Второй платёж")
    assert await sql.fetchval("select count(*) from purchases where status = 'succeeded'") == 2
    assert await days_given(sql) == 2 * row["days"]


@pytest.mark.errors_expected("money nobody claims is an alarm")
@pytest.mark.parametrize("wrong", ["payload", "amount"])
async def test_money_nobody_claims_is_parked_and_assigned(
    anna: ChatUser, olga: ChatUser, app: Application, sql: asyncpg.Connection, wrong: str
) -> None:
    await olga.register()
    await anna.register()
    await invoice(anna, sql, STARS, "stars")
    key, amount = (await sql.fetchrow(ORDER))[:2]
    paid = charge(
        "nobody knows this" if wrong == "payload" else key, amount - (wrong == "amount"), "parked-1"
    )
    await app.processor.process(update_of(anna, successful_payment=paid))
    await anna.receives("Ничего не потеряно")
    await olga.receives("Неопознанный платёж")
    assert await days_given(sql) == 0

    await olga.send("/admin")
    await olga.click(admin_words.ALERTS)
    await olga.click("Назначить")
    await olga.send(f"{ANNA} {await sql.fetchval(STARS)}")
    await anna.receives("✅ Оплачено")
    assert await days_given(sql) > 0
    assert await sql.fetchval("select count(*) from bot.alerts where solved_at is null") == 0


async def test_the_same_payment_delivered_to_two_processes_counts_once(
    anna: ChatUser, app: Application, school_database: str, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await invoice(anna, sql, STARS, "stars")
    key, amount = (await sql.fetchrow(ORDER))[:2]
    raw = update_of(anna, successful_payment=charge(key, amount, "twice-1"))
    async with second_app(app, school_database) as other:
        await asyncio.gather(*(one.processor.process(raw) for one in (app, other, app, other)))
    assert await sql.fetchval("select count(*) from purchases where status = 'succeeded'") == 1
    assert await sql.fetchval("select count(*) from bot.access_changes") == 1


async def test_a_slow_handler_of_the_same_person_delays_no_pre_checkout(
    anna: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    """The person's own row is locked, as by a handler that takes its time: the answer comes all the same."""
    await anna.register()
    message = await invoice(anna, sql, STARS, "stars")
    transaction = sql.transaction()
    await transaction.start()
    await sql.execute("select 1 from bot.chats where telegram_id = $1 for update", anna.id)
    await sql.execute("select 1 from users for no key update")
    try:
        assert (await pays(anna, message))["status"] == "paid"
    finally:
        await transaction.rollback()
