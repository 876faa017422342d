"""The demo in a real browser, from a stranger's first word to an admin's last: nothing is known but what is shown.

Pictures are saved under tests/browser/screenshots, and the README's where SCREENSHOTS names a folder.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest

from tests.browser.chrome import require_browser
from tests.browser.conftest import OLGA, Window
from tests.demo import Demo, running_demo

require_browser()

from playwright.async_api import expect  # noqa: E402  (only once it is known to be there)

from tests.browser.film import NO_NOTES  # noqa: E402
from tests.browser.newcomer import ask, open_checkout, opened, order, register  # noqa: E402

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

PICTURES = Path(__file__).parent / "screenshots"


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    async with running_demo(tmp_path) as demo:
        yield demo


@pytest.fixture
async def window(demo: Demo, browser: Browser) -> AsyncIterator[Window]:
    async with opened(demo, browser, locale="ru-RU", viewport={"width": 1280, "height": 860}) as window:
        yield window


async def picture(page: Page, name: str) -> None:
    await page.screenshot(path=PICTURES / f"{name}.png")


async def test_the_whole_walk(demo: Demo, window: Window) -> None:
    await come_in(window)
    await redeem(window)
    await buy(window)
    await learn(window)
    await picture_for_the_readme(window)
    await survive_a_kill(demo, window)
    await tick_off(window)
    await administer(window)
    assert window.complaints == []
    assert "error" not in demo.log.lower()


async def come_in(window: Window) -> None:
    await window.by("new-person").click()
    await expect(window.by("start")).to_be_visible()
    await picture(window.page, "01-stranger")
    await register(window)
    await picture(window.page, "02-registered")


async def redeem(window: Window) -> None:
    await window.say("/promo SPRING")
    await expect(window.messages("SPRING", outgoing=False)).to_contain_text("открыт")
    await picture(window.page, "03-redeemed")


async def buy(window: Window) -> None:
    await order(window, "Английский")
    await picture(window.page, "05-link")
    checkout = await open_checkout(window)
    await picture(checkout, "06-checkout")
    await checkout.get_by_role("button", name="Оплатить").click()
    await expect(checkout.get_by_text("Оплачено")).to_be_visible()
    await picture(checkout, "07-paid")
    await checkout.close()
    await expect(window.messages("✅ Оплачено", outgoing=False).last).to_contain_text("открыт")
    await ask(window, "/status")
    await expect(window.messages("Python с нуля", outgoing=False).last).to_contain_text("осталось")
    await picture(window.page, "08-status")


async def learn(window: Window) -> None:
    await ask(window, "/lessons")
    await window.button("▶️").last.click()
    await expect(window.messages("print", outgoing=False).last).to_be_visible()
    await picture(window.page, "09-lesson")
    await window.button("Готово").last.click()
    await ask(window, "/progress")
    await expect(window.messages("%", outgoing=False).last).to_contain_text("20")
    await picture(window.page, "10-progress")


async def picture_for_the_readme(window: Window) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        await window.page.evaluate(NO_NOTES)
        await window.page.screenshot(path=Path(folder) / "demo.png")


async def survive_a_kill(demo: Demo, window: Window) -> None:
    """A draft's text stays, the chat and the access are still there, and the bot answers again."""
    await demo.kill()
    await expect(window.by("connection-lost")).to_be_visible()
    await demo.start()
    await expect(window.by("connection-lost")).to_be_hidden(timeout=30_000)
    await expect(window.messages("SPRING", outgoing=False)).to_be_visible()
    await ask(window, "/status")
    await expect(window.messages("осталось", outgoing=False).last).to_contain_text("Английский")
    await picture(window.page, "11-after-the-kill")
    window.complaints.clear()  # the browser's refused connections are what this test made


async def tick_off(window: Window) -> None:
    """The card beside the chat has seen it all but a declined payment."""
    for name in ("register", "promo", "buy", "kill"):
        await expect(window.by(f"tour-{name}")).to_have_class("done")
    await expect(window.by("tour-count")).to_have_text("4 из 5")


async def administer(window: Window) -> None:
    katya = window.page.url.rpartition("#")[2]
    await window.by(f"person-{OLGA}").click()
    await register(window)
    await window.say(f"/grant {katya} 3 30")
    await expect(window.messages("30 дней", outgoing=False).last).to_be_visible()
    await window.say(f"/revoke {katya} 3 10")
    await expect(window.messages("10 дней", outgoing=False).last).to_be_visible()
    await ask(window, "/history")
    await expect(window.messages("30", outgoing=False).last).to_be_visible()
    await picture(window.page, "12-admin")
    await window.by(f"person-{katya}").click()
    # What was given can be taken back unheard for a minute.
    clock = urljoin(window.page.url, "/sandbox/clock")
    moved = await window.page.request.post(clock, data={"seconds": 61})
    assert moved.ok
    await expect(window.messages("Школа выдала вам", outgoing=False).last).to_be_visible(timeout=30_000)
    await expect(window.messages("10 дней", outgoing=False).last).to_be_visible(timeout=30_000)
    await picture(window.page, "13-news")
