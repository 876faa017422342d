"""A browser for the whole run, and per test a sandbox with windows into its chat page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.sandbox.app import Sandbox
from tests.browser.chrome import FLAGS, chromium
from tests.browser.tiny_bot import Script, TinyBot

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page

ANNA, BEN, OLGA, HELEN = 7000000001, 7000000002, 7000000003, 7000000004
PATIENCE_MS = 10_000
CUT = """keys => keys.filter(key => key.firstChild.scrollWidth > key.firstChild.clientWidth)
    .map(key => key.textContent)"""


def pytest_itemcollected(item: pytest.Item) -> None:
    """All of this folder: a browser is more than the tests of the README may need."""
    item.add_marker(pytest.mark.proof)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield browser
        await browser.close()


class Contexts:
    """Browser profiles that tests use one after another: to start a process for each was half of what a test cost. Each
    sandbox has a port of its own, so a page finds nothing stored by the one before."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[BrowserContext]] = {}

    @asynccontextmanager
    async def lend(self, options: dict[str, Any]) -> AsyncIterator[BrowserContext]:
        free = self._free.setdefault(repr(options), [])
        context = free.pop() if free else await self._browser.new_context(**({"locale": "ru-RU"} | options))
        yield context
        stays, *others = context.pages  # without a page its process would end
        await stays.goto("about:blank")
        for page in others:
            await page.close()
        await context.clear_permissions()
        free.append(context)


@pytest.fixture(scope="session")
async def contexts(browser: Browser) -> Contexts:
    return Contexts(browser)


@dataclass
class World:
    """A sandbox that can be restarted on its port and its data, as after a crash."""

    folder: Path
    origin: str = ""
    sandbox: Sandbox | None = None

    async def start(self) -> None:
        self.sandbox = Sandbox(self.folder)
        self.origin = await self.sandbox.start(int(self.origin.rpartition(":")[2] or 0))

    async def stop(self) -> None:
        if self.sandbox is not None:
            await self.sandbox.stop()
            self.sandbox = None


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    await world.start()
    yield world
    await world.stop()


StartBot = Callable[[Script], Awaitable[TinyBot]]


@pytest.fixture
async def start_bot(world: World) -> AsyncIterator[StartBot]:
    async with AsyncExitStack() as stack:

        async def start(script: Script) -> TinyBot:
            return await stack.enter_async_context(TinyBot(world.origin, script))

        yield start


@dataclass
class Window:
    """One open page. `complaints`: what the browser's console called an error."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.complaints.append(said.text)

    def by(self, test_id: str) -> Locator:
        return self.page.get_by_test_id(test_id)

    @property
    def composer(self) -> Locator:
        return self.by("composer")

    def messages(self, text: str = "", *, outgoing: bool | None = None) -> Locator:
        side = "" if outgoing is None else f'[data-outgoing="{str(outgoing).lower()}"]'
        found = self.page.locator(f'[data-testid="message"]{side}')
        return found.filter(has_text=text) if text else found

    def button(self, text: str) -> Locator:
        return self.by("inline-button").filter(has_text=text)

    def reply_button(self, text: str) -> Locator:
        return self.by("reply-button").filter(has_text=text)

    async def cut_labels(self) -> list[str]:
        """Of the inline buttons that are too narrow for them."""
        found: list[str] = await self.by("inline-button").evaluate_all(CUT)
        return found

    async def begin(self) -> None:
        """Presses Start where the chat was not started: there is nothing to write in before, as in Telegram."""
        start, shown = self.by("start"), self.page.locator("#start:visible, #composer:visible").first
        await shown.wait_for()
        if await start.is_visible():
            await start.click()
            await self.composer.wait_for()

    async def say(self, text: str) -> None:
        started = self.messages(text="/start", outgoing=True)
        before = await started.count()
        await self.begin()
        if text == "/start" and await started.count() > before:
            return
        await self.composer.fill(text)
        await self.composer.press("Enter")


OpenWindow = Callable[..., Awaitable[Window]]


@pytest.fixture
async def open_window(contexts: Contexts, world: World) -> AsyncIterator[OpenWindow]:
    """`await open_window(person, query="", **context options)`; complaints left at the end fail the test."""
    windows: list[Window] = []
    async with AsyncExitStack() as stack:

        async def open_one(person: int | None = ANNA, query: str = "", **options: Any) -> Window:
            context = await stack.enter_async_context(contexts.lend(options))
            window = Window(await context.new_page())
            windows.append(window)
            await window.page.goto(f"{world.origin}/{query}" + (f"#{person}" if person else ""))
            return window

        yield open_one
    assert [complaint for window in windows for complaint in window.complaints] == []
