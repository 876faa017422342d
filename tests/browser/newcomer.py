"""What somebody new does in the demo, in either language: nothing is known but what is shown."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playwright.async_api import expect

from tests.browser.conftest import Window

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

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


@asynccontextmanager
async def opened(demo: Demo, browser: Browser, **options: Any) -> AsyncIterator[Window]:
    context = await browser.new_context(**options)
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
