"""Processes that merge the same accounts at once."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).parents[3]
Pair = tuple[int, int]


async def start_two(dsn: str, pairs: Sequence[Pair]) -> list[asyncio.subprocess.Process]:
    """Ready to merge, the one from the first pair on, the other from the last."""
    written = [f"{source}:{target}" for source, target in pairs]
    return [await _start(dsn, written), await _start(dsn, written[::-1])]


async def _start(dsn: str, pairs: list[str]) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "tests.db.merging.racer", dsn, *pairs]
    racer = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, cwd=ROOT)
    assert racer.stdout
    assert await racer.stdout.readline() == b"ready\n"
    return racer


async def race(racers: Sequence[asyncio.subprocess.Process], now: datetime) -> Counter[str]:
    """How often a pair fared how."""
    ends = await asyncio.gather(*(racer.communicate(f"{now.isoformat()}\n".encode()) for racer in racers))
    return Counter(end for out, _ in ends for end in out.decode().strip().split(" | "))
