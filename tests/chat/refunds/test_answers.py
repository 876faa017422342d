"""A refund is decided by id, payment, status and amount alone, whatever else the provider's answer has or lacks."""

import json
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from bot.payments.refunding import settle_with_refunds
from bot.raw_json import Unreadable, read_item
from bot.sandbox.app import Sandbox
from bot.yookassa.answers import ProviderPayment, ProviderRefund, refund_of
from db.engine import Pool
from handlers.app import Application
from tests.chat.payments.test_provider_answers import ODD, UndoneError, mutated
from tests.chat.refunds.steps import at_provider, made
from tests.chat_user import ChatUser

pytestmark = pytest.mark.unasked

Json = dict[str, Any]
SHOWN: Json = {
    "description": "Refund of payment 1", "receipt_registration": "succeeded", "created_at": "2026-11-25T10:00:00.000Z",
    "cancellation_details": {"party": "yoo_money", "reason": "x"}, "sources": [], "deal": None, "refund_method": {},
    "refund_authorization_details": {"rrn": "1"}, "tomorrow": {"new": [1]},
}  # fmt: skip
DECIDES = [("id",), ("payment_id",), ("status",), ("amount",), ("amount", "value"), ("amount", "currency")]
OTHER: dict[tuple[str, ...], list[Any]] = {
    ("payment_id",): ["2d000000-000f-5000-9000-1b0000000001"],
    ("status",): ["pending", "canceled", "Succeeded", "succeeded\x00"],
    ("amount", "value"): ["990.01", "33000", "-330.00", "3.3e2", 330, 330.0],
    ("amount", "currency"): ["USD", "rub", "RUB\x00"],
}
# Another id is another refund, and as good a one.
READS_AS_WELL = [("id",)]


class Booking:
    """What becomes of answers about that payment's refund; nothing is changed. What reads as one that is known is
    booked as that one."""

    def __init__(self, app: Application, payment: ProviderPayment) -> None:
        self._context = app.context
        self._payment = payment
        self._known: dict[str, int] = {}

    async def days_left(self, answer: Json) -> int | Unreadable:
        """Of access, when the answer has been booked as it comes over the wire."""
        refund = read_item(refund_of, json.loads(json.dumps(answer)))
        if isinstance(refund, Unreadable):
            return refund
        if repr(refund) not in self._known:
            self._known[repr(refund)] = await self._book(refund)
        return self._known[repr(refund)]

    async def _book(self, refund: ProviderRefund) -> int:
        days = None
        try:
            async with self._context.database.transaction(Pool.MONEY) as session:
                await settle_with_refunds(
                    session, self._context, self._payment, [refund], self._context.now()
                )
                await session.flush()
                days = await session.scalar(text("select sum(days) from bot.access_changes"))
                raise UndoneError
        except UndoneError:
            assert days is not None
            return int(days)


@pytest.mark.errors_expected("a refund that differs is an alarm")
async def test_what_is_for_show_never_decides_and_what_decides_always_does(
    app: Application, anna: ChatUser, olga: ChatUser, bought: str, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    sandbox.faults.set(callback_lost=1.0)
    await at_provider(anna, "/refunds", {"payment_id": bought, "amount": "330.00"})
    app.worker.stop()  # reconciliation would book it meanwhile
    [refund] = await made(anna)
    deciding = {path[0] for path in DECIDES}
    bare = {name: value for name, value in refund.items() if name in deciding}
    assert app.context.provider is not None
    booking = Booking(app, await app.context.provider.payment(bought))
    assert await booking.days_left(bare) == 20
    walked = 0
    for name in SHOWN:
        for odd in ODD:
            answer = mutated(bare | SHOWN, (name,), odd)
            assert await booking.days_left(answer) == 20, (name, odd)
            walked += 1
    for path in DECIDES:
        for odd in [*ODD, *OTHER.get(path, ())]:
            left = await booking.days_left(mutated(bare, path, odd))
            walked += 1
            if not (path in READS_AS_WELL and isinstance(odd, str) and odd.strip() and odd.isprintable()):
                assert left != 20, (path, odd)
    assert walked > 250
    assert await sql.fetchval("select count(*) from bot.refunds") == 0
