"""Paying by link: on the provider's page, with callbacks lost, forged, doubled and turned round."""

import asyncpg
import pytest

from bot.chat.buttons import CheckPayment
from bot.sandbox.app import Sandbox
from bot.texts.format import until
from bot.texts.payments import orders as order_words
from bot.texts.payments import purchases as purchase_words
from bot.timings import Timings
from tests.callbacks import ONLY_CALLBACKS, becomes
from tests.chat.payments.links import all_handled, arrived, database, forge
from tests.chat_user import ChatUser


class TestByCallback:
    """Open payments are never asked for, so that only callbacks settle."""

    @pytest.fixture
    def timings(self) -> Timings:
        return ONLY_CALLBACKS

    async def test_bought_paid_and_told(self, anna: ChatUser, offer: int, sql: asyncpg.Connection) -> None:
        await anna.register()
        await anna.order(offer)
        assert await database(sql) == (1, 0, 0, 0)
        payment = await anna.pay()
        told = await anna.receives(arrived(anna))
        row = await sql.fetchrow(
            "select p.*, a.outcome, a.closed_at from purchases p join bot.payment_attempts a on a.purchase_id = p.id"
        )
        assert row["provider_payment_id"] == payment["id"]
        assert row["status"] == row["outcome"] == "succeeded"
        assert row["closed_at"] is not None
        assert abs(row["purchased_at"].timestamp() - row["created_at"].timestamp()) < 600
        assert await database(sql) == (1, 1, row["days"], 1)
        ends_at = await sql.fetchval("select ends_at from usermoduleaccess")
        assert anna.words(lambda: until(ends_at)) in told
        assert anna.buttons[0].startswith("▶️ Урок 1: ")
        await anna.receives("✅")
        assert anna.links == []

    async def test_the_message_with_the_link_says_that_it_is_paid(
        self, anna: ChatUser, offer: int, sql: asyncpg.Connection
    ) -> None:
        await anna.register()
        link = await anna.order(offer)
        await anna.pay()
        await anna.receives(arrived(anna))

        async def no_link() -> bool:
            await anna.refresh()
            return link not in str(anna.messages)

        await becomes(no_link)

    async def test_repeated_callbacks_credit_once(
        self, anna: ChatUser, offer: int, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        sandbox.faults.set(callback_repeat=4)
        await anna.register()
        await anna.order(offer)
        await anna.pay()
        await anna.receives(arrived(anna))
        handled = "select count(*) from bot.callbacks where handled_at is not null"

        async def five() -> bool:
            return bool(await sql.fetchval(handled) >= 5)

        await becomes(five)
        days = await sql.fetchval("select days from purchases")
        assert await database(sql) == (1, 1, days, 1)
        await anna.refresh()
        assert sum(arrived(anna) in text for text in anna.texts) == 1

    async def test_a_forged_cancellation_cancels_nothing(
        self, anna: ChatUser, offer: int, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        await anna.register()
        await anna.order(offer)
        await forge(anna, "payment.canceled", {"id": await anna.open_checkout(), "status": "canceled"})
        await all_handled(sql, 1)
        assert await sql.fetchval("select status from purchases") == "pending"
        await anna.pay()
        await anna.receives(arrived(anna))

    async def test_lies_before_the_truth_do_not_block_it(
        self, anna: ChatUser, offer: int, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        sandbox.faults.set(callback_forge=1.0, callback_repeat=2, callback_shuffle=True)
        await anna.register()
        await anna.order(offer)
        await anna.pay()
        await anna.receives(arrived(anna))
        days = await sql.fetchval("select days from purchases")
        assert await database(sql) == (1, 1, days, 1)

    async def test_a_payment_nobody_asked_for_is_nobodys(
        self, anna: ChatUser, ben: ChatUser, offer: int, sql: asyncpg.Connection
    ) -> None:
        await anna.register()
        thing = {"id": "2c5d8f9e-000f-5000-8000-1b68e7b15f3f", "status": "succeeded"}
        await forge(anna, "payment.succeeded", thing)
        await all_handled(sql, 1)
        assert await database(sql) == (0, 0, 0, 0)

    @pytest.mark.parametrize("action", ["decline", "expire"])
    async def test_a_payment_that_failed_is_told_and_can_be_tried_again(
        self, anna: ChatUser, offer: int, sql: asyncpg.Connection, action: str
    ) -> None:
        await anna.register()
        await anna.order(offer)
        await anna.at_checkout(action)

        async def canceled() -> bool:
            return bool(await sql.fetchval("select status = 'canceled' from purchases"))

        await becomes(canceled)
        await anna.receives("деньги не списаны" if action == "decline" else "Ссылка на оплату устарела")
        assert await database(sql) == (1, 0, 0, 0)
        await anna.order(offer)
        await anna.pay()
        await anna.receives(arrived(anna))
        assert (await database(sql))[:2] == (2, 1)

    async def test_check_payment_asks_on_the_spot(
        self, anna: ChatUser, offer: int, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        """A closed page changes nothing; a payment whose callback is lost is found by asking."""
        sandbox.faults.set(callback_lost=1.0)
        await anna.register()
        await anna.order(offer)
        await anna.at_checkout("close")
        await anna.click(order_words.CHECK)
        await anna.receives("Пока не оплачено")
        await anna.pay()
        assert await database(sql) == (1, 0, 0, 0)
        await anna.click(order_words.CHECK)
        await anna.receives(arrived(anna))
        assert (await database(sql))[:2] == (1, 1)

    async def test_check_payment_is_for_ones_own(
        self, anna: ChatUser, ben: ChatUser, offer: int, sql: asyncpg.Connection
    ) -> None:
        await anna.register()
        await ben.register()
        await anna.order(offer)
        await ben.press(CheckPayment(purchase=1).pack())
        assert ben.toast != ben.words(purchase_words.CHECKING)
        assert ben.new_texts

    async def test_coming_back_from_the_checkout_page(
        self, anna: ChatUser, offer: int, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        sandbox.faults.set(callback_lost=1.0)
        await anna.register()
        await anna.send("/start paid")
        await anna.receives(purchase_words.NOTHING_PAID)
        await anna.order(offer)
        await anna.pay()
        await anna.send("/start paid")
        await anna.receives(arrived(anna))
        await anna.send("/start paid")
        assert anna.last_text.startswith("✅ Оплачено")
        assert anna.buttons[0].startswith("▶️ Урок 1: ")
