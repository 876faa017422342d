"""What refunds are tested with: ways to pay, to return, and to see what stands."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import asyncpg

from bot.texts import refunds as words
from tests.callbacks import becomes
from tests.chat_user import ChatUser

Json = dict[str, Any]
ROUBLES = "select id from bot.offers where currency = 'RUB' order by id limit 1"  # 990 ₽ for 30 days
STARS = "select id from bot.offers where currency = 'XTR' order by id limit 1"


async def invoiced(anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection, offer: str, method: str) -> Json:
    """The same inside Telegram; what Telegram said of the payment."""
    await olga.send("/start")
    await anna.register()
    await anna.send(f"/start buy_{await sql.fetchval(offer)}")
    await anna.choose(method)
    message = next(one for one in reversed(anna.messages) if "invoice" in one)
    paid = await anna._post("/invoices", {"message_id": message["message_id"], "action": "pay"})
    await anna.receives("✅ ")
    await olga.receives("💰")
    return paid


def confirm(amount: int, currency: str = "RUB") -> Callable[[], str]:
    """The button's label."""
    plan: Any = SimpleNamespace(amount=amount, purchase=SimpleNamespace(currency=currency))
    return lambda: words.confirm(plan)


async def refund(olga: ChatUser, written: str, amount: int, currency: str = "RUB") -> None:
    await olga.send(f"/refund {written}")
    await olga.click(confirm(amount, currency))


async def at_provider(person: ChatUser, path: str, body: Json | None = None, method: str = "POST") -> Any:
    async with person.http.request(method, f"{person.origin}/sandbox{path}", json=body) as response:
        answer = await response.json()
        assert response.status == 200, answer
        return answer


async def made(person: ChatUser) -> list[Json]:
    """The provider's refunds, the newest first."""
    found: list[Json] = await at_provider(person, "/refunds", method="GET")
    return found


async def stands(sql: asyncpg.Connection) -> tuple[Any, ...]:
    """The purchase's status, days of access in all, refunds as (status, amount, days taken)."""
    status = await sql.fetchval(
        "select status from purchases where purchased_at is not null order by id limit 1"
    )
    days = await sql.fetchval("select sum(days) from bot.access_changes")
    rows = await sql.fetch("select status, amount, days_taken from bot.refunds order by id")
    return status, days, [tuple(row) for row in rows]


# slow_link looks after five seconds whether the link has come: it changes nothing here, so nobody waits for it.
WAITING = """
select count(*) from bot.pgqueuer where status in ('queued', 'picked') and entrypoint <> 'slow_link'
"""


async def no_jobs(sql: asyncpg.Connection) -> None:
    """Nothing is on its way any more: neither refunds nor callbacks nor news."""

    async def none() -> bool:
        return not await sql.fetchval(WAITING)

    await becomes(none)


def count(person: ChatUser, part: str) -> int:
    return sum(part in text for text in person.texts)


async def balance(sql: asyncpg.Connection) -> int:
    return int(await sql.fetchval("select sum(days) from bot.access_changes"))
