"""An order whose job the test runs."""

import asyncpg
import pytest

from bot.timings import Timings
from db.jobs import CreatePaymentJob
from handlers.app import Application
from tests.app import QUICK
from tests.chat.payments.link_jobs.steps import FIRST, LATER, NOW, at
from tests.chat_user import ChatUser


@pytest.fixture
def timings() -> Timings:
    """Nobody asks for a payment but who is told to."""
    return Timings(asks=(FIRST, LATER), dequeue=QUICK.dequeue, job_retry=QUICK.job_retry)


@pytest.fixture
async def job(anna: ChatUser, app: Application, offer: int, sql: asyncpg.Connection) -> CreatePaymentJob:
    """Anna has opened an order; its job is the test's to run, and the clock the test's to set."""
    await anna.register()
    app.worker.stop()
    await anna.send(f"/start buy_{offer}")
    await sql.execute("update purchases set created_at = $1", NOW)
    at(app, NOW)
    return CreatePaymentJob(attempt=await sql.fetchval("select id from bot.payment_attempts"))
