"""Money that nobody claimed, and that an admin has assigned: settled as any other, once."""

import asyncpg
import pytest

from bot.payments.callbacks import settle_assigned
from bot.payments.settling import park_unknown
from bot.retry import RetryJobError
from bot.sandbox.app import Sandbox
from bot.texts import stats as admin_words
from bot.yookassa.answers import payment_of
from db.engine import Pool
from db.jobs import SettleAssignedJob
from handlers.app import Application
from tests.app import update_of
from tests.chat.payments.test_invoices import ROUBLES, STARS, charge
from tests.chat.payments.test_provider_answers import alarms
from tests.chat.payments.test_refused_money import NEAR, TOO_FAR
from tests.chat_user import ANNA, ChatUser

pytestmark = pytest.mark.unasked

STATUSES = "select array_agg(status order by id) from purchases"
QUEUED = "select array_agg(convert_from(payload, 'UTF8')) from bot.pgqueuer where entrypoint = 'tell'"


async def assign(olga: ChatUser, sql: asyncpg.Connection, offer: str) -> SettleAssignedJob:
    """To Anna. Its job is the test's to run."""
    await olga.send("/admin")
    await olga.click(admin_words.ALERTS)
    await olga.click("Назначить")
    await olga.send(f"{ANNA} {await sql.fetchval(offer)}")
    return SettleAssignedJob(attempt=await sql.fetchval("select max(id) from bot.payment_attempts"))


@pytest.mark.errors_expected("money nobody claims is an alarm")
async def test_a_payment_of_the_provider_is_fetched_first(
    app: Application, anna: ChatUser, olga: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    for person in (anna, olga):
        await person.register()
    app.worker.stop()
    provider = sandbox.yookassa.provider
    money = {"amount": {"value": "990.00", "currency": "RUB"}}
    record = provider.payments.create_paid(provider.demo, 99_000, "RUB", money)
    async with app.context.database.transaction(Pool.JOBS) as session:
        payment = payment_of(provider.payments.shown(record))
        assert await park_unknown(session, app.context, payment, app.context.now())
    job = await assign(olga, sql, ROUBLES)
    record.body |= {"status": "pending", "paid": False}  # nothing is believed but what it says now
    await settle_assigned(job, app.context)
    assert await sql.fetchval(STATUSES) == ["pending"]
    record.body |= {"status": "succeeded", "paid": True}
    await settle_assigned(job, app.context)
    assert await sql.fetchval(STATUSES) == ["succeeded"]
    assert await sql.fetchval("select sum(days) from bot.access_changes") == 30
    told = await sql.fetchval(QUEUED)
    sandbox.faults.set(provider_down=True)  # and is not asked any more
    await settle_assigned(job, app.context)
    assert await sql.fetchval(QUEUED) == told


@pytest.mark.errors_expected("money that opens nothing is an alarm")
async def test_stars_whose_days_cannot_be_given_yet_are_tried_again_later(
    app: Application, anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    for person in (anna, olga):
        await person.register()
    app.worker.stop()
    await app.processor.process(update_of(anna, successful_payment=charge("nobody's", 500, "parked-1")))
    job = await assign(olga, sql, STARS)
    await sql.execute(TOO_FAR)
    for _ in range(2):
        with pytest.raises(RetryJobError) as again:
            await settle_assigned(job, app.context)
        assert again.value.delay == app.context.timings.stuck_charge
    purchase = await sql.fetchval("select id from purchases")
    assert f"payment_not_credited {purchase}" in await alarms(sql)
    assert await sql.fetchval(STATUSES) == ["pending"]
    await sql.execute(NEAR)
    await settle_assigned(job, app.context)
    assert await sql.fetchval(STATUSES) == ["succeeded"]
    assert await alarms(sql) == []


@pytest.mark.errors_expected("money nobody claims is an alarm")
async def test_an_invoice_of_which_telegram_has_not_said_the_providers_number(
    app: Application, anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    """Telegram's word is the proof."""
    for person in (anna, olga):
        await person.register()
    app.worker.stop()
    paid = charge("nobody's", 99_000, "parked-1") | {"currency": "RUB"}
    await app.processor.process(update_of(anna, successful_payment=paid))
    job = await assign(olga, sql, ROUBLES)
    await settle_assigned(job, app.context)
    assert await sql.fetchval(STATUSES) == ["succeeded"]
