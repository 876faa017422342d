"""The conversation never eats money, whatever it is busy with."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from pydantic import SecretStr

from bot.sandbox.app import Sandbox
from bot.settings import Settings
from tests.app import origin_of, settings_for
from tests.callbacks import becomes, credited
from tests.chat_user import ChatUser, Json

STARS = "select min(o.id) from bot.offers o where currency = 'XTR'"
ROUBLES = "select min(o.id) from bot.offers o where currency = 'RUB'"


@pytest.fixture
def app_settings(sandbox: Sandbox) -> Settings:
    return settings_for(origin_of(sandbox), telegram_payment_token=SecretStr("381764678:TEST:1"))


async def invoice(person: ChatUser, offer: int, method: str) -> int:
    """Orders; the number of the invoice's message."""
    await person.send(f"/start buy_{offer}")
    await person.choose(method)
    return next(int(one["message_id"]) for one in reversed(person.messages) if "invoice" in one)


async def pays(person: ChatUser, message_id: int) -> Json:
    return await person._post("/invoices", {"message_id": message_id, "action": "pay"})


async def test_throttled_chat(anna: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection) -> None:
    """A hundred messages before the payment, and Telegram takes no more of our answers for a while."""
    await anna.register()
    message = await invoice(anna, await sql.fetchval(STARS), "stars")
    await asyncio.gather(*(anna.write(f"/promo NO{number}") for number in range(100)))
    sandbox.faults.set(telegram_429=5)
    assert (await pays(anna, message))["status"] == "paid"
    await anna.receives("✅ Оплачено")
    assert await credited(sql) == (1, await sql.fetchval("select days from purchases"))
    await becomes(lambda: answers(anna, 100))


async def answers(person: ChatUser, count: int) -> bool:
    """Whether all of what was asked has been answered by now."""
    await person.refresh()
    return sum("NO" in text for text in person.texts) == count


@pytest.mark.parametrize("method", ["stars", "invoice", "link"])
async def test_open_conversation_step(anna: ChatUser, sql: asyncpg.Connection, method: str) -> None:
    """A promo code is being asked for; the payment settles, and the question is still open."""
    await anna.register()
    offer = await sql.fetchval(STARS if method == "stars" else ROUBLES)
    if method == "link":
        await anna.order(offer)
        await anna.send("/promo")
        await anna.pay()
    else:
        message = await invoice(anna, offer, method)
        await anna.send("/promo")
        assert (await pays(anna, message))["status"] == "paid"
    await anna.receives("✅ Оплачено")
    await anna.send("SPRING")
    await anna.receives("Промокод SPRING принят")


async def test_missing_session(anna: ChatUser, sql: asyncpg.Connection) -> None:
    """Signed out from everywhere between the order and the payment."""
    await anna.register()
    message = await invoice(anna, await sql.fetchval(STARS), "stars")
    await sql.execute("update sessions set revoked_at = now()")
    assert (await pays(anna, message))["status"] == "paid"
    await anna.receives("✅ Оплачено")


async def test_two_payments_of_one_person_at_once_extend_twice(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    """Three ways at the same moment, for one module: each gives its days after the others'."""
    await anna.register()
    stars = await invoice(anna, await sql.fetchval(STARS), "stars")
    card = await invoice(anna, await sql.fetchval(ROUBLES), "invoice")
    await anna.order(await sql.fetchval(ROUBLES))
    await asyncio.gather(pays(anna, stars), pays(anna, card), anna.pay())

    async def told_thrice() -> bool:
        await anna.refresh()
        return sum("✅ Оплачено. " in text for text in anna.texts) == 3

    await becomes(told_thrice)
    days = await sql.fetchval("select sum(days) from purchases")
    assert await credited(sql) == (3, days)
    began, ends = await sql.fetchrow(
        "select (select created_at from bot.access_changes order by id limit 1), ends_at from usermoduleaccess"
    )
    assert ends - began == timedelta(days=days)
