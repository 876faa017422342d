"""An owner's day on a phone: how things stand, a class let in from a list, a learner's question answered, a card, a
price, a promo code, a helper, and what was done. In Russian.

Pictures are saved under tests/browser/screenshots.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from bot.sandbox.app import Sandbox
from handlers.app import Application
from tests.app import origin_of
from tests.browser.chrome import require_browser
from tests.browser.conftest import ANNA, OLGA, Window

require_browser()

from playwright.async_api import expect  # noqa: E402  (only once it is known to be there)

from tests.browser.film import Film  # noqa: E402
from tests.browser.newcomer import RUSSIAN, ask  # noqa: E402

if TYPE_CHECKING:
    from playwright.async_api import Browser

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}
PUPILS = 30
QUESTION = "Не открывается второй урок"
ANSWER = "Уже открыли, попробуйте ещё раз"


@pytest.fixture
async def phones(browser: Browser, sandbox: Sandbox) -> AsyncIterator[tuple[Window, Window]]:
    """The owner's and the learner's."""
    async with AsyncExitStack() as stack:
        windows = []
        for person in (OLGA, ANNA):
            context = await browser.new_context(locale="ru-RU", **PHONE)
            stack.push_async_callback(context.close)
            window = Window(await context.new_page())
            await window.page.goto(f"{origin_of(sandbox)}/#{person}")
            windows.append(window)
        owner, learner = windows
        yield owner, learner
        assert [label for window in windows for label in await window.cut_labels()] == []
        assert [complaint for window in windows for complaint in window.complaints] == []


async def tap(window: Window, label: str, answer: str = "") -> None:
    """Presses the newest such button; `answer`: what is to be seen then."""
    await window.button(label).last.tap()
    if answer:
        await sees(window, answer)


async def reply(window: Window, text: str, answer: str) -> None:
    """To the newest message that shows the text."""
    await window.messages(text, outgoing=False).last.click(button="right", position={"x": 20, "y": 20})
    await window.page.get_by_role("menuitem", name="Ответить").click()
    await window.say(answer)


async def sees(window: Window, text: str) -> None:
    await expect(window.messages(text, outgoing=False).last).to_be_visible(timeout=60_000)


async def let_a_class_in(owner: Window, film: Film) -> None:
    await ask(owner, "/admin")
    await film.shoot(owner.page, "01-admin")

    await tap(owner, "Выдать доступ", "Кто")
    await ask(owner, "\n".join(f"pupil{number}@example.com" for number in range(1, PUPILS + 1)))
    await tap(owner, "Python", "На сколько дней")
    await tap(owner, "30", "Ученик 30")
    await film.shoot(owner.page, "02-class")
    await tap(owner, "Подтвердить", "Выдано")
    await film.shoot(owner.page, "03-class-done")


async def answer_a_question(owner: Window, learner: Window, film: Film) -> None:
    await ask(learner, "не открывается, что делать?")
    await tap(learner, "Написать школе")
    await ask(learner, QUESTION)
    await sees(owner, QUESTION)
    await film.shoot(owner.page, "04-question")
    await ask(owner, "/user соколова")
    await film.shoot(owner.page, "05-card")
    await tap(owner, "Написать", QUESTION)
    await reply(owner, QUESTION, ANSWER)
    await sees(learner, ANSWER)
    await film.shoot(learner.page, "06-answer")


async def change_a_price(owner: Window, film: Film) -> None:
    await ask(owner, "/catalog")
    await tap(owner, "Python с нуля", "В продаже")
    await film.shoot(owner.page, "07-course")
    await tap(owner, "💳", "Открывает")
    await tap(owner, "Другая цена", "новую цену")
    await ask(owner, "1190")
    await film.shoot(owner.page, "08-price")
    await tap(owner, "Изменить", "Изменено")


async def test_an_owners_day(
    app: Application, sql: asyncpg.Connection, phones: tuple[Window, Window]
) -> None:
    owner, learner = phones
    film = Film("owner")
    await sql.execute(
        "insert into users (name, email, password_hash, created_at)"
        " select 'Ученик ' || n, 'pupil' || n || '@example.com', '', now() from generate_series(1, $1::int) n",
        PUPILS,
    )
    for window in (learner, owner):
        await window.by("start").tap()
        await tap(window, RUSSIAN.register, RUSSIAN.registered)

    await let_a_class_in(owner, film)
    assert await sql.fetchval("select count(*) from usermoduleaccess") == PUPILS
    await answer_a_question(owner, learner, film)
    await change_a_price(owner, film)
    assert await sql.fetchval("select count(*) from bot.offers where price in (1190, 119000)") == 1

    await ask(owner, "/promo_new ОСЕНЬ python 14 100")
    await film.shoot(owner.page, "09-promo")
    await ask(owner, "/roles соколова учитель")
    await tap(owner, "Анна Соколова", "преподаватель")
    await film.shoot(owner.page, "10-role")
    await tap(owner, "Подтвердить")
    await sees(learner, "преподаватель")
    await ask(owner, "/history")
    await film.shoot(owner.page, "11-history")
