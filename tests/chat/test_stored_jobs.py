"""Jobs stored by a release before versions are still delivered: every event, also in place of a message."""

import asyncio
from typing import Any

import asyncpg
import orjson
import pytest

from bot.notifications.registry import EVENTS, VERSION, from_facts, word
from handlers.app import Application
from tests.chat_user import BEN, PATIENCE, ChatUser

Facts = dict[str, Any]
# As release 0.1 has stored them: no version, moments by datetime.isoformat().
ENDS = "2026-03-01T12:00:00.123456+00:00"
MONEY: Facts = {"amount": 99000, "currency": "RUB"}
SALE: Facts = {"purchase_id": 7, "product": "Old product", **MONEY}
MODULE: Facts = {"module": "Old module", "module_id": 1, "days": 30, "ends_at": ENDS}
STORED: dict[str, Facts] = {
    "promo_redeemed": {"code": "OLD", "product": "Old product", **MODULE},
    "access_granted": MODULE,
    "access_taken": {**MODULE, "is_open": False},
    "purchase_succeeded": {**SALE, **MODULE},
    "link_paid": {"message_id": None, "product": "Old product", **MONEY},
    "purchase_canceled": {
        "purchase_id": 7,
        "product": "Old product",
        "reason": "card_expired",
        "offer_id": 1,
        "message_id": None,
        "message_chat": BEN,
    },
    "admin_purchase_succeeded": {"user_id": 1, **SALE},
    "second_charge": {"user_id": 1, **SALE},
    "provider_refused": {"purchase_id": 7, "code": "invalid_request", "about": "old", "parameter": None},
    "payment_looked_into": {**MONEY, "support": None},
    "refund_done": {**SALE, "days": 30, "module": "Old module", "ends_at": None, "is_open": True},
    "admin_refund_done": {"user_id": 1, **SALE, "days": 30, "asked": True},
    "refund_failed": {"purchase_id": None, **MONEY, "code": "old", "about": ""},
    "payment_mismatch": {"subject": "old-1", "purchase_id": None, "differs": "amount: 1, not 2"},
    "payment_parked": {"subject": "old-1", **MONEY, "reason": "metadata"},
    "payment_held": {"subject": "7"},
    "payment_not_credited": {"subject": "7", **MONEY},
    "paid_not_granted": {"subject": "7"},
    "granted_not_paid": {"subject": "7"},
    "update_failed": {"subject": "7", "error": "ValueError('old')"},
}
STORE = "insert into bot.pgqueuer (priority, status, entrypoint, payload) values (0, 'queued', 'tell', $1)"
TRIED = "select attempts > 1 from bot.pgqueuer where entrypoint = 'tell'"


async def store(sql: asyncpg.Connection, name: str, facts: Facts, **to: int) -> None:
    await sql.execute(STORE, orjson.dumps({**to, "news": name, "facts": facts}))


def told(person: ChatUser, name: str) -> str:
    return person.words(lambda: word(from_facts(name, STORED[name])).text).strip()


async def test_every_event_stored_for_a_chat_is_delivered(
    app: Application, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    assert STORED.keys() <= EVENTS.keys()
    await ben.send("/start")
    for name, facts in STORED.items():
        await store(sql, name, facts, telegram_id=BEN)
    for name in STORED:
        await ben.receives(told(ben, name))


async def test_what_was_stored_for_an_account_stands_below_the_message_it_is_about(
    app: Application, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await ben.register()
    user_id = await sql.fetchval("select id from users")
    shown = ben.messages[-1]["message_id"]
    facts = {**STORED["purchase_canceled"], "message_id": shown, "message_chat": BEN}
    await store(sql, "purchase_canceled", facts, user_id=user_id)
    await ben.receives(told(ben, "purchase_canceled"))
    async with asyncio.timeout(PATIENCE):
        while ben.messages[-2]["message_id"] != shown:
            await asyncio.sleep(0.03)
            await ben.refresh()
    assert ben.messages[-2]["text"].startswith("✖️ ")


@pytest.mark.errors_expected("the job fails")
async def test_facts_of_a_newer_release_wait_for_it(
    app: Application, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await ben.send("/start")
    await store(sql, "payment_held", STORED["payment_held"], telegram_id=BEN, version=VERSION + 1)
    async with asyncio.timeout(PATIENCE):
        while not await sql.fetchval(TRIED):  # noqa: ASYNC110 - it happens in the worker
            await asyncio.sleep(0.03)
    await ben.refresh()
    assert told(ben, "payment_held") not in ben.texts
