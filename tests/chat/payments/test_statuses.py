"""A payment that has not ended, by a status that nobody knows yet."""

from datetime import timedelta

import asyncpg
import pytest

from bot.clock import utc_now
from bot.sandbox.app import Sandbox
from handlers.app import Application
from tests.chat.payments.test_provider_answers import alarms, ask_now, paid_unheard
from tests.chat_user import ChatUser

pytestmark = pytest.mark.unasked


@pytest.mark.errors_expected("alarms are logged as errors")
async def test_a_status_that_says_nothing_is_told_after_an_hour(
    app: Application, anna: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await anna.register()
    payment_id = await paid_unheard(anna, sandbox, sql)
    attempt_id = await sql.fetchval("select id from bot.payment_attempts")
    body = sandbox.yookassa.provider.book.payments[payment_id].body
    truth = dict(body)
    hours = 0
    app.context.now = lambda: utc_now() + timedelta(hours=hours)
    for lie in ({"status": "processing"}, {"paid": False}):
        body.update(lie)
        await ask_now(app, attempt_id)
        assert await alarms(sql) == [], lie
        hours += 1
        await ask_now(app, attempt_id)
        assert await alarms(sql) == ["payment_unknown 1"], lie
        body.update(status="pending", paid=False)
        await ask_now(app, attempt_id)
        assert await alarms(sql) == [], lie
        body.update(truth)
    await ask_now(app, attempt_id)
    await anna.receives("✅ Оплачено")
