"""Sessions: signed in by one tap, revoked, expired, moved on by use."""

import asyncpg

from bot.chat.buttons import SignIn
from bot.texts import home
from bot.texts.accounts import registration as words
from tests.chat.accounts.rows import counts
from tests.chat_user import ANNA, ChatUser


async def test_an_identity_without_device_or_session_is_signed_in_by_one_tap(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    """As the other application may have made it."""
    user = await sql.fetchval(
        "insert into users (email, name, created_at) values ('a@example.com', 'A', now()) returning id"
    )
    await sql.execute(
        "insert into authidentities (user_id, loginprovider, providerkey) values ($1, 'telegram', $2)",
        user,
        str(ANNA),
    )
    await anna.send("/start")
    await anna.click(words.SIGN_IN)
    assert anna.words(home.MY_COURSES) in anna.buttons
    assert await counts(sql) == (1, 1, 1, 1, 1)
    await anna.press(SignIn().pack())
    assert await counts(sql) == (1, 1, 1, 1, 1)


async def test_a_revoked_session_sees_nothing_but_hears_of_its_payment(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    offer = await sql.fetchval("select min(id) from bot.offers where currency = 'RUB'")
    await anna.order(offer)
    await sql.execute("update sessions set revoked_at = now()")
    for command in (
        "/status",
        "/lessons",
        "/promo SPRING",
        "/progress",
        "/profile",
        "/devices",
        "/purchases",
    ):
        await anna.send(command)
        await anna.receives(lambda: words.welcome_back("Анна", ""))
        assert len(anna.new_texts) == 1
    assert await sql.fetchval("select count(*) from promocodeusages") == 0
    await anna.pay()
    await anna.receives("✅")
    assert await sql.fetchval("select count(*) from usermoduleaccess") == 1
    await anna.click(words.SIGN_IN)
    await anna.receives("\n1. ")  # the payments that were asked for
    assert await sql.fetchval("select count(*) from sessions where revoked_at is null") == 1


async def test_an_expired_session_is_none(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await sql.execute("update sessions set expires_at = now() - interval '1 second'")
    await anna.send("/purchases")
    await anna.receives(lambda: words.welcome_back("Анна", ""))


async def test_use_moves_the_sessions_end_at_most_every_five_minutes(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    before = await sql.fetchval("select expires_at from sessions")
    await anna.send("/purchases")
    assert await sql.fetchval("select expires_at from sessions") == before
    await sql.execute("update users set last_seen = now() - interval '6 minutes'")
    await anna.send("/purchases")
    assert await sql.fetchval("select expires_at from sessions") > before
    assert await sql.fetchval("select last_seen > now() - interval '1 minute' from users")
