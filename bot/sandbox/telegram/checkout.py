"""A person pays an invoice: the bot is asked first, then the card or the Stars are charged."""

import asyncio
import json
import secrets
from dataclasses import dataclass, replace
from typing import Any

from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.acts import message_of, post
from bot.sandbox.telegram.chats import Entry
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import PageError
from bot.sandbox.telegram.ledger import Invoice
from bot.sandbox.telegram.people import Person
from bot.sandbox.telegram.shipping import Delivery, address_of, ask_options, chosen_delivery

Json = dict[str, Any]
LINK = "https://t.me/$"


@dataclass(frozen=True)
class Sheet:
    """A payment sheet: whose, for which invoice, opened from which message (None: from a link)."""

    bot: Account
    payer: Person
    invoice: Invoice
    entry: Entry | None
    email: str
    delivery: Delivery | None = None

    @property
    def total(self) -> int:
        """With the delivery, in the currency's smallest unit."""
        return self.invoice.total + (self.delivery.price if self.delivery else 0)

    def amount(self) -> Json:
        return {
            "currency": self.invoice.currency,
            "total_amount": self.total,
            "invoice_payload": self.invoice.payload,
        }

    def order(self) -> Json:
        """What the invoice asked of the person."""
        invoice, payer = self.invoice, self.payer
        asked = (
            (invoice.need_name, "name", f"{payer.first_name} {payer.last_name}".strip()),
            (invoice.need_phone, "phone_number", payer.phone.lstrip("+")),
            (invoice.need_email, "email", self.email),
            (self.delivery, "shipping_address", self.delivery and self.delivery.address),
        )
        info = {name: value for wanted, name, value in asked if wanted}
        return (self.delivery.as_chosen() if self.delivery else {}) | ({"order_info": info} if info else {})


def open_sheet(ctx: Context, bot: Account, owner: Person, given: Json) -> Sheet:
    payer = ctx.people.get(given.get("as") or owner.id)
    entry = None
    if given.get("link"):
        invoice = invoice_of_link(ctx, bot, str(given["link"]))
    else:
        entry = message_of(ctx.chats.private(bot, owner), given.get("message_id"))
        invoice = invoice_of_link(ctx, bot, entry.invoice)
    if entry and entry.paid and payer.id == owner.id and not given.get("force"):
        raise PageError(409, "this invoice is paid")
    own = entry if payer.id == owner.id else None
    email = str(given.get("email") or f"{payer.username or payer.id}@example.com")
    return Sheet(bot, payer, invoice, own, email)


def invoice_of_link(ctx: Context, bot: Account, link: str) -> Invoice:
    """By a link or its last part; raises PageError 404."""
    invoice = ctx.ledger.invoice(link.removeprefix(LINK))
    if invoice is None or invoice.bot != bot.id:
        raise PageError(404, "there is no invoice")
    return invoice


async def act(ctx: Context, sheet: Sheet, given: Json) -> Json:
    """Raises PageError for an unknown action; else the status that the page shows."""
    bot, payer, invoice = sheet.bot, sheet.payer, sheet.invoice
    match action := given.get("action"):
        case "close":
            return {"status": "closed"}
        case "ship":
            return await ask_options(ctx, bot, payer, invoice, address_of(given))
        case "pay" | "decline":
            sheet = replace(sheet, delivery=chosen_delivery(ctx, bot, payer, invoice, given))
            return await _confirmed(ctx, sheet) or await _charged(ctx, sheet, declined=action == "decline")
    raise PageError(400, "action is one of pay, decline, ship, close")


async def _confirmed(ctx: Context, sheet: Sheet) -> Json | None:
    """None when the bot agreed to the payment, else the status that ends it."""
    number, future = ctx.queries.open_checkout(sheet.bot, sheet.payer.id)
    with ctx.store.batch():
        ctx.updates.push(sheet.bot, "pre_checkout_query", _query(sheet, number))
    answer = await ctx.queries.checkout_answer(number, future)
    if answer is None:
        return {"status": "timeout", "error_message": "The bot did not answer in ten seconds"}
    return None if answer["ok"] else {"status": "refused", "error_message": answer["error_message"]}


def _query(sheet: Sheet, number: str) -> Json:
    head = {"id": number, "from": sheet.payer.as_user()}
    return head | sheet.amount() | sheet.order()


async def _charged(ctx: Context, sheet: Sheet, *, declined: bool) -> Json:
    """The bank may take its time."""
    await asyncio.sleep(float(ctx.faults.get("telegram_bank")))
    return _charge(ctx, sheet, declined=declined)


def _charge(ctx: Context, sheet: Sheet, *, declined: bool) -> Json:
    if declined:
        ctx.ledger.declined(sheet.invoice)
        return {"status": "declined", "error_message": "The card was declined"}
    with ctx.store.batch():
        charge = _by_stars(ctx, sheet) if sheet.invoice.stars else _by_card(ctx, sheet)
        if charge is None:
            return {"status": "declined", "error_message": "Not enough Stars"}
        _paid(ctx, sheet, charge)
    return {"status": "paid", **charge}


def _by_stars(ctx: Context, sheet: Sheet) -> Json | None:
    invoice, payer = sheet.invoice, sheet.payer
    if payer.stars < invoice.total:
        return None
    payer.stars -= invoice.total
    ctx.people.save(payer)
    move = ctx.ledger.received(invoice, payer.id)
    charge: Json = {
        "telegram_payment_charge_id": move.id,
        "provider_payment_charge_id": f"{payer.id}_{move.date}",
    }
    if invoice.subscription_period:
        charge |= {
            "subscription_expiration_date": move.date + invoice.subscription_period,
            "is_recurring": True,
            "is_first_recurring": True,
        }
    return charge


def _by_card(ctx: Context, sheet: Sheet) -> Json:
    invoice = sheet.invoice
    receipt = json.loads(invoice.provider_data or "{}").get("receipt")
    provider_id = ctx.shop.charge_by_invoice(
        amount_minor=sheet.total,
        currency=invoice.currency,
        description=invoice.description,
        email=sheet.email if invoice.need_email and invoice.email_to_provider else None,
        receipt=receipt,
    )
    telegram_id = f"{sheet.bot.id}_{sheet.payer.id}_{secrets.randbelow(10**9)}_{int(ctx.clock.time())}"
    return {"telegram_payment_charge_id": telegram_id, "provider_payment_charge_id": provider_id}


def _paid(ctx: Context, sheet: Sheet, charge: Json) -> None:
    """The receipt on the invoice, and the service message that tells the bot."""
    chat = ctx.chats.private(sheet.bot, sheet.payer)
    body = {"successful_payment": sheet.amount() | charge | sheet.order()}
    post(ctx, sheet.bot, chat, sheet.payer, body)
    if sheet.entry is not None:
        sheet.entry.paid = True
        ctx.chats.changed(chat, sheet.entry)
        ctx.hub.publish(sheet.bot.id, chat.id, "edited", message=sheet.entry.as_shown())
    number = sheet.entry.id if sheet.entry else None
    ctx.hub.publish(sheet.bot.id, chat.id, "paid", message_id=number, **sheet.amount())


async def run(ctx: Context, sheet: Sheet, given: Json) -> Json:
    """Goes on to its end when the page goes away meanwhile: the bot may have been asked already."""
    return await asyncio.shield(asyncio.ensure_future(act(ctx, sheet, given)))
