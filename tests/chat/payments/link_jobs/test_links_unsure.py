"""A payment link whose request was not answered, or in vain: what its job does when it runs again."""

from datetime import timedelta

import asyncpg
import pytest

from bot.chat.buttons import DropOrder
from bot.payments.links import create_payment
from bot.payments.provider import KEY_LIFETIME
from bot.sandbox.app import Sandbox
from bot.sandbox.yookassa.timestamps import format_timestamp
from bot.texts import shop as shop_words
from bot.texts.payments import orders as words
from db.jobs import CreatePaymentJob
from handlers.app import Application
from tests.chat.payments.link_jobs.steps import NOW, SECOND, at, in_vain, methods, refuses
from tests.chat.payments.orders.screens import newest, stripped
from tests.chat.payments.test_provider_answers import alarms
from tests.chat_user import ChatUser

STATUS = "select status from purchases"


async def drop(person: ChatUser, sql: asyncpg.Connection) -> None:
    await person.press(DropOrder(purchase=await sql.fetchval("select id from purchases")).pack())


@pytest.mark.errors_expected("a refused order is the school's to look at")
async def test_a_refused_order_is_not_asked_for_again(
    anna: ChatUser, app: Application, job: CreatePaymentJob, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await refuses(anna, True)
    await create_payment(job, app.context)
    assert [one.partition(" ")[0] for one in await alarms(sql)] == ["provider_refused"]
    await refuses(anna, False)
    await create_payment(job, app.context)
    assert await sql.fetchval(STATUS) == "canceled"
    assert not sandbox.yookassa.provider.book.payments


@pytest.mark.errors_expected("a refused order is the school's to look at")
@pytest.mark.parametrize("there", [True, False])
async def test_a_refused_one_is_offered_again_as_long_as_it_is_sold(
    anna: ChatUser, app: Application, job: CreatePaymentJob, sql: asyncpg.Connection, there: bool
) -> None:
    if not there:
        await sql.execute("update bot.payment_attempts set offer_id = null")  # the offer is gone
    await refuses(anna, True)
    await create_payment(job, app.context)
    await anna.refresh()
    assert anna.words(words.REFUSED) in anna.last_text
    again, back = anna.words(words.TRY_AGAIN), anna.words(shop_words.BACK)
    assert (anna.buttons[0] == again, anna.buttons[-1]) == (there, back)


async def test_one_that_was_dropped_before_it_was_asked_for_is_over(
    anna: ChatUser, app: Application, job: CreatePaymentJob, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await drop(anna, sql)
    count = len(anna.texts)
    await create_payment(job, app.context)
    await anna.refresh()
    assert await sql.fetchval(STATUS) == "canceled"
    assert await sql.fetchval("select sent_at is null and outcome = 'dropped' from bot.payment_attempts")
    assert (len(anna.texts), len(sandbox.yookassa.provider.book.payments)) == (count, 0)


async def test_one_that_was_dropped_while_it_was_asked_for_is_asked_for_until_it_is_known(
    anna: ChatUser, app: Application, job: CreatePaymentJob, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    sandbox.faults.set(provider_cut=1.0)
    await in_vain(job, app)
    sandbox.faults.set(provider_cut=0.0)
    await drop(anna, sql)
    count = len(anna.texts)
    await create_payment(job, app.context)
    [payment] = sandbox.yookassa.provider.book.payments
    assert await sql.fetchval("select provider_payment_id from purchases") == payment
    await anna.refresh()
    assert len(anna.texts) == count
    await sql.execute("update bot.payment_attempts set link = null")
    sandbox.faults.set(provider_down=True)
    await create_payment(job, app.context)


@pytest.mark.errors_expected("alarms are logged as errors")
@pytest.mark.parametrize("ends", ["link", "refused", "never made"])
async def test_not_known_for_an_hour_is_an_alarm_until_it_is(
    anna: ChatUser, app: Application, job: CreatePaymentJob, sandbox: Sandbox, sql: asyncpg.Connection, ends: str
) -> None:  # fmt: skip
    sandbox.faults.set(provider_down=True)
    for hours, told in ((0, []), (1, ["payment_unknown 1"])):
        at(app, NOW + timedelta(hours=hours))
        await in_vain(job, app)
        assert await alarms(sql) == told
    sandbox.faults.set(provider_down=False)
    await refuses(anna, ends == "refused")
    if ends == "never made":
        at(app, NOW + KEY_LIFETIME)
    await create_payment(job, app.context)
    assert [one for one in await alarms(sql) if not one.startswith("provider_refused")] == []
    await anna.refresh()
    said = {"refused": anna.words(words.REFUSED), "never made": anna.words(words.NEVER_CREATED)}
    assert said.get(ends, "") in anna.last_text
    assert bool(anna.links) == (ends == "link")


@pytest.mark.parametrize(
    ("age", "asked"), [(timedelta(), True), (KEY_LIFETIME - SECOND, True), (KEY_LIFETIME, False)]
)
async def test_the_same_is_sent_again_as_long_as_its_key_is_known(
    app: Application, job: CreatePaymentJob, sandbox: Sandbox, sql: asyncpg.Connection, age: timedelta, asked: bool
) -> None:  # fmt: skip
    sandbox.faults.set(provider_cut_before=1.0)
    await in_vain(job, app)
    sandbox.faults.set(provider_cut_before=0.0)
    at(app, NOW + age)
    await create_payment(job, app.context)
    assert len(sandbox.yookassa.provider.book.payments) == asked
    assert await sql.fetchval(STATUS) == ("pending" if asked else "canceled")


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (-timedelta(minutes=5), True),
        (-timedelta(minutes=5) - SECOND, False),
        (timedelta(hours=24, minutes=55) - SECOND, True),
        (timedelta(hours=24, minutes=55), False),
    ],
)
async def test_once_the_key_is_old_the_payment_is_looked_for_around_the_day_of_the_request(
    anna: ChatUser, app: Application, job: CreatePaymentJob, sandbox: Sandbox, sql: asyncpg.Connection,
    made: timedelta, found: bool,
) -> None:  # fmt: skip
    """The link that is found comes as a message of its own; the one that has said to wait loses its buttons."""
    sent = NOW + timedelta(hours=1)
    at(app, sent)
    sandbox.faults.set(provider_cut=1.0)
    await in_vain(job, app)
    await anna.refresh()
    waiting, count = newest(anna), len(anna.texts)
    sandbox.faults.set(provider_cut=0.0)
    [record] = sandbox.yookassa.provider.book.payments.values()
    record.body["created_at"] = format_timestamp(sent + made)
    at(app, NOW + timedelta(days=2))
    await create_payment(job, app.context)
    await anna.refresh()
    assert bool(anna.links) == found
    assert await sql.fetchval(STATUS) == ("pending" if found else "canceled")
    assert len(anna.texts) == count + found
    assert await stripped(anna, waiting) == found


@pytest.mark.errors_expected("alarms are logged as errors")
@pytest.mark.parametrize("ours", [True, False])
async def test_one_that_cannot_be_read_is_told_of_and_keeps_only_its_own_order_open(
    anna: ChatUser, app: Application, job: CreatePaymentJob, sandbox: Sandbox, sql: asyncpg.Connection, ours: bool
) -> None:  # fmt: skip
    sandbox.faults.set(provider_cut=1.0)
    await in_vain(job, app)
    sandbox.faults.set(provider_cut=0.0)
    [record] = sandbox.yookassa.provider.book.payments.values()
    paid = record.body.pop("paid")
    unread = f"item_unreadable YooKassa payments {record.id}"
    at(app, NOW + KEY_LIFETIME)
    if not ours:
        record.body["metadata"]["key"] = "another"
        await create_payment(job, app.context)
        assert await alarms(sql) == [unread]
        assert await sql.fetchval(STATUS) == "canceled"
        return
    await in_vain(job, app)
    assert await alarms(sql) == [unread, "payment_unknown 1"]
    assert await sql.fetchval(STATUS) == "pending"
    record.body["paid"] = paid
    await create_payment(job, app.context)
    await anna.gets_link()
    assert await alarms(sql) == [unread]


@pytest.mark.errors_expected("what a payer can't pay by is the admins' to look at")
async def test_an_answer_without_an_address_is_an_alarm_until_there_is_one(
    anna: ChatUser, app: Application, job: CreatePaymentJob, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    sandbox.faults.set(provider_cut=1.0)
    await in_vain(job, app)
    sandbox.faults.set(provider_cut=0.0)
    [record] = sandbox.yookassa.provider.book.payments.values()
    address = record.answers[0].body.pop("confirmation")
    for _ in range(2):
        await in_vain(job, app)
        assert await alarms(sql) == ["payment_unknown 1"]
    assert await sql.fetchval("select count(*) from bot.alerts") == 1
    record.answers[0].body["confirmation"] = address
    await create_payment(job, app.context)
    assert await alarms(sql) == []
    await anna.gets_link()


@pytest.mark.errors_expected("a refused order is the school's to look at")
@pytest.mark.parametrize("refused", [False, True])
async def test_whoever_has_gone_on_is_left_in_peace(
    anna: ChatUser, app: Application, job: CreatePaymentJob, sandbox: Sandbox, sql: asyncpg.Connection, refused: bool
) -> None:  # fmt: skip
    """The link comes late, or never, while the message shows the course again."""
    sandbox.faults.set(provider_down=True)
    await in_vain(job, app)
    await anna.click(shop_words.BACK)
    sandbox.faults.set(provider_down=False)
    await refuses(anna, refused)
    at(app, NOW + timedelta(hours=1))
    assert await methods(create_payment(job, app.context), sandbox) == []
    assert await sql.fetchval("select status = 'canceled' from purchases") == refused
    assert await sql.fetchval("select link is null from bot.payment_attempts") == refused
