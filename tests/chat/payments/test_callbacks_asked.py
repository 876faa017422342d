"""A callback's job, run by hand: when it is tried again, and when nothing more comes of it."""

from datetime import datetime, timedelta

import aiohttp
import asyncpg
import pytest

from bot.payments.callbacks import MAX_ASKS, verify_callback, verify_unknown
from bot.retry import RetryJobError
from bot.sandbox.app import Sandbox
from bot.sandbox.yookassa import provider as sandbox_provider
from bot.sandbox.yookassa.errors import Refused
from db.jobs import VerifyCallbackJob, VerifyUnknownJob
from handlers.app import Application
from tests.callbacks import UNKNOWN, notification, post
from tests.http.test_callbacks import foreign

pytestmark = pytest.mark.unasked

OUTCOME = "select outcome from bot.callbacks"
WAITS = timedelta(seconds=15)
BRIEF = timedelta(milliseconds=1)


@pytest.fixture
async def received(app: Application, http: aiohttp.ClientSession, sql: asyncpg.Connection) -> datetime:
    """When it came."""
    app.worker.stop()
    assert await post(app, http, notification("payment.succeeded", id=UNKNOWN)) == 200
    at: datetime = await sql.fetchval("select received_at from bot.callbacks")
    app.context.now = lambda: at
    return at


async def about(sql: asyncpg.Connection, payment: str, *, known: bool = False) -> int:
    """The callback is about that payment; its number."""
    found: int = await sql.fetchval(
        "update bot.callbacks set payment_id = $1, known = $2 returning id", payment, known
    )
    return found


async def verify(number: int, app: Application, *, known: bool = False) -> None:
    if known:
        await verify_callback(VerifyCallbackJob(id=number), app.context)
    else:
        await verify_unknown(VerifyUnknownJob(id=number), app.context)


async def tried_again(number: int, app: Application, *, known: bool = False) -> timedelta | None:
    """The pause before that."""
    with pytest.raises(RetryJobError) as error:
        await verify(number, app, known=known)
    return error.value.delay


async def test_what_has_not_ended_is_asked_about_ever_more_seldom_and_not_for_ever(
    app: Application, received: datetime, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    number = await about(sql, foreign(sandbox)["id"])
    app.context.now = lambda: received + timedelta(days=1)
    pauses = [await tried_again(number, app) for _ in range(MAX_ASKS - 1)]
    assert pauses == [min(WAITS * 2**tries, timedelta(hours=1)) for tries in range(MAX_ASKS - 1)]
    assert pauses[-1] == timedelta(hours=1)
    assert await sql.fetchval(OUTCOME) is None
    await verify(number, app)
    assert tuple(await sql.fetchrow("select outcome, body from bot.callbacks")) == (
        "not asked for any more",
        "",
    )


@pytest.mark.parametrize("status", [401, 403])
async def test_a_key_that_is_refused_says_nothing_of_the_payment(
    app: Application,
    received: datetime,
    sandbox: Sandbox,
    sql: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
) -> None:
    number = await about(sql, foreign(sandbox)["id"])
    refused = Refused("no", status=status, code="forbidden")
    monkeypatch.setattr(sandbox.yookassa.provider.demo, "secret_key", "another")
    monkeypatch.setattr(sandbox_provider, "bad_credentials", lambda: refused)
    assert await tried_again(number, app) == WAITS
    assert await sql.fetchval(OUTCOME) is None


@pytest.mark.parametrize("known", [False, True])
async def test_a_payment_that_is_not_there_is_let_go(
    app: Application, received: datetime, sql: asyncpg.Connection, known: bool
) -> None:
    number = await about(sql, UNKNOWN, known=known)
    await verify(number, app, known=known)
    assert tuple(await sql.fetchrow("select outcome, body from bot.callbacks")) == ("refused: not_found", "")


@pytest.mark.errors_expected("admins are told of money that nobody claims")
@pytest.mark.parametrize("known", [False, True])
async def test_money_is_parked_once_its_purchase_has_had_time_to_learn_of_it(
    app: Application, received: datetime, sandbox: Sandbox, sql: asyncpg.Connection, known: bool
) -> None:
    thing = foreign(sandbox)
    thing |= {"status": "succeeded", "paid": True}
    number = await about(sql, thing["id"], known=known)
    parked = "select count(*) from bot.parked_payments"
    app.context.now = lambda: received + WAITS - BRIEF
    assert await tried_again(number, app, known=known) == WAITS
    assert (await sql.fetchval(parked), await sql.fetchval(OUTCOME)) == (0, None)
    app.context.now = lambda: received + WAITS
    await verify(number, app, known=known)
    assert (await sql.fetchval(parked), await sql.fetchval(OUTCOME)) == (1, "unknown")


async def test_of_a_known_one_that_is_open_nothing_more_is_waited_for(
    app: Application, received: datetime, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    number = await about(sql, foreign(sandbox)["id"], known=True)
    app.context.now = lambda: received + WAITS
    await verify(number, app, known=True)
    assert await sql.fetchval(OUTCOME) == "unknown"


@pytest.mark.parametrize("known", [False, True])
async def test_a_provider_that_does_not_answer_is_asked_again(
    app: Application, received: datetime, sandbox: Sandbox, sql: asyncpg.Connection, known: bool
) -> None:
    number = await about(sql, foreign(sandbox)["id"], known=known)
    sandbox.faults.set(provider_down=True)
    assert await tried_again(number, app, known=known) == (None if known else WAITS)
    assert await sql.fetchval(OUTCOME) is None
