"""`main.py demo` as people start it: a process of its own on a free port, to be killed and started again."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
PATIENCE = 60.0  # seconds; the first start of a demo makes a database


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Demo:
    """`folder` is its DATA_DIR, `name` the command (demo or sandbox); nothing else of our environment reaches it but
    what a program needs."""

    def __init__(self, folder: Path, name: str = "demo") -> None:
        self.folder = folder
        self._command = [name] if name == "sandbox" else [name, "--no-browser"]
        self.port = free_port()
        self.process: Process | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Returns when it says where to open it."""
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        with (self.folder / "demo.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "main.py", *self._command, "--port", str(self.port),
                cwd=ROOT, env=environment | {"DATA_DIR": str(self.folder)}, stdin=DEVNULL, stdout=PIPE, stderr=log,
            )  # fmt: skip
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while line := await self.process.stdout.readline():
                if self.origin.encode() in line:
                    return
        raise AssertionError(f"the demo did not start\n{self.log}")

    async def kill(self) -> None:
        """As a power cut would: nothing is finished."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> int:
        """Asks it to end; its exit status."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.terminate()
            try:
                async with asyncio.timeout(PATIENCE):
                    await self.process.wait()
            except TimeoutError:
                await self.kill()  # a failed test leaves nothing running
                raise
        assert self.process.returncode is not None
        return self.process.returncode

    @property
    def log(self) -> str:
        return (self.folder / "demo.log").read_text()


@asynccontextmanager
async def running_demo(folder: Path, name: str = "demo") -> AsyncIterator[Demo]:
    demo = Demo(folder, name)
    await demo.start()
    try:
        yield demo
    finally:
        await demo.stop()
