"""Admins make promo codes and look after them, typed and by buttons."""

import asyncio

import asyncpg

from bot.chat.promo_buttons import SwitchPromo
from bot.texts import errors
from bot.texts import promo_codes as words
from bot.texts.stats import BUTTONS
from db.errors import DraftGone
from db.promo import PromoOff
from db.promo_codes import PromoGone
from handlers.app import Application
from tests.chat.files import receive_file
from tests.chat_user import ChatUser

MOST = "select max_usage_count from promocodes where code = $1"
ACTS = "select kind from bot.acts order by id"


async def test_a_code_is_made_by_buttons(olga: ChatUser, anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await olga.send("/admin")
    await olga.click(BUTTONS["promo_new"])
    for wrong in ("spring", "two words"):  # there is one; no code
        await olga.send(wrong)
        assert "⚠️" in olga.last_text
    await olga.send("OTUS-26")
    await olga.send("nothing of the kind")
    assert "⚠️" in olga.last_text
    await olga.click("Python")
    await olga.send("0")
    assert "⚠️" in olga.last_text
    await olga.click("30")
    await olga.send("2")
    assert await sql.fetchval(MOST, "OTUS-26") is None
    _message, button = await olga.sees(lambda key: key["text"] == olga.words(words.CONFIRM))
    await olga.click(words.CONFIRM)
    assert "?start=promo_OTUS-26" in olga.last_text
    await olga.press(button["callback_data"])
    assert olga.last_text == olga.words(lambda: errors.say(DraftGone()))
    await anna.send("/start promo_OTUS-26")
    await anna.receives("OTUS-26")
    await olga.send("/promos otus-26")
    await olga.click(lambda: words.users_button(1))
    assert "Анна Соколова" in olga.last_text
    await olga.click(words.BACK)
    await olga.click(words.PICTURE)
    assert (await receive_file(olga, "OTUS-26")).startswith(b"\x89PNG")


async def test_a_code_is_switched_off_and_on(olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection) -> None:
    await ben.register()
    await olga.send("/promo_new OTUS 1 14 2")
    code = await sql.fetchval("select id from promocodes where code = 'OTUS'")
    await olga.click(words.SWITCH_OFF)
    assert await sql.fetchval(MOST, "OTUS") == 0
    await ben.send("/promo OTUS")
    await ben.receives(lambda: errors.say(PromoOff("OTUS")))
    await olga.press(SwitchPromo(id=code, on=False).pack())
    assert olga.toast == olga.words(words.ALREADY_OFF)
    await olga.click(words.LIMIT)
    await olga.send("0")
    assert "⚠️" in olga.last_text
    await olga.send("3")
    assert await sql.fetchval(MOST, "OTUS") == 0
    message, button = await olga.sees(lambda key: key["text"] == olga.words(words.SWITCH_ON))
    await asyncio.gather(olga._press(message, button), olga._press(message, button))
    assert await sql.fetchval(MOST, "OTUS") == 3
    await olga.click(words.LIMIT)
    await olga.click("50")
    assert await sql.fetchval(MOST, "OTUS") == 50
    await ben.send("/promo OTUS")
    await ben.receives("OTUS")
    kinds = [row["kind"] for row in await sql.fetch(ACTS)]
    assert kinds == ["promo_new", "promo_off", "promo_limit", "promo_on", "promo_limit"]
    await sql.execute("delete from promocodeusages")
    await sql.execute("delete from promocodes where code = 'OTUS'")
    await olga.click(words.LIMIT)
    assert olga.last_text == olga.words(lambda: errors.say(PromoGone(code)))


async def test_a_batch_comes_as_a_file_and_is_stopped_at_once(
    olga: ChatUser, anna: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await olga.send("/promos")
    await olga.click(words.MAKE_MANY)
    await olga.click("Python")
    await olga.click("14")
    await olga.send("1001")
    assert "⚠️" in olga.last_text
    await olga.click("30")
    await olga.click(words.CONFIRM_MANY)
    table = (await receive_file(olga, "Python")).decode("utf-8-sig").splitlines()
    assert len(table) == 31
    code, link, _state, *_rest = table[1].split(";")
    assert link.endswith(f"?start=promo_{code}")
    await anna.send(f"/promo {code}")
    await anna.receives(code)
    await olga.send("/promos")
    assert code not in olga.last_text
    await olga.click(lambda: words.batches_button(1))
    await olga.click("#1")
    await olga.click(lambda: words.users_button(1))
    assert "Анна Соколова" in olga.last_text
    await olga.click(words.BACK)
    await olga.click(words.OFF_ALL)
    await olga.click(words.SURE)
    assert (
        await sql.fetchval("select sum(max_usage_count) from promocodes join bot.batch_codes on code_id = id")
        == 1
    )
    await olga.click(words.FILE)
    table = (await receive_file(olga, "Python")).decode("utf-8-sig").splitlines()
    assert any("Анна Соколова" in line for line in table)
    assert {line.split(";")[2] for line in table[2:]} == {olga.words(words.OFF_STATE)}
    await olga.click(words.ON_ALL)
    assert (
        await sql.fetchval("select sum(max_usage_count) from promocodes join bot.batch_codes on code_id = id")
        == 30
    )
    kinds = [row["kind"] for row in await sql.fetch(ACTS)]
    assert kinds == ["promo_batch", "promo_batch_off", "promo_batch_on"]


async def test_typed_with_a_slip_only_the_rest_is_asked_for(olga: ChatUser, sql: asyncpg.Connection) -> None:
    before = await sql.fetchval("select count(*) from promocodes")
    await olga.send("/promo_new * python")
    assert olga.words(words.ASK_DAYS) in olga.last_text
    await olga.send("/promo_new *5 python 7")
    assert await sql.fetchval("select count(*) from promocodes") == before + 5
    await olga.receives("Коды партии")  # by a job: it would come between the answers below
    await olga.send("/promo_new * python 7 100")
    assert await sql.fetchval("select max(max_usage_count) from promocodes where length(code) = 8") == 100
    await olga.send("/promo_new Осень python 7 много")
    assert olga.words(words.ASK_PEOPLE) in olga.last_text
    await olga.send("40")
    await olga.click(words.CONFIRM)
    assert await sql.fetchval(MOST, "Осень") == 40
