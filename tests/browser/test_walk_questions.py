"""A learner with a phone through a course that asks, in both languages: questions of each kind, a review on the next
day, progress and its picture.

Pictures are saved under tests/browser/screenshots.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.chrome import require_browser
from tests.demo import Demo, running_demo

require_browser()

from playwright.async_api import expect  # noqa: E402  (only once it is known to be there)

from tests.browser.film import Film  # noqa: E402
from tests.browser.newcomer import ENGLISH, RUSSIAN, Labels, ask, opened, register  # noqa: E402

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.browser.conftest import Window

PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}

A_DAY_PASSES = """async () => {
  const clock = async (options) => (await fetch("/sandbox/clock", options)).json();
  let state = await clock({ method: "POST", body: JSON.stringify({ seconds: 86400 }) });
  while (state.moving) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    state = await clock();
  }
}"""


@dataclass(frozen=True)
class Words:
    locale: str
    labels: Labels
    next: str
    again: str
    answer: str
    gives_back: str
    right: str
    result: str
    review: str
    picture: str
    dark: str


WORDS = {
    "ru": Words(
        "ru-RU", RUSSIAN, "Следующий", "Не совсем", "Ответить", "Отдаёт значение", "Верно!", "Результат", "Повторение",
        "Картинкой", "Тёмная",
    ),
    "en": Words(
        "en-GB", ENGLISH, "Next question", "Not quite", "Answer", "It gives a value back", "Right!", "Result", "Review",
        "As a picture", "Dark",
    ),
}  # fmt: skip


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    async with running_demo(tmp_path) as demo:
        yield demo


@pytest.mark.parametrize("language", WORDS)
async def test_a_learner_is_asked_and_asked_again(demo: Demo, browser: Browser, language: str) -> None:
    words, film = WORDS[language], Film(f"questions-{language}")
    async with opened(demo, browser, locale=words.locale, **PHONE) as window:
        await window.page.locator(".person").first.tap()
        await register(window, words.labels)
        await ask(window, "/promo SPRING")
        await tick_and_miss(window, words, film)
        await type_and_pass(window, words, film)
        await a_day_passes(window)
        await review(window, words, film)
        await progress(window, words, film)
        assert window.complaints == []
    assert "error" not in demo.log.lower()


async def open_questions(window: Window, lesson: str, count: int) -> None:
    await ask(window, "/lessons")
    await window.button("Python").last.tap()
    await window.button(f"{lesson}. ").last.tap()
    await window.button(f"✍️ {count}").last.tap()


async def says(window: Window, text: str) -> None:
    """In the newest message of the bot, or in the one it has rewritten."""
    await expect(window.messages(text, outgoing=False).last).to_be_visible()


async def tick_and_miss(window: Window, words: Words, film: Film) -> None:
    await open_questions(window, "4", 2)
    await expect(window.button("3").last).to_be_visible()
    await film.shoot(window.page, "01-one-right")
    await window.button("4").last.tap()
    await says(window, words.again)
    await film.shoot(window.page, "02-once-more")
    await window.button("2").last.tap()
    await expect(window.button(words.next).last).to_be_visible()
    await film.shoot(window.page, "03-not-right")
    await window.button(words.next).last.tap()
    for option in ("for", "while"):
        await window.button(option).last.tap()
        await expect(window.button(f"☑️ {option}")).to_be_visible()
    await film.shoot(window.page, "04-several")
    await window.button(words.answer).last.tap()
    await says(window, words.right)
    await window.button(words.labels.done).last.tap()
    await says(window, words.result)
    await film.shoot(window.page, "05-try-again")


async def type_and_pass(window: Window, words: Words, film: Film) -> None:
    await open_questions(window, "5", 3)
    listed = window.messages(words.gives_back, outgoing=False).last
    await expect(listed).to_be_visible()
    await film.shoot(window.page, "06-listed")
    number = re.search(rf"(\d)\. {words.gives_back}", await listed.inner_text())
    assert number is not None
    await window.button(number[1]).last.tap()
    await window.button(words.next).last.tap()
    await expect(window.button("🤷").last).to_be_visible()
    await film.shoot(window.page, "07-typed")
    await window.say("def")
    await expect(window.button("🤷")).to_have_count(0)  # "right" stands in older messages as well
    await film.shoot(window.page, "08-right")
    await window.button(words.next).last.tap()
    await expect(window.button("🤷").last).to_be_visible()
    await window.say("2")
    await window.button(words.labels.done).last.tap()
    await expect(window.button("▶️").last).to_be_visible()
    await film.shoot(window.page, "09-passed")


async def a_day_passes(window: Window) -> None:
    """The demo's clock stands beside the list of people, which a phone hides behind the chat."""
    await window.page.evaluate(A_DAY_PASSES)


async def review(window: Window, words: Words, film: Film) -> None:
    await ask(window, "/start")
    await film.shoot(window.page, "10-due")
    await window.button("🔁").last.tap()
    await says(window, words.review)
    await film.shoot(window.page, "11-review")
    await window.button("3").last.tap()
    await says(window, words.right)


async def progress(window: Window, words: Words, film: Film) -> None:
    await ask(window, "/progress")
    await film.shoot(window.page, "12-progress")
    await window.button(words.picture).last.tap()
    await expect(window.button(words.dark)).to_be_visible(timeout=60_000)
    await film.shoot(window.page, "13-picture")
    await window.button(words.dark).last.tap()
    await expect(window.button("☀️")).to_be_visible(timeout=60_000)
    await film.shoot(window.page, "14-dark")
