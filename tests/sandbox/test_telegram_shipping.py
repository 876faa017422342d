"""An invoice whose price depends on the delivery: address, options, pre-checkout, payment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.sandbox.telegram_world import ANNA, Bot, Json, World
from tests.sandbox.test_telegram_payments import MONEY, STARS, invoice, last_paid

ADDRESS = {
    "country_code": "DE",
    "state": "",
    "city": "Berlin",
    "street_line1": "Allee 1",
    "street_line2": "",
    "post_code": "10115",
}
POST = {"id": "post", "title": "Post", "prices": [{"label": "stamps", "amount": 500}]}
COURIER = {"id": "courier", "title": "Courier", "prices": [{"label": "ride", "amount": 9000}]}


@asynccontextmanager
async def answering(bot: Bot, shipping: Json) -> AsyncIterator[list[Json]]:
    """A bot that answers each shipping query as given, says yes to every payment, and keeps all updates."""
    taken: list[Json] = []

    async def serve() -> None:
        while True:
            for update in await bot.updates(timeout=20):
                taken.append(update)
                if query := update.get("shipping_query"):
                    await bot.ok("answerShippingQuery", shipping_query_id=query["id"], **shipping)
                if query := update.get("pre_checkout_query"):
                    await bot.ok("answerPreCheckoutQuery", pre_checkout_query_id=query["id"], ok=True)

    task = asyncio.create_task(serve())
    try:
        yield taken
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_the_chosen_delivery_is_paid_with_the_goods(world: World, bot: Bot) -> None:
    anna, number = await invoice(bot, MONEY, is_flexible=True, need_shipping_address=True)
    bill = {"message_id": number}
    async with answering(bot, {"ok": True, "shipping_options": [POST, COURIER]}) as taken:
        assert (await anna.refused("/invoices", {**bill, "action": "pay"}))[0] == 409
        offered = await anna.give("/invoices", {**bill, "action": "ship", "address": ADDRESS})
        assert offered["status"] == "shipping"
        assert [one["total_amount"] for one in offered["options"]] == [500, 9000]
        pay = {**bill, "action": "pay", "shipping_option": "courier"}
        assert (await anna.give("/invoices", pay))["status"] == "paid"
    (asked,) = [update["shipping_query"] for update in taken if "shipping_query" in update]
    assert (asked["from"]["id"], asked["invoice_payload"], asked["shipping_address"]) == (
        ANNA,
        "order-1",
        ADDRESS,
    )
    paid = await last_paid(bot)
    checked = next(update["pre_checkout_query"] for update in taken if "pre_checkout_query" in update)
    for told in (checked, paid):
        assert (told["total_amount"], told["shipping_option_id"]) == (49900 + 9000, "courier")
        assert told["order_info"]["shipping_address"] == ADDRESS
    payments = {payment["id"]: payment for payment in await world.get("/sandbox/payments")}
    assert payments[paid["provider_payment_charge_id"]]["amount"]["value"] == "589.00"


async def test_a_fixed_price_asks_for_the_address_only(bot: Bot) -> None:
    anna, number = await invoice(bot, MONEY, need_shipping_address=True)
    async with answering(bot, {"ok": False, "error_message": "never asked"}) as taken:
        pay = {"message_id": number, "action": "pay", "address": ADDRESS}
        assert (await anna.give("/invoices", pay))["status"] == "paid"
    assert not any("shipping_query" in update for update in taken)
    paid = await last_paid(bot)
    assert (paid["total_amount"], paid["order_info"]["shipping_address"]) == (49900, ADDRESS)
    assert "shipping_option_id" not in paid


async def test_the_bot_sends_nothing_there(bot: Bot) -> None:
    anna, number = await invoice(bot, MONEY, is_flexible=True)
    async with answering(bot, {"ok": False, "error_message": "Too far"}):
        result = await anna.give("/invoices", {"message_id": number, "action": "ship"})
    assert result == {"status": "refused", "error_message": "Too far"}


async def test_stars_need_no_address(bot: Bot) -> None:
    anna, number = await invoice(bot, STARS, is_flexible=True, need_shipping_address=True)
    async with answering(bot, {"ok": True, "shipping_options": [POST]}):
        assert (await anna.give("/invoices", {"message_id": number, "action": "pay"}))["status"] == "paid"
    assert "order_info" not in await last_paid(bot)


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        ({"ok": False}, "error_message must be non-empty when ok is false"),
        ({"ok": True}, "there must be at least one shipping option"),
        (
            {"ok": True, "shipping_options": [{**POST, "title": ""}]},
            "can't parse shipping option: ShippingOption title must be non-empty",
        ),
        (
            {"ok": True, "shipping_options": [POST]},
            "query is too old and response timeout expired or query ID is invalid",
        ),
    ],
)
async def test_answers_telegram_refuses(bot: Bot, answer: Json, refusal: str) -> None:
    assert (
        await bot.refused("answerShippingQuery", shipping_query_id="1", **answer) == f"Bad Request: {refusal}"
    )


async def test_each_question_has_its_own_answer(bot: Bot) -> None:
    anna, number = await invoice(bot, MONEY, is_flexible=True)
    await bot.updates()
    asking = asyncio.create_task(anna.give("/invoices", {"message_id": number, "action": "ship"}))
    (update,) = await bot.updates(timeout=20)
    query = update["shipping_query"]
    assert "query is too old" in await bot.refused(
        "answerPreCheckoutQuery", pre_checkout_query_id=query["id"], ok=True
    )
    await bot.ok("answerShippingQuery", shipping_query_id=query["id"], ok=True, shipping_options=[POST])
    assert (await asking)["status"] == "shipping"
