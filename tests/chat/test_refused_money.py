"""What the books refuse to credit is kept and shown, never answered with a no and forgotten."""

from typing import Any

import asyncpg
import pytest

from db.errors import AccessTooFar
from handlers import payments
from main import Lessongate
from tests.chat.person import Person
from tests.school import update_of


@pytest.mark.errors_expected
async def test_a_payment_that_meets_a_refusal_is_kept(
    school: Lessongate, anna: Person, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: Any) -> None:
        raise AccessTooFar(30)

    monkeypatch.setattr(payments, "receive", refuse)
    paid = {
        "currency": "XTR",
        "total_amount": 100,
        "invoice_payload": "whatever",
        "telegram_payment_charge_id": "charge-1",
        "provider_payment_charge_id": "",
    }
    update = update_of(anna, successful_payment=paid)
    await school.intake.take(update)
    assert (
        await sql.fetchval("select update_id from bot.failed_updates where solved_at is null")
        == update["update_id"]
    )
