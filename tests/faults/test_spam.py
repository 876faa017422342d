"""Many who write much, and whose replies Telegram throttles, keep nobody's payment waiting: webhook and polling.

A pre-checkout query is answered within ten seconds or lost. Both tests compare with the same without spam, and print
their table (`-s`).
"""

import asyncio
import itertools
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramServerError
from aiogram.methods import AnswerPreCheckoutQuery, SendMessage

from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.timings import Timings
from bot.updates.polling import GetRawUpdates
from handlers.app import Application
from tests.app import BOT, origin_of, running_app, settings_for
from tests.chat_user import PATIENCE
from tests.http.test_webhook import bring, calls, webhook_is_set, webhook_settings

pytestmark = pytest.mark.proof


SPAMMERS = 50
EACH = 40  # messages of each of them
FROM_ONE = 800  # messages of one person, who polling meets first
PAYERS = 10
THROTTLED = 3.0  # seconds Telegram takes for a reply to who writes too much
ROOM = 20  # times as long as without spam; what it was before took hundreds
LEAST = 0.05  # seconds: a quicker answer than that is none to be compared with

_numbers = itertools.count(10**6)
AS_IT_IS = Timings()


@dataclass
class Answers:
    """When each pre-checkout query was answered, by the loop's clock."""

    at: dict[str, float] = field(default_factory=dict)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    failing: bool = False  # whether one getUpdates of three fails
    asked: int = 0

    async def middleware(self, make_request: Any, bot: Bot, method: Any) -> Any:
        if isinstance(method, AnswerPreCheckoutQuery):
            self.at[method.pre_checkout_query_id] = asyncio.get_running_loop().time()
            self.came.set()
        if isinstance(method, GetRawUpdates) and self.failing:
            self.asked += 1
            if self.asked % 3 == 0:
                raise TelegramServerError(method=method, message="Bad Gateway")
        if isinstance(method, SendMessage):  # to people the sandbox has never heard of
            with suppress(TimeoutError):
                await asyncio.wait_for(self.released.wait(), THROTTLED)
            return None
        return await make_request(bot, method)

    async def of(self, query: str) -> float:
        async with asyncio.timeout(3 * PATIENCE):
            while query not in self.at:
                self.came.clear()
                await self.came.wait()
        return self.at[query]


def somebody(person: int) -> dict[str, Any]:
    return {"id": person, "is_bot": False, "first_name": "Somebody", "language_code": "ru"}


def spam(person: int) -> dict[str, Any]:
    number = next(_numbers)
    chat = {"id": person, "type": "private", "first_name": "Somebody"}
    message = {
        "message_id": number,
        "date": 1_700_000_000,
        "chat": chat,
        "from": somebody(person),
        "text": "hello",
    }
    return {"update_id": number, "message": message}


def checkout(query: str) -> dict[str, Any]:
    body = {
        "id": query,
        "currency": "XTR",
        "total_amount": 1,
        "invoice_payload": "x",
        "from": somebody(9_000_000_000),
    }
    return {"update_id": next(_numbers), "pre_checkout_query": body}


async def pay(
    answers: Answers, name: str, bring_one: Callable[[dict[str, Any]], Awaitable[None]]
) -> list[float]:
    """Seconds until each of some payers was answered, one after another."""
    took = []
    for number in range(PAYERS):
        query, began = f"{name}-{number}", asyncio.get_running_loop().time()
        bringing = asyncio.ensure_future(bring_one(checkout(query)))
        took.append(await answers.of(query) - began)
        await bringing
    return took


def compare(title: str, without: list[float], beside: list[float]) -> None:
    print(f"\n{title}: seconds until a pre-checkout query is answered")
    for name, figures in (("without spam", without), ("beside spam", beside)):
        print(f"  {name:<13}median {statistics.median(figures):7.3f}  most {max(figures):7.3f}")
    assert statistics.median(beside) < ROOM * max(LEAST, statistics.median(without))
    assert max(beside) < ROOM * max(LEAST, *without)


@asynccontextmanager
async def spied(settings: Settings, dsn: str) -> AsyncIterator[tuple[Application, Answers]]:
    async with running_app(settings, dsn, replace(AS_IT_IS, poll=5)) as app:
        answers = Answers()
        app.bot.session.middleware(answers.middleware)
        try:
            yield app, answers
        finally:
            answers.released.set()


async def test_webhook(sandbox: Sandbox, school_database: str, http: aiohttp.ClientSession) -> None:
    """As Telegram does: so many connections as it was told, and one at a time for each chat."""
    async with spied(webhook_settings(sandbox), school_database) as (app, answers):
        await webhook_is_set(sandbox)
        [hook] = calls(sandbox, "setWebhook")
        connections = asyncio.Semaphore(int(hook["params"]["max_connections"]))

        async def deliver(update: dict[str, Any]) -> None:
            async with connections:
                assert await bring(app, http, update) == 200

        async def write_much(person: int) -> None:
            for _ in range(EACH):
                await deliver(spam(person))

        without = await pay(answers, "alone", deliver)
        people = [asyncio.create_task(write_much(8_000_000_000 + number)) for number in range(SPAMMERS)]
        beside = await pay(answers, "beside", deliver)
        await asyncio.gather(*people)
        compare("Webhook", without, beside)


@pytest.mark.parametrize("failing", [False, True], ids=["", "Telegram fails between"])
async def test_polling(sandbox: Sandbox, school_database: str, failing: bool) -> None:
    """Telegram gives the hundred oldest updates: who pays stands behind all that one person has written."""
    async with spied(settings_for(origin_of(sandbox)), school_database) as (_app, answers):
        telegram = sandbox.telegram.context
        account = next(one for one in telegram.accounts.all() if one.id == BOT)

        async def push(update: dict[str, Any]) -> None:
            kind = next(name for name in update if name != "update_id")
            telegram.updates.push(account, kind, update[kind])

        without = await pay(answers, "alone", push)
        beside, answers.failing = [], failing
        for number in range(PAYERS // 5):
            for _ in range(FROM_ONE):
                await push(spam(8_000_000_000 + number))
            beside += await pay(answers, f"beside-{number}", push)
        compare("Polling", without, beside)
