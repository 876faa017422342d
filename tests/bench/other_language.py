"""Ours and the bare aiogram bot beside one of another language on the same stand-in of Telegram: an echo by grammY, on
Node. Not measured where there is no npm, or its registry can't be reached.

python -m tests.bench.other_language [--rounds 7] [--count 300]
"""

import asyncio
import shutil
import tempfile
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.bench import updates, waiting
from tests.bench.environment import Side, Sides, by_hand, launched, measured
from tests.bench.figures import Pair, in_turn
from tests.bench.load import pairs, posting
from tests.bench.process import SECRET, TOKEN

SOURCE = Path(__file__).with_name("grammy")
INSTALL = (
    "install",
    "--ignore-scripts",
    "--no-package-lock",
    "--no-audit",
    "--no-fund",
    "--silent",
    "--prefix",
)
PATIENCE = 60.0  # seconds that npm may take


async def measure(dsn: str, rounds: int, count: int) -> list[Pair]:
    await updates.people(dsn)
    async with measured(dsn) as sides, grammy(sides.telegram.origin) as theirs:
        if theirs is None:
            print("grammY: not measured, npm is not there or could not install it")
            return []
        echo = posting(theirs, updates.BARE, updates.updates("/echo"), count, updates.HEADERS)
        ours = posting(sides.ours, updates.OURS, updates.updates("/status"), count, updates.HEADERS)
        bare = posting(sides.bare, updates.BARE, updates.updates("/echo"), count, updates.HEADERS)
        found = pairs("/status beside grammY", *await in_turn(ours, echo, rounds, 8), ("none", "none"))
        found += pairs("aiogram beside grammY", *await in_turn(bare, echo, rounds, 8), ("none", "none"))
        beside = Sides(sides.ours, theirs, sides.telegram)
        size = waiting.BURSTS[-1 if count >= waiting.QUICK else 0]
        return found + await waiting.waits(f"{size} at once beside grammY", beside, size)


@asynccontextmanager
async def grammy(telegram: str) -> AsyncIterator[Side | None]:
    npm, node = shutil.which("npm"), shutil.which("node")
    with tempfile.TemporaryDirectory(prefix="lessongate-grammy-") as folder:
        shutil.copytree(SOURCE, folder, dirs_exist_ok=True)
        if npm is None or node is None or not await _installed(npm, folder):
            yield None
            return
        echo = str(Path(folder, "echo.js"))
        async with launched(node, echo, telegram, TOKEN, SECRET, updates.BARE) as side:
            yield side


async def _installed(npm: str, folder: str) -> bool:
    process = await asyncio.create_subprocess_exec(npm, *INSTALL, folder, stdout=DEVNULL, stderr=DEVNULL)
    try:
        async with asyncio.timeout(PATIENCE):
            return await process.wait() == 0
    except TimeoutError:
        return False
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


if __name__ == "__main__":
    by_hand(measure, rounds=7, count=300)
