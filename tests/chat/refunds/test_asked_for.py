"""Refunds that admins ask for: the whole, in parts, with receipts, and what is refused."""

import re

import asyncpg
import orjson
import pytest

from bot.chat.buttons import ConfirmRefund
from bot.chat.commands import REFUND
from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.texts import arguments, errors
from bot.texts import refunds as words
from bot.texts.commands import ABOUT
from db.errors import NotRefundable, RefundAsked, RefundTooMuch
from tests.app import origin_of, settings_for
from tests.callbacks import becomes
from tests.chat.refunds.steps import (
    ROUBLES,
    at_provider,
    confirm,
    count,
    invoiced,
    made,
    no_jobs,
    refund,
    stands,
)
from tests.chat_user import ChatUser


async def test_the_whole_of_it(anna: ChatUser, olga: ChatUser, bought: str, sql: asyncpg.Connection) -> None:
    shown = await olga.send("/refund № \u200b1")
    for part in ("№1", "990\xa0₽", "Анна Соколова", "30 дней", "Python с нуля"):
        assert part in shown
    assert await stands(sql) == ("succeeded", 30, [("draft", 99_000, 0)])
    # Of some time ago.
    await sql.execute("insert into bot.failing (name, since) values ('refund_unknown:1', now())")
    await olga.click(confirm(99_000))
    told = await anna.receives("↩️")
    assert "990\xa0₽" in told
    told = await olga.receives("↩️ Возврат сделан")
    assert "30 дней" in told
    assert not re.search(r"[-−–]\s?30", told)
    assert await stands(sql) == ("refunded", 0, [("succeeded", 99_000, 30)])
    assert [(one["payment_id"], one["amount"]["value"]) for one in await made(anna)] == [(bought, "990.00")]
    assert "⌛" in await anna.send("/status")
    await no_jobs(sql)
    assert await sql.fetchval("select count(*) from bot.failing") == 0
    await anna.refresh()
    assert count(anna, "↩️") == 1


CERTIFICATE = """
with given as (insert into bot.certificate_numbers (number) values ('2222-3333-4444') returning number)
insert into bot.certificates (number, user_id, module_id, name, course, school, finished_on, issued_at)
select number, p.user_id, sold.module_id, 'Anna', 'Python', 'School', current_date, now()
from given, purchases p join products sold using (product_id)
"""


async def test_in_parts(anna: ChatUser, olga: ChatUser, bought: str, sql: asyncpg.Connection) -> None:
    """The last one makes the certificate void."""
    await sql.execute(CERTIFICATE)
    await olga.send("/admin")
    await olga.click(ABOUT["refund"])
    await olga.send("соколова")
    await olga.click("↩️")
    assert olga.words(confirm(99_000)) in olga.buttons
    await olga.click(words.DROP)
    for written, amount in (("1 330", 33_000), ("1 330,00", 33_000), ("1", 33_000)):
        await refund(olga, written, amount)
        assert "10 дней" in await olga.receives("↩️ Возврат сделан")
    await no_jobs(sql)
    assert await stands(sql) == ("refunded", 0, [("succeeded", 33_000, 10)] * 3)
    await anna.refresh()
    assert count(anna, "↩️") == 3
    assert [text.partition("больше не действует: ")[2] for text in anna.texts if text.startswith("↩️")] == [
        "", "", "2222-3333-4444."
    ]  # fmt: skip
    assert len({one["id"] for one in await made(anna)}) == 3


async def test_a_payment_by_invoice_goes_back_through_its_provider(
    anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    paid = await invoiced(anna, olga, sql, ROUBLES, "invoice")
    await refund(olga, "2 495", 49_500)  # №1 is the link that the screen of the terms made
    await anna.receives("↩️")
    assert await stands(sql) == ("succeeded", 15, [("succeeded", 49_500, 15)])
    assert (await made(anna))[0]["payment_id"] == paid["provider_payment_charge_id"]


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
        await sql.execute(
            "insert into bot.contacts (user_id, kind, value, created_at)"
            " select user_id, 'email', 'anna@example.com', now() from bot.telegram_accounts"
        )
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
