"""Refunds: asked for in the chat or made at the provider, on its good days and its bad ones."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import asyncpg
import orjson
import pytest
from aiogram.methods import RefundStarPayment
from pydantic import SecretStr

from bot.chat.buttons import ConfirmRefund
from bot.chat.commands import REFUND
from bot.payments.reconciling import reconcile
from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.texts import arguments, errors
from bot.texts import refunds as words
from bot.texts import shop as shop_words
from db.errors import NotRefundable, RefundAsked, RefundTooMuch, StarsInFullOnly
from handlers.app import Application
from tests.app import origin_of, settings_for, update_of
from tests.chat_user import ANNA, PATIENCE, ChatUser

Json = dict[str, Any]
ROUBLES = "select id from bot.offers where currency = 'RUB' order by id limit 1"  # 990 ₽ for 30 days
STARS = "select id from bot.offers where currency = 'XTR' order by id limit 1"


@pytest.fixture
def app_settings(sandbox: Sandbox) -> Settings:
    return settings_for(origin_of(sandbox), telegram_payment_token=SecretStr("381764678:TEST:1"))


@pytest.fixture
async def bought(anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection) -> str:
    """Anna has bought a month by link, as payment №1; the payment's id. The admin's chat is open."""
    await olga.send("/start")
    await anna.register()
    await anna.order(await sql.fetchval(ROUBLES))
    payment = await anna.pay()
    await anna.receives("✅ ")
    await olga.receives("💰")
    return str(payment["id"])


async def invoiced(anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection, offer: str, method: str) -> Json:
    """The same inside Telegram; what Telegram said of the payment."""
    await olga.send("/start")
    await anna.register()
    await anna.send(f"/start buy_{await sql.fetchval(offer)}")
    await anna.click(lambda: shop_words.pay_by(method))
    message = next(one for one in reversed(anna.messages) if "invoice" in one)
    paid = await anna._post("/invoices", {"message_id": message["message_id"], "action": "pay"})
    await anna.receives("✅ ")
    await olga.receives("💰")
    return paid


async def becomes(condition: Callable[[], Awaitable[Any]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await condition():  # noqa: ASYNC110 - it happens in other tasks and in the database
            await asyncio.sleep(0.03)


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
    status = await sql.fetchval("select status from purchases order by id limit 1")
    days = await sql.fetchval("select sum(days) from bot.access_changes")
    rows = await sql.fetch("select status, amount, days_taken from bot.refunds order by id")
    return status, days, [tuple(row) for row in rows]


async def no_jobs(sql: asyncpg.Connection) -> None:
    """Nothing is on its way any more: neither refunds nor callbacks nor news."""

    async def none() -> bool:
        waiting = "select count(*) from bot.pgqueuer where status in ('queued', 'picked')"
        return not await sql.fetchval(waiting)

    await becomes(none)


def count(person: ChatUser, part: str) -> int:
    return sum(part in text for text in person.texts)


async def test_the_whole_of_it(anna: ChatUser, olga: ChatUser, bought: str, sql: asyncpg.Connection) -> None:
    shown = await olga.send("/refund № \u200b1")
    for part in ("№1", "990\xa0₽", "anna@example.com", "30 дней", "Python с нуля"):
        assert part in shown
    assert await stands(sql) == ("succeeded", 30, [("draft", 99_000, 0)])
    await olga.click(confirm(99_000))
    told = await anna.receives("↩️")
    assert "990\xa0₽" in told
    assert "30 дней" in await olga.receives("↩️ Возврат сделан")
    assert await stands(sql) == ("refunded", 0, [("succeeded", 99_000, 30)])
    assert [(one["payment_id"], one["amount"]["value"]) for one in await made(anna)] == [(bought, "990.00")]
    assert "⌛" in await anna.send("/status")
    await no_jobs(sql)
    await anna.refresh()
    assert count(anna, "↩️") == 1


async def test_in_parts(anna: ChatUser, olga: ChatUser, bought: str, sql: asyncpg.Connection) -> None:
    for written, amount in (("1 330", 33_000), ("1 330,00", 33_000), ("1", 33_000)):
        await refund(olga, written, amount)
        assert "10 дней" in await olga.receives("↩️ Возврат сделан")
    await no_jobs(sql)
    assert await stands(sql) == ("refunded", 0, [("succeeded", 33_000, 10)] * 3)
    await anna.refresh()
    assert count(anna, "↩️") == 3
    assert len({one["id"] for one in await made(anna)}) == 3


async def test_a_payment_by_invoice_goes_back_through_its_provider(
    anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    paid = await invoiced(anna, olga, sql, ROUBLES, "invoice")
    await refund(olga, "1 495", 49_500)
    await anna.receives("↩️")
    assert await stands(sql) == ("succeeded", 15, [("succeeded", 49_500, 15)])
    assert (await made(anna))[0]["payment_id"] == paid["provider_payment_charge_id"]


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


async def balance(sql: asyncpg.Connection) -> int:
    return int(await sql.fetchval("select sum(days) from bot.access_changes"))


class TestDashboard:
    async def test_made_there_it_does_the_same(
        self, anna: ChatUser, olga: ChatUser, bought: str, sql: asyncpg.Connection
    ) -> None:
        await at_provider(anna, "/refunds", {"payment_id": bought, "amount": "330.00"})
        assert "10 дней" in await anna.receives("↩️")
        await olga.receives("↩️ Возврат сделан")
        assert await stands(sql) == ("succeeded", 20, [("succeeded", 33_000, 10)])
        await olga.send("/refund 1 990")
        await olga.receives(lambda: errors.say(RefundTooMuch(1, 66_000, "RUB")))

    async def test_its_callback_asks_the_provider_once(
        self,
        anna: ChatUser,
        olga: ChatUser,
        bought: str,
        sql: asyncpg.Connection,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        await no_jobs(sql)
        caplog.set_level(logging.DEBUG, logger="urllib3.connectionpool")
        await at_provider(anna, "/refunds", {"payment_id": bought, "amount": "330.00"})
        await anna.receives("↩️")
        await no_jobs(sql)
        requests = [record.getMessage() for record in caplog.records if record.name.startswith("urllib3")]
        assert sum(f"/payments/{bought} " in request for request in requests) == 1, requests
        assert sum("/refunds?" in request for request in requests) == 1, requests

    async def test_repeated_shuffled_forged_callbacks_take_once(
        self, anna: ChatUser, olga: ChatUser, bought: str, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        sandbox.faults.set(callback_repeat=3, callback_shuffle=True, callback_forge=1.0)
        for _ in range(2):
            await at_provider(anna, "/refunds", {"payment_id": bought, "amount": "330.00"})
        await becomes(lambda: sql.fetchval("select count(*) = 2 from bot.refunds"))
        await no_jobs(sql)
        assert await stands(sql) == ("succeeded", 10, [("succeeded", 33_000, 10)] * 2)
        await anna.refresh()
        assert count(anna, "↩️") == 2

    async def test_without_a_callback_reconciliation_finds_it(
        self,
        anna: ChatUser,
        olga: ChatUser,
        bought: str,
        sandbox: Sandbox,
        app: Application,
        sql: asyncpg.Connection,
    ) -> None:
        sandbox.faults.set(callback_lost=1.0)
        await at_provider(anna, "/refunds", {"payment_id": bought})
        report = await reconcile(app.context)
        assert report.found.get("refunds") == 1
        await anna.receives("↩️")
        assert await stands(sql) == ("refunded", 0, [("succeeded", 99_000, 30)])
        assert "refunds" not in (await reconcile(app.context)).found

    @pytest.mark.errors_expected("a refund the provider refuses is the admins' to look at")
    async def test_a_confirmed_one_that_came_too_late_is_refused_and_told(
        self, anna: ChatUser, olga: ChatUser, bought: str, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        await olga.send("/refund 1")
        sandbox.faults.set(callback_lost=1.0)
        await at_provider(anna, "/refunds", {"payment_id": bought, "amount": "330.00"})
        await olga.click(confirm(99_000))
        await olga.receives("/refund 1 990")
        assert await stands(sql) == ("succeeded", 30, [("canceled", 99_000, 0)])
        await anna.refresh()
        assert count(anna, "↩️") == 0


ASKED_OFTEN = """
select convert_from(payload, 'UTF8')::json ->> 'asked' = '3' from bot.pgqueuer where entrypoint = 'ask_refund'
"""


class TestPending:
    @pytest.fixture(autouse=True)
    async def slow_bank(self, bought: str, anna: ChatUser) -> None:
        await at_provider(anna, "/yookassa", {"refunds": "pending"}, "PUT")

    async def test_asked_for_until_it_succeeds(
        self, anna: ChatUser, olga: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        """Its callback is lost."""
        sandbox.faults.set(callback_lost=1.0)
        await refund(olga, "1", 99_000)
        await becomes(lambda: sql.fetchval("select provider_refund_id is not null from bot.refunds"))
        assert await stands(sql) == ("succeeded", 30, [("pending", 99_000, 0)])
        await olga.send("/refund 1")
        await olga.receives(lambda: errors.say(RefundTooMuch(1, 0, "RUB")))
        await becomes(lambda: sql.fetchval(ASKED_OFTEN))
        await at_provider(anna, f"/refunds/{(await made(anna))[0]['id']}/succeed")
        await anna.receives("↩️")
        assert await stands(sql) == ("refunded", 0, [("succeeded", 99_000, 30)])

    @pytest.mark.errors_expected("a refund that did not come about is the admins' to look at")
    async def test_canceled_only_the_admins_hear_of_it(
        self, anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection
    ) -> None:
        await refund(olga, "1 330", 33_000)
        await becomes(lambda: sql.fetchval("select provider_refund_id is not null from bot.refunds"))
        end = f"/refunds/{(await made(anna))[0]['id']}/cancel"
        await at_provider(anna, end, {"reason": "insufficient_funds"})
        told = await olga.receives("/refund 1 330")
        assert "insufficient_funds" not in told
        assert await stands(sql) == ("succeeded", 30, [("canceled", 33_000, 0)])
        await no_jobs(sql)
        await anna.refresh()
        assert count(anna, "↩️") == 0
        await at_provider(anna, "/yookassa", {"refunds": "instant"}, "PUT")
        await refund(olga, "1 330", 33_000)
        await anna.receives("↩️")

    async def test_callback_and_questions_at_once_take_once(
        self, anna: ChatUser, olga: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        sandbox.faults.set(callback_repeat=5)
        await refund(olga, "1 330", 33_000)
        await becomes(lambda: sql.fetchval("select provider_refund_id is not null from bot.refunds"))
        await at_provider(anna, f"/refunds/{(await made(anna))[0]['id']}/succeed")
        await anna.receives("↩️")
        await no_jobs(sql)
        assert await stands(sql) == ("succeeded", 20, [("succeeded", 33_000, 10)])
        await anna.refresh()
        assert count(anna, "↩️") == 1


TRIES = "select max(attempts) >= 3 from bot.pgqueuer where entrypoint = 'create_refund'"


@pytest.mark.parametrize(
    "fault",
    ["provider_5xx", "provider_html_502", "provider_cut", "provider_cut_before", "provider_broken_json"],
)
async def test_a_bad_day_keeps_key_and_body(
    anna: ChatUser, olga: ChatUser, bought: str, sandbox: Sandbox, sql: asyncpg.Connection, fault: str
) -> None:
    """The provider may or may not have done it each time: in the end there is one refund."""
    sandbox.faults.set(**{fault: 1.0}, callback_lost=1.0)
    await refund(olga, "1 330", 33_000)
    request = await sql.fetchrow("select key, request from bot.refunds")
    await becomes(lambda: sql.fetchval(TRIES))
    assert (await stands(sql))[2] == [("pending", 33_000, 0)]
    sandbox.faults.set(**{fault: 0})
    await anna.receives("↩️")
    assert await sql.fetchrow("select key, request from bot.refunds") == request
    assert len(await made(anna)) == 1
    assert await stands(sql) == ("succeeded", 20, [("succeeded", 33_000, 10)])


async def test_the_callback_may_come_before_the_answer(
    anna: ChatUser, olga: ChatUser, bought: str, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    """The connection is cut after the provider did it, so a callback is the first to tell: it is the same refund."""
    sandbox.faults.set(provider_cut=0.6, callback_repeat=2)
    await refund(olga, "1 330", 33_000)
    await anna.receives("↩️")
    sandbox.faults.set(provider_cut=0)
    await no_jobs(sql)
    assert await stands(sql) == ("succeeded", 20, [("succeeded", 33_000, 10)])
    assert len(await made(anna)) == 1
    await anna.refresh()
    assert count(anna, "↩️") == 1


class TestOldKey:
    """After 23 hours of silence the key would be a new operation: the refund is looked for instead."""

    async def silence(self, olga: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection, fault: str) -> None:
        sandbox.faults.set(**{fault: 1.0}, callback_lost=1.0)
        await refund(olga, "1 330", 33_000)
        await becomes(lambda: sql.fetchval(TRIES))
        await sql.execute("update bot.refunds set sent_at = sent_at - $1::interval", timedelta(hours=23))
        sandbox.faults.reset()

    async def test_done_there_it_is_found(
        self, anna: ChatUser, olga: ChatUser, bought: str, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        await self.silence(olga, sandbox, sql, "provider_cut")
        await anna.receives("↩️")
        assert await stands(sql) == ("succeeded", 20, [("succeeded", 33_000, 10)])
        assert len(await made(anna)) == 1

    @pytest.mark.errors_expected("a refund that did not come about is the admins' to look at")
    async def test_never_done_it_ends(
        self, anna: ChatUser, olga: ChatUser, bought: str, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        await self.silence(olga, sandbox, sql, "provider_cut_before")
        await olga.receives("/refund 1 330")
        assert await made(anna) == []
        assert await stands(sql) == ("succeeded", 30, [("canceled", 33_000, 0)])


async def test_a_refusal_of_the_repetition_says_nothing_about_the_first(
    anna: ChatUser, olga: ChatUser, bought: str, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    """The provider did it and has forgotten the key: asked again, it says that nothing is left to return."""
    sandbox.faults.set(provider_cut=1.0, callback_lost=1.0)
    await refund(olga, "1", 99_000)
    await becomes(lambda: sql.fetchval(TRIES))
    sandbox.yookassa.provider.book._answers.clear()
    sandbox.faults.set(provider_cut=0)
    await anna.receives("↩️")
    assert await stands(sql) == ("refunded", 0, [("succeeded", 99_000, 30)])
    assert len(await made(anna)) == 1


class TestReceipts:
    @pytest.fixture
    def app_settings(self, sandbox: Sandbox) -> Settings:
        return settings_for(origin_of(sandbox), yookassa_vat_code=4)

    async def test_a_part_carries_the_receipt_of_the_part(
        self, anna: ChatUser, olga: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        """In the words of the sale, and accepted by a shop that demands receipts."""
        await at_provider(anna, "/yookassa", {"receipts_required": True}, "PUT")
        await olga.send("/start")
        await anna.register()
        await anna.order(await sql.fetchval(ROUBLES))
        await anna.pay()
        await anna.receives("✅ ")
        await refund(olga, "1 330", 33_000)
        await anna.receives("↩️")
        sold = orjson.loads(await sql.fetchval("select request from bot.payment_attempts"))["receipt"]
        back = orjson.loads(await sql.fetchval("select request from bot.refunds"))["receipt"]
        assert back["customer"] == sold["customer"] == {"email": "anna@example.com"}
        assert back["items"] == [{**sold["items"][0], "amount": {"value": "330.00", "currency": "RUB"}}]


async def test_too_much_wrong_and_unknown_are_refused(
    anna: ChatUser, olga: ChatUser, bought: str, sql: asyncpg.Connection
) -> None:
    await olga.send("/refund 1 990.01")
    await olga.receives(lambda: errors.say(RefundTooMuch(1, 99_000, "RUB")))
    for written in ("", " x", " 1 0", " 1 12.345", " 1 all", " 1 1,990", " 1 10 $"):
        await olga.send(f"/refund{written}")
        await olga.receives(lambda: arguments.usage(REFUND))
    await olga.send("/refund 99")
    await olga.receives("Такого платежа нет")
    assert (await stands(sql))[2] == []


async def test_the_other_applications_purchase_is_left_alone(
    anna: ChatUser, olga: ChatUser, bought: str, sql: asyncpg.Connection
) -> None:
    foreign = await sql.fetchval(
        "insert into purchases (user_id, product_id, amount_cents, provider, status, provider_payment_id, days,"
        " currency, created_at) select id, 1, 5000, 'appstore', 'succeeded', 'x-1', 30, 'USD', now() from users"
        " returning id"
    )
    await olga.send(f"/refund {foreign}")
    await olga.receives("в другом приложении")
    assert (await stands(sql))[2] == []


async def test_an_unpaid_order_has_nothing_to_return(
    anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    await olga.send("/start")
    await anna.register()
    await anna.order(await sql.fetchval(ROUBLES))
    await olga.send("/refund 1")
    await olga.receives(lambda: errors.say(NotRefundable(1, "pending")))


async def test_no_and_twice(anna: ChatUser, olga: ChatUser, bought: str, sql: asyncpg.Connection) -> None:
    await olga.send("/refund 1 330")
    asked = next(one for one in reversed(olga.messages) if "reply_markup" in one)["message_id"]
    await olga.click(words.DROP)
    await olga.receives(words.DROPPED)
    await olga.press(ConfirmRefund(refund=1).pack(), asked)
    assert "/refund" in olga.last_text
    await refund(olga, "1 330", 33_000)
    await anna.receives("↩️")
    await olga.press(ConfirmRefund(refund=2).pack(), asked)
    await olga.receives(lambda: errors.say(RefundAsked(2, "succeeded")))
    await no_jobs(sql)
    assert await stands(sql) == ("succeeded", 20, [("succeeded", 33_000, 10)])


async def test_it_is_for_admins_alone(
    anna: ChatUser, ben: ChatUser, olga: ChatUser, bought: str, sql: asyncpg.Connection
) -> None:
    """For anybody else an unknown command; and a button that came by whatever way does nothing."""
    await ben.send("/start")
    unknown = await ben.send("/no_such_command")
    assert await ben.send("/refund 1") == unknown
    await olga.send("/refund 1")
    for person in (anna, ben):
        await person.press(ConfirmRefund(refund=1).pack())
    assert await stands(sql) == ("succeeded", 30, [("draft", 99_000, 0)])


class TestSilent:
    @pytest.fixture
    def app_settings(self, sandbox: Sandbox) -> Settings:
        return settings_for(origin_of(sandbox), payment_news=False)

    async def test_who_asked_hears_of_it_all_the_same(
        self, anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection
    ) -> None:
        await olga.send("/start")
        await anna.register()
        await anna.order(await sql.fetchval(ROUBLES))
        payment = await anna.pay()
        await anna.receives("✅ ")
        await refund(olga, "1 330", 33_000)
        await olga.receives("↩️ Возврат сделан")
        await at_provider(anna, "/refunds", {"payment_id": payment["id"], "amount": "330.00"})
        await becomes(lambda: sql.fetchval("select sum(days_taken) = 20 from bot.refunds"))
        await no_jobs(sql)
        await olga.refresh()
        assert count(olga, "↩️ Возврат сделан") == 1
