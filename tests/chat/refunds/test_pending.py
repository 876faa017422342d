"""Refunds that take their time, or whose answer was lost."""

from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from bot.chat.buttons import ShowAlerts
from bot.payments.refunding import ask_refund, create_refund
from bot.retry import RetryJobError
from bot.sandbox.app import Sandbox
from bot.texts import alerts as alert_words
from bot.texts import errors
from bot.texts import stats as stats_words
from bot.timings import seconds
from db.errors import RefundTooMuch
from db.jobs import AskRefundJob, CreateRefundJob
from handlers.app import Application
from tests.app import QUICK
from tests.callbacks import becomes
from tests.chat.refunds.steps import at_provider, count, made, no_jobs, refund, stands
from tests.chat_user import ChatUser

SELDOM = replace(QUICK, asks=seconds(60, 70, 80, 90))  # none comes due by itself
NEXT = """
select dedupe_key, execute_after - created as pause from bot.pgqueuer where entrypoint = 'ask_refund'
"""
ASKED_OFTEN = """
select convert_from(payload, 'UTF8')::json ->> 'asked' = '3' from bot.pgqueuer where entrypoint = 'ask_refund'
"""


async def wait_at_provider(olga: ChatUser, sql: asyncpg.Connection, written: str, amount: int) -> None:
    """Asked for, and known there."""
    await refund(olga, written, amount)
    await becomes(lambda: sql.fetchval("select provider_refund_id is not null from bot.refunds"))


class TestPending:
    @pytest.fixture(autouse=True)
    async def slow_bank(self, bought: str, anna: ChatUser) -> None:
        await at_provider(anna, "/yookassa", {"refunds": "pending"}, "PUT")

    async def test_asked_for_until_it_succeeds(
        self, anna: ChatUser, olga: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        """Its callback is lost."""
        sandbox.faults.set(callback_lost=1.0)
        await wait_at_provider(olga, sql, "1", 99_000)
        assert await stands(sql) == ("succeeded", 30, [("pending", 99_000, 0)])
        await olga.send("/refund 1")
        await olga.receives(lambda: errors.say(RefundTooMuch(1, 0, "RUB")))
        await becomes(lambda: sql.fetchval(ASKED_OFTEN))
        await at_provider(anna, f"/refunds/{(await made(anna))[0]['id']}/succeed")
        await anna.receives("↩️")
        assert await stands(sql) == ("refunded", 0, [("succeeded", 99_000, 30)])

    @pytest.mark.parametrize("timings", [SELDOM])
    @pytest.mark.errors_expected("a refund that the provider does not show is logged")
    async def test_asked_for_ever_more_seldom(
        self, app: Application, olga: ChatUser, sql: asyncpg.Connection
    ) -> None:
        """As an open payment is, then twice as long each time; also where the provider does not show it."""
        await wait_at_provider(olga, sql, "1", 99_000)
        await becomes(lambda: sql.fetchval(f"select count(*) = 1 from ({NEXT}) queued"))
        app.worker.stop()
        asks, number = SELDOM.asks, await sql.fetchval("select id from bot.refunds")
        assert tuple(await sql.fetchrow(NEXT)) == (f"ask_refund:{number}:1", asks[0])
        pauses = {1: asks[1], 3: asks[3], 4: 2 * asks[3], 5: 4 * asks[3], 30: timedelta(hours=1)}
        for shown in (True, False):
            if not shown:
                await sql.execute("update bot.refunds set provider_refund_id = gen_random_uuid()::text")
            for asked, pause in pauses.items():
                await sql.execute("delete from bot.pgqueuer")
                await ask_refund(AskRefundJob(refund=number, asked=asked), app.context)
                [job] = await sql.fetch(NEXT)
                assert tuple(job) == (f"ask_refund:{number}:{asked + 1}", pause)
            failing = await sql.fetch("select name from bot.failing")
            assert [row["name"] for row in failing] == ([] if shown else [f"refund_unknown:{number}"])

    @pytest.mark.parametrize("timings", [SELDOM])
    @pytest.mark.errors_expected("a mismatch is an alarm")
    async def test_asked_for_again_whatever_is_said(
        self, app: Application, olga: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        """Until it ends: also where the answer is about another sum, of a new status, or none."""
        await wait_at_provider(olga, sql, "1 330", 33_000)
        await becomes(lambda: sql.fetchval(f"select count(*) = 1 from ({NEXT}) queued"))
        app.worker.stop()
        sandbox.faults.set(callback_lost=1.0)
        job = AskRefundJob(refund=1, asked=1)
        record = next(iter(sandbox.yookassa.provider.book.refunds.values()))
        true = dict(record.body)
        for said in ({"amount": {"value": "330.01", "currency": "RUB"}}, {"status": "processing"}):
            await sql.execute("delete from bot.pgqueuer")
            record.body.update(true | said)
            await ask_refund(job, app.context)
            assert (await sql.fetchrow(NEXT))["dedupe_key"] == "ask_refund:1:2"
        record.body.update(true)
        await sql.execute("delete from bot.failing")
        sandbox.faults.set(provider_down=True)
        with pytest.raises(RetryJobError):
            await ask_refund(job, app.context)
        assert await sql.fetchval("select array_agg(name) from bot.failing") == ["refund_unknown:1"]
        sandbox.faults.set(provider_down=False)
        await ask_refund(job, app.context)
        assert await sql.fetchval("select count(*) from bot.failing") == 0

    async def test_what_has_ended_is_neither_sent_nor_asked_for(
        self, app: Application, anna: ChatUser, olga: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        await wait_at_provider(olga, sql, "1 330", 33_000)
        await at_provider(anna, f"/refunds/{(await made(anna))[0]['id']}/succeed")
        await anna.receives("↩️")
        app.worker.stop()
        sandbox.faults.set(provider_down=True)
        await create_refund(CreateRefundJob(refund=1), app.context)
        await ask_refund(AskRefundJob(refund=1, asked=1), app.context)
        await sql.execute("update bot.refunds set status = 'pending', provider_refund_id = null")
        await ask_refund(AskRefundJob(refund=1, asked=1), app.context)

    @pytest.mark.errors_expected("a refund that did not come about is the admins' to look at")
    @pytest.mark.parametrize(("again", "amount"), [("1 330", 33_000), ("1", 89_000)])
    async def test_canceled_only_the_admins_hear_of_it(
        self, anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection, again: str, amount: int
    ) -> None:
        await wait_at_provider(olga, sql, "1 330", 33_000)
        end = f"/refunds/{(await made(anna))[0]['id']}/cancel"
        await at_provider(anna, end, {"reason": "insufficient_funds"})
        told = await olga.receives("/refund 1 330")
        assert "на счёте магазина не хватает денег" in told
        assert await stands(sql) == ("succeeded", 30, [("canceled", 33_000, 0)])
        await no_jobs(sql)
        await anna.refresh()
        assert count(anna, "↩️") == 0
        # An alarm until that money is back.
        await at_provider(anna, "/yookassa", {"refunds": "instant"}, "PUT")
        await refund(olga, "1 100", 10_000)
        await olga.receives("↩️ Возврат сделан")
        await olga.click(stats_words.ALERTS)
        await olga.receives(told.splitlines()[0])
        await refund(olga, again, amount)
        await olga.receives("↩️ Возврат сделан")
        await olga.press(ShowAlerts().pack())
        assert olga.last_text == olga.words(alert_words.NOTHING)

    @pytest.mark.errors_expected("a refund that did not come about is the admins' to look at")
    async def test_canceled_for_a_reason_that_is_not_said(
        self, app: Application, olga: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        await wait_at_provider(olga, sql, "1 330", 33_000)
        next(iter(sandbox.yookassa.provider.book.refunds.values())).body["status"] = "canceled"
        await create_refund(CreateRefundJob(refund=1), app.context)
        assert "отказал без объяснения" in (await olga.receives("/refund 1 330"))
        assert await sql.fetchval("select error from bot.refunds") == "general_decline"

    async def test_callback_and_questions_at_once_take_once(
        self, anna: ChatUser, olga: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        sandbox.faults.set(callback_repeat=5)
        await wait_at_provider(olga, sql, "1 330", 33_000)
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
    assert await sql.fetchval("select name from bot.failing") == "refund_unknown:1"
    sandbox.faults.set(**{fault: 0})
    await anna.receives("↩️")
    assert await sql.fetchrow("select key, request from bot.refunds") == request
    assert len(await made(anna)) == 1
    assert await stands(sql) == ("succeeded", 20, [("succeeded", 33_000, 10)])
    assert await sql.fetchval("select count(*) from bot.failing") == 0


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
