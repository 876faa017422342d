"""`main.py demo` and `main.py sandbox` in processes of their own: one to a folder, and a clock that outlasts a kill."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.demo import PATIENCE, Demo, free_port, running_demo
from tests.process import command

ANNA, BEN = 7000000001, 7000000002


async def clock_of(demo: Demo) -> dict[str, Any]:
    async with aiohttp.ClientSession() as http, http.get(f"{demo.origin}/sandbox/clock") as answer:
        state: dict[str, Any] = await answer.json()
        return state


async def world_of(demo: Demo) -> dict[str, Any]:
    async with aiohttp.ClientSession() as http, http.get(f"{demo.origin}/sandbox/world") as answer:
        state: dict[str, Any] = await answer.json()
        return state


async def bots_of(demo: Demo) -> list[dict[str, Any]]:
    async with aiohttp.ClientSession() as http, http.get(f"{demo.origin}/sandbox/bots") as answer:
        bots: list[dict[str, Any]] = await answer.json()
        return bots


async def visit(demo: Demo, languages: str, path: str = "/") -> str:
    headers = {"Accept-Language": languages}
    async with aiohttp.ClientSession() as http, http.get(f"{demo.origin}{path}", headers=headers) as answer:
        assert answer.status == 200
        return await answer.text()


async def says(demo: Demo, person: int, text: str) -> str:
    """What the bot answers, buttons and all."""
    address = f"{demo.origin}/sandbox/chats/{person}/messages?wait={PATIENCE}&replies=1"
    async with aiohttp.ClientSession() as http, http.post(address, json={"text": text}) as answer:
        return json.dumps((await answer.json())["replies"], ensure_ascii=False)


async def begin_anew(demo: Demo, language: str) -> dict[str, Any]:
    """Returns when the next world is there, with a bot in it."""
    before = (await world_of(demo))["id"]
    async with aiohttp.ClientSession() as http, asyncio.timeout(PATIENCE):
        async with http.post(f"{demo.origin}/sandbox/anew", json={"language": language}) as answer:
            assert answer.status == 200, await answer.text()
        while True:
            with suppress(aiohttp.ClientError):
                if (world := await world_of(demo))["id"] != before and await bots_of(demo):
                    return world
            await asyncio.sleep(0.05)


async def move_on(demo: Demo, seconds: int) -> None:
    async with aiohttp.ClientSession() as http, asyncio.timeout(PATIENCE):
        async with http.post(f"{demo.origin}/sandbox/clock", json={"seconds": seconds}) as answer:
            assert answer.status == 200, await answer.text()
        while (await clock_of(demo))["moving"]:  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.05)


async def second(folder: Path, name: str, *arguments: str) -> tuple[int | None, str]:
    """Its exit status and what it complains of."""
    extra = (*arguments, "--no-browser") if name == "demo" else ()
    ended = await command(folder, name, "--port", str(free_port()), *extra, DATA_DIR=str(folder))
    return ended.status, ended.errors


@pytest.mark.proof
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
        assert (await world_of(demo))["tasks"]["kill"] is True


@pytest.mark.proof
async def test_the_first_browser_chooses_the_school_until_it_is_begun_anew(tmp_path: Path) -> None:
    async with running_demo(tmp_path) as demo:
        assert (await world_of(demo))["school"] is None
        assert "Условия обучения" in await visit(demo, "ru", "/terms")
        assert "Privacy policy" in await visit(demo, "de", "/privacy")
        await visit(demo, "uk-UA,uk;q=0.9,ru;q=0.8,en;q=0.7")
        await visit(demo, "en")
        assert (await world_of(demo))["school"] == "ru"
        assert "Python с нуля" in await says(demo, ANNA, "/courses")
        world = await begin_anew(demo, "en")
        assert (world["school"], any(world["tasks"].values())) == ("en", False)
        await visit(demo, "ru")
        assert "Python from scratch" in await says(demo, BEN, "/courses")
    status, complaint = await second(tmp_path, "demo", "--language", "ru")
    assert (status, len(complaint.splitlines())) == (1, 1)
    assert "delete that folder" in complaint


@pytest.mark.proof
async def test_a_second_sandbox_is_refused_and_its_clock_cannot_be_moved(tmp_path: Path) -> None:
    async with running_demo(tmp_path, "sandbox") as sandbox:
        assert (await clock_of(sandbox))["movable"] is False
        status, complaint = await second(tmp_path, "sandbox")
        assert status == 1
        assert len(complaint.splitlines()) == 1
        assert str(tmp_path / "sandbox") in complaint
