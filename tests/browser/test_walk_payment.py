"""Paying in the demo as a payer does it: back to the chat from the provider's page, and across a `kill -9`.

Pictures are saved under tests/browser/screenshots.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.chrome import require_browser
from tests.browser.conftest import PATIENCE_MS, Window
from tests.demo import Demo, running_demo

require_browser()

from playwright.async_api import expect  # noqa: E402  (only once it is known to be there)

from tests.browser.newcomer import open_checkout, opened, order, register  # noqa: E402

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator, Page

PICTURES = Path(__file__).parent / "screenshots"
ENGLISH, MONEY = "Английский: разговор", "Финансы для себя"
CUT_OFF = re.compile(r"net::ERR_")


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    async with running_demo(tmp_path) as demo:
        yield demo


@pytest.fixture
async def payer(demo: Demo, browser: Browser) -> AsyncIterator[Window]:
    """Somebody new who has registered; what the console complained of at the end fails the test."""
    async with opened(demo, browser, locale="ru-RU", viewport={"width": 1200, "height": 800}) as window:
        await window.by("new-person").click()
        await register(window)
        yield window
    assert window.complaints == []


async def test_the_way_back_from_the_provider_leads_to_ones_own_chat(payer: Window) -> None:
    await order(payer, ENGLISH)
    checkout = await open_checkout(payer)
    await pay(checkout)
    await checkout.get_by_role("link", name="Вернуться в чат").click()
    await expect(said(Window(checkout), "✅ Оплачено")).to_contain_text("открыт до")
    await expect(Window(checkout).button("▶️ Урок 1").last).to_be_visible()
    await photograph(checkout, "pay-1-back-in-the-chat")
    await checkout.reload()
    await expect(said(Window(checkout), "✅ Оплачено")).to_be_attached()


async def test_a_payment_that_was_open_when_everything_was_killed_opens_access(
    payer: Window, demo: Demo
) -> None:
    await order(payer, MONEY)
    checkout = await open_checkout(payer)
    assert payer.complaints == []
    await demo.kill()
    await expect(payer.by("connection-lost")).to_contain_text("Нет связи")
    await photograph(payer.page, "pay-2-killed")
    await demo.start()
    await expect(payer.by("connection-lost")).to_be_hidden(timeout=3 * PATIENCE_MS)
    await pay(checkout)
    await checkout.close()
    await expect(said(payer, "✅ Оплачено")).to_contain_text("открыт до")
    await payer.page.reload()
    await expect(said(payer, "вы зарегистрированы")).to_be_attached()
    await payer.say("/status")
    await expect(said(payer, "Мой доступ")).to_contain_text(MONEY)
    await photograph(payer.page, "pay-3-paid-after-the-kill")
    # A browser calls it an error when the server is gone, and that was our doing; anything else counts.
    payer.complaints[:] = [one for one in payer.complaints if not CUT_OFF.search(one)]


async def pay(checkout: Page) -> None:
    await checkout.get_by_role("button", name=re.compile("^Оплатить")).click()
    await expect(checkout.get_by_role("status")).to_contain_text("прошёл")


def said(window: Window, text: str) -> Locator:
    """The bot's newest message that has it; a blank may be any blank, as a price's is one that does not break."""
    words = re.compile(r"\s+".join(map(re.escape, text.split())))
    return window.page.locator('[data-testid="message"][data-outgoing="false"]').filter(has_text=words).last


async def photograph(page: Page, name: str) -> None:
    await page.screenshot(path=PICTURES / f"{name}.png", animations="disabled", caret="hide")
