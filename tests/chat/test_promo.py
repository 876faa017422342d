"""Promo codes in the chat: every outcome, and every way to send one."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from bot.texts import errors
from bot.texts import home as home_words
from bot.texts import promo as words
from bot.texts.accounts import registration
from bot.texts.format import day, until
from db.errors import PromoExists
from tests.chat.admin import ADMIN_ROWS
from tests.chat_user import ChatUser

USED = "select count(*) from promocodeusages"


OPEN = "select ends_at from usermoduleaccess"


@pytest.mark.parametrize("code", ["SPRING", "  SpRiNg  ", "SPRING\u200b", "\u2068SPRING\u2069", "«spring»"])
async def test_a_code_opens_its_module_and_says_until_when(
    anna: ChatUser, sql: asyncpg.Connection, code: str
) -> None:
    await anna.register()
    await anna.send(f"/promo {code}")
    told = await anna.receives("SPRING")
    ends_at = await sql.fetchval(OPEN)
    assert abs(ends_at - datetime.now(UTC) - timedelta(days=14)) < timedelta(minutes=5)
    assert "Python с нуля" in told
    assert anna.words(lambda: until(ends_at)) in told
    change = await sql.fetchrow("select * from bot.access_changes")
    assert (change["source"], change["after"]) == ("promo", ends_at)
    assert await sql.fetchval("select id from promocodeusages") == change["source_id"]
    assert len(anna.new_texts) == 1


async def test_by_the_button_and_then_as_text(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.click(home_words.PROMO)
    await anna.receives(words.ASK)
    await anna.send("hello")
    await anna.receives("HELLO")
    assert await sql.fetchval(USED) == 1
    await anna.send("and spring")
    assert "and spring" not in anna.last_text, "the question is over, so not every text is a code"


async def test_a_cyrillic_code_whatever_its_letter_case(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.send("/promo друзьям")
    await anna.receives("ДРУЗЬЯМ")


async def test_an_unknown_code_keeps_the_question_open(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.send("/promo")
    await anna.send("NEVER")
    assert "NEVER" in anna.last_text
    assert await sql.fetchval(USED) == 0
    await anna.send("SPRING")
    await anna.receives("SPRING")
    assert await sql.fetchval(USED) == 1


async def test_a_photo_is_no_code(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.send("/promo")
    await anna.send_sticker()
    await anna.receives(words.TEXT_PLEASE)
    await anna.send("SPRING")
    await anna.receives("SPRING")


async def test_a_code_already_used_says_when(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.send("/promo SPRING")
    await anna.receives("SPRING")
    ends_at = await sql.fetchval(OPEN)
    await anna.send("/promo spring")
    used_at = await sql.fetchval("select used_at from promocodeusages")
    assert anna.words(lambda: day(used_at)) in await anna.receives("SPRING")
    assert await sql.fetchval(USED) == 1
    assert await sql.fetchval(OPEN) == ends_at


async def test_a_used_up_code_opens_nothing(anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection) -> None:
    await sql.execute("update promocodes set max_usage_count = 1 where code = 'SPRING'")
    await anna.register()
    await ben.register()
    await anna.send("/promo SPRING")
    await anna.receives("SPRING")
    await ben.send("/promo SPRING")
    await ben.receives("SPRING")
    assert await sql.fetchval(USED) == 1
    assert await sql.fetchval("select count(*) from usermoduleaccess") == 1


async def test_who_is_not_registered_redeems_nothing(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.send("/promo SPRING")
    assert "SPRING" in anna.last_text
    assert anna.words(registration.REGISTER) in anna.buttons
    assert await sql.fetchval(USED) == 0


async def test_a_code_extends_what_is_open(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await sql.execute(
        "insert into usermoduleaccess (user_id, module_id, ends_at)"
        " select u.id, p.module_id, now() + interval '10 days' from users u, promocodes c"
        " join products p using (product_id) where c.code = 'SPRING'"
    )
    before = await sql.fetchval(OPEN)
    await anna.send("/promo SPRING")
    await anna.receives("SPRING")
    assert await sql.fetchval(OPEN) == before + timedelta(days=14)


async def test_a_promo_code_is_made_linked_listed_and_redeemed(olga: ChatUser, ben: ChatUser) -> None:
    await ben.register()
    await olga.send("/promo_new Winter_26 1 14 2")
    assert "?start=promo_Winter_26" in olga.last_text
    await olga.send("/promo_new winter_26 1 14 2")
    assert olga.words(lambda: errors.say(PromoExists("winter_26"))) in olga.last_text
    await ben.send("/start promo_Winter_26")
    await ben.receives("Winter_26")
    await olga.send("/promos")
    line = next(line for line in olga.last_text.splitlines() if "Winter_26" in line)
    assert line.startswith("🟢")
    assert "1" in line.split("Winter_26")[1]


@pytest.mark.parametrize("code", ["СКИДКА", "🎁" * 10, "<b>&'\"--"])
async def test_a_code_that_fits_no_link_is_made_without(olga: ChatUser, ben: ChatUser, code: str) -> None:
    await ben.register()
    await olga.send(f"/promo_new {code} 1 14 2")
    assert code in olga.last_text
    assert "start=promo_" not in olga.last_text
    await ben.send(f"/promo {code}")
    await ben.receives(code)
    await olga.send("/promos")
    assert code in olga.last_text


WRONG_PROMOS = [
    "x" * 59 + " 1 1 1", "x" * 65 + " 1 1 1", "A 1 1 0", "A 1 1 2147483648", "A 1 0 5", "A 1 36501 5", "A B 1 1 1",
]  # fmt: skip


async def test_a_promo_code_written_wrongly_is_not_made(olga: ChatUser, sql: asyncpg.Connection) -> None:
    before = tuple(await sql.fetchrow(ADMIN_ROWS))
    for written in WRONG_PROMOS:
        await olga.send(f"/promo_new {written}")
        assert "/promo_new КОД ПРОДУКТ ДНЕЙ ЛЮДЕЙ" in olga.last_text, written
    assert tuple(await sql.fetchrow(ADMIN_ROWS)) == before
