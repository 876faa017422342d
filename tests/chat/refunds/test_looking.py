"""A refund whose key is too old, or that is refused after it was sent once, is looked for in the provider's list."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from bot.payments.provider import KEY_LIFETIME
from bot.payments.refunding import create_refund
from bot.retry import RetryJobError
from bot.sandbox.app import Sandbox
from bot.sandbox.yookassa.book import RefundRecord
from bot.sandbox.yookassa.timestamps import REFUND_MARK, format_timestamp, new_id
from db.jobs import CreateRefundJob
from handlers.app import Application
from tests.callbacks import becomes
from tests.chat.refunds.steps import at_provider, made, refund, stands
from tests.chat_user import ChatUser

pytestmark = pytest.mark.unasked

Json = dict[str, Any]
JOB = CreateRefundJob(refund=1)
OTHER = "2d000000-000f-5000-9000-1b0000000001"
PENDING, NEVER = ("succeeded", 30, [("pending", 33_000, 0)]), ("succeeded", 30, [("canceled", 33_000, 0)])
DONE = ("succeeded", 20, [("succeeded", 33_000, 10)])
BLOCKED = """
select exists (
    select from pg_locks where not granted and pid in (
        select pid from pg_locks join pg_database d on d.oid = database where d.datname = current_database()
    )
)
"""


@pytest.fixture
async def asked(
    app: Application, olga: ChatUser, bought: str, sandbox: Sandbox, sql: asyncpg.Connection
) -> str:
    """330 ₽ of the payment are to go back, which nobody has sent yet; the payment's id. No callback tells of any."""
    sandbox.faults.set(callback_lost=1.0)
    app.worker.stop()
    await refund(olga, "1 330", 33_000)
    assert await stands(sql) == PENDING
    return bought


async def sent(app: Application, sql: asyncpg.Connection, ago: timedelta) -> datetime:
    """It may have reached the provider so long ago; when that was."""
    at = app.context.now() - ago
    await sql.execute("update bot.refunds set sent_at = $1", at)
    return at


def there(sandbox: Sandbox, payment: str, at: datetime, **body: Any) -> RefundRecord:
    """A refund at the provider, as it shows it; what is None is not shown."""
    whole = {
        "id": new_id(at, REFUND_MARK),
        "payment_id": payment,
        "status": "succeeded",
        "created_at": format_timestamp(at),
        "amount": {"value": "330.00", "currency": "RUB"},
    }
    shown = {name: value for name, value in (whole | body).items() if value is not None}
    provider = sandbox.yookassa.provider
    record = RefundRecord(provider.book.next_seq(), provider.book.payments[_any(sandbox)].shop, shown, 0)
    provider.book.save_refund(record)
    return record


def _any(sandbox: Sandbox) -> str:
    return next(iter(sandbox.yookassa.provider.book.payments))


@pytest.mark.errors_expected("a refund that did not come about is the admins' to look at")
async def test_another_one_in_the_list_is_not_taken_for_it(
    app: Application, olga: ChatUser, asked: str, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    """From the very end of its key's life on nothing is sent."""
    at = await sent(app, sql, timedelta())
    await sql.execute("insert into bot.failing (name, since) values ('refund_unknown:1', now())")
    there(sandbox, asked, at - timedelta(hours=1))
    there(sandbox, asked, at, amount={"value": "330.01", "currency": "RUB"})
    there(sandbox, asked, at, description="another")
    there(sandbox, OTHER, at, amount=None)  # of another payment, and can't be read
    app.context.now = lambda: at + KEY_LIFETIME
    await create_refund(JOB, app.context)
    assert await stands(sql) == NEVER
    assert len(await made(olga)) == 4
    assert await sql.fetchval("select count(*) from bot.failing") == 0


async def test_it_is_found_beside_one_that_cannot_be_read(
    app: Application, anna: ChatUser, asked: str, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    """Whatever the case of its payment's id."""
    at = await sent(app, sql, KEY_LIFETIME)
    there(sandbox, asked.upper(), at)
    there(sandbox, asked.upper(), at, amount=None)
    await sql.execute("update bot.refunds set request = replace(request, $1, upper($1))", asked)
    await create_refund(JOB, app.context)
    assert await stands(sql) == DONE


async def test_one_that_cannot_be_read_may_be_it(
    app: Application, anna: ChatUser, asked: str, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    """So a refusal of the repetition ends nothing."""
    at = await sent(app, sql, timedelta(minutes=1))
    record = there(sandbox, asked, at, amount=None)
    record.amount = 99_000  # nothing is left to return
    with pytest.raises(RetryJobError, match="not looked up"):
        await create_refund(JOB, app.context)
    assert await stands(sql) == PENDING
    assert await sql.fetchval("select array_agg(name) from bot.failing") == ["refund_unknown:1"]
    record.body["amount"] = {"value": "330.00", "currency": "RUB"}
    await create_refund(JOB, app.context)
    assert await stands(sql) == DONE
    assert await sql.fetchval("select count(*) from bot.failing") == 0


@pytest.mark.errors_expected("a refund the provider refuses is the admins' to look at")
async def test_the_first_refusal_is_final(
    app: Application, asked: str, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    """Nothing was sent before, so one just like it is another one."""
    record = there(sandbox, asked, app.context.now())
    record.amount = 99_000
    await create_refund(JOB, app.context)
    assert await stands(sql) == NEVER


async def test_a_refusal_of_what_another_process_sent_a_moment_ago_says_nothing(
    app: Application, asked: str, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    now = app.context.now()
    async with sql.transaction():
        await sql.execute("update bot.refunds set sent_at = $1", now)
        creating = asyncio.create_task(create_refund(JOB, app.context))
        await becomes(lambda: sql.fetchval(BLOCKED))
        there(sandbox, asked, now).amount = 99_000
    await creating
    assert await stands(sql) == DONE


async def test_a_refusal_of_what_is_being_booked_is_no_alarm(
    app: Application, asked: str, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    """Whoever books it holds the purchase, and ends it first."""
    there(sandbox, asked, app.context.now()).amount = 99_000
    async with sql.transaction():
        await sql.execute("select from purchases for update")
        creating = asyncio.create_task(create_refund(JOB, app.context))

        async def waits() -> bool:
            return creating.done() or await sql.fetchval(BLOCKED)

        await becomes(waits)
        await sql.execute("update bot.refunds set status = 'succeeded'")
    await creating
    assert await sql.fetchval("select count(*) from bot.alerts") == 0


@pytest.mark.errors_expected("a refund that did not come about is the admins' to look at")
@pytest.mark.parametrize("refused", [True, False])
async def test_of_a_purchase_that_was_deleted_it_ends_all_the_same(
    app: Application, olga: ChatUser, asked: str, sandbox: Sandbox, sql: asyncpg.Connection, refused: bool
) -> None:
    await sql.execute("update bot.refunds set purchase_id = null")
    await at_provider(olga, "/yookassa", {"refunds": "pending"}, "PUT")
    if refused:
        there(sandbox, asked, app.context.now()).amount = 99_000
        await create_refund(JOB, app.context)
    else:
        for status in ("pending", "succeeded"):
            await create_refund(JOB, app.context)
            assert await sql.fetchval("select status from bot.refunds") == "pending"
            next(iter(sandbox.yookassa.provider.book.refunds.values())).body["status"] = status
        await create_refund(JOB, app.context)
    ended = "canceled" if refused else "succeeded"
    assert await stands(sql) == ("succeeded", 30, [(ended, 33_000, 0)])
