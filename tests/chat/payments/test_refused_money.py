"""What the database refuse to credit is kept and shown, never answered with a no and forgotten."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from bot.jobs.housekeeping import sweep
from bot.payments.reconciling import open_payments, reconcile
from bot.payments.reports import Report
from bot.sandbox.app import Sandbox
from bot.texts import errors as error_words
from bot.texts import stats as admin_words
from bot.timings import Timings
from db.access.changes import AppliedChange
from db.errors import AccessTooFar, AmountTooLarge
from db.jobs import SweepJob
from handlers import payments
from handlers.app import Application
from tests.app import QUICK, update_of
from tests.chat_user import ANNA, PATIENCE, ChatUser

ROUBLES = "select min(id) from bot.offers where currency = 'RUB'"
STARS = "select min(id) from bot.offers where currency = 'XTR'"
NEVER = timedelta(hours=10)
OPEN_ALARMS = "select array_agg(kind order by kind) from bot.alerts where solved_at is null"
# As the other application may have written it: whatever is added to it ends too far away.
TOO_FAR = (
    "insert into usermoduleaccess (user_id, module_id, ends_at)"
    " select u.id, m.id, '9000-12-30+00' from users u, modules m"
    " on conflict (user_id, module_id) do update set ends_at = excluded.ends_at"
)
NEAR = "update usermoduleaccess set ends_at = now()"


async def becomes(condition: Callable[[], Awaitable[Any]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await condition():  # noqa: ASYNC110 - it happens in the worker and in the database
            await asyncio.sleep(0.03)


async def alarmed(sql: asyncpg.Connection) -> list[str]:
    return await sql.fetchval(OPEN_ALARMS) or []


async def stars_order(person: ChatUser, sql: asyncpg.Connection) -> dict[str, Any]:
    """An open order, and what Telegram says when it is paid."""
    await person.send(f"/start buy_{await sql.fetchval(STARS)}")
    await person.choose("stars")
    key, amount = await sql.fetchrow(
        "select key, amount_cents from bot.payment_attempts a join purchases p on p.id = a.purchase_id"
    )
    return {
        "currency": "XTR",
        "total_amount": amount,
        "invoice_payload": key,
        "telegram_payment_charge_id": "charge-1",
        "provider_payment_charge_id": "",
    }


@pytest.mark.errors_expected
async def test_a_message_of_money_that_meets_a_refusal_is_kept_told_and_tried_until_it_works(
    app: Application, anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await olga.send("/start")
    await anna.register()
    paid = await stars_order(anna, sql)

    async def refuse(*_: Any) -> AppliedChange:
        raise AccessTooFar(30)

    with monkeypatch.context() as broken:
        broken.setattr(payments, "settle_charge", refuse)
        update = update_of(anna, successful_payment=paid)
        for _ in range(2):  # Telegram may deliver it again
            await app.processor.process(update)
        await anna.receives("Ничего не потеряно")
        await olga.receives("AccessTooFar")
        assert await sql.fetchval("select count(*) from bot.failed_updates where solved_at is null") == 1
        assert await alarmed(sql) == ["update_failed"]
        await sql.execute("delete from bot.pgqueuer where entrypoint = 'retry_update'")  # lost
    await sweep(SweepJob(), app.context)
    await anna.receives("✅ Оплачено")
    await becomes(lambda: sql.fetchval("select solved_at is not null from bot.failed_updates"))
    assert await sql.fetchval("select count(*) from purchases where status = 'succeeded'") == 1
    assert await alarmed(sql) == []


@pytest.mark.errors_expected
async def test_what_fails_once_more_is_tried_ever_more_seldom(
    app: Application, anna: ChatUser, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await anna.register()
    paid = await stars_order(anna, sql)
    monkeypatch.setattr(payments, "settle_charge", None)
    await app.processor.process(update_of(anna, successful_payment=paid))
    await sql.execute("update bot.failed_updates set tries = 100")
    await sql.execute("update bot.pgqueuer set execute_after = now() where entrypoint = 'retry_update'")
    await becomes(lambda: sql.fetchval("select tries = 101 from bot.failed_updates"))
    waits = (
        "select status = 'queued' and execute_after > now() + interval '50 minutes'"
        " from bot.pgqueuer where entrypoint = 'retry_update'"
    )
    await becomes(lambda: sql.fetchval(waits))


class TestPaidByLink:
    """Nobody asks for the payment but who is told to."""

    @pytest.fixture
    def timings(self) -> Timings:
        return Timings(asks=(NEVER,), dequeue=QUICK.dequeue, job_retry=QUICK.job_retry)

    @pytest.mark.errors_expected
    async def test_whose_access_would_end_too_far_away_is_alarmed_about_once_and_settled_later(
        self, app: Application, anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection
    ) -> None:
        await olga.send("/start")
        await anna.register()
        await anna.order(await sql.fetchval(ROUBLES))
        await sql.execute(TOO_FAR)
        await anna.pay()
        await anna.receives("Ничего не потеряно")
        told = await olga.receives("9000")
        await becomes(lambda: sql.fetchval("select outcome = 'not credited' from bot.callbacks"))
        assert await sql.fetchval("select status from purchases") == "pending"
        await reconcile(app.context)
        assert await alarmed(sql) == ["payment_not_credited"]
        await olga.refresh()
        assert [text for text in olga.texts if "9000" in text] == [told]
        await anna.send("/start paid")
        await anna.receives("Ничего не потеряно")
        await sql.execute(NEAR)
        report = await reconcile(app.context)
        assert report.failed == {}
        await anna.receives("✅ Оплачено")
        assert await sql.fetchval("select status from purchases") == "succeeded"
        assert await sql.fetchval("select count(*) from bot.access_changes") == 1
        assert await alarmed(sql) == []

    @pytest.mark.errors_expected
    async def test_a_mismatch_an_admin_has_seen_to_stays_away_until_it_is_another_one(
        self, app: Application, anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection
    ) -> None:
        await olga.send("/start")
        await anna.register()
        await anna.order(await sql.fetchval(ROUBLES))
        await sql.execute("update purchases set amount_cents = amount_cents - 1")
        await anna.pay()
        await becomes(lambda: sql.fetchval("select outcome = 'mismatch' from bot.callbacks"))
        await olga.send("/admin")
        await olga.click(admin_words.ALERTS)
        await olga.click("разобрано")
        assert await alarmed(sql) == []
        await reconcile(app.context)
        assert await alarmed(sql) == []
        await sql.execute("update purchases set amount_cents = amount_cents - 1")
        await reconcile(app.context)
        assert await alarmed(sql) == ["payment_mismatch"]

    @pytest.mark.errors_expected
    async def test_money_only_held_is_an_alarm_until_it_ends(
        self, app: Application, anna: ChatUser, olga: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        """Somebody has changed the shop's settings, or an order of another program: ours ask to capture."""
        await olga.send("/start")
        await anna.register()
        await anna.order(await sql.fetchval(ROUBLES))
        payment = await anna.open_checkout()
        record = sandbox.yookassa.provider.book.payments[payment]
        record.capture = False
        await anna.pay()
        await olga.receives("№1")
        for _ in range(2):
            await reconcile(app.context)
        assert await alarmed(sql) == ["payment_held"]
        assert await sql.fetchval("select count(*) from bot.alerts") == 1
        await anna.at_checkout("capture")
        await anna.receives("✅ Оплачено")
        assert await alarmed(sql) == []


@pytest.mark.errors_expected
async def test_stars_that_open_nothing_are_parked_by_the_ledger_and_hide_no_others(
    app: Application, anna: ChatUser, ben: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    await olga.send("/start")
    await anna.register()
    await sql.execute(TOO_FAR)
    await ben.register()
    for person in (anna, ben):
        await person.send(f"/start buy_{await sql.fetchval(STARS)}")
        await person.choose("stars")
        invoice = next(one for one in person.messages if "invoice" in one)
        await person._post("/invoices", {"message_id": invoice["message_id"], "action": "pay"})
    await ben.receives("✅ Paid")
    await sql.execute("delete from bot.pgqueuer where entrypoint = 'retry_update'")
    report = await reconcile(app.context)
    assert (report.failed, report.looked_at["Stars"]) == ({}, 2)
    assert await alarmed(sql) == ["payment_parked", "update_failed"]
    assert await sql.fetchval("select value from bot.cursors where name = 'stars'") == 2
    await sql.execute(NEAR)
    await sweep(SweepJob(), app.context)
    await anna.receives("✅ Оплачено")
    await becomes(lambda: sql.fetchval("select solved_at is not null from bot.failed_updates"))
    assert await alarmed(sql) == []
    assert await sql.fetchval("select count(*) from bot.parked_payments where solved_at is null") == 0


async def test_one_the_provider_does_not_show_hides_no_others(
    app: Application, anna: ChatUser, ben: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    """The first answer can't be read; the second payment is credited all the same."""
    sandbox.faults.set(callback_lost=1.0)
    for person in (anna, ben):
        await person.register()
        await person.order(await sql.fetchval(ROUBLES))
    await sql.execute("update bot.payment_attempts set next_ask_at = now() + interval '10 hours'")
    first = await sql.fetchval("select provider_payment_id from purchases order by id limit 1")
    del sandbox.yookassa.provider.book.payments[first].body["amount"]
    await ben.pay()
    report = Report()
    await open_payments(app.context, report)
    assert list(report.failed) == [f"payment {first}"]
    await ben.receives("✅ Paid")
    statuses = await sql.fetch("select status from purchases order by id")
    assert [row["status"] for row in statuses] == ["pending", "succeeded"]


async def test_a_cancellation_is_written_over_the_order_only_in_the_chat_that_ordered(
    anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    """An account with two chats: in the other one a message of the same number is about something else."""
    await anna.register()
    await ben.send("/start")
    await sql.execute(
        "insert into authidentities (user_id, loginprovider, providerkey) select id, 'telegram', $1 from users",
        str(ben.id),
    )
    await anna.order(await sql.fetchval(ROUBLES))
    number, before = ben.messages[-1]["message_id"], list(ben.texts)
    await sql.execute("update bot.payment_attempts set message_id = $1", number)
    await anna.at_checkout("decline")
    await anna.receives("деньги не списаны")
    await ben.receives("no money was charged")
    assert ben.texts[: len(before)] == before


@pytest.mark.errors_expected("money nobody claims is an alarm")
async def test_more_than_a_purchase_can_bear_is_parked_and_not_assigned(
    app: Application, anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    await olga.register()
    await anna.register()
    paid = {
        "currency": "XTR",
        "total_amount": 2**31,
        "invoice_payload": "nobody knows this",
        "telegram_payment_charge_id": "large-1",
        "provider_payment_charge_id": "",
    }
    await app.processor.process(update_of(anna, successful_payment=paid))
    await olga.receives("Неопознанный платёж")
    assert await sql.fetchval("select amount from bot.parked_payments") == 2**31
    await olga.send("/admin")
    await olga.click(admin_words.ALERTS)
    await olga.click("Назначить")
    await olga.send(f"{ANNA} {await sql.fetchval(STARS)}")
    await olga.receives(lambda: error_words.say(AmountTooLarge(2**31, "XTR")))
    assert await sql.fetchval("select count(*) from bot.parked_payments where solved_at is null") == 1
