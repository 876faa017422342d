"""Stars go back by Telegram."""

from datetime import timedelta
from functools import partial

import asyncpg
import pytest
from aiogram.methods import RefundStarPayment

from bot.payments.reconciling import pending_refunds, reconcile
from bot.payments.refunding import EARLY_WAITS, create_refund
from bot.payments.reports import Report
from bot.retry import RetryJobError
from bot.sandbox.app import Sandbox
from bot.texts import errors
from db.errors import StarsInFullOnly
from db.jobs import CreateRefundJob
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

OPEN = "select array_agg(kind) from bot.alerts where solved_at is null"
FAILING = "select array_agg(name) from bot.failing"


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

    @pytest.mark.errors_expected("an update of Stars that nobody claims is an alarm")
    async def test_returned_of_what_nobody_claims_it_needs_nobody_any_more(
        self, anna: ChatUser, olga: ChatUser, app: Application, sql: asyncpg.Connection
    ) -> None:
        """A parked payment is closed with its alarm, and its refund has ended."""
        await olga.send("/start")
        await anna.register()
        charge = {"currency": "XTR", "total_amount": 500, "telegram_payment_charge_id": "charge-1"}
        paid = charge | {"invoice_payload": "nobody knows this", "provider_payment_charge_id": ""}
        await app.processor.process(update_of(anna, successful_payment=paid))
        assert await sql.fetchval(OPEN) == ["payment_parked"]
        await app.processor.process(update_of(anna, refunded_payment=charge | {"invoice_payload": "x"}))
        assert await sql.fetchval(OPEN) is None
        assert await sql.fetchval("select solved_at is not null from bot.parked_payments")
        assert await sql.fetchval("select array_agg(status) from bot.refunds") == ["succeeded"]

    async def test_a_return_whose_payment_never_comes_ends_after_days(
        self, anna: ChatUser, app: Application, sql: asyncpg.Connection
    ) -> None:
        await anna.register()
        charge = {"currency": "XTR", "total_amount": 500, "telegram_payment_charge_id": "charge-1"}
        await app.processor.process(update_of(anna, refunded_payment=charge | {"invoice_payload": "x"}))
        app.worker.stop()
        at = await sql.fetchval("select created_at from bot.refunds")
        ends = at + EARLY_WAITS
        for now, status in ((ends, "pending"), (ends + timedelta(seconds=1), "succeeded")):
            app.context.now = partial(lambda now: now, now)
            await pending_refunds(app.context, Report())
            assert await sql.fetchval("select status from bot.refunds") == status


class TestTelegramDoesNotReturnThem:
    @pytest.fixture
    async def price(
        self, anna: ChatUser, olga: ChatUser, app: Application, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> int:
        """Of the Stars that are to go back, which nobody has told Telegram yet."""
        await invoiced(anna, olga, sql, STARS, "stars")
        await no_jobs(sql)
        app.worker.stop()
        price: int = await sql.fetchval("select amount_cents from purchases")
        await refund(olga, "1", price, "XTR")
        return price

    @pytest.mark.errors_expected("a refund that did not come about is the admins' to look at")
    async def test_where_it_says_no(
        self, app: Application, price: int, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        sandbox.telegram.context.ledger._moves.clear()
        await create_refund(CreateRefundJob(refund=1), app.context)
        assert await stands(sql) == ("succeeded", 30, [("canceled", price, 0)])
        alert = await sql.fetchrow("select kind, facts ->> 'code' from bot.alerts where solved_at is null")
        assert alert[0] == "refund_failed"
        assert "CHARGE_NOT_FOUND" in alert[1]

    @pytest.mark.parametrize(
        ("fault", "pause", "failing"),
        [("telegram_429", 1, None), ("telegram_5xx", None, ["refund_unknown:1"])],
    )
    async def test_while_it_does_not_say(
        self,
        app: Application,
        price: int,
        sandbox: Sandbox,
        sql: asyncpg.Connection,
        fault: str,
        pause: int | None,
        failing: list[str] | None,
    ) -> None:
        """Nothing is booked, and it is asked again; after the pause that it has asked for."""
        sandbox.faults.set(**{fault: 1})
        with pytest.raises(RetryJobError) as later:
            await create_refund(CreateRefundJob(refund=1), app.context)
        assert later.value.delay == (timedelta(seconds=pause) if pause else None)
        assert await stands(sql) == ("succeeded", 30, [("pending", price, 0)])
        assert await sql.fetchval(FAILING) == failing
        await create_refund(CreateRefundJob(refund=1), app.context)
        assert await stands(sql) == ("refunded", 0, [("succeeded", price, 30)])
        assert await sql.fetchval(FAILING) is None
