"""What Telegram refuses for its content is told to whoever waits for it, undone, and one alarm per cause."""

import asyncio
from typing import Any

import asyncpg
import pytest
from aiogram.methods import EditMessageText, SendMessage, SendVoice
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup
from pydantic import SecretStr

from bot.jobs.refusals import refused
from bot.packing import pack
from bot.sandbox.app import Sandbox
from bot.sandbox.telegram import calls
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import ApiError
from bot.sender import code_of, send
from bot.settings import Settings
from bot.texts import shop as shop_words
from db.engine import Pool
from db.jobs import RefusedJob, SendJob
from db.queue import enqueue
from handlers.app import Application
from tests.app import origin_of, settings_for
from tests.callbacks import becomes
from tests.chat_user import PATIENCE, ChatUser

Json = dict[str, Any]
OFFER = (
    "insert into bot.offers (product_id, days, price, currency, methods, created_at)"
    " values (1, 31, $1, $2, $3, now()) returning id"  # terms of no other offer
)
ALARMS = "select array_agg(kind order by id) from bot.alerts where solved_at is null"
FOREIGN_FILE = "AgACAgIAAxkBAAIB-of-another-bot"


@pytest.fixture
def app_settings(sandbox: Sandbox) -> Settings:
    return settings_for(origin_of(sandbox), telegram_payment_token=SecretStr("381764678:TEST:1"))


async def alarms(sql: asyncpg.Connection, count: int = 1) -> list[str]:
    async with asyncio.timeout(PATIENCE):
        while len(found := await sql.fetchval(ALARMS) or []) < count:  # noqa: ASYNC110 - it is in the database
            await asyncio.sleep(0.03)
    return list(found)


@pytest.mark.errors_expected("what Telegram refuses is an error and an alarm")
@pytest.mark.parametrize("way", ["price", "token"])
async def test_a_refused_invoice_closes_the_order_offers_another_way_and_alarms_once(
    app: Application,
    anna: ChatUser,
    ben: ChatUser,
    olga: ChatUser,
    sql: asyncpg.Connection,
    way: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await olga.send("/start")
    price, currency, methods = 99_000, "RUB", ["invoice", "link"]
    if way == "token":
        monkeypatch.setitem(app.settings.__dict__, "telegram_payment_token", SecretStr("revoked"))
    else:
        price, currency = 1_000_000, "EUR"  # the most that an invoice may be moves with the rates
    offer = await sql.fetchval(OFFER, price, currency, methods)
    for person in (anna, ben):
        await person.register()
        await person.send(f"/start buy_{offer}")
        await person.choose("invoice")
        await person.receives("Telegram")
    rows = await sql.fetch(
        "select status, closed_at from purchases p join bot.payment_attempts a on a.purchase_id = p.id"
        " where a.method = 'invoice'"
    )
    assert [(row["status"], row["closed_at"] is not None) for row in rows] == [("canceled", True)] * 2
    invoices = "select count(*) from bot.alerts where kind = 'invoice_refused'"
    await becomes(lambda: sql.fetchval(invoices))
    assert await sql.fetchval(invoices) == 1
    await olga.receives("CURRENCY_TOTAL_AMOUNT_INVALID" if way == "price" else "PAYMENT_PROVIDER_INVALID")
    if way == "token":
        await anna.click(lambda: shop_words.pay_by("link"))
        assert await anna.gets_link()
        monkeypatch.setitem(app.settings.__dict__, "telegram_payment_token", SecretStr("381764678:TEST:1"))
        await ben.send(f"/start buy_{offer}")
        await ben.choose("invoice")
        await becomes(lambda: sql.fetchval("select count(*) = count(solved_at) from bot.alerts"))


@pytest.mark.errors_expected("what Telegram refuses is an error and an alarm")
@pytest.mark.parametrize("by_job", [False, True])
async def test_a_refused_file_is_told_to_the_learner_and_once_per_lesson_to_the_admins(
    app: Application, anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection, by_job: bool
) -> None:
    await olga.send("/start")
    await anna.register()
    await sql.execute(
        "update bot.lessons set media_kind = 'voice', media = $1 where id = (select min(id) from bot.lessons)",
        FOREIGN_FILE,
    )
    for _ in range(2):
        voice = SendVoice(chat_id=anna.id, voice=FOREIGN_FILE)
        if by_job:
            async with app.context.database.transaction(Pool.JOBS) as session:
                await enqueue(session, SendJob(methods=[pack(voice)]))
        else:
            await send(app.context, voice)
    await anna.receives("Школа об этом знает")
    await olga.receives("урока")
    assert await alarms(sql) == ["media_refused"]


@pytest.mark.errors_expected("an alarm is logged as an error")
async def test_who_forbids_voice_messages_hears_how_to_allow_them(
    app: Application, anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await sql.execute(
        "update bot.lessons set media_kind = 'voice', media = $1 where id = (select min(id) from bot.lessons)",
        FOREIGN_FILE,
    )
    error = "Bad Request: VOICE_MESSAGES_FORBIDDEN"
    job = RefusedJob(method="SendVoice", telegram_id=anna.id, about=FOREIGN_FILE, error=error)
    await refused(job, app.context)
    await anna.receives("голосовые сообщения")
    assert await alarms(sql) == ["media_refused"]


@pytest.mark.errors_expected("what Telegram refuses is an error and an alarm")
@pytest.mark.parametrize("text", ["<b>never closed", "<blink>x</blink>", "x" * 5000])
async def test_a_refused_text_is_told(
    app: Application, anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection, text: str
) -> None:
    await olga.send("/start")
    await anna.send("/start")
    for _ in range(2):
        await send(app.context, SendMessage(chat_id=anna.id, text=text))
    await anna.receives("Telegram не принимает сообщение")
    assert await alarms(sql) == ["message_refused"]


@pytest.mark.errors_expected("what Telegram refuses is an error and an alarm")
@pytest.mark.parametrize("edits", [False, True])
@pytest.mark.parametrize(
    ("button", "said"),
    [({"callback_data": "x" * 65}, "BUTTON_DATA_INVALID"), ({"url": "nowhere"}, "BUTTON_URL_INVALID"),
     ({"web_app": {"url": "ftp://example.org"}}, "BUTTON_WEBAPP_URL_INVALID"), ({}, "unallowed")],
)  # fmt: skip
async def test_a_refused_keyboard_is_told(
    app: Application,
    anna: ChatUser,
    olga: ChatUser,
    sql: asyncpg.Connection,
    button: Json,
    said: str,
    edits: bool,
) -> None:
    await olga.send("/start")
    await anna.send("/start")
    keyboard = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="Press", **button)]])
    shown: SendMessage | EditMessageText = SendMessage(chat_id=anna.id, text="Choose", reply_markup=keyboard)
    if edits:
        shown = EditMessageText(
            chat_id=anna.id, message_id=anna.messages[-1]["message_id"], text="Choose", reply_markup=keyboard
        )
    await send(app.context, shown)
    await anna.receives("Telegram не принимает сообщение")
    assert await alarms(sql) == ["message_refused"]
    await olga.receives(said)


@pytest.mark.errors_expected("what Telegram refuses is an error and an alarm")
async def test_a_refused_file_of_no_lesson_is_told_whatever_telegram_calls_it(
    anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await olga.send("/start")
    await anna.register()
    unnamed: Any = None  # an answer without a description
    answers = [
        ApiError(400, "Bad Request: DOCUMENT_INVALID"),
        ApiError(413, "Request Entity Too Large"),
        ApiError(400, unnamed),
    ]

    def refuse(_: Context, name: str) -> None:
        if name.lower() == "senddocument":
            raise answers[told % len(answers)]

    monkeypatch.setattr(calls, "_inject_failure", refuse)
    for told in range(2 * len(answers)):
        await sql.execute("delete from bot.cooldowns")  # once in a while is enough of it
        await anna.send("/mydata")
        async with asyncio.timeout(PATIENCE):
            while sum("Telegram не принимает сообщение" in text for text in anna.texts) <= told:
                await asyncio.sleep(0.03)
                await anna.refresh()
    assert await alarms(sql) == ["message_refused"] * 3
    await olga.receives("DOCUMENT_INVALID")


@pytest.mark.errors_expected("what Telegram refuses is an error")
async def test_a_chat_that_is_not_there_is_nobodys_alarm(app: Application, sql: asyncpg.Connection) -> None:
    await send(app.context, SendMessage(chat_id=1234567, text="x"))
    assert await sql.fetchval("select count(*) from bot.pgqueuer where entrypoint = 'refused'") == 0


def test_the_cause_is_the_same_for_everybody() -> None:
    one = 'Bad Request: can\'t parse entities: Unsupported start tag "anna" at byte offset 12'
    two = 'Bad Request: can\'t parse entities: Unsupported start tag "ben" at byte offset 7'
    assert code_of(one) == code_of(two)
