"""/link: an admin joins two accounts of one person, and separates them again."""

from datetime import UTC, datetime

import asyncpg

from bot.texts import stats
from bot.texts.accounts import connect, link
from bot.texts.stats import BUTTONS
from tests.callbacks import becomes
from tests.chat.test_roles import GIVE_ROLE
from tests.chat_user import ANNA, BEN, OLGA, ChatUser

SITE = """
insert into users (name, email, password_hash, created_at) values ('Ben', 'ben@school.example', 'x', now()) returning id
"""
SIGNED_IN = "select user_id from authidentities where providerkey = $1"


async def test_an_admin_joins_two_accounts_and_separates_them_again(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await olga.register()
    await ben.register()
    born = await sql.fetchval(SIGNED_IN, str(BEN))
    site = await sql.fetchval(SITE)
    of_olga = await sql.fetchval(SIGNED_IN, str(OLGA))
    await sql.execute(GIVE_ROLE, BEN, "manager")  # a role belongs to the chat, and stays with it
    await olga.send(f"/grant {BEN} 1 30")
    await ben.receives("30")
    await olga.send("/admin")
    await olga.click(BUTTONS["link"])
    await olga.send("ben@school.example")
    await olga.send("no number")
    assert olga.last_text == olga.words(link.NO_TELEGRAM)
    await olga.send(f"{BEN}")
    assert "ben@school.example" in olga.last_text
    assert await sql.fetchval(SIGNED_IN, str(BEN)) == born
    await olga.click(link.JOIN)
    assert await sql.fetchval(SIGNED_IN, str(BEN)) == site
    assert await sql.fetchval("select user_id from usermoduleaccess") == site
    assert await sql.fetchval("select role from bot.roles where telegram_id = $1", BEN) == "manager"
    await ben.receives("b•••@school.example")
    await ben.send("/status")
    assert await sql.fetchval("select count(*) from sessions where user_id = $1", born) == 0
    await ben.send(f"/grant {OLGA} 1 30")
    assert await sql.fetchval("select admin_id from adminaccesshistory order by id desc limit 1") == site
    await olga.click(link.SEPARATE)
    assert await sql.fetchval(SIGNED_IN, str(BEN)) == born
    assert (
        await sql.fetchval("select min(user_id) from usermoduleaccess where user_id <> $1", of_olga) == born
    )
    await ben.send("/admin")
    assert (
        ben.words(lambda: stats.helpers_overview("manager", datetime.now(UTC))).splitlines()[1]
        in ben.last_text
    )


async def test_each_chat_of_a_joined_account_hears_of_it_once(
    olga: ChatUser, ben: ChatUser, anna: ChatUser, sql: asyncpg.Connection
) -> None:
    """Two chats sign in to the account that is joined."""
    await olga.register()
    await ben.register()
    await anna.send("/start")
    await olga.send(f"/link {BEN} {ANNA}")
    await olga.click(link.MOVE)
    await anna.receives("Школа подключила")
    site = await sql.fetchval(SITE)
    await olga.send(f"/link ben@school.example {BEN}")
    await olga.click(link.JOIN)
    for person in (ben, anna):
        await person.receives("b•••@school.example")
    await becomes(
        lambda: sql.fetchval("select not exists (select from bot.pgqueuer where entrypoint = 'tell')")
    )
    await anna.refresh()
    assert not any("ещё один чат" in text for text in anna.texts)
    await olga.send(f"/user #{site}")
    await olga.click(link.CONNECTIONS)
    [line] = [line for line in olga.last_text.splitlines() if line.startswith("1. ")]
    assert str(BEN) in line
    assert str(ANNA) in line
    await olga.click("↩️ Отсоединить 1")
    for person in (ben, anna):
        await person.receives(lambda: connect.separated("@school_support"))


async def test_an_account_that_was_not_born_here_is_not_joined(
    olga: ChatUser, sql: asyncpg.Connection
) -> None:
    await olga.register()
    site = await sql.fetchval(SITE)
    await olga.send(f"/link #{site} {OLGA}")
    await sql.execute("update users set password_hash = 'x'")
    await olga.click(link.JOIN)
    assert await sql.fetchval("select count(*) from bot.merges") == 0
