"""What another application may have written into the shared tables, met in the chat."""

import asyncpg
import pytest

from bot.texts import errors, home
from bot.texts.accounts import registration as words
from tests.chat_user import ANNA, ChatUser

FOREIGN = """
with device as (
    insert into devices (device_key, platform, created_at) values ('phone-1', 'ios', now()) returning id
), session as (
    insert into sessions (user_id, device_id, refresh_token_hash, created_at, expires_at)
    select 1, id, 'x', now(), now() + interval '1 day' from device
), purchase as (
    insert into purchases (user_id, product_id, amount_cents, provider, status, provider_payment_id, days, currency,
                           created_at, purchased_at)
    values (1, 1, 100, 'appstore', 'succeeded', 'x', 30, 'RUB', now(), now())
), grant_ as (
    insert into adminaccesshistory (admin_id, target_user_id, product_id, days, created_at)
    values (1, 1, 1, 30, now())
), usage as (
    insert into promocodeusages (user_id, code_id, used_at)
    select 1, id, now() from promocodes where code = 'SPRING'
)
insert into usermoduleaccess (user_id, module_id, ends_at) values (1, 1, now())
"""
TIMESTAMPS = """
select table_name, column_name from information_schema.columns
where table_schema = 'public' and data_type = 'timestamp with time zone'
"""
LEARNER = (
    "/start",
    "/status",
    "/lessons",
    "/progress",
    "/purchases",
    "/profile",
    "/devices",
    "/promo SPRING",
)
ADMIN = ("/admin", "/user #1", "/history", "/history #1", "/promos", "/grant #1 1 5", "/revoke #1 1 5")


async def set_timestamps(sql: asyncpg.Connection, value: str) -> int:
    """Every timestamptz of the shared tables, except those that end the session of this chat; how many columns."""
    own = "device_id in (select id from devices where platform = 'telegram')"
    columns = await sql.fetch(TIMESTAMPS)
    for table, column in columns:
        rest = f" where not ({own})" if column in ("expires_at", "revoked_at") else ""
        await sql.execute(f"update {table} set {column} = '{value}'{rest}")
    return len(columns)


@pytest.mark.parametrize("value", ["-infinity", "infinity", "0044-03-15 BC", "200000-01-01"])
async def test_every_timestamp_may_be_beyond_pythons_range(
    anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection, value: str
) -> None:
    await anna.register()
    await olga.register()
    await sql.execute(FOREIGN)
    assert await set_timestamps(sql, value) == 12
    for person, commands in ((anna, LEARNER), (olga, ADMIN)):
        for command in commands:
            answer = await person.send(command)
            assert answer, command
            assert person.words(errors.APOLOGY) not in person.new_texts, command


async def test_the_infinities_are_said_in_words(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await sql.execute(FOREIGN)
    await sql.execute("update usermoduleaccess set ends_at = '-infinity'")
    assert "давно" in await anna.send("/status")
    await sql.execute("update usermoduleaccess set ends_at = 'infinity'")
    assert "навсегда" in await anna.send("/status")
    await sql.execute("update sessions set expires_at = 'infinity'")
    assert "навсегда" in await anna.send("/devices")


async def test_an_infinity_is_written_back_as_it_was(
    anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await olga.register()
    await sql.execute(FOREIGN)
    await sql.execute("update usermoduleaccess set ends_at = '-infinity'")
    await olga.send("/grant #1 1 5")
    assert await sql.fetchval("select ends_at - now() between '4 days' and '5 days' from usermoduleaccess")
    assert await sql.fetchval("select before = '-infinity' from bot.access_changes")


@pytest.mark.parametrize("provider", ["Telegram", "TELEGRAM"])
async def test_an_identity_in_any_letter_case_is_ours(
    anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection, provider: str
) -> None:
    """Without device or session it is somebody's first visit: signed in by one tap, not registered, not 'back'."""
    user = await sql.fetchval(
        "insert into users (email, name, created_at) values (' Anna@Example.com ', 'A', now()) returning id"
    )
    await sql.execute(
        "insert into authidentities (user_id, loginprovider, providerkey) values ($1, $2, $3)",
        user,
        provider,
        str(ANNA),
    )
    await anna.send("/start")
    await anna.receives(lambda: words.first_visit("Анна", ""))
    await anna.click(words.SIGN_IN)
    assert anna.words(home.MY_COURSES) in anna.buttons
    assert await sql.fetchval("select count(*) from users") == 1
    assert "Anna@Example.com" in await anna.send("/profile")
    await olga.register()
    for who in (str(ANNA), "anna@example.com"):
        assert "Anna@Example.com" in await olga.send(f"/user {who}")
    await anna.send("/logout")


async def test_ids_that_are_taken_are_passed(anna: ChatUser, sql: asyncpg.Connection) -> None:
    """Rows with ids of their own (EF Core's HasData, an import): the identity still stands at its start."""
    await sql.execute(
        "insert into users (id, name, email, created_at)"
        " select g, 'Seed ' || g, 'seed' || g || '@site.example', now() from generate_series(1, 500) g"
    )
    await anna.register()
    assert await sql.fetchval("select max(id) from users") == 501
