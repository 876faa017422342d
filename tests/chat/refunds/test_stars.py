"""Stars go back by Telegram."""

import asyncpg
from aiogram.methods import RefundStarPayment

from bot.payments.reconciling import reconcile
from bot.texts import errors
from db.errors import StarsInFullOnly
from handlers.app import Application
from tests.app import update_of
from tests.callbacks import becomes
from tests.chat.refunds.steps import (
    STARS,
    balance,
    confirm,
    count,
    invoiced,
    no_jobs,
    refund,
    stands,
)
from tests.chat_user import ANNA, ChatUser


class TestStars:
    async def test_in_full_and_once(self, anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection) -> None:
        """Telegram's own word of it comes to the bot too."""
        await invoiced(anna, olga, sql, STARS, "stars")
        price = await sql.fetchval("select amount_cents from purchases")
        await olga.send(f"/refund 1 {price - 1}")
        await olga.receives(lambda: errors.say(StarsInFullOnly(1, price)))
        await refund(olga, "1", price, "XTR")
        await anna.receives("↩️")
        await no_jobs(sql)
        assert await stands(sql) == ("refunded", 0, [("succeeded", price, 30)])
        await anna.refresh()
        assert count(anna, "↩️") == 1
        assert (await balance(sql)) == 0

    async def test_returned_by_telegram_itself(
        self, anna: ChatUser, olga: ChatUser, app: Application, sql: asyncpg.Connection
    ) -> None:
        paid = await invoiced(anna, olga, sql, STARS, "stars")
        charge = paid["telegram_payment_charge_id"]
        await app.bot(RefundStarPayment(user_id=ANNA, telegram_payment_charge_id=charge))
        await anna.receives("↩️")
        await olga.receives("↩️ Возврат сделан")
        assert (await stands(sql))[:2] == ("refunded", 0)

    async def test_already_returned_is_returned(
        self, anna: ChatUser, olga: ChatUser, app: Application, sql: asyncpg.Connection
    ) -> None:
        """The first call got through and its answer was lost; so was Telegram's message."""
        paid = await invoiced(anna, olga, sql, STARS, "stars")
        charge = paid["telegram_payment_charge_id"]
        price = await sql.fetchval("select amount_cents from purchases")
        await olga.send("/refund 1")
        await sql.execute("update purchases set provider_payment_id = 'hidden'")
        await app.bot(RefundStarPayment(user_id=ANNA, telegram_payment_charge_id=charge))
        await becomes(lambda: sql.fetchval("select count(*) from bot.refunds where asked_by is null"))
        await sql.execute("delete from bot.refunds where asked_by is null")
        await sql.execute("update purchases set provider_payment_id = $1", charge)
        await olga.click(confirm(price, "XTR"))
        await anna.receives("↩️")
        assert await stands(sql) == ("refunded", 0, [("succeeded", price, 30)])

    async def test_returned_before_the_payment_is_known(
        self, anna: ChatUser, olga: ChatUser, app: Application, sql: asyncpg.Connection
    ) -> None:
        """Its message overtook the payment's: kept, and taken back as soon as both are there."""
        await invoiced(anna, olga, sql, STARS, "stars")
        row = await sql.fetchrow("select p.amount_cents, p.provider_payment_id from purchases p")
        await sql.execute("update purchases set provider_payment_id = 'not yet'")
        body = {
            "currency": "XTR",
            "total_amount": row["amount_cents"],
            "invoice_payload": "x",
            "telegram_payment_charge_id": row["provider_payment_id"],
        }
        for _ in range(2):
            await app.processor.process(update_of(anna, refunded_payment=body))
        assert await stands(sql) == ("succeeded", 30, [("pending", row["amount_cents"], 0)])
        await sql.execute("update purchases set provider_payment_id = $1", row["provider_payment_id"])
        await reconcile(app.context)
        await anna.receives("↩️")
        assert await stands(sql) == ("refunded", 0, [("succeeded", row["amount_cents"], 30)])
