"""`main.py run` as a process of its own, to be killed and started again."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

from bot.sandbox.yookassa import DEMO_SECRET_KEY, DEMO_SHOP_ID
from tests.chat_user import OLGA

MAIN = Path(__file__).parents[1] / "main.py"
PATIENCE = 60.0  # seconds
TOKEN = "7777777777:school-of-the-tests"


class BotProcess:
    """Over the sandbox at `origin` and the database at `dsn`; of our environment it gets only what a program needs."""

    def __init__(self, origin: str, dsn: str, folder: Path, *, script: Path = MAIN, **settings: str) -> None:
        self._folder = folder
        self._command = [str(script), "run"]
        self._settings = {
            "BOT_TOKEN": TOKEN,
            "TELEGRAM_API_URL": origin,
            "DATABASE_URL": dsn,
            "ADMIN_IDS": str(OLGA),
            "HTTP_PORT": "0",
            "YOOKASSA_SHOP_ID": DEMO_SHOP_ID,
            "YOOKASSA_SECRET_KEY": DEMO_SECRET_KEY,
            "YOOKASSA_API_URL": f"{origin}/v3",
            "LOG_FORMAT": "json",
            "DATA_DIR": str(folder),
        } | settings
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self.log: list[str] = []

    async def start(self) -> None:
        """Returns when it takes updates."""
        self._ready.clear()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, *self._command,
            cwd=self._folder, env=self._environment(), stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE,
        )  # fmt: skip
        self._reading = asyncio.create_task(self._read(self._process))
        async with asyncio.timeout(PATIENCE):
            await self._ready.wait()
        assert self._process.returncode is None, "\n".join(self.log)

    async def command(self, name: str) -> tuple[int, str]:
        """Another command of `main.py` under the same settings: its exit status, and what it printed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(MAIN), name,
            cwd=self._folder, env=self._environment(), stdin=DEVNULL, stdout=PIPE, stderr=PIPE,
        )  # fmt: skip
        async with asyncio.timeout(PATIENCE):
            said, complained = await process.communicate()
        return process.returncode or 0, (said + complained).decode()

    def _environment(self) -> dict[str, str]:
        needed = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        # By its path a script of the tests finds the project.
        return needed | self._settings | {"PYTHONPATH": str(MAIN.parent)}

    async def _read(self, process: Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            self.log.append(line.decode().rstrip())
            if '"event": "ready"' in self.log[-1]:
                self._ready.set()
        await process.wait()
        self._ready.set()

    async def kill(self) -> None:
        """Nothing is finished."""
        await self._end(signal.SIGKILL)

    async def terminate(self) -> int:
        """What is being handled is finished; the exit status."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        assert self._reading is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        async with asyncio.timeout(PATIENCE):
            await self._reading
            return await self._process.wait()

    @property
    def started(self) -> bool:
        """Whether it was ever; it may have ended since."""
        return self._process is not None

    @property
    def errors(self) -> list[str]:
        return [line for line in self.log if '"level": "error"' in line or line.startswith("Traceback")]
