"""News that come after the truth has changed: delivered late, or on their way meanwhile."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from aiogram.methods import EditMessageReplyMarkup, EditMessageText
from pydantic import TypeAdapter

from bot.clock import utc_now
from bot.notifications.alert_events import PaymentHeld
from bot.notifications.delivery import send_later, tell
from bot.notifications.events import (
    AccessGranted,
    AccessTaken,
    Event,
    PurchaseSucceeded,
    RefundDone,
    RoleChanged,
)
from bot.notifications.notify import notify, notify_chats, raise_alert
from bot.packing import pack
from bot.payments.checking import check_payment
from bot.retry import RetryJobError
from bot.sandbox.app import Sandbox
from bot.texts.format import until
from db import alerts
from db.engine import Pool
from db.jobs import CheckPaymentJob, SendJob, TellJob
from handlers.app import Application
from tests.chat.payments.links import arrived, on_its_way
from tests.chat.payments.test_provider_answers import ask_now
from tests.chat_user import ChatUser

pytestmark = pytest.mark.unasked

JOBS = "delete from bot.pgqueuer where entrypoint = 'tell' returning id, payload"
NOT_CHARGED = "списан"


async def take_jobs(sql: asyncpg.Connection) -> list[TellJob]:
    """What waits to be told, in the order in which it was stored; nobody else delivers it."""
    rows = sorted(await sql.fetch(JOBS), key=lambda row: row["id"])
    return [TypeAdapter(TellJob).validate_json(row["payload"]) for row in rows]


@pytest.mark.parametrize("ends", ["decline", "expire"])
@pytest.mark.parametrize("throttled", [False, True])
async def test_paid_after_all_and_told_before_the_end_that_was_not(
    app: Application, anna: ChatUser, offer: int, sandbox: Sandbox, sql: asyncpg.Connection, ends: str,
    throttled: bool,
) -> None:  # fmt: skip
    """That no money was charged waits in the queue, or is put off by Telegram, while the payment succeeds."""
    await anna.register()
    await anna.order(offer)
    payment = await anna.open_checkout()
    attempt = int(await sql.fetchval("select id from bot.payment_attempts"))
    app.worker.stop()
    await anna.at_checkout(ends)
    await ask_now(app, attempt)
    [unpaid] = await take_jobs(sql)
    if throttled:
        telling = await on_its_way(tell(unpaid, app.context), sandbox)
    sandbox.yookassa.provider.book.payments[payment].body.update(status="succeeded", paid=True)
    await ask_now(app, attempt)
    for job in await take_jobs(sql):
        await tell(job, app.context)
    await (telling if throttled else tell(unpaid, app.context))
    await anna.refresh()
    assert any(arrived(anna) in said for said in anna.texts), anna.transcript()
    assert not any(NOT_CHARGED in said for said in anna.texts), anna.transcript()
    assert any(button.startswith("▶️ Урок 1: ") for button in anna.buttons)


async def test_a_reply_that_was_put_off_is_not_written_over_the_news(
    app: Application, anna: ChatUser, offer: int, sql: asyncpg.Connection
) -> None:
    """Over an open order's message it is, and where it was worded after the news."""
    await anna.register()
    await anna.order(offer)
    message = int(await sql.fetchval("select message_id from bot.payment_attempts"))
    keyboard = anna.messages[-1]["reply_markup"]
    stale = EditMessageText(chat_id=anna.id, message_id=message, text="Ждём оплату", reply_markup=keyboard)
    job = SendJob(methods=[pack(stale)], at=utc_now())
    await send_later(job, app.context)
    await anna.refresh()
    assert anna.last_text == "Ждём оплату"
    await anna.pay()
    await anna.receives(arrived(anna))
    bare = EditMessageReplyMarkup(chat_id=anna.id, message_id=message)
    await send_later(SendJob(methods=[pack(stale), pack(bare)], at=job.at), app.context)
    await anna.refresh()
    assert arrived(anna) in anna.last_text
    assert anna.buttons[0].startswith("▶️ Урок 1: ")
    await send_later(replace(job, at=utc_now()), app.context)
    await anna.refresh()
    assert anna.last_text == "Ждём оплату"


async def test_news_of_access_are_told_as_things_are(
    app: Application, anna: ChatUser, offer: int, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.order(offer)
    app.worker.stop()
    await take_jobs(sql)
    user = int(await sql.fetchval("select user_id from purchases"))
    module, now = int(await sql.fetchval("select min(id) from modules")), utc_now()
    soon, later, past = (now + timedelta(days=days) for days in (3, 30, -1))
    of: dict[str, Any] = {"module": "Курс", "module_id": module}
    money: dict[str, Any] = of | {
        "purchase_id": 1,
        "product": "",
        "days": 5,
        "amount": 100,
        "currency": "RUB",
    }
    paid = PurchaseSucceeded(**money, ends_at=later)
    granted = AccessGranted(**of, days=5, ends_at=later)
    taken = AccessTaken(**of, days=5, ends_at=past, is_open=False)
    refund = RefundDone(**money, ends_at=past, is_open=False)

    async def told(event: Event, ends_at: datetime, status: str = "succeeded") -> str:
        await sql.execute("update purchases set status = $1", status)
        await sql.execute(
            "insert into usermoduleaccess (user_id, module_id, ends_at) values ($1, $2, $3)"
            " on conflict (user_id, module_id) do update set ends_at = $3", user, module, ends_at,
        )  # fmt: skip
        count = len(anna.texts)
        async with app.context.database.transaction(Pool.JOBS) as session:
            await notify(session, user, event)
        for job in await take_jobs(sql):
            await tell(job, app.context)
        await anna.refresh()
        return anna.last_text if len(anna.texts) > count else ""

    await anna.refresh()
    for event in (paid, granted):
        assert anna.words(lambda: until(later)) in await told(event, later + timedelta(days=1))
        assert anna.words(lambda: until(soon)) in await told(event, soon)
    assert await told(granted, past) == ""
    assert anna.words(lambda: until(past)) in await told(paid, past)
    assert await told(paid, soon, "refunded") == ""
    still = replace(taken, is_open=True, ends_at=later), replace(refund, is_open=True, ends_at=later)
    for closed in (taken, refund, *still):
        assert anna.words(lambda: until(soon)) in await told(closed, soon)
        assert "закры" in await told(closed, past)


@pytest.mark.errors_expected("an alarm is logged as an error")
async def test_a_role_and_an_alarm_that_are_over_are_not_told(
    app: Application, anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await olga.register()
    app.worker.stop()
    await take_jobs(sql)
    context = app.context
    async with context.database.transaction(Pool.JOBS) as session:
        await notify_chats(session, [anna.id], RoleChanged(role="manager"))
        for subject in ("1", "2"):
            await raise_alert(session, context, PaymentHeld(subject=subject))
        await alerts.close_alert(session, PaymentHeld.name, "1", utc_now())
    counts = len(anna.texts), len(olga.texts)
    jobs = await take_jobs(sql)
    assert len(jobs) == 3
    for job in jobs:
        await tell(job, context)
    await anna.refresh()
    await olga.refresh()
    assert (len(anna.texts) - counts[0], len(olga.texts) - counts[1]) == (0, 1)
    assert "2" in olga.last_text


async def test_what_became_of_a_payment_is_read_anew_where_telegram_takes_it_later(
    app: Application, anna: ChatUser, offer: int, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.order(offer)
    row = await sql.fetchrow("select id, message_id from bot.payment_attempts")
    job = CheckPaymentJob(attempt=row["id"], telegram_id=anna.id, message_id=row["message_id"])
    sandbox.faults.set(telegram_429=3)
    with pytest.raises(RetryJobError):
        await check_payment(job, app.context)
    assert not await sql.fetchval("select exists (select from bot.pgqueuer where entrypoint = 'send')")
    await anna.pay()
    await anna.receives(arrived(anna))
    await check_payment(job, app.context)
    await anna.refresh()
    assert arrived(anna) in anna.last_text
