"""Delivery of what an invoice sells: an address, and the ways of sending that the bot offers for it."""

from dataclasses import dataclass
from typing import Any

from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import PageError, bad_request
from bot.sandbox.telegram.ledger import Invoice, price_total
from bot.sandbox.telegram.people import Person

Json = dict[str, Any]
FIELDS = ("country_code", "state", "city", "street_line1", "street_line2", "post_code")
SAMPLE = {
    "country_code": "RU",
    "state": "",
    "city": "Москва",
    "street_line1": "Тестовая улица, 1",
    "street_line2": "",
    "post_code": "101000",
}


@dataclass(frozen=True)
class Delivery:
    """`option` is one of those the bot offered for this address, None where the price is fixed."""

    address: Json
    option: Json | None = None

    @property
    def price(self) -> int:
        """In the currency's smallest unit."""
        return price_total(self.option["prices"]) if self.option else 0

    def as_chosen(self) -> Json:
        return {"shipping_option_id": self.option["id"]} if self.option else {}


def address_of(given: Json) -> Json:
    """The address of a request of the page, the sample where it names none; raises PageError 400."""
    address = given.get("address") or SAMPLE
    if not isinstance(address, dict) or not all(isinstance(address.get(name, ""), str) for name in FIELDS):
        raise PageError(400, "address is an object of texts")
    return {name: address.get(name, "") for name in FIELDS}


async def ask_options(ctx: Context, bot: Account, payer: Person, invoice: Invoice, address: Json) -> Json:
    """What the bot offers for that address, remembered for the payment that follows."""
    number, future = ctx.queries.open_checkout(bot, payer.id, "shipping")
    query = {
        "id": number,
        "from": payer.as_user(),
        "invoice_payload": invoice.payload,
        "shipping_address": address,
    }
    with ctx.store.batch():
        ctx.updates.push(bot, "shipping_query", query)
    answer = await ctx.queries.checkout_answer(number, future)
    if answer is None:
        return {"status": "timeout", "error_message": "The bot did not answer in ten seconds"}
    if not answer["ok"]:
        return {"status": "refused", "error_message": answer["error_message"]}
    ctx.offers[bot.id, payer.id, invoice.slug] = (address, answer["options"])
    return {"status": "shipping", "address": address, "options": answer["options"]}


def chosen_delivery(
    ctx: Context, bot: Account, payer: Person, invoice: Invoice, given: Json
) -> Delivery | None:
    """How the paid thing is sent, None where nothing is; raises PageError 409 while no offered way is chosen."""
    if invoice.stars or not (invoice.need_shipping or invoice.flexible):
        return None
    if not invoice.flexible:
        return Delivery(address_of(given))
    address, options = ctx.offers.get((bot.id, payer.id, invoice.slug), ({}, []))
    option = next((one for one in options if one["id"] == given.get("shipping_option")), None)
    if option is None:
        raise PageError(409, "choose one of the shipping options first (action ship asks the bot for them)")
    return Delivery(address, option)


def read_options(given: list[Any] | None) -> list[Json]:
    """The options of an answerShippingQuery; raises 400 in Telegram's words."""
    if not given:
        raise bad_request("there must be at least one shipping option")
    return [_option(one) for one in given]


def _option(given: Any) -> Json:
    if not isinstance(given, dict):
        raise bad_request("can't parse shipping option: ShippingOption must be an Object")
    for name, what in (("id", "identifier"), ("title", "title")):
        if not isinstance(given.get(name), str) or not given[name]:
            raise bad_request(f"can't parse shipping option: ShippingOption {what} must be non-empty")
    prices = given.get("prices")
    if not isinstance(prices, list):
        raise bad_request("can't parse shipping option: an Array of prices is expected")
    total = price_total(prices)
    return {"id": given["id"], "title": given["title"], "prices": prices, "total_amount": total}
