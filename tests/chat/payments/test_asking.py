"""When an open payment is asked for at the provider."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from bot.clock import utc_now
from bot.payments.asking import ask, ask_payment
from bot.timings import Timings, seconds
from db.engine import Pool
from db.jobs import AskPaymentJob
from db.payments.attempts import get_attempt
from db.payments.settling import Outcome
from handlers.app import Application
from tests.app import UNASKED
from tests.chat_user import ChatUser


@pytest.fixture
def timings() -> Timings:
    """Nothing is asked for unless the test does; each pause is another one."""
    return replace(UNASKED, asks=seconds(*range(36_000, 36_010)))


async def test_an_open_payment_is_asked_for_in_one_chain(
    app: Application, anna: ChatUser, offer: int, sql: asyncpg.Connection
) -> None:
    """Not before its time; out of turn only on the payer's word, which leaves the chain as it is."""
    await anna.register()
    await anna.order(offer)
    app.worker.stop()
    context, now = app.context, utc_now()
    attempt = int(await sql.fetchval("select id from bot.payment_attempts"))
    job = AskPaymentJob(attempt=attempt)
    row = "select asked, asked_at, next_ask_at from bot.payment_attempts"
    queued = "select array_agg(entrypoint) from bot.pgqueuer"
    ends = now + timedelta(hours=1)
    await sql.execute("update bot.payment_attempts set link_ends_at = $1", ends)

    async def asks(at: datetime, due: datetime | None, *, out_of_turn: bool = False) -> tuple[Any, ...]:
        context.now = lambda: at
        await sql.execute("delete from bot.pgqueuer")
        await sql.execute("update bot.payment_attempts set asked = 3, asked_at = null, next_ask_at = $1", due)
        if out_of_turn:
            async with context.database.transaction(Pool.JOBS) as session:
                details = await get_attempt(session, attempt)
            assert details is not None
            settlement = await ask(context, details)
            assert settlement is not None
            assert settlement.outcome is Outcome.OPEN
        else:
            await ask_payment(job, context)
        return (*await sql.fetchrow(row), await sql.fetchval(queued))

    soon, slow = context.timings.ask_after(4), context.timings.ended_link
    late = ends + timedelta(minutes=5)
    later = now + timedelta(seconds=2)
    assert await asks(now, later) == (3, None, later, None)
    assert await asks(now, later, out_of_turn=True) == (3, now, later, None)
    for at, due, pause in (
        (now, None, soon),
        (now, now + timedelta(seconds=1), soon),
        (late - timedelta(seconds=1), now, soon),
        (late, now, slow),
    ):
        assert await asks(at, due) == (4, at, at + pause, ["ask_payment"])
        assert await sql.fetchval("select execute_after - created from bot.pgqueuer") == pause
    await sql.execute("update bot.payment_attempts set link_ends_at = null")
    assert await asks(late, now) == (4, late, late + soon, ["ask_payment"])
    await anna.pay()
    asked, _, due, jobs = await asks(now, now)
    assert (asked, due, "ask_payment" in jobs) == (3, None, False)
    assert await asks(now, now) == (3, None, now, None)
