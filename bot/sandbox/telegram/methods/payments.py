"""Invoices, and Stars."""

import json
import re
import secrets
from typing import Any

from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import bad_request
from bot.sandbox.telegram.keyboards import checked_markup
from bot.sandbox.telegram.ledger import Invoice, StarMove, price_total
from bot.sandbox.telegram.methods.registry import method
from bot.sandbox.telegram.outbox import send, target
from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.shipping import read_options

Json = dict[str, Any]
PROVIDER_TOKEN = re.compile(r"\d+:(TEST|LIVE):\S+")
# currencies.json of core.telegram.org: about 1 to 10,000 US dollars, in the smallest unit
MONEY_LIMITS = {
    "RUB": (8653, 86530475),
    "USD": (100, 1000000),
    "EUR": (86, 860000),
    "KZT": (51800, 518000000),
}
STARS_LIMIT = 100_000
SUBSCRIPTION_STARS_LIMIT = 10_000
MONTH = 2_592_000  # seconds; the only period of a subscription


@method("sendInvoice")
def send_invoice(ctx: Context, bot: Account, params: Params) -> Json:
    target(ctx, bot, params)
    if "subscription_period" in params:
        raise bad_request("SUBSCRIPTION_PERIOD_INVALID")
    _check_pay_button(checked_markup(params.mapping("reply_markup")))
    invoice = ctx.ledger.add_invoice(read_invoice(bot, params))
    body = {"invoice": invoice.as_object()}
    return send(ctx, bot, params, body, invoice=invoice.slug, page=invoice.asked())


def _check_pay_button(markup: Json | None) -> None:
    """A keyboard of one's own must begin with the Pay button."""
    buttons = [button for row in (markup or {}).get("inline_keyboard", []) for button in row]
    if markup and not (buttons and buttons[0].get("pay")):
        raise bad_request("REPLY_MARKUP_BUY_EMPTY")


@method("createInvoiceLink")
def create_invoice_link(ctx: Context, bot: Account, params: Params) -> str:
    return f"https://t.me/${ctx.ledger.add_invoice(read_invoice(bot, params)).slug}"


def read_invoice(bot: Account, params: Params) -> Invoice:
    """The invoice a call describes; raises 400 in Telegram's words."""
    _check_lengths(params)
    currency = params.text("currency").upper()
    period = params.integer("subscription_period", 0)
    total = _total(params.listing("prices"), currency)
    token, data = params.text("provider_token"), params.text("provider_data")
    _check_amount(currency, total, period)
    _check_provider(currency, token, data)
    return Invoice(
        slug=secrets.token_urlsafe(12),
        bot=bot.id,
        title=params.text("title"),
        description=params.text("description"),
        payload=params.text("payload"),
        currency=currency,
        total=total,
        provider_token=token,
        provider_data=data,
        start_parameter=params.text("start_parameter"),
        need_email=params.flag("need_email"),
        need_phone=params.flag("need_phone_number"),
        need_name=params.flag("need_name"),
        email_to_provider=params.flag("send_email_to_provider"),
        subscription_period=period,
        need_shipping=params.flag("need_shipping_address"),
        flexible=params.flag("is_flexible"),
    )


def _check_lengths(params: Params) -> None:
    if not 1 <= len(params.text("title")) <= 32:
        raise bad_request("INVOICE_TITLE_INVALID")
    if not 1 <= len(params.text("description")) <= 255:
        raise bad_request("INVOICE_DESCRIPTION_INVALID")
    if not 1 <= len(params.text("payload").encode()) <= 128:
        raise bad_request("INVOICE_PAYLOAD_INVALID")


def _total(prices: list[Any] | None, currency: str) -> int:
    if not prices:
        raise bad_request("prices must be non-empty")
    if currency == "XTR" and len(prices) != 1:
        raise bad_request("STARS_INVOICE_INVALID")
    return price_total(prices)


def _check_amount(currency: str, total: int, period: int) -> None:
    if period not in (0, MONTH) or (period and currency != "XTR"):
        raise bad_request("SUBSCRIPTION_PERIOD_INVALID")
    if currency == "XTR":
        low, high = 1, SUBSCRIPTION_STARS_LIMIT if period else STARS_LIMIT
    elif currency in MONEY_LIMITS:
        low, high = MONEY_LIMITS[currency]
    else:
        raise bad_request("CURRENCY_INVALID")
    if not low <= total <= high:
        raise bad_request("STARS_INVOICE_INVALID" if currency == "XTR" else "CURRENCY_TOTAL_AMOUNT_INVALID")


def _check_provider(currency: str, token: str, data: str) -> None:
    if currency == "XTR":
        if token:
            raise bad_request("STARS_PROVIDER_TOKEN_NOT_EMPTY")
        return
    if PROVIDER_TOKEN.fullmatch(token) is None:
        raise bad_request("PAYMENT_PROVIDER_INVALID")
    try:
        valid = not data or isinstance(json.loads(data), dict)
    except ValueError:
        valid = False
    if not valid:
        raise bad_request("PROVIDER_DATA_INVALID")


@method("answerPreCheckoutQuery")
def answer_pre_checkout_query(ctx: Context, bot: Account, params: Params) -> bool:
    agreed, message = params.flag("ok"), params.text("error_message")
    if not agreed and not message:
        raise bad_request("error_message must be non-empty when ok is false")
    answer = {"ok": agreed, "error_message": message}
    ctx.queries.answer_checkout(bot, "pre_checkout", params.text("pre_checkout_query_id"), answer)
    return True


@method("answerShippingQuery")
def answer_shipping_query(ctx: Context, bot: Account, params: Params) -> bool:
    agreed, message = params.flag("ok"), params.text("error_message")
    if not agreed and not message:
        raise bad_request("error_message must be non-empty when ok is false")
    options = read_options(params.listing("shipping_options")) if agreed else []
    answer = {"ok": agreed, "error_message": message, "options": options}
    ctx.queries.answer_checkout(bot, "shipping", params.text("shipping_query_id"), answer)
    return True


@method("refundStarPayment")
def refund_star_payment(ctx: Context, bot: Account, params: Params) -> bool:
    person = ctx.people.find(params.integer("user_id"))
    if person is None:
        raise bad_request("USER_ID_INVALID")
    move = ctx.ledger.given_back(bot.id, person.id, params.text("telegram_payment_charge_id"))
    person.stars += move.amount
    ctx.people.save(person)
    _tell_refund(ctx, bot, move)
    return True


def _tell_refund(ctx: Context, bot: Account, move: StarMove) -> None:
    """Both sides see a service message of the person's; the bot gets it as an update."""
    person = ctx.people.get(move.person)
    chat = ctx.chats.private(bot, person)
    refunded = {
        "currency": "XTR",
        "total_amount": move.amount,
        "invoice_payload": move.payload,
        "telegram_payment_charge_id": move.id,
    }
    entry = ctx.chats.add(chat, person.as_user(), {"refunded_payment": refunded}, outgoing=True)
    ctx.hub.publish(bot.id, person.id, "message", message=entry.as_shown())
    ctx.updates.push(bot, "message", entry.body)


@method("getMyStarBalance")
def get_my_star_balance(ctx: Context, bot: Account, params: Params) -> Json:
    return {"amount": ctx.ledger.balance(bot.id)}


@method("getStarTransactions")
def get_star_transactions(ctx: Context, bot: Account, params: Params) -> Json:
    offset, limit = params.integer("offset", 0), params.integer("limit", 100)
    if offset < 0 or not 1 <= limit <= 100:
        raise bad_request("invalid offset or limit specified")
    moves = ctx.ledger.moves(bot.id)[offset : offset + limit]
    return {"transactions": [_transaction(ctx, move) for move in moves]}


def _transaction(ctx: Context, move: StarMove) -> Json:
    partner: Json = {
        "type": "user",
        "transaction_type": "invoice_payment",
        "user": ctx.people.get(move.person).as_user(),
        "invoice_payload": move.payload,
    }
    if move.subscription_period:
        partner["subscription_period"] = move.subscription_period
    side = "receiver" if move.refund else "source"
    return {"id": move.id, "amount": move.amount, "date": move.date, side: partner}
