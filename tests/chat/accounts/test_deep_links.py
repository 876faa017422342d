"""Deep links of strangers: what they carry waits for the registration, and is answered whatever it is."""

import asyncpg
import pytest

from bot.texts import shop as shop_words
from bot.texts.accounts import registration as words
from tests.chat.accounts.rows import counts
from tests.chat_user import ANNA, ChatUser


async def test_a_deep_link_with_a_promo_code_waits_for_registration(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.send("/start promo_SPRING")
    assert await sql.fetchval("select count(*) from promocodeusages") == 0
    await anna.click(words.REGISTER)
    await anna.send(anna.email)
    await anna.click(words.SKIP)
    await anna.receives("SPRING")
    assert await sql.fetchval("select count(*) from promocodeusages") == 1
    assert await sql.fetchval("select start from bot.chats where telegram_id = $1", ANNA) is None


async def test_a_deep_link_to_an_offer_waits_for_registration(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    offer = await sql.fetchval("select min(id) from bot.offers")
    await anna.send(f"/start buy_{offer}")
    await anna.send("/start")
    await anna.click(words.REGISTER)
    await anna.send(anna.email)
    await anna.click(words.SKIP)
    assert anna.words(lambda: shop_words.pay_by("link")) in anna.buttons


async def test_a_referral_is_kept_and_the_first_one_counts(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.send("/start ref_from-a-friend")
    await anna.click(words.REGISTER)
    await anna.send(anna.email)
    await anna.click(words.SKIP)
    await anna.receives(lambda: words.home("Анна Соколова"))
    await anna.send("/start ref_somebody_else")
    assert (
        await sql.fetchval("select referral from bot.chats where telegram_id = $1", ANNA) == "from-a-friend"
    )


async def test_a_deep_link_that_is_refused_leaves_the_registration_standing(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.send("/start promo_NEVER")
    await anna.click(words.REGISTER)
    await anna.send(anna.email)
    await anna.click(words.SKIP)
    assert "NEVER" in anna.last_text
    assert await counts(sql) == (1, 1, 1, 1, 1)


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
