"""A learner with a phone through the last part of a course, in both languages: a lesson that unlocks on the next day,
the reminder of it, the end of the course, the certificate and its check.

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

from tests.browser.film import PICTURES, Film  # noqa: E402
from tests.browser.newcomer import ENGLISH, RUSSIAN, Labels, ask, opened, register  # noqa: E402
from tests.browser.test_walk_questions import PHONE, a_day_passes, says  # noqa: E402

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.browser.conftest import Window


@dataclass(frozen=True)
class Words:
    locale: str
    labels: Labels
    course: str
    lesson: str
    answers: tuple[str, str]
    opens: str
    congratulates: str
    get: str
    name: str
    make: str
    share: str
    valid: str


WORDS = {
    "ru": Words(
        "ru-RU", RUSSIAN, "Английский", "урок {number} из 4", ("Напротив банка", "This is Anna."), "откроется",
        "Поздравляем", "Получить сертификат", "Анна Сергеевна Соколова", "Всё верно", "📣 Поделиться",
        "Сертификат действителен",
    ),
    "en": Words(
        "en-GB", ENGLISH, "Spanish", "lesson {number} of 4", ("Across from the bank", "Soy Anna."), "unlocks",
        "Congratulations", "Get the certificate", "Benjamin O’Neil", "Yes, make it", "📣 Share",
        "This certificate is valid",
    ),
}  # fmt: skip


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    async with running_demo(tmp_path) as demo:
        yield demo


@pytest.mark.parametrize("language", WORDS)
async def test_a_learner_comes_back_and_gets_a_certificate(
    demo: Demo, browser: Browser, language: str
) -> None:
    words, film = WORDS[language], Film(f"certificate-{language}")
    async with opened(demo, browser, locale=words.locale, **PHONE) as window:
        await window.page.locator(".person").first.tap()
        await register(window, words.labels)
        await ask(window, "/promo HELLO")
        await until_the_locked_one(window, words, film)
        await reminded(window, film)
        await finishes(window, words, film)
        number = await gets_certificate(window, words, film)
        await ask(window, f"/start cert_{number}")
        await says(window, words.valid)
        await film.shoot(window.page, "08-valid")
        assert window.complaints == []
    assert "error" not in demo.log.lower()


async def until_the_locked_one(window: Window, words: Words, film: Film) -> None:
    await ask(window, "/lessons")
    await window.button(words.course).last.tap()
    await window.button("▶️").last.tap()
    for number in (1, 2):
        await says(window, words.lesson.format(number=number))
        await window.button(words.labels.done).last.tap()
    await says(window, words.lesson.format(number=3))
    await window.button("✍️").last.tap()
    await window.button(words.answers[0]).last.tap()
    await window.button(words.labels.done).last.tap()
    await ask(window, "/lessons")
    await window.button(words.course).last.tap()
    await says(window, words.opens)
    await film.shoot(window.page, "01-locked")


async def reminded(window: Window, film: Film) -> None:
    """At noon of the day on which it has unlocked, or of the next one."""
    for _ in range(2):
        await a_day_passes(window)
    await says(window, "🔓")
    await film.shoot(window.page, "02-reminded")


async def finishes(window: Window, words: Words, film: Film) -> None:
    await window.button("▶️").last.tap()
    await says(window, words.lesson.format(number=4))
    await window.button("✍️").last.tap()
    await window.button(words.answers[1]).last.tap()
    await window.button(words.labels.done).last.tap()
    await says(window, words.congratulates)
    await film.shoot(window.page, "03-the-end")


async def gets_certificate(window: Window, words: Words, film: Film) -> str:
    """Its number."""
    await window.button(words.get).last.tap()
    await expect(window.button(words.make).last).to_be_visible()
    await film.shoot(window.page, "04-name")
    await window.say(words.name)
    await says(window, words.name)
    await film.shoot(window.page, "05-name-shown-back")
    await window.button(words.make).last.tap()
    await expect(window.button(words.share).last).to_be_visible(timeout=60_000)
    await film.shoot(window.page, "06-files")
    for kind in ("png", "pdf"):
        async with window.page.expect_download() as loading:
            await window.page.locator(f'a.file[download$=".{kind}"]').last.tap()
        file = await loading.value
        await file.save_as(PICTURES / f"certificate-{words.locale}.{kind}")
    return re.sub(r"^certificate-|\.pdf$", "", file.suggested_filename)
