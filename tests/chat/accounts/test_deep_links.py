"""Wishes of strangers: what a deep link carries is named at once and done with the tap that registers."""

from dataclasses import replace

import asyncpg
import pytest

from bot.texts import errors, home
from bot.texts.accounts import registration as words
from bot.texts.payments import purchases
from db.errors import OfferGone, PromoUsedUp
from tests.app import QUICK
from tests.chat.accounts.rows import counts
from tests.chat_user import ANNA, ChatUser


async def test_a_code_is_named_at_once_and_redeemed_with_the_tap_that_registers(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.send("/start promo_SPRING")
    assert "Промокод SPRING: 14 дней курса «Python с нуля»" in anna.last_text
    assert await sql.fetchval("select count(*) from promocodeusages") == 0
    await anna.send("/start")
    assert "SPRING" in anna.last_text  # still wanted
    await anna.click(words.REGISTER)
    await anna.receives("SPRING")
    assert await sql.fetchval("select count(*) from promocodeusages") == 1
    assert await sql.fetchval("select start from bot.chats where telegram_id = $1", ANNA) is None


async def test_a_price_looked_at_does_not_take_its_place(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.send("/start promo_SPRING")
    await anna.send("/courses")
    await anna.click("Python с нуля")
    await anna.click("30 дней · 990")
    await anna.click(words.REGISTER)
    await anna.receives("SPRING")
    assert await sql.fetchval("select count(*) from promocodeusages") == 1


async def test_the_command_with_a_code_is_the_same_as_the_link(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.send("/promo spring")
    assert "Промокод SPRING" in anna.last_text
    await anna.click(words.REGISTER)
    await anna.receives("SPRING")
    assert await sql.fetchval("select count(*) from promocodeusages") == 1


async def test_a_wrong_code_is_told_at_once_and_counts_as_a_try(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.send("/start promo_NEVER")
    assert "Промокода NEVER нет" in anna.last_text
    assert anna.words(words.SEE_COURSES) in anna.buttons
    assert await sql.fetchval("select tries from bot.cooldowns") == 1
    await anna.send("/start promo_SPRING")
    assert await sql.fetchval("select tries from bot.cooldowns") == 1
    await anna.send("/start promo_NEVER")
    await anna.click(words.REGISTER)
    await anna.receives(words.REGISTERED)
    assert "NEVER" not in "".join(anna.new_texts)  # told already


@pytest.mark.parametrize("timings", [replace(QUICK, tries=2)])
async def test_a_right_code_is_told_no_more_than_a_wrong_one_while_tries_cool_off(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    for _ in range(2):
        await anna.send("/start promo_NEVER")
    for code in ("NEVER", "SPRING"):
        await anna.send(f"/start promo_{code}")
        assert "Слишком много попыток" in anna.last_text
        assert code not in anna.last_text


async def test_a_code_used_up_since_the_link_was_opened(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.send("/start promo_SPRING")
    await sql.execute("update promocodes set max_usage_count = 0 where code = 'SPRING'")
    await anna.click(words.REGISTER)
    await anna.receives(lambda: errors.say(PromoUsedUp("SPRING")))
    assert anna.words(home.MY_COURSES) in anna.buttons
    assert await counts(sql) == (1, 1, 1, 1, 1)
    await anna.send("/logout")
    await anna.send("/start promo_SPRING")
    assert anna.words(lambda: errors.say(PromoUsedUp("SPRING"))) in anna.last_text


async def test_two_people_and_one_link_to_a_code_for_one(
    anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await sql.execute("update promocodes set max_usage_count = 1 where code = 'SPRING'")
    for person in (anna, ben):
        assert "SPRING" in await person.send("/start promo_SPRING")
    await anna.click(words.REGISTER)
    await anna.receives("SPRING")
    await ben.click(words.REGISTER)
    await ben.receives(lambda: errors.say(PromoUsedUp("SPRING")))
    assert await counts(sql) == (2, 2, 2, 2, 2)


async def test_an_offer_is_named_at_once_and_shown_with_the_tap_that_registers(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    offer = await sql.fetchval("select min(id) from bot.offers")
    assert "990" in await anna.send(f"/start buy_{offer}")
    await anna.click(words.REGISTER)
    await anna.gets_link()


async def test_a_withdrawn_offer_is_told_of_at_once(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await sql.execute("update bot.offers set active = false")
    await anna.send("/start buy_1")
    assert anna.words(lambda: errors.say(OfferGone(1))) in anna.last_text
    assert anna.words(words.SEE_COURSES) in anna.buttons


async def test_what_was_wanted_before_registering_is_done_after_it(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    """A command is carried out, a button pressed again, each with the tap that registers."""
    await anna.send("/profile")
    await anna.click(words.REGISTER)
    await anna.receives("Мой аккаунт")
    await anna.send("/logout")
    await anna.send("/purchases")
    await anna.click(words.SIGN_IN)
    assert anna.last_text == anna.words(lambda: purchases.purchases([]))
    await anna.send("/logout")
    await anna.send("/logout")  # not wanted once more
    await anna.click(words.SIGN_IN)
    await anna.receives(words.SIGNED_IN)
    assert await sql.fetchval("select count(*) from sessions where revoked_at is null") == 1


async def test_no_link_presses_a_button(anna: ChatUser, sql: asyncpg.Connection) -> None:
    """Telegram lets no colon into a deep link, but a person may type one."""
    await anna.send("/start press:go:logout")
    await anna.click(words.REGISTER)
    await anna.receives(words.REGISTERED)
    assert await sql.fetchval("select count(*) from sessions where revoked_at is null") == 1


async def test_a_referral_is_kept_and_the_first_one_counts(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.send("/start ref_from-a-friend")
    await anna.click(words.REGISTER)
    assert anna.words(home.MY_COURSES) in anna.buttons
    await anna.send("/start ref_somebody_else")
    assert (
        await sql.fetchval("select referral from bot.chats where telegram_id = $1", ANNA) == "from-a-friend"
    )


@pytest.mark.parametrize(
    "payload",
    [
        "buy_0",
        "buy_-1",
        "buy_99999999999999999999",
        "buy_9223372036854775807",
        "buy_" + "9" * 18,
        "buy_x",
        "buy_²",
        "buy_",
        "promo_",
        "promo_'; drop table users; --",
        "ref_" + "я" * 60,
        "x" * 64,
        "<b>",
        "paid",
        "_",
    ],
)
async def test_any_payload_gets_an_answer(
    anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection, payload: str
) -> None:
    """Before registering, and after."""
    await ben.send(f"/start {payload}")
    assert ben.new_texts
    await anna.register()
    before = await counts(sql)
    await anna.send(f"/start {payload}")
    assert anna.new_texts
    assert await counts(sql) == before
