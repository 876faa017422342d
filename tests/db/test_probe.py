"""What ends the start with one line, and what is an outage: decided by SQLSTATE, in one place."""

from pathlib import Path

import asyncpg
import pytest
from asyncpg import exceptions

from bot.sandbox.app import Sandbox
from bot.updates.put_off import PutOffReasons
from db.engine import is_refusal, is_unavailable
from db.probe import UnusableError, probe, remedy_for
from tests.app import origin_of
from tests.process import BotProcess

NAMES = ("DATABASE_URL", "DATABASE_DIRECT_URL")

OUTAGES = {
    "08000", "08001", "08003", "08004", "08006", "08P01", "25006", "53000", "53100", "53200", "53300", "53400",
    "57P01", "57P02", "57P03", "57P05", "58000", "58030",
}  # fmt: skip
REFUSALS = {
    "26000", "28000", "28P01", "3D000", "3F000", "42501", "42P01", "42703", "42P05", "42883", "57P04",
}  # fmt: skip


def known_errors() -> dict[str, type[exceptions.PostgresError]]:
    """All of asyncpg's, by SQLSTATE."""
    found: dict[str, type[exceptions.PostgresError]] = {}
    for one in vars(exceptions).values():
        if isinstance(one, type) and issubclass(one, exceptions.PostgresError):
            state = getattr(one, "sqlstate", None)
            if state:
                found[state] = one
    return found


def test_every_error_that_the_driver_knows_is_outage_refusal_or_neither() -> None:
    found = known_errors()
    assert len(found) > 200
    assert {"57P04", "25006", "08P01", *REFUSALS} <= set(found)
    unavailable = {state for state, error in found.items() if is_unavailable(error("no"))}
    refused = {state for state, error in found.items() if is_refusal(error("no"))}
    assert unavailable - OUTAGES <= {"08007", "58P01", "58P02", "58P03"}
    assert unavailable >= OUTAGES & set(found)
    assert refused - REFUSALS == set()
    assert refused >= REFUSALS & set(found)


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ("unsupported startup parameter: jit", True),
        ("no such database: shop", True),
        ("no such user: app", True),
        ("password authentication failed", True),
        ("SASL authentication failed", True),
        ("pgbouncer cannot connect to server", False),
        ("query_wait_timeout", False),
        ("no more connections allowed (max_client_conn)", False),
        ("server conn crashed?", False),
    ],
)
def test_a_poolers_words_tell_its_refusals_from_its_outages(said: str, refused: bool) -> None:
    error = exceptions.ProtocolViolationError(said)
    assert (is_refusal(error), is_unavailable(error)) == (refused, not refused)
    if refused:
        assert "check that the server runs" not in remedy_for(error)


async def test_a_reason_for_putting_off_is_told_once_and_a_refusal_as_an_error(
    caplog: pytest.LogCaptureFixture, standard_log: None
) -> None:
    reasons = PutOffReasons()
    for _ in range(3):
        reasons.tell(ConnectionRefusedError(111, "nobody listens"))
        reasons.tell(exceptions.InvalidPasswordError("no such password"))
        reasons.tell(ValueError("Anna"))
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR", "WARNING"]
    assert "nobody listens" in caplog.text
    assert "check user and password" in caplog.text
    assert "Anna" not in caplog.text


async def test_a_good_address_passes(dsn: str) -> None:
    await probe(dsn, dsn, NAMES)


async def test_each_refusal_ends_the_start_with_one_line(
    dsn: str, empty_database: str, connection: asyncpg.Connection, sandbox: Sandbox, tmp_path: Path
) -> None:
    await connection.execute("create role probe_stranger login")
    try:
        for address, helps in {
            dsn.replace("app@", "no_such_role@"): "user and password",
            f"{dsn.partition('@/')[0]}@/no_such_database?{dsn.partition('?')[2]}": "create that database",
            dsn.replace("app@", "probe_stranger@"): "GRANT",
            empty_database: "main.py migrate",
        }.items():
            with pytest.raises(UnusableError, match=helps) as refused:
                await probe(address, address, NAMES)
            assert "\n" not in str(refused.value)
            ended = await BotProcess(origin_of(sandbox), address, tmp_path).command("run")
            assert ended.status == 1
            assert len(ended.errors.strip().splitlines()) == 1, ended.errors
    finally:
        await connection.execute("drop role probe_stranger")
