"""What somebody new does in the demo, in either language: nothing is known but what is shown."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playwright.async_api import expect

from bot.timings import Timings
from tests.browser.conftest import Window

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Route

    from tests.demo import Demo


@dataclass(frozen=True)
class Labels:
    register: str
    accept: str
    registered: str
    pay: str
    done: str


RUSSIAN = Labels("Зарегистрироваться", "Принимаю", "вы зарегистрированы", "💳 Оплатить", "Готово")
ENGLISH = Labels("Register", "I accept", "you are registered", "💳 Pay", "Done")


class Pace:
    """A person's at most: a script is quicker than the bot lets one person be, and would be turned away on a fast
    machine. What the page sends to the bot waits until it is well within the limit, each person's in turn."""

    def __init__(self) -> None:
        timings = Timings()
        self._every = timings.every.total_seconds() * 1.1
        self._reserve = timings.burst * 0.75 * self._every  # seconds that one may be ahead of the allowance
        self._free_at = 0.0
        self._turn = asyncio.Lock()

    async def keep(self, route: Route) -> None:
        if route.request.method == "POST":
            async with self._turn:
                now = asyncio.get_running_loop().time()
                self._free_at = max(self._free_at, now - self._reserve) + self._every
                await asyncio.sleep(self._free_at - now)
        await route.continue_()


@asynccontextmanager
async def opened(demo: Demo, browser: Browser, **options: Any) -> AsyncIterator[Window]:
    context = await browser.new_context(**options)
    await context.route("**/sandbox/chats/**", Pace().keep)
    window = Window(await context.new_page())
    await window.page.goto(demo.origin)
    yield window
    await context.close()


async def register(window: Window, labels: Labels = RUSSIAN) -> None:
    """The demo's school has documents, so it takes two taps."""
    await window.by("start").click()
    await window.button(labels.register).click()
    await window.button(labels.accept).click()
    await expect(window.messages(labels.registered, outgoing=False)).to_be_visible()


async def ask(window: Window, text: str) -> None:
    """Says it, and waits for the answer, so that the newest buttons are the answer's."""
    before = await window.messages(outgoing=False).count()
    await window.say(text)
    await expect(window.messages(outgoing=False).nth(before)).to_be_visible()


async def order(window: Window, course: str, offer: str = "₽", labels: Labels = RUSSIAN) -> None:
    """Until the link to the provider's page is there."""
    await ask(window, "/courses")
    await window.button(course).last.click()
    await window.button(offer).first.click()
    await expect(window.button(labels.pay).last).to_have_attribute("href", re.compile("/checkout/"))


async def open_checkout(window: Window, labels: Labels = RUSSIAN) -> Page:
    async with window.page.expect_popup() as opening:
        await window.button(labels.pay).last.click()
    checkout = await opening.value
    Window(checkout, window.complaints)
    return checkout
