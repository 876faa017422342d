"""Every button that the demo's school shows a learner, drawn on a phone: no label is cut."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import asyncpg
import pytest
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.catalogue.loading import load_file
from bot.chat.commands import Audience, for_audience
from bot.sandbox.app import Sandbox
from handlers.app import Application
from handlers.demo.school import SCHOOLS
from tests.app import origin_of
from tests.browser.chrome import require_browser
from tests.browser.conftest import PATIENCE_MS, Window
from tests.chat_user import ChatUser, _inline

require_browser()

from playwright.async_api import expect  # noqa: E402  (only once it is known to be there)

if TYPE_CHECKING:
    from playwright.async_api import Browser

MAX_PRESSES = 150
LEADS_AWAY = (
    "end:",
    "lang:",
    "go:logout",
    "signin",
    "droporder:",
)  # out of the account, the language or the order
Row = tuple[str, ...]


class Walk:
    """Collects the rows of labels of all screens a person comes to."""

    def __init__(self, person: ChatUser) -> None:
        self.person = person
        self.rows: set[Row] = set()
        self._pressed: set[str] = set()
        self._to_press: list[tuple[int, str]] = []

    async def say(self, text: str) -> None:
        await self.person.send(text)
        await self._look()

    async def press_all(self) -> None:
        while self._to_press and len(self._pressed) < MAX_PRESSES:
            message_id, data = self._to_press.pop(0)
            await self.person.press(data, message_id)
            await self._look()

    async def _look(self) -> None:
        await self.person.refresh()
        for message in self.person.messages:
            for row in _inline(message) or []:
                self.rows.add(tuple(key["text"] for key in row))
                for key in row:
                    data = key.get("callback_data")
                    if data and data not in self._pressed and not data.startswith(LEADS_AWAY):
                        self._pressed.add(data)
                        self._to_press.append((message["message_id"], data))


@pytest.fixture
async def phone(browser: Browser) -> AsyncIterator[Window]:
    context = await browser.new_context(locale="ru-RU", viewport={"width": 390, "height": 844})
    yield Window(await context.new_page())
    await context.close()


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_no_label_is_cut(
    app: Application,
    sandbox: Sandbox,
    anna: ChatUser,
    ben: ChatUser,
    phone: Window,
    sql: asyncpg.Connection,
    language: str,
) -> None:
    person = anna if language == "ru" else ben
    await load_file(app.database, SCHOOLS[language])
    walk = Walk(person)
    await walk.say("/start")
    await walk.say("/courses")
    await person.register()
    await walk.say("/promo SPRING")
    roubles = await sql.fetchval("select min(id) from bot.offers where currency = 'RUB'")
    for action, told in (("decline", "✖️"), ("expire", "⌛"), ("pay", "✅")):
        await person.order(roubles)
        await person.at_checkout(action)
        await person.receives(told)
        await walk.say("/purchases")
    for command in for_audience(Audience.LEARNER):
        if command.name not in ("logout", "start"):
            await walk.say(f"/{command.name}")
            await walk.press_all()
    assert len(walk.rows) > 30
    await show(app, person, walk.rows)
    await phone.page.goto(f"{origin_of(sandbox)}/#{person.id}")
    await expect(phone.messages("the last one")).to_be_visible(timeout=PATIENCE_MS)
    keys = phone.by("inline-button")
    assert await keys.count() >= sum(len(row) for row in walk.rows)
    assert await phone.cut_labels() == []


async def show(app: Application, person: ChatUser, rows: set[Row]) -> None:
    """All of them once more, as the bot's newest messages."""
    listed = sorted(rows)
    for at in range(0, len(listed), 20):
        keyboard = [
            [InlineKeyboardButton(text=text, callback_data="x") for text in row]
            for row in listed[at : at + 20]
        ]
        await app.bot.send_message(
            person.id, "labels", reply_markup=InlineKeyboardMarkup(inline_keyboard=keyboard)
        )
    await app.bot.send_message(person.id, "the last one")
