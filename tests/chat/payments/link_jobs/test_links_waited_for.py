"""A payment link that comes in time, or is waited for."""

from datetime import timedelta

import asyncpg

from bot.payments.links import create_payment, show_slow
from bot.sandbox.app import Sandbox
from db.jobs import CreatePaymentJob, SlowLinkJob
from handlers.app import Application
from tests.chat.payments.link_jobs.steps import FIRST, LONG, NOW, SECOND, at, in_vain, methods
from tests.chat.payments.links import on_its_way
from tests.chat_user import ChatUser


async def test_a_link_that_comes_in_time_is_put_where_it_is_waited_for(
    anna: ChatUser, app: Application, job: CreatePaymentJob, sandbox: Sandbox
) -> None:
    """Nothing more is said of it once the wait would have been long."""
    count = len(anna.texts)
    at(app, NOW + LONG - SECOND)
    await create_payment(job, app.context)
    await anna.refresh()
    assert len(anna.texts) == count + 1
    assert anna.links
    at(app, NOW + LONG)
    assert await methods(show_slow(SlowLinkJob(attempt=job.attempt), app.context), sandbox) == []


async def test_opened_anew_it_shows_the_link_that_is_there(
    anna: ChatUser, app: Application, job: CreatePaymentJob, offer: int, sandbox: Sandbox
) -> None:
    await create_payment(job, app.context)
    await anna.send(f"/start buy_{offer}")
    await create_payment(job, app.context)
    await anna.gets_link()
    assert len(sandbox.yookassa.provider.book.payments) == 1
    await create_payment(CreatePaymentJob(attempt=job.attempt + 1), app.context)  # gone with its account


async def test_one_that_is_waited_for_long_is_told_of_in_its_message(
    anna: ChatUser, app: Application, job: CreatePaymentJob, sandbox: Sandbox
) -> None:
    sandbox.faults.set(provider_down=True)
    await in_vain(job, app)
    at(app, NOW + LONG)
    assert await methods(show_slow(SlowLinkJob(attempt=job.attempt), app.context), sandbox) == [
        "editMessageText"
    ]
    await anna.refresh()
    assert "ЮKassa не отвечает, пробую ещё" in anna.last_text


async def test_one_that_comes_while_its_payer_is_told_of_the_wait_is_shown_in_the_end(
    anna: ChatUser, app: Application, job: CreatePaymentJob, sandbox: Sandbox
) -> None:
    """Telegram puts the word of the wait off for a second."""
    sandbox.faults.set(provider_down=True)
    await in_vain(job, app)
    sandbox.faults.set(provider_down=False)
    at(app, NOW + timedelta(seconds=4))
    telling = await on_its_way(show_slow(SlowLinkJob(attempt=job.attempt), app.context), sandbox)
    await create_payment(job, app.context)
    await telling
    await anna.refresh()
    assert anna.links


async def test_a_link_is_asked_about_after_the_first_pause(
    app: Application, job: CreatePaymentJob, sql: asyncpg.Connection
) -> None:
    await create_payment(job, app.context)
    assert await sql.fetchval("select next_ask_at from bot.payment_attempts") == NOW + FIRST
    waits = await sql.fetchval(
        "select execute_after - now() from bot.pgqueuer where entrypoint = 'ask_payment'"
    )
    assert FIRST - timedelta(minutes=1) < waits <= FIRST
