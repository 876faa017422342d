"""What payments by link are tested with: callbacks forged and handled, and the rows that must be there."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import asyncpg

from bot.notifications.events import PurchaseSucceeded
from bot.notifications.registry import word
from bot.sandbox.app import Sandbox
from tests.callbacks import becomes
from tests.chat_user import ChatUser

# One row: purchases, succeeded ones, days given, access rows.
ROWS = """
select (select count(*) from purchases), (select count(*) from purchases where status = 'succeeded'),
       (select coalesce(sum(days), 0) from bot.access_changes), (select count(*) from usermoduleaccess)
"""


async def database(sql: asyncpg.Connection) -> tuple[int, ...]:
    """Purchases, succeeded ones, days given, modules open."""
    return tuple(await sql.fetchrow(ROWS))


def arrived(person: ChatUser) -> str:
    """By what the news of a payment is known, for `receives`: how it begins."""
    news = person.words(
        lambda: (
            word(
                PurchaseSucceeded(
                    purchase_id=1,
                    product="",
                    module="",
                    module_id=1,
                    days=1,
                    amount=1,
                    currency="RUB",
                    ends_at=None,
                )
            ).text
        )
    )
    return news.partition(".")[0] + ". "


async def forge(person: ChatUser, event: str, thing: dict[str, Any]) -> None:
    """Somebody who knows the callback's address sends a lie."""
    body = {"type": "notification", "event": event, "object": thing}
    async with person.http.post(f"{person.origin}/sandbox/notifications", json={"body": body}) as response:
        item = await response.json()
    assert item["attempts"][-1]["status"] == 200


async def all_handled(sql: asyncpg.Connection, count: int) -> None:
    handled = "select count(*) >= $1 and count(*) = count(handled_at) from bot.callbacks"

    async def done() -> bool:
        return bool(await sql.fetchval(handled, count))

    await becomes(done)


async def on_its_way(job: Coroutine[Any, Any, None], sandbox: Sandbox) -> asyncio.Task[None]:
    """The job, once Telegram has put off for a second what it shows."""
    sandbox.faults.set(telegram_429=1)
    running = asyncio.create_task(job)

    async def put_off() -> bool:
        return sandbox.faults.struck["telegram_429"] > 0

    await becomes(put_off)
    return running
