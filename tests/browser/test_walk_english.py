"""An English newcomer with a phone: registers, pays, reads a lesson, has a payment declined; all of it in English.

Pictures are saved under tests/browser/screenshots, and the README's animated one where SCREENSHOTS names a folder.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.chrome import require_browser
from tests.demo import Demo, running_demo

require_browser()

from playwright.async_api import expect  # noqa: E402  (only once it is known to be there)

from tests.browser.film import PICTURES, Film  # noqa: E402
from tests.browser.newcomer import ENGLISH, open_checkout, opened, order  # noqa: E402

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.browser.conftest import Window

PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True, "locale": "en-GB"}
RUSSIAN_LETTERS = re.compile("[а-яё]", re.IGNORECASE)


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    async with running_demo(tmp_path) as demo:
        yield demo


async def test_an_english_newcomer_on_a_phone(demo: Demo, browser: Browser) -> None:
    async with opened(demo, browser, **PHONE) as window:
        film = Film("demo")
        await come_in(window, film)
        await buy(window, film)
        await learn(window, film)
        await be_declined(window, film)
        await tick_off(window)
        assert window.complaints == []
        assert not RUSSIAN_LETTERS.search(await window.page.locator("#message-list").inner_text())
    film.save()


async def come_in(window: Window, film: Film) -> None:
    await expect(window.page.locator(".person").first).to_contain_text("Ben")
    await window.page.locator(".person").first.tap()
    await expect(window.page.locator("#empty-chat")).to_contain_text("Spanish")
    await film.shoot(window.page, "01-empty")
    await window.by("start").tap()
    await expect(window.button(ENGLISH.register)).to_be_visible()
    await film.shoot(window.page, "02-greeting")
    await window.button(ENGLISH.register).tap()
    await window.button(ENGLISH.accept).tap()
    await expect(window.messages(ENGLISH.registered, outgoing=False)).to_be_visible()
    await expect(window.button("▶️")).to_be_visible()
    await film.shoot(window.page, "03-registered")


async def buy(window: Window, film: Film) -> None:
    await window.button("Buy").tap()
    await window.button("Spanish").last.tap()
    await expect(window.button("₽")).to_have_count(2)
    await film.shoot(window.page, "04-offers")
    await window.button("₽").first.tap()
    await expect(window.button(ENGLISH.pay).last).to_have_attribute("href", re.compile("/checkout/"))
    await film.shoot(window.page, "05-order")
    checkout = await open_checkout(window, ENGLISH)
    await film.shoot(checkout, "06-checkout")
    await checkout.get_by_role("button", name=re.compile("^Pay ")).click()
    await expect(checkout.get_by_role("status")).to_contain_text("went through")
    await film.shoot(checkout, "07-paid", 1200)
    await checkout.close()
    await expect(window.messages("✅", outgoing=False).last).to_contain_text("Spanish")
    await film.shoot(window.page, "08-open")


async def learn(window: Window, film: Film) -> None:
    await window.button("▶️").last.tap()
    await expect(window.messages("Hola", outgoing=False).last).to_be_visible()
    await film.shoot(window.page, "09-lesson", 2600)
    await window.button(ENGLISH.done).last.tap()
    await expect(window.messages("Eating out", outgoing=False).last).to_be_visible()


async def be_declined(window: Window, film: Film) -> None:
    await order(window, "Money", labels=ENGLISH)
    checkout = await open_checkout(window, ENGLISH)
    await checkout.get_by_role("button", name="Decline").click()
    await checkout.close()
    told = window.page.locator('[data-testid="message"]').filter(has_text=re.compile("declined|not paid"))
    await expect(told.last).to_be_visible()


async def tick_off(window: Window) -> None:
    """The card at the head of the page has seen it."""
    await window.page.locator("#tour-title").tap()
    for name in ("register", "buy", "decline"):
        await expect(window.by(f"tour-{name}")).to_have_class("done")
    await expect(window.by("tour-promo")).not_to_have_class("done")
    await window.page.screenshot(path=PICTURES / "demo-10-tour.png")
