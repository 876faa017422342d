"""Backup and restore of schemas `public` and `bot` with PostgreSQL's own pg_dump, pg_restore and psql.

A backup is one file in pg_dump's custom format, complete or not there at all. A restore is one transaction:
it replaces everything or changes nothing. Owners and GRANTs are those of whoever restores; extensions that
further tables of the other application need must be there already.
"""

import asyncio
import contextlib
import os
import subprocess
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from db.dsn import asyncpg_arguments, libpq_environment, libpq_url, parse_dsn
from db.postgres.binaries import Binaries, child_environment, installations
from db.postgres.cluster import tail
from db.schema.migrate import LOCK, SchemaState, get_schema_state

CHUNK_BYTES = 1 << 16  # bytes
FIRST_WITH_TRANSACTION_TIMEOUT = 17  # pg_restore sets it whatever the server; older ones refuse it

COUNT_OTHER_CONNECTIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL
"""

LIST_TABLES = """
SELECT c.oid::regclass::text FROM pg_class c
WHERE c.relnamespace IN (to_regnamespace('public'), to_regnamespace('bot')) AND c.relkind IN ('r', 'p')
  AND c.relname <> 'alembic_version'
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
ORDER BY 1
"""


class BackupError(RuntimeError):
    """Nothing was written or changed; the text says why."""


@dataclass(frozen=True)
class Server:
    """What the tools must be able to talk to."""

    major: int
    tls: bool


async def backup(dsn: str, file: Path, *, overwrite: bool = False) -> int:
    """Writes the backup, readable by its owner alone, and returns its size in bytes. Raises BackupError.

    The database may be in use: the backup shows it as it was at one moment.
    """
    if not overwrite:
        _refuse_present(file)
    server = await _look(dsn, _refuse_empty)
    tools = _tools("pg_dump", server, at_least=server.major)
    with _aside(file) as unfinished:
        schemas = ("--schema=public", "--schema=bot")
        arguments = ("--format=custom", *schemas, f"--file={unfinished}", f"--dbname={libpq_url(dsn)}")
        await _run([tools.path("pg_dump"), *arguments], _environment(dsn))
        await _run([tools.path("pg_restore"), "--list", str(unfinished)], child_environment())
        return _finish(unfinished, file)


async def restore(dsn: str, file: Path, *, replace: bool = False) -> None:
    """Puts the database back to the backup. Raises BackupError.

    Refuses while others are connected, and a database that has rows unless told to `replace` them.
    """
    server = await _look(dsn, _refuse_busy if replace else _refuse_busy_or_full)
    tools, contents = await _readers(file, server)
    with tempfile.NamedTemporaryFile("w", suffix=".list") as chosen:
        chosen.write("\n".join(_without_public_itself(contents.splitlines())))
        chosen.flush()
        await _replay(dsn, tools, _script_command(tools, file, chosen.name), old=server.major)


async def _look(dsn: str, refuse: Callable[[asyncpg.Connection], Awaitable[None]]) -> Server:
    connection = await asyncpg.connect(**asyncpg_arguments(dsn))
    try:
        await refuse(connection)
        tls = await connection.fetchval("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        return Server(connection.get_server_version().major, bool(tls))
    finally:
        await connection.close()


def _refuse_present(file: Path) -> None:
    if file.exists():
        raise BackupError(f"{file} exists already: name another file")


async def _refuse_empty(connection: asyncpg.Connection) -> None:
    if await get_schema_state(connection) in (SchemaState.EMPTY, SchemaState.OCCUPIED):
        raise BackupError("the database holds none of our tables: there is nothing to back up")


async def _refuse_busy(connection: asyncpg.Connection) -> None:
    if others := await connection.fetchval(COUNT_OTHER_CONNECTIONS):
        raise BackupError(
            f"{others} other connections to the database are open: stop the bot and all else first"
        )


async def _refuse_busy_or_full(connection: asyncpg.Connection) -> None:
    await _refuse_busy(connection)
    for (table,) in await connection.fetch(LIST_TABLES):
        if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {table})"):
            raise BackupError(
                f"the database has rows (in {table}): restoring would replace them, if you say so"
            )


def _tools(program: str, server: Server, *, at_least: int) -> Binaries:
    """The first installation that is new enough and can speak TLS where the server is reached by TLS."""
    seen = []
    for found in installations(program):
        if found.major < at_least:
            seen.append(f"{found.folder} is version {found.major}")
        elif server.tls and not _speaks_tls(found):
            seen.append(f"{found.folder} speaks no TLS")
        else:
            return found
    told = "; ".join(seen) or "none was found"
    raise BackupError(
        f"no {program} fits this PostgreSQL {server.major} server{' behind TLS' if server.tls else ''} ({told}): "
        f"install postgresql-client-{server.major}, or name the folder that holds its programs in PG_BIN"
    )


def _speaks_tls(found: Binaries) -> bool:
    """pg_isready gives up before any attempt (status 3) when it was built without TLS; nobody listens there."""
    probe = [found.path("pg_isready"), "-q", "-d", "sslmode=require host=127.0.0.1 port=1"]
    return subprocess.run(probe, capture_output=True, env=child_environment()).returncode == 2


async def _readers(file: Path, server: Server) -> tuple[Binaries, str]:
    """The tools that can read the backup, and its table of contents: older ones refuse newer archives."""
    refusals = []
    for found in installations("pg_restore"):
        try:
            contents = await _run([found.path("pg_restore"), "--list", str(file)], child_environment())
        except BackupError as error:
            refusals.append(str(error))
        else:
            return _tools("pg_restore", server, at_least=found.major), contents
    raise BackupError(f"{file} cannot be read as a backup: {'; '.join(refusals)}")


def _without_public_itself(contents: Iterable[str]) -> list[str]:
    """Schema `public` stays: it is not ours to drop, and extensions or other objects may live in it."""
    itself = (" SCHEMA - public ", " COMMENT - SCHEMA public ", " ACL - SCHEMA public ")
    return [line for line in contents if not any(mark in line for mark in itself)]


def _script_command(tools: Binaries, file: Path, chosen: str) -> list[str]:
    options = ("--clean", "--if-exists", "--no-owner", "--no-privileges", f"--use-list={chosen}", "--file=-")
    return [tools.path("pg_restore"), *options, str(file)]


async def _replay(dsn: str, tools: Binaries, script: Sequence[str], *, old: int) -> None:
    """Runs the archive's SQL between BEGIN and COMMIT; COMMIT is sent only if all of it came."""
    psql = [tools.path("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", f"--dbname={libpq_url(dsn)}"]
    begin = f"BEGIN; SELECT pg_advisory_xact_lock({LOCK}); DROP SCHEMA IF EXISTS bot CASCADE;\n".encode()
    with tempfile.TemporaryFile() as complaints:
        async with (
            _process(script, child_environment(), stdin=DEVNULL, stdout=PIPE, stderr=complaints) as source,
            _process(psql, _environment(dsn), stdin=PIPE, stdout=DEVNULL, stderr=complaints) as target,
        ):
            with contextlib.suppress(ConnectionError):  # psql has given up; its status and words follow
                await _feed(target, begin)
                await _pump(source, target, old=old)
                if await source.wait() == 0:
                    await _feed(target, b"COMMIT; ANALYZE;\n")
            _close_input(target)
            if await target.wait() != 0 or await source.wait() != 0:
                complaints.seek(0)
                raise BackupError(f"the restore failed and was rolled back:\n{tail(complaints.read())}")


async def _pump(source: Process, target: Process, *, old: int) -> None:
    assert source.stdout is not None
    first = True
    while chunk := await source.stdout.read(CHUNK_BYTES):
        if first and old < FIRST_WITH_TRANSACTION_TIMEOUT:
            chunk = chunk.replace(b"\nSET transaction_timeout = 0;\n", b"\n", 1)
        first = False
        await _feed(target, chunk)


async def _feed(target: Process, data: bytes) -> None:
    assert target.stdin is not None
    target.stdin.write(data)
    await target.stdin.drain()


def _close_input(target: Process) -> None:
    if target.stdin is not None:
        target.stdin.close()


@contextlib.asynccontextmanager
async def _process(
    command: Sequence[str], environment: dict[str, str], **streams: Any
) -> AsyncIterator[Process]:
    """A program that does not outlive the block."""
    process = await asyncio.create_subprocess_exec(*command, env=environment, **streams)
    try:
        yield process
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _run(command: Sequence[str], environment: dict[str, str]) -> str:
    """What the program prints; raises BackupError with its complaint when it fails."""
    async with _process(command, environment, stdin=DEVNULL, stdout=PIPE, stderr=PIPE) as process:
        output, complaint = await process.communicate()
        if process.returncode != 0:
            raise BackupError(f"{Path(command[0]).name} failed: {tail(complaint)}")
        return output.decode()


def _environment(dsn: str) -> dict[str, str]:
    """For a server of the user's own the PG* variables count (certificates, password file), as for asyncpg."""
    own = (
        {}
        if parse_dsn(dsn).local
        else {name: os.environ[name] for name in os.environ if name.startswith("PG")}
    )
    return {**child_environment(), **own, **libpq_environment(dsn)}


@contextlib.contextmanager
def _aside(file: Path) -> Iterator[Path]:
    """An empty file of ours beside `file`, gone afterwards unless it was renamed."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}.unfinished")
    try:
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    except OSError as error:
        raise BackupError(f"{file} cannot be written: {error.strerror}") from error
    try:
        yield unfinished
    finally:
        unfinished.unlink(missing_ok=True)


def _finish(unfinished: Path, file: Path) -> int:
    """Renames once all of it is on the disk: a power failure leaves the old file or the new one. Its size."""
    _sync(unfinished)
    size = unfinished.stat().st_size
    unfinished.replace(file)
    _sync(file.parent)
    return size


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
