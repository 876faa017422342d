"""`main.py demo` and `main.py sandbox` in processes of their own: one to a folder, and a clock that outlasts a kill."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp

from tests.demo import PATIENCE, Demo, free_port, running_demo
from tests.process import command


async def clock_of(demo: Demo) -> dict[str, Any]:
    async with aiohttp.ClientSession() as http, http.get(f"{demo.origin}/sandbox/clock") as answer:
        state: dict[str, Any] = await answer.json()
        return state


async def move_on(demo: Demo, seconds: int) -> None:
    async with aiohttp.ClientSession() as http, asyncio.timeout(PATIENCE):
        async with http.post(f"{demo.origin}/sandbox/clock", json={"seconds": seconds}) as answer:
            assert answer.status == 200, await answer.text()
        while (await clock_of(demo))["moving"]:  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.05)


async def second(folder: Path, name: str) -> tuple[int | None, str]:
    """Its exit status and what it complains of."""
    extra = ("--no-browser",) if name == "demo" else ()
    ended = await command(folder, name, "--port", str(free_port()), *extra, DATA_DIR=str(folder))
    return ended.status, ended.errors


async def test_a_second_demo_is_refused_and_a_kill_leaves_folder_and_clock_usable(tmp_path: Path) -> None:
    async with running_demo(tmp_path) as demo:
        before = await clock_of(demo)
        await move_on(demo, 3600)
        after = await clock_of(demo)
        assert after["failure"] is None
        assert after["now"] - before["now"] >= 3600
        status, complaint = await second(tmp_path, "demo")
        assert status == 1
        assert len(complaint.splitlines()) == 1
        assert str(tmp_path / "demo") in complaint
        await demo.kill()
        await demo.start()
        assert (await clock_of(demo))["now"] >= after["now"]


async def test_a_second_sandbox_is_refused_and_its_clock_cannot_be_moved(tmp_path: Path) -> None:
    async with running_demo(tmp_path, "sandbox") as sandbox:
        assert (await clock_of(sandbox))["movable"] is False
        status, complaint = await second(tmp_path, "sandbox")
        assert status == 1
        assert len(complaint.splitlines()) == 1
        assert str(tmp_path / "sandbox") in complaint
