"""A class is given access at once, from a pasted list."""

import asyncio

import asyncpg
import pytest

from bot.texts import errors
from bot.texts.access import granting as words
from bot.texts.access import grants, many
from bot.texts.commands import ABOUT
from db.errors import AlreadyUndone
from handlers.app import Application
from tests.app import update_of
from tests.chat_user import ANNA, BEN, OLGA, ChatUser

CLASS = """
insert into users (email, name, created_at)
select 'pupil' || n || '@example.com', 'Ученик ' || n, now() from generate_series(1, 30) n
"""
OPEN = "select count(*) from usermoduleaccess where ends_at > now() + interval '29 days'"


@pytest.fixture
async def pupils(olga: ChatUser, sql: asyncpg.Connection) -> list[str]:
    """Their addresses."""
    await olga.register()
    await sql.execute(CLASS)
    return [f"pupil{number}@example.com" for number in range(1, 31)]


async def test_a_class_of_thirty_in_four_taps(
    olga: ChatUser, sql: asyncpg.Connection, pupils: list[str]
) -> None:
    await olga.send("/admin")
    olga.taps = 0
    await olga.click(ABOUT["grant"])
    await olga.send("\n".join(pupils))
    await olga.click("Python")
    await olga.click("30")
    assert "Ученик 17" in "".join(olga.new_texts)
    assert await sql.fetchval(OPEN) == 0
    await olga.click(words.CONFIRM)
    assert olga.taps == 5  # four, and the list
    assert await sql.fetchval(OPEN) == 30
    await olga.receives(many.REPORT)
    act = await sql.fetchrow("select kind, facts from bot.acts")
    assert act["kind"] == "grant_many"
    await olga.click(many.UNDO)
    assert await sql.fetchval(OPEN) == 0
    await olga.click(many.UNDO)
    assert olga.last_text == olga.words(lambda: errors.say(AlreadyUndone(1)))


async def test_each_line_that_is_not_clear_is_named(
    olga: ChatUser, anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection, pupils: list[str]
) -> None:
    await anna.register()
    await ben.register()
    await olga.send("/grant")
    lines = ["pupil1@example.com", "PUPIL1@example.com ", "", "nobody@example.com", "Ученик", "@anna_sandbox",
             str(ANNA), "соколова", "<b>", "=1+1"]  # fmt: skip
    await olga.send("\n".join(lines))
    for problem in (many.Problem.UNKNOWN, many.Problem.SEVERAL, many.Problem.USERNAME):
        assert olga.words(many.PROBLEMS[problem]) in olga.last_text
    assert "<b>" in olga.last_text
    await olga.click(lambda: many.go_on(2))
    await olga.click("Python")
    await olga.send("30")
    await olga.click(words.CONFIRM)
    assert await sql.fetchval(OPEN) == 2
    await anna.receives("30")
    assert await sql.fetchval("select count(*) from adminaccesshistory") == 2


async def test_a_part_of_a_name_is_to_be_checked(
    olga: ChatUser, anna: ChatUser, sql: asyncpg.Connection, pupils: list[str]
) -> None:
    await anna.register()
    await olga.send("/grant")
    await olga.send("pupil1@example.com\nсоколова")
    assert olga.words(many.PROBLEMS[many.Problem.UNKNOWN]) not in olga.last_text
    assert "2. соколова → Анна Соколова" in olga.last_text
    assert not any("Python" in label for label in olga.buttons)
    await olga.click(lambda: many.go_on(2))
    await olga.click("Python")
    await olga.click("30")
    await olga.click(words.CONFIRM)
    assert await sql.fetchval(OPEN) == 2


async def test_what_has_changed_since_the_preview_is_shown_anew(
    olga: ChatUser, sql: asyncpg.Connection, pupils: list[str]
) -> None:
    """Another admin was quicker: nobody gets the days twice unseen."""
    await olga.send("/grant")
    await olga.send("\n".join(pupils[:3]))
    await olga.click("Python")
    await olga.click("30")
    await sql.execute(
        "insert into usermoduleaccess (user_id, module_id, ends_at)"
        " select id, 1, now() + interval '30 days' from users where email = 'pupil2@example.com'"
    )
    await olga.click(words.CONFIRM)
    assert olga.words(words.CHANGED) in olga.last_text
    assert await sql.fetchval("select count(*) from adminaccesshistory") == 0


async def test_who_has_no_account_any_more_undoes_nothing(
    olga: ChatUser, sql: asyncpg.Connection, pupils: list[str]
) -> None:
    await olga.send("/grant")
    await olga.send("\n".join(pupils[:3]))
    await olga.click("Python")
    await olga.click("30")
    await olga.click(words.CONFIRM)
    await sql.execute("delete from authidentities where providerkey = $1", str(OLGA))
    await olga.click(many.UNDO)
    await olga.receives(grants.REGISTER_FIRST)
    assert await sql.fetchval(OPEN) == 3


async def test_two_presses_give_once(olga: ChatUser, sql: asyncpg.Connection, pupils: list[str]) -> None:
    await olga.send("/grant")
    await olga.send("\n".join(pupils[:3]))
    await olga.click("Python")
    await olga.click("30")
    message, button = await olga.sees(lambda key: key["text"] == olga.words(words.CONFIRM))
    await asyncio.gather(olga._press(message, button), olga._press(message, button))
    assert await sql.fetchval("select count(*) from adminaccesshistory") == 3


async def test_a_reply_to_a_list(olga: ChatUser, app: Application, pupils: list[str]) -> None:
    replied = update_of(olga, text="\n".join(pupils[:4]))["message"]
    await app.processor.process(update_of(olga, text="/grant", reply_to_message=replied))
    await olga.refresh()
    assert olga.words(lambda: many.count_people(4)) in olga.last_text
    assert any("Python" in label for label in olga.buttons)


async def test_access_is_not_taken_from_a_list(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await olga.register()
    await ben.register()
    await olga.send("/revoke")
    await olga.send(f"{BEN}\n{ANNA}")
    assert await sql.fetchval("select count(*) from adminaccesshistory") == 0
    assert str(BEN) in olga.last_text
