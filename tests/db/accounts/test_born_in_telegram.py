"""The migration that marks accounts born in Telegram, in a database with rows of the other application."""

from functools import partial

import asyncpg
from alembic import command

from bot.chat.buttons import CheckPayment, Go
from tests.db.test_migrate import alembic

# Of each: name, address, password, whether the bot had met the chat before, seconds from account to linking the device.
ROWS = """
with made as (
    insert into users (name, email, password_hash, created_at)
    values ('born', 'born@example.com', null, '2026-01-01'), ('twin', 'twin@example.com', null, '2026-01-01'),
           ('taken', 'telegram-4@telegram.invalid', null, '2026-01-01'),
           ('four', 'four@example.com', null, '2026-01-01'),
           ('password', 'password@example.com', 'x', '2026-01-01'),
           ('google', 'google@example.com', null, '2026-01-01'),
           ('linked', 'linked@example.com', null, '2026-01-01'),
           ('site', 'site@example.com', null, '2026-01-01'),
           ('endless', 'endless@example.com', null, '-infinity')
    returning id, name, created_at
), chats as (
    select id, name, created_at, case name when 'born' then '1' when 'twin' then '2' when 'four' then '4'
        when 'password' then '5' when 'google' then '6' when 'linked' then '7' when 'site' then '8'
        when 'endless' then '9' end as key from made
), identities as (
    insert into authidentities (user_id, loginprovider, providerkey)
    select id, 'telegram', key from chats where key <> ''
    union all select id, 'google', 'g' from made where name = 'google'
), made_devices as (
    insert into devices (device_key, platform, created_at)
    select 'telegram:' || key, 'telegram', created_at from chats where key <> '' returning id, device_key
), links as (
    insert into users_devices (user_id, device_id, linked_at)
    select c.id, d.id, c.created_at + case name when 'linked' then interval '1 minute' else '0' end
    from chats c join made_devices d on d.device_key = 'telegram:' || c.key
)
insert into bot.chats (telegram_id, name, created_at)
select key::bigint, name, case name when 'site' then timestamptz '2026-02-01' else created_at - interval '1 hour' end
from chats where key <> ''
"""
TYPED = "select u.name, c.value from bot.contacts c join users u on u.id = c.user_id where proven_at is null order by 1"
OTHERS = "select name, email from users where name <> all('{born,twin,four,endless}') order by 1"


async def test_only_what_the_bot_made_is_marked_and_gets_a_placeholder(
    dsn: str, connection: asyncpg.Connection
) -> None:
    down = partial(command.downgrade, revision="0011")
    up = partial(command.upgrade, revision="head")
    await alembic(dsn, down)
    await connection.execute(ROWS)
    before = await connection.fetch(OTHERS)
    await alembic(dsn, up)
    marked = await connection.fetch(
        "select name, email from users join bot.telegram_accounts on user_id = id order by 1"
    )
    emails = dict(marked)
    assert emails.pop("four").startswith("telegram-4-")
    assert emails == {
        name: f"telegram-{key}@telegram.invalid" for name, key in (("born", 1), ("twin", 2), ("endless", 9))
    }
    assert await connection.fetch(OTHERS) == before
    typed = [("born", "born@example.com"), ("endless", "endless@example.com"), ("four", "four@example.com"),
             ("twin", "twin@example.com")]  # fmt: skip
    assert [tuple(row) for row in await connection.fetch(TYPED)] == typed
    await alembic(dsn, down)
    back = dict(await connection.fetch("select name, email from users"))
    assert (back["born"], back["four"]) == ("born@example.com", "four@example.com")
    await alembic(dsn, up)
    assert await connection.fetch(OTHERS) == before
    assert await connection.fetchval("select count(*) from bot.telegram_accounts") == 4


async def test_whoever_was_in_the_middle_of_registering_is_asked_nothing(
    dsn: str, connection: asyncpg.Connection
) -> None:
    await alembic(dsn, partial(command.downgrade, revision="0011"))
    await connection.execute(
        "insert into bot.chats (telegram_id, name, state, data, start) values"
        """ (1, 'a', 'Registration:phone', '{"email": "a@b.c"}', 'check_5'), (2, 'b', null, '{}', 'purchases'),"""
        """ (3, 'c', 'Promo:code', '{"x": 1}', 'promo_X')"""
    )
    await alembic(dsn, partial(command.upgrade, revision="head"))
    found = await connection.fetch("select state, data, start from bot.chats order by telegram_id")
    assert [tuple(row) for row in found] == [
        (None, "{}", f"press:{CheckPayment(purchase=5).pack()}"),
        (None, "{}", f"press:{Go(command='purchases').pack()}"),
        ("Promo:code", '{"x": 1}', "promo_X"),
    ]
