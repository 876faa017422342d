"""What one person may ask: a limit on all they send, and another on what may be guessing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from bot.sandbox.app import Sandbox
from bot.texts import errors
from bot.timings import Timings
from bot.updates.limits import MAX_PEOPLE, Admission, PersonLimits
from handlers.app import Application
from tests.app import QUICK, update_of
from tests.chat.test_roles import GIVE_ROLE
from tests.chat_user import BEN, OLGA, ChatUser

PAID = {
    "currency": "XTR",
    "total_amount": 5,
    "invoice_payload": "nobody's",
    "telegram_payment_charge_id": "charge-1",
    "provider_payment_charge_id": "p",
}


def test_a_burst_and_then_one_at_a_time() -> None:
    limits = PersonLimits(3, 2.0)
    asked = [limits.admit(1, 10.0) for _ in range(5)]
    assert asked == [Admission.ADMITTED] * 3 + [Admission.FIRST_REFUSAL, Admission.REFUSED]
    assert limits.admit(2, 10.0) is Admission.ADMITTED
    assert limits.admit(1, 12.0) is Admission.ADMITTED
    assert limits.admit(1, 12.0) is Admission.REFUSED  # told already
    assert limits.admit(1, 100.0) is Admission.ADMITTED
    assert [limits.admit(1, 100.0) for _ in range(3)][-1] is Admission.FIRST_REFUSAL


def test_what_could_not_be_handled_does_not_count() -> None:
    limits = PersonLimits(1, 1.0)
    for _ in range(5):
        assert limits.admit(1, 0.0) is Admission.ADMITTED
        limits.give_back(1)


def test_memory_is_bounded() -> None:
    limits = PersonLimits(1, 1.0)
    for person in range(2 * MAX_PEOPLE):
        limits.admit(person, 0.0)
    assert len(limits._people) == MAX_PEOPLE


async def bring(app: Application, sandbox: Sandbox, *updates: dict[str, Any]) -> list[dict[str, Any]]:
    before = len(sandbox.telegram.context.calls)
    for update in updates:
        await app.processor.process(update)
    await app.processor.finish()
    calls = list(sandbox.telegram.context.calls)[before:]
    return [call for call in calls if call["method"].lower() in ("sendmessage", "answercallbackquery")]


SLOW = replace(QUICK, burst=5, every=timedelta(hours=1))


@pytest.mark.errors_expected("a payment nobody knows is an alarm")
@pytest.mark.parametrize("timings", [SLOW])
async def test_who_writes_too_much_is_told_once_and_pays_all_the_same(
    anna: ChatUser, ben: ChatUser, app: Application, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    calls = await bring(app, sandbox, *(update_of(anna, text="/help") for _ in range(20)))
    said = [call["params"]["text"] for call in calls]
    assert said[5] == anna.words(errors.TOO_FAST)
    assert len(said) == 6
    # Whoever helps the owners may be in a hurry, as long as they do.
    await sql.execute(GIVE_ROLE, BEN, "teacher")
    assert len(await bring(app, sandbox, *(update_of(ben, text="/help") for _ in range(20)))) == 20
    await sql.execute("delete from bot.roles")
    assert len(await bring(app, sandbox, *(update_of(ben, text="/help") for _ in range(20)))) == 1 + 4 + 1
    button = update_of(anna)
    message = button.pop("message")
    button["callback_query"] = {
        "id": "1",
        "from": message["from"],
        "chat_instance": "1",
        "data": "go:courses",
        "message": message,
    }
    assert [call["method"].lower() for call in await bring(app, sandbox, button)] == ["answercallbackquery"]
    await bring(app, sandbox, update_of(anna, successful_payment=PAID))
    assert await sql.fetchval("select count(*) from bot.parked_payments") == 1


@pytest.mark.parametrize("timings", [SLOW])
async def test_admins_are_not_counted(olga: ChatUser, app: Application, sandbox: Sandbox) -> None:
    assert olga.id == OLGA
    calls = await bring(app, sandbox, *(update_of(olga, text="/help") for _ in range(10)))
    assert len(calls) == 10


FEW = replace(QUICK, tries=5)


@pytest.fixture
def timings(request: pytest.FixtureRequest) -> Timings:
    given: Timings = getattr(request, "param", FEW)
    return given


async def test_wrong_codes_cool_off_and_a_right_one_starts_anew(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await sql.execute(
        "insert into promocodes (code, max_usage_count, days, product_id) values ('GOOD', 9, 1, 1), ('ALSO', 9, 1, 1)"
    )
    await anna.register()
    await guess(anna, 4)
    await anna.send("/promo GOOD")
    await anna.receives("GOOD")
    await guess(anna, 5)
    refused = await anna.send("/promo ALSO")
    assert refused.startswith(anna.words("Слишком много попыток"))
    await anna.send("/start promo_ALSO")
    await anna.receives("Слишком много попыток")
    assert await sql.fetchval("select count(*) from promocodeusages") == 1
    await sql.execute("update bot.cooldowns set tried_at = tried_at - interval '15 minutes'")
    await anna.send("/promo ALSO")
    await anna.receives("ALSO")


async def guess(person: ChatUser, times: int) -> None:
    for number in range(times):
        assert f"WRONG{number}" in await person.send(f"/promo WRONG{number}")


async def test_guesses_are_each_persons_own(anna: ChatUser, ben: ChatUser) -> None:
    await anna.register()
    await ben.register()
    await guess(anna, 5)
    await guess(ben, 5)
