"""Telegram's ledger of Stars, read raw: an entry of a kind that nobody knew yet hides no payment."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiogram.methods import TelegramMethod

from bot.context import AppContext
from bot.payments.alarms import STARS_LEDGER, keep_unread
from bot.payments.refund_booking import book_stars_refund
from bot.payments.reports import ErrorCollector, Report
from bot.payments.settling import notify_charge
from bot.raw_json import Json, Unreadable, read_item, word
from db.engine import Pool
from db.errors import Refused
from db.payments import cursors
from db.payments.methods import STARS, XTR
from db.payments.telegram import TelegramCharge, park_refused_charge, settle_charge

PAGE = 100  # the most Telegram gives at once
MAX_AMOUNT = 2**53  # of Stars; nothing real comes near


class GetRawStarTransactions(TelegramMethod[dict[str, Any]]):
    """getStarTransactions without parsing: aiogram refuses the whole page for one partner it does not know."""

    __returning__ = dict[str, Any]
    __api_method__ = "getStarTransactions"

    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class StarTransaction:
    """`payload`: of the invoice that was paid, None where none was. `payer`: who paid it, 0 where nobody did.
    `refunded`: it is the return of the payment of the same id. `at` is None where the entry does not say."""

    id: str
    amount: int
    at: datetime | None
    payload: str | None = None
    payer: int = 0
    refunded: bool = False


def transaction_of(item: Json) -> StarTransaction:
    """Incoming for an invoice: a payment. Outgoing for one, to its payer: its refund. Whatever says that it is
    something else (withdrawals, gifts, advertising, partners of tomorrow) is nobody's purchase."""
    source, receiver = item.get("source"), item.get("receiver")
    if source is not None and _is_for_invoice(source):
        payload, payer = source["invoice_payload"], source["user"]["id"]
        if not isinstance(payload, str) or type(payer) is not int:
            raise TypeError("who paid which invoice can't be read")
        return StarTransaction(word(item["id"]), _amount(item), _moment(item), payload, payer)
    if receiver is not None and _is_for_invoice(receiver):
        return StarTransaction(word(item["id"]), _amount(item), _moment(item), refunded=True)
    if source is None and receiver is None:
        raise TypeError("who it was with is missing")
    return StarTransaction(str(item.get("id")), 0, None)


def _is_for_invoice(partner: Any) -> bool:
    if not isinstance(partner, dict):
        raise TypeError("who it was with can't be read")
    kind, deal = partner.get("type"), partner.get("transaction_type")
    if partner.get("invoice_payload") is not None or deal == "invoice_payment":
        return True
    if not any(said and isinstance(said, str) and said != "user" for said in (kind, deal)):
        raise TypeError("what it was for can't be read")
    return False


def _amount(item: Json) -> int:
    found = item["amount"]
    if type(found) is not int or not 0 < found < MAX_AMOUNT:
        raise TypeError("amount is no number of Stars")
    return found


def _moment(item: Json) -> datetime | None:
    """Seconds since 1970; for show."""
    try:
        return datetime.fromtimestamp(item["date"], UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


async def stars_ledger(context: AppContext, report: Report) -> None:
    """Oldest first (docs/facts.md#stars), from the stored offset on, which stays before the first one that could not
    be settled. What can't be read is kept, and holds nothing up."""
    if not context.settings.stars_enabled:
        return
    errors = ErrorCollector(report)
    async with context.database.transaction(Pool.JOBS) as session:
        offset = await cursors.get_cursor(session, STARS)
    while True:
        page = (await context.bot(GetRawStarTransactions(offset=offset, limit=PAGE)))["transactions"]
        for item in page:
            transaction = read_item(transaction_of, item)
            if isinstance(transaction, Unreadable):
                await keep_unread(context, STARS_LEDGER, transaction)
                continue
            with errors.isolate_errors(f"Stars {transaction.id}"):
                report.looked("Stars", await _settle_transaction(context, transaction))
        until = offset + len(page)
        if not errors.failed:
            async with context.database.transaction(Pool.JOBS) as session:
                await cursors.record_cursor(session, STARS, offset, until)
        offset = until
        if len(page) < PAGE:
            return


async def _settle_transaction(context: AppContext, transaction: StarTransaction) -> bool:
    """Whether the database did not hold it yet."""
    if transaction.payload is not None:
        charge = TelegramCharge(
            payload=transaction.payload,
            amount=transaction.amount,
            currency=XTR,
            telegram_id=transaction.payer,
            charge_id=transaction.id,
            provider_charge_id="",
            at=transaction.at or context.now(),
        )
        return await _settle_charge(context, charge)
    if transaction.refunded:
        async with context.database.transaction(Pool.MONEY) as session:
            return await book_stars_refund(
                session, context, transaction.id, transaction.amount, context.now()
            )
    return False


async def _settle_charge(context: AppContext, charge: TelegramCharge) -> bool:
    try:
        async with context.database.transaction(Pool.MONEY) as session:
            settlement = await settle_charge(session, charge, context.now())
            await notify_charge(session, context, charge, settlement)
    except Refused:
        async with context.database.transaction(Pool.MONEY) as session:
            settlement = await park_refused_charge(session, charge, context.now())
            await notify_charge(session, context, charge, settlement)
    return settlement.purchase is not None
