"""/link of a chat whose account can't be joined, or that has none: the chat alone signs in elsewhere."""

from datetime import timedelta

import asyncpg
import pytest

from bot.clock import Clock
from bot.texts.accounts import link, registration
from db.connecting import connecting
from db.connecting.moving import Proof
from db.engine import Pool
from handlers.app import Application
from tests.chat.accounts.rows import account_of
from tests.chat_user import ANNA, BEN, ChatUser

SITE = (
    "insert into users (name, email, password_hash, created_at) values ('Ben', $1, 'x', now()) returning id"
)
# Signed in to an account, as far as anybody can see.
PLACES = """
select (select user_id from authidentities where providerkey = $1) as identity,
       (select array_agg(u.user_id) from users_devices u join devices d on d.id = u.device_id
        where d.device_key = 'telegram:' || $1) as device,
       (select array_agg(s.user_id) from sessions s join devices d on d.id = s.device_id
        where d.device_key = 'telegram:' || $1 and s.revoked_at is null) as session
"""


async def places(sql: asyncpg.Connection, person: int) -> tuple[int, list[int], list[int]]:
    return tuple(await sql.fetchrow(PLACES, str(person)))


async def test_a_chat_whose_account_has_a_password_moves_alone_and_back(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await olga.register()
    await ben.register()
    born = await account_of(sql, BEN)
    await sql.execute("update users set password_hash = 'x' where id = $1", born)
    await olga.send(f"/grant {BEN} 1 30")
    await ben.receives("30")
    site = await sql.fetchval(SITE, "ben@school.example")
    await olga.send(f"/link ben@school.example {BEN}")
    assert "перейдёт только чат" in olga.last_text
    assert await places(sql, BEN) == (born, [born], [born])
    await olga.click(link.MOVE)
    assert await places(sql, BEN) == (site, [site], [site])
    assert await sql.fetchval("select user_id from usermoduleaccess") == born
    assert await sql.fetchval("select count(*) from bot.merges") == 0
    await ben.receives("b•••@school.example")
    await ben.send("/profile")
    assert "ben@school.example" in ben.last_text
    await olga.click(link.RETURN)
    assert await places(sql, BEN) == (born, [born], [born])
    await olga.send(f"/user {BEN}")
    assert f"#{born}" in olga.last_text


async def test_a_chat_without_an_account_is_connected_and_gets_one_of_its_own_afterwards(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await olga.register()
    await ben.send("/start")
    site = await sql.fetchval(SITE, "ben@school.example")
    await olga.send(f"/link #{site} {BEN}")
    await olga.click(link.MOVE)
    assert await places(sql, BEN) == (site, [site], [site])
    await olga.click(link.RETURN)
    own, *others = await places(sql, BEN)
    assert own != site
    assert others == [[own], [own]]
    assert await sql.fetchval("select telegram_id from bot.telegram_accounts where user_id = $1", own) == BEN
    await olga.send(f"/link #{site} {BEN}")
    assert olga.words(link.JOIN) in olga.buttons


async def test_the_accounts_other_chats_hear_of_it(olga: ChatUser, anna: ChatUser, ben: ChatUser) -> None:
    await olga.register()
    await anna.register()
    await ben.send("/start")
    await olga.send(f"/link {ANNA} {BEN}")
    await anna.send("/help")
    await olga.click(link.MOVE)
    await anna.receives("ещё один чат Telegram")
    await ben.send("/start")
    assert ben.words(registration.REGISTER) not in ben.buttons


async def test_a_chat_that_never_wrote_is_not_connected(olga: ChatUser, sql: asyncpg.Connection) -> None:
    await olga.register()
    await sql.execute(SITE, "ben@school.example")
    await olga.send(f"/link ben@school.example {BEN}")
    assert olga.words(link.MOVE) not in olga.buttons


async def test_pressed_again_or_late_it_changes_nothing(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection, clock: Clock
) -> None:
    await olga.register()
    await ben.register()
    born = await account_of(sql, BEN)
    await sql.execute("update users set password_hash = 'x' where id = $1", born)
    site = await sql.fetchval(SITE, "ben@school.example")
    await olga.send(f"/link #{site} {BEN}")
    await olga.click(link.MOVE)
    [pressed] = await sql.fetch("select id from bot.connections")
    await olga.press(f"movechat:{BEN}:{site}")
    assert await sql.fetchval("select count(*) from bot.connections") == 1
    clock.move(int(timedelta(days=30, seconds=1).total_seconds()))
    await olga.press(f"returnchat:{pressed['id']}")
    assert (await places(sql, BEN))[0] == site
    clock.move(-int(timedelta(days=1).total_seconds()))
    for _ in range(2):
        await olga.press(f"returnchat:{pressed['id']}")
    assert (await places(sql, BEN))[0] == born


async def test_nobody_but_an_admin_moves_a_chat(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await olga.register()
    await ben.register()
    born, site = await account_of(sql, BEN), await sql.fetchval(SITE, "ben@school.example")
    await ben.press(f"movechat:{BEN}:{site}")
    assert await account_of(sql, BEN) == born
    await ben.press("returnchat:1")
    assert await account_of(sql, BEN) == born


@pytest.mark.parametrize("had_account", [True, False])
async def test_the_owner_undoes_what_people_have_connected_themselves(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection, app: Application, had_account: bool
) -> None:
    """Whether it was a merge or not, the chat has an account of its own afterwards, and hears of it."""
    await olga.register()
    await ben.register() if had_account else await ben.send("/start")
    born = await sql.fetchval("select user_id from authidentities where providerkey = $1", str(BEN))
    site = await sql.fetchval(SITE, "ben@school.example")
    async with app.database.transaction(Pool.TALK) as session:
        keep, now = timedelta(days=1), app.context.now()
        await connecting.connect(session, BEN, site, Proof.LINK, now=now, keep=keep)
    await olga.send(f"/user #{site}")
    await olga.click(link.CONNECTIONS)
    assert str(BEN) in olga.last_text
    await ben.send("/help")
    await olga.click("↩️ Отсоединить 1")
    await ben.receives("separated")
    own = await account_of(sql, BEN)
    assert own != site
    assert born in (own, None)
    await olga.send(f"/user #{site}")
    assert olga.words(link.CONNECTIONS) not in olga.buttons
