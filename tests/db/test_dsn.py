"""An address as people paste it reaches every tool in a form that the tool understands."""

import asyncpg
import pytest
from sqlalchemy import pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from db.dsn import (
    DsnError,
    asyncpg_arguments,
    asyncpg_url,
    connect_args,
    libpq_environment,
    libpq_url,
    parse_dsn,
)

NEON = "postgres://olga:p%40ss%2F@ep-1.example.org/shop?sslmode=require&channel_binding=require"


def test_what_hosters_hand_out() -> None:
    assert (
        libpq_url(NEON) == "postgresql://olga@ep-1.example.org/shop?sslmode=require&channel_binding=require"
    )
    assert libpq_environment(NEON) == {"PGPASSWORD": "p@ss/"}
    arguments = asyncpg_arguments(NEON)
    assert arguments == {"dsn": "postgresql://olga:p%40ss%2F@ep-1.example.org/shop?sslmode=require"}
    url = asyncpg_url(NEON)
    assert (url.username, url.password, url.database) == ("olga", "p@ss/", "shop")
    assert url.query == {"dsn": "postgresql://ep-1.example.org/?sslmode=require"}
    assert "p@ss" not in str(url)
    assert "p%40ss" not in repr(url)


@pytest.mark.parametrize(
    ("given", "mode"),
    [("ssl=true", "require"), ("ssl=require", "require"), ("sslmode=no-verify", "require"), ("ssl=0", None)],
)
def test_words_for_tls(given: str, mode: str | None) -> None:
    dsn = f"postgresql+asyncpg://u@h/d?{given}"
    if mode is None:
        with pytest.raises(DsnError, match="sslmode"):
            parse_dsn(dsn)
    else:
        assert libpq_url(dsn) == f"postgresql://u@h/d?sslmode={mode}"


def test_parameters_of_other_tools_are_left_out() -> None:
    dsn = "postgresql://u:p@h:6543/d?pgbouncer=true&schema=public&connection_limit=5&application_name=x"
    assert libpq_url(dsn) == "postgresql://u@h:6543/d?application_name=x"
    assert asyncpg_arguments(dsn) == {
        "dsn": "postgresql://u:p@h:6543/d?application_name=x",
        "statement_cache_size": 0,
    }
    assert connect_args(dsn)["statement_cache_size"] == 0
    assert connect_args(dsn)["prepared_statement_name_func"]() == ""


def test_brackets_in_a_password_are_no_address() -> None:
    dsn = "postgresql://app:p[a]ss@[::1]:5432/d?application_name=x@y"
    assert parse_dsn(dsn).password == "p[a]ss"
    assert parse_dsn(dsn).hosts == "[::1]:5432"
    assert asyncpg_arguments(dsn)["dsn"] == "postgresql://app:p%5Ba%5Dss@[::1]:5432/d?application_name=x%40y"


def test_several_hosts_stay_together() -> None:
    dsn = "postgresql://u@a:1,b:2/d?target_session_attrs=primary"
    assert libpq_url(dsn) == dsn


@pytest.mark.parametrize(
    "wrong",
    [
        "mysql://h/d",
        "h/d",
        "",
        "postgresql://u:p#1@h/d",
        "postgresql://u:p/1@h/d",
        "postgresql://u@h/d?sslmode=yes",
    ],
)
def test_what_cannot_be_read_is_refused_without_the_password(wrong: str) -> None:
    with pytest.raises(DsnError) as refused:
        parse_dsn(wrong)
    assert "p/1" not in str(refused.value)
    assert "p#1" not in str(refused.value)


async def test_all_forms_reach_the_same_database(dsn: str) -> None:
    pasted = dsn.replace("postgresql://app@", "postgresql+asyncpg://app:secret@") + "&application_name=me"
    conn = await asyncpg.connect(**asyncpg_arguments(pasted))
    name = await conn.fetchval("SELECT current_database()")
    await conn.close()
    engine = create_async_engine(asyncpg_url(pasted), poolclass=pool.NullPool)
    async with engine.connect() as connection:
        row = (
            await connection.execute(text("SELECT current_database(), current_setting('application_name')"))
        ).one()
    await engine.dispose()
    assert row == (name, "me")


@pytest.mark.parametrize(
    "address",
    ["postgresql://u:p＃hunter2@h/d", "postgresql://u:hunter2@[h/d", "postgresql://u:hunter2/3@h/d"],
)
def test_what_is_wrong_with_an_address_shows_no_password(address: str) -> None:
    with pytest.raises(DsnError) as refused:
        parse_dsn(address)
    assert "hunter" not in str(refused.value)
