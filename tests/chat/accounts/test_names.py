"""A remembered @username decides nothing by itself: Telegram is asked first."""

import asyncio
from typing import Any

import asyncpg
import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramNetworkError
from aiogram.methods import GetChat

from bot.chat.buttons import AssignParked
from bot.chat.role_buttons import BeginRole
from bot.sandbox.app import Sandbox
from bot.sender import shown_as_typing
from bot.texts import errors
from bot.texts.accounts import people as words
from db.errors import PersonUnknown
from handlers.app import Application
from tests.callbacks import becomes
from tests.chat_user import ANNA, LOOK_EVERY, PATIENCE, ChatUser

DAYS = "select coalesce(sum(days), 0) from adminaccesshistory"
ASKED = [("/grant {} 1 5", 5), ("/revoke {} 1 5", -5)]


@pytest.fixture
async def known(anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection) -> None:
    """Anna has access, and the bot remembers a name."""
    await anna.register()
    await olga.register()
    await olga.send(f"/grant #{await sql.fetchval('select min(id) from users')} 1 30")
    await sql.execute("delete from adminaccesshistory")


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(("command", "days"), ASKED)
async def test_a_name_that_telegram_confirms_is_them(
    anna: ChatUser, olga: ChatUser, app: Application, sql: asyncpg.Connection, command: str, days: int
) -> None:
    await sql.execute("update bot.chats set username = 'Anna_Sandbox' where telegram_id = $1", ANNA)
    await olga.send(command.format("@ANNA_sandbox"))
    assert olga.last_text == olga.words(lambda: words.asking("@ANNA_sandbox"))
    await olga.receives("Анна Соколова")
    assert await sql.fetchval(DAYS) == days
    await run_again(app, sql)
    assert await sql.fetchval(DAYS) == days


async def test_whoever_waits_for_telegram_sees_typing(
    olga: ChatUser, app: Application, sandbox: Sandbox
) -> None:
    await olga.send("/start")
    calls = sandbox.telegram.context.calls
    async with shown_as_typing(app.context, olga.id), asyncio.timeout(PATIENCE):
        while True:
            if any(call["method"].lower() == "sendchataction" for call in calls):
                break
            await asyncio.sleep(LOOK_EVERY)


async def run_again(app: Application, sql: asyncpg.Connection) -> None:
    """What a worker does whose predecessor was killed before it could say that the job was done."""
    update_id = await sql.fetchval("select min(update_id) from bot.updates where update_id < 0")
    update = {"message_id": 1, "date": 1_700_000_000, "text": f"/grant {ANNA} 1 5"}
    admin: dict[str, Any] = {"id": 7000000003, "is_bot": False, "first_name": "Olga"}
    message = update | {"chat": {"id": admin["id"], "type": "private"}, "from": admin}
    await app.processor.process({"update_id": update_id, "message": message})


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("command", [command for command, _ in ASKED])
async def test_a_name_that_somebody_else_may_bear_by_now_does_nothing(
    olga: ChatUser, sql: asyncpg.Connection, command: str
) -> None:
    await sql.execute("update bot.chats set username = 'lena' where telegram_id = $1", ANNA)
    await olga.send(command.format("@lena"))
    await olga.receives(lambda: words.renamed("lena", "anna_sandbox"))
    assert await sql.fetchval(DAYS) == 0


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("reachable", [True, False])
async def test_where_telegram_does_not_say_the_admin_is_asked_for_the_id(
    olga: ChatUser, app: Application, sql: asyncpg.Connection, reachable: bool
) -> None:
    async def refuse(make_request: Any, bot: Bot, method: Any) -> Any:
        if isinstance(method, GetChat):
            if reachable:
                raise TelegramBadRequest(method=method, message="Bad Request: chat not found")
            raise TelegramNetworkError(method=method, message="away")
        return await make_request(bot, method)

    app.bot.session.middleware(refuse)
    await olga.send("/grant @anna_sandbox 1 5")
    await olga.receives(lambda: words.not_confirmed("anna_sandbox"))
    assert await sql.fetchval(DAYS) == 0
    await olga.send(f"/grant {ANNA} 1 5")
    assert await sql.fetchval(DAYS) == 5


@pytest.mark.usefixtures("known")
async def test_a_command_of_nobody_but_admins(
    anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.send("/grant @anna_sandbox 1 5")
    assert await sql.fetchval("select count(*) from bot.pgqueuer where entrypoint = 'confirm_name'") == 0
    await olga.send("/grant @nobody_met 1 5")
    assert "@nobody_met" in olga.last_text


PARKED = """
insert into bot.parked_payments (provider, payment_id, amount, currency, paid_at, reason, created_at)
values ('stars', 'parked-1', 100, 'XTR', now(), 'unknown', now()) returning id
"""
# However the name is written, and whatever asked for it: what is pressed first, then what is written.
WRITTEN = ('"@lena"', "«@lena»", "＠lena", "\u2068@lena\u2069", "\u200b@lena", "\ufeff@lena", "@lena\u200e")
AT_ONCE = [(None, f"/grant {who} 1 30") for who in WRITTEN] + [
    (None, text)
    for text in (
        '/revoke "@lena" 1 5',
        "/link «@lena» 7000000009",
        '/roles "@lena" manager',
        "/user lena",
        "/history @lena",
    )
]
STEP_BY_STEP = [
    (go, who)
    for go in ("go:grant", "go:revoke", "go:link", "go:user", "go:refund", BeginRole().pack())
    for who in ("lena", "«@lena»")
]


@pytest.mark.usefixtures("known")
async def test_no_screen_takes_a_remembered_name_for_a_person(
    olga: ChatUser, sql: asyncpg.Connection
) -> None:
    """Somebody else may bear it by now."""
    await sql.execute("update bot.chats set username = 'lena' where telegram_id = $1", ANNA)
    assign = AssignParked(id=await sql.fetchval(PARKED)).pack()
    for go, written in [*AT_ONCE, *STEP_BY_STEP, (assign, "@lena 1"), (assign, "lena 1")]:
        if go is not None:
            await olga.press(go)
        await olga.send(written)
        if go == assign and not written.startswith("@"):  # only what is somebody's alone
            assert olga.last_text == olga.words(lambda: errors.say(PersonUnknown("lena")))
            continue
        await olga.receives(lambda: words.renamed("lena", "anna_sandbox"))
        assert not any("Анна" in text for text in olga.new_texts), (go, written)
    assert await sql.fetchval(DAYS) == 0
    assert await sql.fetchval("select count(*) from bot.parked_payments where solved_at is null") == 1


@pytest.mark.usefixtures("known")
async def test_a_confirmed_name_answers_the_question_that_is_still_open(
    olga: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    assign = AssignParked(id=await sql.fetchval(PARKED)).pack()
    for go, written in (
        ("go:grant", "anna_sandbox"),
        ("go:link", "«@Anna_Sandbox»"),
        ("go:refund", "＠anna_sandbox"),
        (BeginRole().pack(), "@anna_sandbox\u2069"),
        (None, "/history @anna_sandbox"),
    ):
        if go is not None:
            await olga.press(go)
        await olga.send(written)
        await olga.receives("Анна Соколова")
    # Another question is open by the time Telegram answers: that is answered with nothing.
    answered = asyncio.Event()

    async def wait(make_request: Any, bot: Bot, method: Any) -> Any:
        if isinstance(method, GetChat):
            await answered.wait()
        return await make_request(bot, method)

    app.bot.session.middleware(wait)
    await olga.press(assign)
    await olga.send(f"@anna_sandbox {await sql.fetchval('select min(id) from bot.offers')}")
    await olga.press("go:grant")
    answered.set()
    await becomes(
        lambda: sql.fetchval("select not exists (select from bot.pgqueuer where entrypoint = 'confirm_name')")
    )
    await olga.refresh()
    assert not any("Анна" in text for text in olga.new_texts)
    assert await sql.fetchval("select count(*) from bot.parked_payments where solved_at is null") == 1
