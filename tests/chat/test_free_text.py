"""Words that nobody has asked for: each gets an answer that helps."""

from dataclasses import replace

import asyncpg
import pytest

from bot.texts import errors
from bot.texts import free_text as words
from bot.texts import home as home_words
from bot.texts.accounts import registration
from bot.timings import Timings
from db.errors import PromoUnknown
from handlers.free_text import looks_like_code
from tests.app import QUICK
from tests.chat.test_access import give
from tests.chat_user import ANNA, ChatUser

BOT = "@school_support"


async def used(sql: asyncpg.Connection) -> int:
    count: int = await sql.fetchval("select count(*) from promocodeusages")
    return count


async def test_anything_is_answered_with_a_way_to_a_human(anna: ChatUser) -> None:
    await anna.register()
    await anna.send("привет, как дела?")
    assert anna.last_text == anna.words(lambda: words.i_am_a_bot(BOT, unpaid=False))
    await anna.click(home_words.HOME)
    assert anna.words(home_words.MY_COURSES) in anna.buttons
    await anna.send_sticker()
    assert anna.last_text == anna.words(lambda: words.i_am_a_bot(BOT, unpaid=False))


async def test_before_registering_too(anna: ChatUser) -> None:
    await anna.send("здравствуйте")
    assert BOT in anna.last_text
    assert anna.words(registration.REGISTER) in anna.buttons


@pytest.mark.parametrize("text", ["SPRING", "spring", "«Spring»", " SPRING "])
async def test_a_bare_promo_code_is_redeemed(anna: ChatUser, sql: asyncpg.Connection, text: str) -> None:
    await anna.register()
    await anna.send(text)
    await anna.receives("SPRING")
    assert await used(sql) == 1


async def test_a_code_of_somebody_signed_out_is_redeemed_by_the_tap_that_signs_in(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.send("/logout")
    await anna.send("SPRING")
    await anna.click(registration.SIGN_IN)
    await anna.receives("SPRING")
    assert await used(sql) == 1


async def test_a_wrong_code_is_said_to_be_one_and_may_be_mended_by_editing(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.send("SPRNG")
    assert anna.words(lambda: errors.say(PromoUnknown("SPRNG"))) in anna.new_texts
    await anna.edit("SPRING")
    await anna.receives("SPRING")
    assert await used(sql) == 1


async def test_after_another_word_the_code_before_is_not_mended_any_more(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.send("SPRNG")
    await anna.send("привет")
    assert await sql.fetchval("select state from bot.chats where telegram_id = $1", ANNA) is None


async def test_a_code_before_registering_is_redeemed_by_the_same_tap(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.send("SPRNG")
    assert "SPRNG" in anna.last_text
    await anna.send("spring")
    assert "SPRING" in anna.last_text
    await anna.click(registration.REGISTER)
    await anna.receives("SPRING")
    assert await used(sql) == 1


def test_what_looks_like_a_code() -> None:
    assert all(map(looks_like_code, ("SPRING", "spring26", "ЛЕТО", "a-b", "WELCOME_7")))
    assert not any(map(looks_like_code, ("привет", "Спасибо", "990", "Ok", "🙂")))


async def test_an_email_is_told_where_it_goes(anna: ChatUser) -> None:
    await anna.send("anna@example.com")
    assert anna.last_text == anna.words(words.EMAIL_UNREGISTERED)
    await anna.register()
    await anna.send("anna@example.com")
    assert anna.last_text == anna.words(words.EMAIL)
    assert anna.words(home_words.PROFILE) in anna.buttons


async def test_who_has_paid_nothing_is_told_so(anna: ChatUser) -> None:
    await anna.register()
    await anna.send("Где мой доступ? Я заплатил!!!")
    assert anna.last_text == anna.words(lambda: words.nothing_open(None, BOT))


async def test_who_has_an_open_order_is_answered_by_its_check(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.order(await sql.fetchval("select min(id) from bot.offers where currency = 'RUB'"))
    await anna.send("Я оплатила, где доступ?")
    await anna.receives("⏳ ждёт оплаты")
    await anna.send("эй")
    assert anna.words(words.CHECK_PAYMENT) in anna.buttons


async def test_who_has_paid_is_told_what(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.order(await sql.fetchval("select min(id) from bot.offers where currency = 'RUB'"))
    await anna.pay()
    await anna.receives("✅")
    await give(sql, "Финансы", "now() + interval '5 days'")
    await anna.send("paid")
    assert "990" in anna.last_text
    assert anna.buttons[0].startswith("▶️")


@pytest.mark.parametrize("timings", [replace(QUICK, tries=2)])
async def test_codes_cannot_be_guessed_by_chatting(anna: ChatUser, sql: asyncpg.Connection) -> None:
    """Plain words have an allowance of their own, which is not talked about."""
    await anna.register()
    for word in ("привет", "спасибо", "spring"):
        assert await anna.send(word) == anna.words(lambda: words.i_am_a_bot(BOT, unpaid=False))
    for code in ("WRONG1", "WRONG2"):
        await anna.send(code)
        assert code in anna.new_texts[0]
    await anna.send("SPRING")
    assert anna.new_texts == [anna.words(lambda: words.i_am_a_bot(BOT, unpaid=False))]
    assert await used(sql) == 0
    await sql.execute("update bot.cooldowns set tried_at = tried_at - interval '15 minutes'")
    await anna.send("spring")
    await anna.receives("SPRING")


@pytest.fixture
def timings(request: pytest.FixtureRequest) -> Timings:
    given: Timings = getattr(request, "param", QUICK)
    return given


async def test_a_command_ends_a_question(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.send("/promo")
    await anna.send("/help")
    await anna.send("привет, как дела?")
    assert anna.last_text == anna.words(lambda: words.i_am_a_bot(BOT, unpaid=False))
    await anna.send("/promo")
    await anna.click(home_words.HOME)
    assert await sql.fetchval("select state from bot.chats where telegram_id = $1", ANNA) is None
