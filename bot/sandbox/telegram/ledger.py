"""Invoices, and the Stars that bots received and gave back."""

import secrets
from dataclasses import asdict, dataclass
from typing import Any

from bot.sandbox.clock import WorldClock
from bot.sandbox.store import Store
from bot.sandbox.telegram.errors import bad_request

Json = dict[str, Any]
INVOICE, STARS, DECLINED = "invoice", "stars", "declined_invoice"


@dataclass
class Invoice:
    """`slug` is the last part of an invoice link; `total` in the currency's smallest unit, or in Stars."""

    slug: str
    bot: int
    title: str
    description: str
    payload: str
    currency: str
    total: int
    provider_token: str = ""
    provider_data: str = ""
    start_parameter: str = ""
    need_email: bool = False
    need_phone: bool = False
    need_name: bool = False
    email_to_provider: bool = False
    subscription_period: int = 0
    need_shipping: bool = False
    flexible: bool = False

    @property
    def stars(self) -> bool:
        return self.currency == "XTR"

    def as_object(self) -> Json:
        names = ("title", "description", "start_parameter", "currency")
        return {name: getattr(self, name) for name in names} | {"total_amount": self.total}

    def asked(self) -> Json:
        """What the page has to ask the payer for."""
        asked = {"needs_address": self.need_shipping or self.flexible, "flexible": self.flexible}
        return {name: True for name, wanted in asked.items() if wanted and not self.stars}


def price_total(prices: list[Any]) -> int:
    """The sum of labelled prices, in the smallest unit; raises 400 for anything else."""
    if not all(isinstance(price, dict) and price.get("label") for price in prices):
        raise bad_request("can't parse labeled price: a label and an amount are expected")
    try:
        return sum(int(price["amount"]) for price in prices)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise bad_request("can't parse labeled price: an amount in the smallest units is expected") from error


@dataclass
class StarMove:
    """A payment of `amount` Stars by a person, or its refund (`refund`), under the same id."""

    id: str
    bot: int
    person: int
    amount: int
    payload: str
    date: int
    refund: bool = False
    subscription_period: int = 0


class Ledger:
    def __init__(self, store: Store, clock: WorldClock) -> None:
        self._store = store
        self._clock = clock
        self._invoices = {row["slug"]: Invoice(**row) for row in store.all(INVOICE)}
        self._moves = [StarMove(**row) for row in store.all(STARS)]

    def add_invoice(self, invoice: Invoice) -> Invoice:
        self._invoices[invoice.slug] = invoice
        self._store.put(INVOICE, invoice.slug, asdict(invoice))
        return invoice

    def invoice(self, slug: str) -> Invoice | None:
        return self._invoices.get(slug)

    def declined(self, invoice: Invoice) -> None:
        """The bank refused a payer's card; the bot never hears of it."""
        self._store.put(DECLINED, invoice.slug, {})

    @property
    def has_declined(self) -> bool:
        return bool(self._store.all(DECLINED))

    def received(self, invoice: Invoice, person: int) -> StarMove:
        move = StarMove(
            f"stx{secrets.token_urlsafe(33)}",
            invoice.bot,
            person,
            invoice.total,
            invoice.payload,
            int(self._clock.time()),
            subscription_period=invoice.subscription_period,
        )
        return self._add(move)

    def given_back(self, bot: int, person: int, charge_id: str) -> StarMove:
        """The whole payment returned; raises 400 for an unknown charge, and for one already refunded."""
        moves = [
            move for move in self._moves if move.id == charge_id and move.bot == bot and move.person == person
        ]
        if not moves:
            raise bad_request("CHARGE_NOT_FOUND")
        if any(move.refund for move in moves):
            raise bad_request("CHARGE_ALREADY_REFUNDED")
        first = moves[0]
        return self._add(
            StarMove(
                charge_id, bot, person, first.amount, first.payload, int(self._clock.time()), refund=True
            )
        )

    def moves(self, bot: int) -> list[StarMove]:
        """Oldest first."""
        return [move for move in self._moves if move.bot == bot]

    def balance(self, bot: int) -> int:
        return sum(-move.amount if move.refund else move.amount for move in self.moves(bot))

    def _add(self, move: StarMove) -> StarMove:
        self._moves.append(move)
        self._store.put(STARS, f"{move.bot}:{move.id}:{'refund' if move.refund else 'payment'}", asdict(move))
        return move
