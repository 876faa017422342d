"""What every kind of test may use: a PostgreSQL server, a migrated database of the test's own, a connection.

In a run on several cores each worker has a server of its own.
"""

import asyncio
import gc
import os
import shutil
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from xdist.plugin import pytest_xdist_auto_num_workers as number_of_cores  # type: ignore[import-untyped]

from db.engine import Database
from handlers.app import fast_loop, settle_memory
from tests.database import TEMPLATE, Databases, server_of_the_run
from tests.kept import Kept, Lent

pytest_plugins = ["tests.app", "tests.logged"]
# How long an example takes says how busy the machine is.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
MEMORY = Path("/dev/shm")
ROOT = Path(__file__).parent
BROWSER = ROOT / "browser"
WAITING = 1  # workers beyond the cores
ROOM = 2 * 2**30  # bytes; a run takes some hundred MiB for each of its processes


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """All in there are proofs: where none is wanted, no browser is missed."""
    return True if collection_path == BROWSER and config.option.markexpr == "not proof" else None


def pytest_configure() -> None:
    """Temporary folders in memory where there is room: a database per test is hundreds of files made and removed."""
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return
    about = os.statvfs(MEMORY)
    if about.f_bavail * about.f_frsize > ROOM and not about.f_flag & os.ST_NOEXEC:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In the order of a hash of their files' names, the same for all workers: the files of a folder are alike, so that
    all workers waited at once, or none."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: zlib.crc32(str(item.path.relative_to(ROOT)).encode()))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What has been imported and collected stays, as in the bot (handlers/app.py): to look through it again and again
    for garbage took a twentieth of the tests' time."""
    settle_memory()
    gc.set_threshold(10_000, 20, 20)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """More than there are cores: half of a test's time it waits, for another process or for a time that has to pass.
    Files and single tests run in this process, and so do proofs."""
    named = [Path(argument.partition("::")[0]) for argument in config.args]
    if any(path.is_dir() for path in named) and config.option.markexpr != "proof":
        return int(number_of_cores(config)) + WAITING
    config.option.dist = "no"
    return 0


@pytest.fixture(scope="session")
def _asyncio_loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The event loop that the bot runs on. pytest-asyncio's own fixture and not its hook, which makes a parameter
    of it: fixtures of the whole run ended where a test without that parameter came between."""
    return fast_loop()


@pytest.fixture(scope="session")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Databases]:
    """One server per run, without safety against power failures."""
    folder = tmp_path_factory.mktemp("pg")
    async with server_of_the_run(folder) as server:
        databases = Databases(server)
        await databases.prepare()
        yield databases
        await databases.close()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
async def kept(cluster: Databases) -> AsyncIterator[Kept]:
    kept = Kept(cluster)
    yield kept
    await kept.end()


@pytest.fixture
async def lent(kept: Kept) -> AsyncIterator[Lent]:
    """A migrated database with no rows, of this test alone; who changes the schema may do so."""
    async with kept.lend(TEMPLATE) as lent:
        yield lent


@pytest.fixture
def dsn(lent: Lent) -> str:
    return lent.dsn


@pytest.fixture
def database(lent: Lent) -> Database:
    """The application's connections to it."""
    return lent.database


@pytest.fixture
def connection(lent: Lent) -> asyncpg.Connection:
    """A connection to the test's database, beside whatever the tested code uses."""
    return lent.connection


@pytest.fixture
async def fresh_dsn(cluster: Databases) -> AsyncIterator[str]:
    """As `dsn`, for who looks at all that is in it: nothing is there that putting back needs."""
    async with cluster.clone() as dsn:
        yield dsn


@pytest.fixture
async def empty_database(cluster: Databases) -> AsyncIterator[str]:
    """The address of a database without any table."""
    async with cluster.clone("template0") as dsn:
        yield dsn
