"""Invoices in money and in Stars, from sending to refund."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from tests.sandbox.telegram_world import ANNA, BEN, Bot, Json, Person, World, webhook

RECEIPT = {
    "receipt": {
        "items": [
            {
                "description": "Модуль",
                "quantity": "1.00",
                "amount": {"value": "499.00", "currency": "RUB"},
                "vat_code": 1,
            }
        ]
    }
}
MONEY: Json = {
    "chat_id": ANNA,
    "title": "Модуль",
    "description": "30 дней",
    "payload": "order-1",
    "provider_token": "381764678:TEST:1",
    "currency": "RUB",
    "prices": [{"label": "Модуль", "amount": 49900}],
    "need_email": True,
    "send_email_to_provider": True,
    "provider_data": json.dumps(RECEIPT),
}
STARS: Json = {
    "chat_id": ANNA,
    "title": "Модуль",
    "description": "30 дней",
    "payload": "order-2",
    "currency": "XTR",
    "prices": [{"label": "Модуль", "amount": 250}],
}
Decide = Callable[[Json], Json]


@asynccontextmanager
async def answering(bot: Bot, decide: Decide = lambda query: {"ok": True}) -> AsyncIterator[list[Json]]:
    """A bot that polls, answers each pre-checkout as decided, and keeps all updates."""
    taken: list[Json] = []

    async def serve() -> None:
        while True:
            for update in await bot.updates(timeout=20):
                taken.append(update)
                if query := update.get("pre_checkout_query"):
                    answer = decide(query)
                    await bot.ok("answerPreCheckoutQuery", pre_checkout_query_id=query["id"], **answer)

    task = asyncio.create_task(serve())
    try:
        yield taken
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def invoice(bot: Bot, values: Json, **changes: object) -> tuple[Person, int]:
    person = bot.person()
    await person.send()
    return person, (await bot.ok("sendInvoice", **{**values, **changes}))["message_id"]


async def last_paid(bot: Bot, number: int = ANNA) -> Json:
    """What the bot was told of the person's last payment."""
    message = (await bot.person(number).chat())["messages"][-1]
    paid: Json = message["successful_payment"]
    assert message["outgoing"]
    return paid


async def test_a_card_payment_reaches_the_bot_and_the_provider(world: World, bot: Bot) -> None:
    anna, number = await invoice(bot, MONEY)
    async with answering(bot) as taken:
        result = await anna.give("/invoices", {"message_id": number, "action": "pay", "email": "a@b.io"})
        paid = await last_paid(bot)
        await anna.send("after", wait=20)
    assert result["status"] == "paid"
    query = next(update["pre_checkout_query"] for update in taken if "pre_checkout_query" in update)
    assert (query["from"]["id"], query["total_amount"], query["currency"]) == (ANNA, 49900, "RUB")
    assert (query["invoice_payload"], query["order_info"]) == ("order-1", {"email": "a@b.io"})
    assert (paid["total_amount"], paid["invoice_payload"]) == (49900, "order-1")
    payments = {payment["id"]: payment for payment in await world.get("/sandbox/payments")}
    payment = payments[paid["provider_payment_charge_id"]]
    assert (payment["status"], payment["amount"]) == ("succeeded", {"value": "499.00", "currency": "RUB"})
    assert [
        update["message"]["successful_payment"]
        for update in taken
        if "successful_payment" in update.get("message", {})
    ] == [paid]


async def test_a_slow_bank_charges_after_the_bots_yes(world: World, bot: Bot) -> None:
    anna, number = await invoice(bot, STARS)
    await world.faults(telegram_bank=0.5)
    async with answering(bot) as taken:
        body = {"message_id": number, "action": "pay"}
        paying = asyncio.create_task(anna.give("/invoices", body))
        while not any("pre_checkout_query" in update for update in taken):  # noqa: ASYNC110 - another task fills it
            await asyncio.sleep(0.01)
        assert (await bot.ok("getStarTransactions"))["transactions"] == []
        assert (await paying)["status"] == "paid"
    await world.faults(telegram_bank=0.0)
    assert len((await bot.ok("getStarTransactions"))["transactions"]) == 1


async def test_a_paid_invoice_cannot_be_paid_again_by_the_same_button(bot: Bot) -> None:
    anna, number = await invoice(bot, STARS)
    async with answering(bot):
        await anna.give("/invoices", {"message_id": number, "action": "pay"})
        status, _ = await anna.refused("/invoices", {"message_id": number, "action": "pay"})
        assert status == 409
        forced = await anna.give("/invoices", {"message_id": number, "action": "pay", "force": True})
    assert forced["status"] == "paid"
    assert next(m for m in (await anna.chat())["messages"] if m["message_id"] == number)["paid"]


async def test_a_forwarded_invoice_is_paid_by_another(bot: Bot) -> None:
    anna, number = await invoice(bot, STARS)
    async with answering(
        bot, lambda query: {"ok": query["from"]["id"] == ANNA, "error_message": "Чужой счёт"}
    ):
        result = await anna.give("/invoices", {"message_id": number, "action": "pay", "as": BEN})
    assert result == {"status": "refused", "error_message": "Чужой счёт"}


@pytest.mark.parametrize(("action", "status"), [("decline", "declined"), ("close", "closed")])
async def test_no_payment_no_update(bot: Bot, action: str, status: str) -> None:
    anna, number = await invoice(bot, MONEY)
    async with answering(bot) as taken:
        assert (await anna.give("/invoices", {"message_id": number, "action": action}))["status"] == status
        await anna.send("after", wait=20)
    asked = sum("pre_checkout_query" in update for update in taken)
    assert asked == (1 if action == "decline" else 0)
    assert not any("successful_payment" in update.get("message", {}) for update in taken)


async def test_a_bot_that_does_not_answer_in_time(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.sandbox.telegram.queries.PRE_CHECKOUT_LIFE", 0.05)
    anna, number = await invoice(bot, MONEY)
    result = await anna.give("/invoices", {"message_id": number, "action": "pay"})
    assert result["status"] == "timeout"
    query = (await bot.updates())[-1]["pre_checkout_query"]
    late = await bot.refused("answerPreCheckoutQuery", pre_checkout_query_id=query["id"], ok=True)
    assert "query is too old" in late
    assert "successful_payment" not in (await anna.chat())["messages"][-1]


async def test_stars_paid_and_refunded_once(world: World, bot: Bot) -> None:
    person = await world.post("/sandbox/people")
    payer = bot.person(person["id"])
    await payer.send()
    number = (await bot.ok("sendInvoice", **{**STARS, "chat_id": payer.id}))["message_id"]
    async with answering(bot) as taken:
        await payer.give("/invoices", {"message_id": number, "action": "pay"})
        charge = (await last_paid(bot, payer.id))["telegram_payment_charge_id"]
        assert await bot.ok("getMyStarBalance") == {"amount": 250}
        refund = {"user_id": payer.id, "telegram_payment_charge_id": charge}
        await bot.ok("refundStarPayment", **refund)
        assert await bot.refused("refundStarPayment", **refund) == "Bad Request: CHARGE_ALREADY_REFUNDED"
        await payer.send("after", wait=20)
    refunds = [u["message"]["refunded_payment"] for u in taken if "refunded_payment" in u.get("message", {})]
    assert [(one["telegram_payment_charge_id"], one["total_amount"]) for one in refunds] == [(charge, 250)]
    rows = (await bot.ok("getStarTransactions"))["transactions"]
    assert [(row["id"], row["amount"], "source" in row, "receiver" in row) for row in rows] == [
        (charge, 250, True, False),
        (charge, 250, False, True),
    ]
    assert rows[0]["source"]["invoice_payload"] == "order-2"
    assert (await bot.ok("getStarTransactions", offset=1, limit=1))["transactions"] == rows[1:]
    assert await bot.ok("getMyStarBalance") == {"amount": 0}


async def test_stars_run_out(world: World, bot: Bot) -> None:
    person = await world.post("/sandbox/people")
    payer = bot.person(person["id"])
    await payer.send()
    values = {**STARS, "chat_id": payer.id, "prices": [{"label": "x", "amount": person["stars"] + 1}]}
    number = (await bot.ok("sendInvoice", **values))["message_id"]
    async with answering(bot):
        result = await payer.give("/invoices", {"message_id": number, "action": "pay"})
        assert (result["status"], result["error_message"]) == ("declined", "Not enough Stars")
        await world.post(f"/sandbox/people/{payer.id}/stars", {"amount": 1})
        result = await payer.give("/invoices", {"message_id": number, "action": "pay"})
    assert result["status"] == "paid"


async def test_an_invoice_link_is_paid_by_anyone_any_number_of_times(world: World, bot: Bot) -> None:
    values = {name: value for name, value in STARS.items() if name != "chat_id"}
    link = await bot.ok("createInvoiceLink", **values, subscription_period=2592000)
    assert link.startswith("https://t.me/$")
    async with world.http.get(
        f"{world.origin}/sandbox/invoices", params={"link": link, "bot": bot.id}
    ) as response:
        assert (await response.json())["total_amount"] == 250
    async with answering(bot):
        for number in (ANNA, BEN, BEN):
            result = await bot.person(number).give("/invoices", {"link": link, "action": "pay"})
            assert result["status"] == "paid"
            assert (await last_paid(bot, number))["is_first_recurring"] is True


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"title": "x" * 33}, "INVOICE_TITLE_INVALID"),
        ({"description": ""}, "INVOICE_DESCRIPTION_INVALID"),
        ({"payload": "я" * 65}, "INVOICE_PAYLOAD_INVALID"),
        ({"provider_token": "secret"}, "PAYMENT_PROVIDER_INVALID"),
        ({"provider_data": "[1]"}, "PROVIDER_DATA_INVALID"),
        ({"currency": "XXX"}, "CURRENCY_INVALID"),
        ({"prices": [{"label": "x", "amount": 8652}]}, "CURRENCY_TOTAL_AMOUNT_INVALID"),
        ({"prices": [{"label": "x", "amount": 86530476}]}, "CURRENCY_TOTAL_AMOUNT_INVALID"),
        ({"prices": []}, "prices must be non-empty"),
        ({"currency": "XTR"}, "STARS_PROVIDER_TOKEN_NOT_EMPTY"),
        ({"currency": "XTR", "prices": [{"label": "x", "amount": 1}] * 2}, "STARS_INVOICE_INVALID"),
        (
            {"reply_markup": {"inline_keyboard": [[{"text": "x", "url": "http://a.b"}]]}},
            "REPLY_MARKUP_BUY_EMPTY",
        ),
    ],
)
async def test_invoices_telegram_refuses(bot: Bot, changes: Json, refusal: str) -> None:
    await bot.person().send()
    assert await bot.refused("sendInvoice", **{**MONEY, **changes}) == f"Bad Request: {refusal}"


async def test_a_pre_checkout_overtakes_a_failing_chat(bot: Bot) -> None:
    async def answer(update: Json) -> web.Response | None:
        if query := update.get("pre_checkout_query"):
            await bot.ok("answerPreCheckoutQuery", pre_checkout_query_id=query["id"], ok=True)
            return None
        return web.Response(status=500)

    anna, number = await invoice(bot, STARS)
    async with webhook() as hook:
        hook.answer = answer
        await bot.ok("setWebhook", url=hook.url)
        result = await anna.give("/invoices", {"message_id": number, "action": "pay"})
        await bot.ok("deleteWebhook")
    assert result["status"] == "paid"
    assert hook.texts() == []
