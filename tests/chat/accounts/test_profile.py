"""One's own account in the chat: profile, devices, signing out, language."""

import asyncpg
import pytest

from bot.chat.buttons import EndOthers, EndSession
from bot.notifications.events import AccessGranted
from bot.notifications.registry import word
from bot.texts import errors, info
from bot.texts.accounts import devices as words
from bot.texts.accounts import profile as profile_words
from bot.texts.accounts import registration as registration_words
from db.errors import SessionUnknown
from tests.chat.accounts.rows import account_of
from tests.chat_user import ANNA, BEN, ChatUser

LEARNERS = ("profile", "devices", "logout")


async def elsewhere(sql: asyncpg.Connection, telegram_id: int, platform: str, number: int = 1) -> int:
    """A live session that the other application has opened."""
    device = await sql.fetchval(
        "insert into devices (device_key, platform, created_at) values ($1, $2, now()) returning id",
        f"other:{telegram_id}:{number}",
        platform,
    )
    opened: int = await sql.fetchval(
        "insert into sessions (user_id, device_id, refresh_token_hash, created_at, expires_at)"
        " values ($2, $1, 'x', now(), now() + interval '3 days') returning id",
        device,
        await account_of(sql, telegram_id),
    )
    return opened


async def live(sql: asyncpg.Connection) -> int:
    found: int = await sql.fetchval(
        "select count(*) from sessions where revoked_at is null and expires_at > now()"
    )
    return found


@pytest.mark.parametrize("command", LEARNERS)
async def test_a_stranger_is_asked_to_come_in(anna: ChatUser, command: str) -> None:
    await anna.send(f"/{command}")
    assert anna.last_text == anna.words(registration_words.NOT_REGISTERED)


async def test_the_profile_shows_what_is_known(ben: ChatUser, sql: asyncpg.Connection) -> None:
    await ben.register()
    await sql.execute("update users set name = '<b>Ben</b> & \"Co\"', phone = '+79990001122'")
    await ben.send("/profile")
    assert ".invalid" not in ben.last_text
    for part in ('<b>Ben</b> & "Co"', "+79990001122", "English"):
        assert part in ben.last_text
    for label in (words.DEVICES, profile_words.LANGUAGE, profile_words.PAYMENTS, words.LOGOUT):
        await ben.send("/profile")
        profile = ben.last_text
        await ben.click(label)
        assert ben.last_text != profile


async def test_devices_of_both_applications_are_listed_and_ended(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await elsewhere(sql, ANNA, "web <Chrome>")
    await anna.send("/devices")
    assert "web <Chrome>" in anna.last_text
    assert "Telegram" in anna.last_text
    assert anna.words(words.END_OWN) in anna.buttons
    await anna.click(lambda: words.end(1))
    assert "web <Chrome>" not in anna.last_text
    assert await live(sql) == 1
    assert anna.toast == anna.words(words.ENDED)


async def test_ending_an_ended_or_a_foreign_session_changes_nothing(
    anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await ben.register()
    bens = await elsewhere(sql, BEN, "web")
    for session_id in (bens, 2**63 - 1):
        await anna.press(EndSession(session=session_id).pack())
        assert anna.last_text == anna.words(lambda: errors.say(SessionUnknown(1)))
    await anna.press(f"end:{2**63}")
    assert anna.toast == anna.words(registration_words.STALE_BUTTON)
    assert await live(sql) == 3


async def test_ending_ones_own_session_is_signing_out(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await elsewhere(sql, ANNA, "web")
    await anna.send("/devices")
    await anna.click(words.END_OWN)
    assert anna.last_text == anna.words(words.SIGNED_OUT)
    assert await live(sql) == 1
    await anna.send("/profile")
    assert "Анна Соколова" not in anna.last_text


async def test_all_other_sessions_are_ended_at_once(
    anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    """After a question; those of this chat and of other people stay."""
    await anna.register()
    await ben.register()
    await anna.send("/devices")
    assert anna.words(words.END_OTHERS) not in anna.buttons
    for number in range(10):
        await elsewhere(sql, ANNA, "web", number)
    await elsewhere(sql, BEN, "web")
    await anna.send("/devices")
    await anna.click(words.END_OTHERS)
    assert anna.last_text == anna.words(lambda: words.ask_end_others(10))
    assert await live(sql) == 13
    await anna.click(words.KEEP)
    assert await live(sql) == 13
    await anna.click(words.END_OTHERS)
    await anna.click(words.END_OTHERS_SURE)
    assert anna.toast == anna.words(lambda: words.others_ended(10))
    assert await live(sql) == 3
    await anna.press(EndOthers(sure=True).pack())
    assert anna.toast == anna.words(words.NO_OTHERS)
    await anna.press(EndOthers().pack())
    assert anna.toast == anna.words(words.NO_OTHERS)
    assert await live(sql) == 3


async def test_many_devices_turn_pages(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    for number in range(20):
        await elsewhere(sql, ANNA, "web " + "🙂" * 900, number)
    await anna.send("/devices")
    first = anna.last_text
    await anna.click("▶️")
    await anna.click("▶️")
    assert anna.words(words.END_OWN) in anna.buttons
    await anna.click("◀️")
    await anna.click("◀️")
    assert anna.last_text == first


async def test_signing_out_and_back_in(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.send("/promo")
    await anna.send("/logout")
    assert anna.last_text == anna.words(words.SIGNED_OUT)
    assert await live(sql) == 0
    await anna.send("spring")  # what was being asked is forgotten
    assert await sql.fetchval("select count(*) from promocodeusages") == 0
    await anna.send("/start")
    await anna.click(registration_words.SIGN_IN)
    await anna.send("/profile")
    assert "Анна Соколова" in anna.last_text
    assert await live(sql) == 1
    assert await sql.fetchval("select count(*) from users") == 1


async def test_the_other_application_signs_this_chat_out(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await sql.execute("update sessions set revoked_at = now()")
    await anna.send("/devices")
    assert "Telegram" not in anna.last_text
    assert anna.words(registration_words.SIGN_IN) in anna.buttons


async def test_a_stranger_changes_the_language_at_once(ben: ChatUser, sql: asyncpg.Connection) -> None:
    await ben.send("/language")
    await ben.click("Русский")
    ben.language = "ru"
    assert ben.last_text == ben.words(info.LANGUAGE_CHOSEN)
    assert "✅ Русский" in ben.buttons
    assert await sql.fetchval("select language from bot.chats where telegram_id = $1", BEN) == "ru"
    await ben.send("/logout")
    assert ben.last_text == ben.words(registration_words.NOT_REGISTERED)
    await ben.click("English")
    ben.language = "en"
    assert (
        ben.last_text == ben.words(info.LANGUAGE_CHOSEN) or ben.words(info.LANGUAGE_CHOSEN) in ben.new_texts
    )


async def test_news_speak_the_chosen_language(olga: ChatUser, ben: ChatUser) -> None:
    await olga.register()
    await ben.register()
    await ben.send("/language")
    await ben.click("Русский")
    ben.language = "ru"
    await olga.send(f"/grant {BEN} 1 30")
    told = ben.words(lambda: word(AccessGranted(module="x", module_id=1, days=30, ends_at=None)).text)
    await ben.receives(told.split("30")[0])


@pytest.mark.parametrize("language", ["de", "", "RU", "ru:en", "x" * 60])
async def test_a_language_we_do_not_speak_is_not_taken(
    ben: ChatUser, sql: asyncpg.Connection, language: str
) -> None:
    await ben.send("/language")
    data = f"lang:{language}"
    await ben.press(data[:64])
    assert ben.toast == ben.words(registration_words.STALE_BUTTON)
    assert await sql.fetchval("select language from bot.chats where telegram_id = $1", BEN) is None
