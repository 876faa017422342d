"""A real PgBouncer (Debian's package) in transaction mode before a server that listens on a Unix socket."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import asyncpg

from db.postgres.cluster import USER, Cluster

PASSWORD = "pooler-pass"
PATIENCE = 60.0  # seconds
# Without `ignore_startup_parameters` it refuses the settings that a direct connection begins with.
INI = """
[databases]
* = host={server} port=5432 user={user}
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = {folder}
auth_type = md5
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = 3
max_client_conn = 200
ignore_startup_parameters = {ignored}
"""


@dataclass(frozen=True)
class PgBouncer:
    folder: Path

    def dsn(self, direct: str, *, user: str = USER, password: str = PASSWORD, query: str = "") -> str:
        """The address of the same database through the pooler."""
        path = urlsplit(direct).path
        return f"postgresql://{user}:{password}@{path}?host={self.folder}&port=6432{query}"


@asynccontextmanager
async def pgbouncer(server_dsn: str, *, ignored: str = "") -> AsyncIterator[PgBouncer]:
    """Runs before the server of that address."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "this proof needs a real PgBouncer: apt-get install pgbouncer"
    server = dict(parse_qsl(urlsplit(server_dsn).query))["host"]
    folder = Path(tempfile.mkdtemp(prefix="pgbouncer"))
    (folder / "postgres").mkdir()
    (folder / "users").write_text(f'"{USER}" "{PASSWORD}"\n')
    (folder / "ini").write_text(INI.format(server=server, user=USER, folder=folder, ignored=ignored))
    log = (folder / "log").open("wb")
    command = [*Cluster(folder).unprivileged(), program, str(folder / "ini")]
    process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
    try:
        made = PgBouncer(folder)
        async with asyncio.timeout(PATIENCE):
            await _until_it_listens(made, server_dsn, process)
        yield made
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        log.close()
        shutil.rmtree(folder)


async def _until_it_listens(pooler: PgBouncer, dsn: str, process: asyncio.subprocess.Process) -> None:
    while True:
        assert process.returncode is None, (pooler.folder / "log").read_text()
        try:
            connection = await asyncpg.connect(pooler.dsn(dsn), statement_cache_size=0)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            await connection.close()
            return
