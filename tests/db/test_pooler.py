"""The bot behind a real PgBouncer in transaction mode: it works where the address says so, and is refused with the
line that helps where it doesn't."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import asyncpg
import pytest
from sqlalchemy import text

from bot.sandbox.app import Sandbox
from bot.texts import Localizer
from db.dsn import pooled_dsn
from db.engine import Database, Pool
from tests.app import BOT, origin_of
from tests.callbacks import becomes, credited
from tests.chat_user import ANNA, ChatUser
from tests.database import Databases
from tests.pgbouncer import PgBouncer, pgbouncer
from tests.process import BotProcess

pytestmark = pytest.mark.proof

EVERYTHING = "jit,timezone,application_name,extra_float_digits,search_path,options"
POOLED = "&pgbouncer=true"
ROUBLES = "select min(id) from bot.offers where currency = 'RUB'"


@pytest.fixture(scope="module", params=["", EVERYTHING], ids=["strict", "lenient"])
async def pooler(cluster: Databases, request: pytest.FixtureRequest) -> AsyncIterator[PgBouncer]:
    async with pgbouncer(cluster.admin_dsn, ignored=request.param) as pooler:
        yield pooler


def bot(sandbox: Sandbox, folder: Path, dsn: str, **settings: str) -> BotProcess:
    return BotProcess(origin_of(sandbox), dsn, folder, **settings)


@pytest.mark.parametrize("declared", ["by the address", "by a direct one", "by both"])
async def test_a_course_is_bought_through_the_pooler(
    declared: str,
    pooler: PgBouncer,
    school_database: str,
    sandbox: Sandbox,
    sql: asyncpg.Connection,
    http: aiohttp.ClientSession,
    tmp_path: Path,
) -> None:
    """`by the address`: nobody can listen, and the jobs run all the same."""
    dsn = pooler.dsn(school_database, query="" if declared == "by a direct one" else POOLED)
    direct = {} if declared == "by the address" else {"DATABASE_DIRECT_URL": school_database}
    process = bot(sandbox, tmp_path, dsn, **direct)
    doctor = await process.command("doctor")
    assert "ok database: what the bot will do was tried and undone" in doctor.output
    assert ("nobody can listen" in doctor.output) is (not direct)
    await process.start()
    try:
        words = Localizer("ru", ZoneInfo("Europe/Moscow"))
        anna = ChatUser(http, origin_of(sandbox), BOT, ANNA, "ru", words)
        await anna.register()
        await anna.order(await sql.fetchval(ROUBLES))
        await anna.pay()

        async def paid() -> bool:
            return (await credited(sql))[0] == 1

        await becomes(paid)
        assert await process.terminate() == 0
    finally:
        await process.kill()
    assert [
        line for line in process.log if '"error"' in line or "put_off" in line or "restarts" in line
    ] == []


async def test_undeclared_it_is_refused_with_the_line_that_helps(
    pooler: PgBouncer, school_database: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    process = bot(sandbox, tmp_path, pooler.dsn(school_database))
    for name in ("run", "doctor"):
        ended = await process.command(name)
        assert ended.status == 1
        told = [one for one in (ended.output + ended.errors).splitlines() if "through a pooler" in one]
        assert len(told) == 1, ended
        assert "pgbouncer=true" in told[0]
        assert "DATABASE_DIRECT_URL" in told[0]
        assert "Traceback" not in ended.errors
    around = bot(
        sandbox, tmp_path, school_database, DATABASE_DIRECT_URL=pooler.dsn(school_database)
    )  # the wrong way round
    assert "DATABASE_DIRECT_URL: the address leads through a pooler" in (await around.command("run")).errors


@pytest.mark.parametrize("declared", ["", POOLED])
@pytest.mark.parametrize("wrong", ["password", "role", "database"])
async def test_what_will_never_pass_ends_the_start_with_one_line(
    wrong: str, declared: str, pooler: PgBouncer, school_database: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    dsn = {
        "password": pooler.dsn(school_database, password="not-this-one", query=declared),
        "role": pooler.dsn(school_database, user="nobody-knows", query=declared),
        "database": pooler.dsn("postgresql:///no_such_one", query=declared),
    }[wrong]
    for settings in ({}, {"DATABASE_DIRECT_URL": school_database}):
        ended = await bot(sandbox, tmp_path, dsn, **settings).command("run")
        assert ended.status == 1
        assert len(ended.errors.strip().splitlines()) == 1, ended.errors
        assert "not-this-one" not in ended.errors


async def test_few_server_connections_carry_many_transactions_and_keep_nothing(
    pooler: PgBouncer, school_database: str
) -> None:
    database = Database(pooled_dsn(pooler.dsn(school_database), school_database))

    async def work(number: int) -> None:
        pool = list(Pool)[number % 3]
        async with database.transaction(pool) as session:
            for one in (number, number + 1):
                found = await session.scalar(
                    text("select cast(:n as int) + count(*) from bot.chats"), {"n": one}
                )
                assert found == one
            await session.execute(text("set local lock_timeout = '3s'"))
            await session.execute(text("select * from bot.offers where id = :id"), {"id": number})

    await asyncio.gather(*(work(number) for number in range(600)))

    async def left() -> tuple[int, int]:
        async with database.transaction(Pool.TALK) as session:
            process = await session.scalar(text("select pg_backend_pid()"))
            await session.execute(text("select pg_sleep(0.01)"))
            kept = await session.scalar(text("select count(*) from pg_prepared_statements where name <> ''"))
            assert process is not None
            assert kept is not None
            return process, kept

    seen = await asyncio.gather(*(left() for _ in range(30)))
    await database.close()
    assert len({process for process, _ in seen}) > 1
    assert {kept for _, kept in seen} == {0}
