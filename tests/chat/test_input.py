"""Bad input: a clear answer or none, no error in the log (the `errors` fixture), nothing changed in the database."""

from dataclasses import replace

import asyncpg
import pytest

from bot.chat.buttons import CheckPayment, EndSession, FinishLesson, ShowLesson, ShowLessons, Undo
from bot.sandbox.app import Sandbox
from bot.texts import free_text
from bot.texts.accounts import registration as words
from db.normal import name_form
from handlers.app import Application
from tests.app import update_of
from tests.chat.rows import database
from tests.chat_user import ChatUser

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
NASTY = [
    "<b>bold</b> & <script>alert(1)</script>",
    "'; DROP TABLE users; --",
    "{name} %s \\ %(x)s",
    "👩‍👩‍👧‍👦🏳️‍🌈🙂" * 20,
    "‮evil‬ \u200b zero",
    "x" * 4096,
    "🙂" * 2048,
    "9" * 400,
    "\\u0000 \\x00",
]


@pytest.mark.parametrize(
    "text", ["/nosuch", "/no_such 1 2 3", "/", "/ start", "//start", "/grant 1 2 3", "/старт"]
)
async def test_an_unknown_command_is_said_to_be_one(
    anna: ChatUser, sql: asyncpg.Connection, text: str
) -> None:
    """A command of admins is one, too."""
    await anna.register()
    before = await database(sql)
    await anna.send(text)
    assert anna.new_texts == [anna.words(words.UNKNOWN_COMMAND)]
    assert await database(sql) == before


async def test_nonsense_out_of_any_question(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    a_bot = anna.words(lambda: free_text.i_am_a_bot("@school_support", unpaid=False))
    before = await database(sql)
    for text in NASTY:
        await anna.send(text)
        assert anna.new_texts == [a_bot]
    await anna.send_photo(PIXEL, "<b>")
    await anna.send_sticker()
    await anna.share_contact()
    assert anna.new_texts == [a_bot]
    assert await database(sql) == before


@pytest.mark.parametrize(
    "command",
    [
        "/promo",
        "/status",
        "/lessons",
        "/progress",
        "/courses",
        "/buy",
        "/purchases",
        "/profile",
        "/devices",
        "/language",
        "/help",
        "/cancel",
    ],
)
async def test_a_learners_commands_take_any_argument(
    anna: ChatUser, sql: asyncpg.Connection, command: str
) -> None:
    await anna.register()
    before = await database(sql)
    for text in NASTY:
        await anna.send(f"{command} {text}"[:4096])
        assert anna.new_texts
    assert await database(sql) == before


async def test_an_admins_commands_take_any_argument(olga: ChatUser, sql: asyncpg.Connection) -> None:
    await olga.register()
    before = await database(sql)
    for command in ("/grant", "/revoke", "/promo_new", "/offer", "/user", "/history", "/refund"):
        for text in (*NASTY, "#9223372036854775808 1 1", "9223372036854775808 1 1", "@x 1", "-1 -1 -1"):
            await olga.send(f"{command} {text}"[:4096])
            assert olga.new_texts
    assert await database(sql) == before


async def test_nonsense_where_a_code_is_asked(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    before = await database(sql)
    for text in NASTY:
        await anna.send(f"/promo {text}"[:4096])
        assert len(anna.new_texts) == 1
        await anna.send("/promo")
        await anna.send(text)
        assert len(anna.new_texts) == 1
    assert await database(sql) == before


@pytest.mark.parametrize("name", [text[:64] for text in NASTY])
async def test_names_are_shown_as_they_are(
    anna: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection, name: str
) -> None:
    person = sandbox.telegram.context.people.get(anna.id)
    person.first_name, person.last_name, person.username = name, "", ""
    await anna.send("/start")
    await anna.register()
    shown = name_form(name, "Somebody")
    assert await sql.fetchval("select name from users") == shown
    for command in ("/start", "/profile", "/purchases", "/status"):
        await anna.send(command)
        assert anna.new_texts


async def test_ids_beyond_32_bits(anna: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection) -> None:
    """Telegram's ids have up to 52 significant bits."""
    async with anna.http.post(f"{anna.origin}/sandbox/people", json={"first_name": "Big"}) as response:
        person = await response.json()
    assert person["id"] > 2**32
    largest = 2**52 - 1
    sandbox.telegram.context.people.save(
        replace(sandbox.telegram.context.people.get(person["id"]), id=largest)
    )
    for number in (person["id"], largest):
        big = replace(anna, id=number)
        await big.register()
        assert await sql.fetchval("select providerkey from authidentities order by id desc") == str(number)
        await big.send("/promo SPRING")
        await big.receives("SPRING")


STALE = [
    "", " ", "x", ":", "::::", "go", "go:", "go:nosuch", "go:grant", "pay:1", "pay:x:link", "pay:1:link:1", "module:",
    "module:-1", "module:99999999999999999999", "offer:9223372036854775808", "lesson:" + "9" * 50, "lessons:1:-1",
    "lessons:1:99999999999", "lessons:x:0", "check:0", "check:9223372036854775807", "check:99999999999999999999",
    "end:9223372036854775807", "undo:1", "lang:xx", "lang:", "done:999", "devices:99999", "offers:1", "withdraw:1:0",
    "register:1", "agree:", "'; drop table users; --", "🙂",
]  # fmt: skip


async def test_stale_and_made_up_buttons(anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection) -> None:
    """In the account and before it: each gets an answer, and changes nothing."""
    await anna.register()
    await ben.send("/start")
    before = await database(sql)
    for person in (anna, ben):
        for data in STALE:
            await person.press(data)
            assert person.toast is not None, data
    assert await database(sql) == before


async def test_buttons_of_others(anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection) -> None:
    """A button carries an id and no right."""
    await anna.register()
    await ben.register()
    await anna.order(await sql.fetchval("select min(id) from bot.offers where currency = 'RUB'"))
    locked = await sql.fetchval("select min(id) from bot.lessons where not preview")
    session = await sql.fetchval("select min(id) from sessions")
    before = await database(sql)
    for data in (
        CheckPayment(purchase=1),
        EndSession(session=session),
        FinishLesson(lesson=locked),
        ShowLesson(id=locked),
        ShowLessons(module=99),
        Undo(change=1),
    ):
        await ben.press(data.pack())
        assert ben.toast is not None, data
    after = await database(sql)
    for asked in (before, after):
        asked.pop("bot.payment_attempts")
    assert after == before


async def test_edited_messages_change_nothing(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.send("/promo")
    before = await database(sql)
    await anna.edit("/promo SPRING")
    assert anna.new_texts == []
    assert await database(sql) == before


async def test_a_blocked_bot_says_nothing_and_goes_on(
    anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.block()
    await sql.execute("update bot.chats set state = null")
    await ben.send("/start")
    assert ben.new_texts
    await anna.block(False)
    await anna.send("/start")
    assert anna.new_texts


async def test_a_button_under_a_message_too_old_to_be_edited(
    anna: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    """Telegram sends such a message without its text, with date 0."""
    await anna.register()
    update = update_of(anna)
    message = update.pop("message")
    query = {
        "id": "123",
        "from": message["from"],
        "chat_instance": "1",
        "data": "go:courses",
        "message": {"chat": message["chat"], "message_id": 1, "date": 0},
    }
    before = len(anna.texts)
    await app.processor.process({**update, "callback_query": query})
    await anna.refresh()
    assert len(anna.texts) == before + 1
    assert "Python" in anna.last_text
