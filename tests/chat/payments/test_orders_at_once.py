"""An order of which several jobs, or its payer and a job, know at once."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from bot.chat.buttons import DropOrder
from bot.payments.checking import check_payment
from bot.payments.showing import show_order
from bot.sandbox.app import Sandbox
from bot.texts import shop as shop_words
from bot.texts.payments import orders as words
from db.engine import Pool
from db.jobs import CheckPaymentJob
from db.payments.attempts import list_unsent
from db.payments.purchases import list_pending_payment_ids
from handlers.app import Application
from tests.callbacks import becomes
from tests.chat.payments.links import arrived, on_its_way
from tests.chat_user import ChatUser

pytestmark = pytest.mark.unasked

ROUBLES = "select array_agg(id order by id) from bot.offers where currency = 'RUB'"
BLOCKED = "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')"


async def test_two_jobs_that_show_it_at_once_leave_one_message(
    anna: ChatUser, offer: int, app: Application, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.order(offer)
    count = len(anna.texts)
    attempt = await sql.fetchval("update bot.payment_attempts set message_id = null returning id")
    sandbox.faults.set(telegram_slow=0.2)  # so that neither has been shown when the other one looks
    await asyncio.gather(show_order(app.context, attempt), show_order(app.context, attempt))
    await anna.refresh()
    assert len(anna.texts) == count + 1
    assert (
        await sql.fetchval("select message_id from bot.payment_attempts") == anna.messages[-1]["message_id"]
    )


async def test_paid_while_its_screen_is_on_its_way(
    anna: ChatUser, offer: int, app: Application, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    """Telegram puts the screen off for a second; the news come first, in the same message."""
    await anna.register()
    await anna.order(offer)
    attempt = await sql.fetchval("select id from bot.payment_attempts")
    showing = await on_its_way(show_order(app.context, attempt), sandbox)
    await anna.pay()
    await anna.receives(arrived(anna))
    await showing
    await anna.refresh()
    assert arrived(anna) in anna.texts[-1]
    assert anna.buttons[0].startswith("▶️ Урок 1: ")


async def test_paid_while_the_first_screen_of_it_is_on_its_way(
    anna: ChatUser, offer: int, app: Application, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    """It is news of its own, and the screen that comes too late does not stay."""
    await anna.register()
    await anna.order(offer)
    attempt = await sql.fetchval("update bot.payment_attempts set message_id = null returning id")
    showing = await on_its_way(show_order(app.context, attempt), sandbox)
    await anna.pay()
    await anna.receives(arrived(anna))
    count = len(anna.texts)
    await showing
    await anna.refresh()
    assert len(anna.texts) == count
    assert arrived(anna) in anna.last_text


async def test_left_while_its_screen_is_on_its_way(
    anna: ChatUser, offer: int, app: Application, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    """Whoever has left it in that moment may see it once more, and it is written there no more."""
    await anna.register()
    await anna.order(offer)
    attempt = await sql.fetchval("select id from bot.payment_attempts")
    showing = await on_its_way(show_order(app.context, attempt), sandbox)
    await anna.click(shop_words.BACK)
    await showing
    await anna.refresh()
    count = len(anna.texts)
    await anna.pay()
    await anna.receives(arrived(anna))
    assert len(anna.texts) == count + 1


async def test_who_has_blocked_the_bot_meanwhile_has_it_where_it_was(
    anna: ChatUser, offer: int, app: Application, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.order(offer)
    attempt = await sql.fetchval("select id from bot.payment_attempts")
    shown, count = anna.messages[-1]["message_id"], len(anna.texts)
    await anna.block()
    await show_order(app.context, attempt)
    await anna.block(False)
    await show_order(app.context, attempt)
    await anna.pay()
    await anna.receives(arrived(anna))
    assert (anna.messages[-1]["message_id"], len(anna.texts)) == (shown, count)


async def test_another_order_in_its_message_while_its_screen_is_on_its_way(
    anna: ChatUser, offer: int, app: Application, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    """Its payer has chosen Stars meanwhile, and has paid: that is what the message says in the end."""
    await anna.register()
    await anna.order(offer)
    shown = next(one["message_id"] for one in reversed(anna.messages) if "/checkout/" in str(one))
    attempt = await sql.fetchval("select id from bot.payment_attempts")
    showing = await on_its_way(show_order(app.context, attempt), sandbox)
    await anna.choose("stars")
    invoice = next(one for one in reversed(anna.messages) if "invoice" in one)
    await anna._post("/invoices", {"message_id": invoice["message_id"], "action": "pay"})
    await anna.receives(arrived(anna))
    await showing
    await anna.refresh()
    text = next(one["text"] for one in anna.messages if one["message_id"] == shown)
    assert "плачен" in text
    assert "⭐" in text
    assert "/checkout/" not in str(anna.messages)


async def test_another_order_that_is_still_open_is_shown_again_where_its_screen_was_written_over(
    anna: ChatUser, offer: int, app: Application, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.order(offer)
    attempt = await sql.fetchval("select id from bot.payment_attempts")
    showing = await on_its_way(show_order(app.context, attempt), sandbox)
    await anna.choose("stars")
    await showing
    await anna.refresh()
    assert "/checkout/" not in str(anna.messages)
    assert sum("Счёт ниже" in text for text in anna.texts) == 1


async def test_paid_while_the_answer_to_the_question_for_it_is_on_its_way(
    anna: ChatUser, offer: int, app: Application, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    """Not paid, says the provider; Telegram puts that off for a second, and the news come first."""
    await anna.register()
    await anna.order(offer)
    row = await sql.fetchrow("select id, message_id from bot.payment_attempts")
    job = CheckPaymentJob(attempt=row["id"], telegram_id=anna.id, message_id=row["message_id"])
    checking = await on_its_way(check_payment(job, app.context), sandbox)
    await anna.pay()
    await anna.receives(arrived(anna))
    await checking
    await anna.refresh()
    assert "✅ оплачен" in anna.last_text
    assert "Пока не оплачено" not in anna.last_text
    assert anna.links == []


async def test_settled_while_its_payer_leaves_it(anna: ChatUser, offer: int, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.order(offer)
    purchase = await sql.fetchval("select id from purchases")
    async with sql.transaction():
        await sql.execute("update bot.payment_attempts set closed_at = now(), outcome = 'succeeded'")
        leaving = asyncio.create_task(anna.press(DropOrder(purchase=purchase).pack()))
        await becomes(lambda: sql.fetchval(BLOCKED))
    await leaving
    assert await sql.fetchval("select outcome from bot.payment_attempts") == "succeeded"


async def test_touched_ones_are_asked_about_first(
    anna: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    await anna.register()
    offers = await sql.fetchval(ROUBLES)
    await anna.order(offers[0])
    await anna.click(words.CHECK)
    await anna.receives("Пока не оплачено")
    await anna.order(offers[1])
    await sql.execute("update bot.payment_attempts set link = null")
    ids = await sql.fetch("select provider_payment_id from purchases order by id")
    first = await sql.fetchval("select min(id) from bot.payment_attempts")
    async with app.context.database.transaction(Pool.JOBS) as session:
        assert await list_pending_payment_ids(session, limit=1) == [ids[0][0]]
        assert await list_unsent(session, datetime.now(UTC) + timedelta(hours=1), limit=1) == [first]
