"""The catalogue in the owner's chat: looked at, changed row by row, and as a file that goes out and comes back."""

import asyncpg

from bot.catalogue.copies import MOST_BYTES
from bot.chat.catalogue_buttons import ConfirmCopy, EditCatalogueRow
from bot.texts import catalogue as file_words
from bot.texts import catalogue_screens as words
from tests.chat.files import receive_file, send_file
from tests.chat_user import ChatUser

PRICE = "select price from bot.offers where id = $1"


async def first_offer(sql: asyncpg.Connection) -> int:
    return int(
        await sql.fetchval(
            "select o.id from bot.offers o join products p using (product_id)"
            " where currency = 'RUB' and o.active order by o.id limit 1"
        )
    )


async def opens_offer(olga: ChatUser, sql: asyncpg.Connection, offer: int) -> None:
    row = await sql.fetchrow(
        "select m.name, o.days from bot.offers o join products p using (product_id)"
        " join modules m on m.id = p.module_id where o.id = $1",
        offer,
    )
    await olga.send("/catalog")
    await olga.click(str(row["name"])[:12])
    await olga.press(f"catrow:offer:{offer}:0")


async def test_a_price_is_changed_in_three_taps(olga: ChatUser, sql: asyncpg.Connection) -> None:
    offer = await first_offer(sql)
    before = await sql.fetchval(PRICE, offer)
    await opens_offer(olga, sql, offer)
    await olga.click(words.PRICE)
    assert "1190" in olga.last_text
    await olga.send("сколько-нибудь")
    assert "⚠️" in olga.last_text
    await olga.send("1 190 ₽")
    assert "1\N{NO-BREAK SPACE}190" in olga.last_text
    assert await sql.fetchval(PRICE, offer) == before, "before it was confirmed"
    await olga.click(words.CONFIRM)
    assert "Изменено" in olga.last_text
    assert await sql.fetchval(PRICE, offer) == 119_000
    act = await sql.fetchrow("select kind, facts::text from bot.acts order by id desc limit 1")
    assert act["kind"] == "catalogue"
    assert f'["price", {before}, 119000]' in act["facts"]
    await olga.send("/history")
    assert "1\N{NO-BREAK SPACE}190\N{NO-BREAK SPACE}₽" in olga.last_text


async def test_what_changed_meanwhile_is_shown_before_it_is_written_over(
    olga: ChatUser, sql: asyncpg.Connection
) -> None:
    offer = await first_offer(sql)
    await opens_offer(olga, sql, offer)
    await olga.click(words.PRICE)
    await olga.send("1190")
    await sql.execute("update bot.offers set price = 77700 where id = $1", offer)
    await olga.click(words.CONFIRM)
    assert "777" in olga.last_text
    assert await sql.fetchval(PRICE, offer) == 77_700
    await olga.click(words.DROP)
    assert await sql.fetchval(PRICE, offer) == 77_700
    await olga.press(EditCatalogueRow(kind="offer", id=offer, field="name").pack())
    assert await sql.fetchval(PRICE, offer) == 77_700


async def test_a_course_is_made_from_nothing_and_sold(
    olga: ChatUser, anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await olga.send("/catalog")
    await olga.click(words.ADD_COURSE)
    await olga.send("ы" * 129)
    assert "128" in olga.last_text
    await olga.send("Каллиграфия")
    await olga.click(words.CONFIRM)
    await olga.click("Каллиграфия")
    await olga.click("Уроки")
    await olga.click(words.ADD_LESSON)
    await olga.send("Перо")
    await olga.send("Держите криво")
    await olga.send("Держите перо <прямо> & ровно." + " Да." * 600)  # written anew
    early = olga.messages[-1]["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await olga.send("И не спешите.")  # the app has made two messages of one text
    assert olga.words(words.JOINED) in olga.last_text
    await olga.press(early)
    assert olga.words(words.CHANGED_MEANWHILE) in olga.last_text
    await olga.click(words.CONFIRM)
    module = await sql.fetchval("select id from modules where name = 'Каллиграфия'")
    lesson = await sql.fetchrow("select * from bot.lessons where module_id = $1", module)
    assert lesson["title"] == "Перо"
    assert lesson["text"].startswith("Держите перо &lt;прямо&gt; &amp; ровно. Да.")
    assert lesson["text"].endswith(" Да.\n\nИ не спешите.")
    product = await sql.fetchval("select product_id from products where module_id = $1", module)
    await olga.press(f"catadd:offer:{product}")
    await olga.send("30 990 руб")
    await olga.click(words.CONFIRM)
    await anna.register()
    await anna.send("/courses")
    await anna.click("Каллиграфия")
    assert any("990" in button["text"] for button in buttons(anna))
    await olga.press(f"catoff:module:{module}")
    await olga.click(words.CONFIRM)
    assert not await sql.fetchval("select active from bot.offers where product_id = $1", product)
    await olga.press(f"catoff:lesson:{lesson['id']}")
    await olga.click(words.CONFIRM)
    assert not await sql.fetchval("select active from bot.lessons where id = $1", lesson["id"])
    await olga.press(f"catrow:lessons:{module}:0")
    await olga.click("↩️ Перо")
    await olga.click(words.CONFIRM)
    assert await sql.fetchval("select active from bot.lessons where id = $1", lesson["id"])


def buttons(person: ChatUser) -> list[dict[str, str]]:
    return [
        button
        for message in person.messages
        for row in (message.get("reply_markup") or {}).get("inline_keyboard", [])
        for button in row
    ]


async def test_a_file_goes_out_and_comes_back_changed(olga: ChatUser, sql: asyncpg.Connection) -> None:
    offer = await first_offer(sql)
    price = await sql.fetchval(PRICE, offer)
    await olga.send("/catalog")
    await olga.click(words.DOWNLOAD)
    text = (await receive_file(olga, "Каталог")).decode()
    await send_file(olga, "catalogue.toml", text.encode())
    await olga.receives("менять нечего")
    mine = text.replace(f"price = {price // 100}\n", "price = 1234\n", 1)
    assert mine != text
    await send_file(olga, "catalogue.toml", mine.encode())
    await olga.receives("1\N{NO-BREAK SPACE}234")
    await olga.click(file_words.LOAD)
    await olga.receives("Каталог загружен")
    assert await sql.fetchval("select count(*) from bot.offers where price = 123400") == 1
    assert await sql.fetchval("select count(*) from bot.acts where kind = 'catalogue'") == 1
    # Somebody changes the same row meanwhile, and another one.
    changed = await sql.fetchval("update bot.offers set price = 55500 where price = 123400 returning id")
    other = await sql.fetchval(
        "update modules set name = name || '!' where id = (select max(id) from modules) returning id"
    )
    theirs = mine.replace("price = 1234\n", "price = 4321\n")
    await send_file(olga, "catalogue.toml", theirs.encode())
    await olga.receives("изменили другие")
    await olga.click(file_words.LOAD_OVER)
    await olga.receives("Каталог загружен")
    assert await sql.fetchval(PRICE, changed) == 432_100
    assert str(await sql.fetchval("select name from modules where id = $1", other)).endswith("!")


async def test_a_teacher_writes_lessons_and_sells_nothing(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await ben.register()
    await sql.execute(
        "insert into bot.roles (telegram_id, role, created_at) values ($1, 'teacher', now())", ben.id
    )
    lesson = await sql.fetchrow("select id, module_id, title from bot.lessons order by id limit 1")
    await ben.send("/catalog")
    assert not any("catadd" in str(button.get("callback_data")) for button in buttons(ben))
    await ben.press(f"catset:lesson:{lesson['id']}:title")
    await ben.send("Начало")
    await ben.click(words.CONFIRM)
    assert await sql.fetchval("select title from bot.lessons where id = $1", lesson["id"]) == "Начало"
    offer = await first_offer(sql)
    before = await sql.fetchval(PRICE, offer)
    for data in (
        f"catset:offer:{offer}:price",
        f"catoff:module:{lesson['module_id']}",
        f"catrow:offer:{offer}:0",
    ):
        await ben.press(data)
        assert "rights" in ben.last_text + (ben.toast or "")
    await ben.send("1")
    await ben.press("catyes:1")
    assert await sql.fetchval(PRICE, offer) == before


async def test_what_is_no_catalogue_is_refused_in_words(
    olga: ChatUser, anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await olga.send("/start")
    for content, said in (
        (b"\x00\xff\xfe", "UTF-8"),
        (b"modules = [", "Так загрузить нельзя"),
        ("[[modules]]\nkey = 'a'\n".encode("utf-8-sig"), "name: не указано"),
        (b"x" * (MOST_BYTES + 1), "2 МБ"),
    ):
        await send_file(olga, "school.toml", content)
        await olga.receives(said)
    assert await sql.fetchval("select count(*) from bot.acts") == 0
    await anna.register()
    await send_file(anna, "school.toml", b"[[modules]]")
    assert (
        await sql.fetchval("select count(*) from bot.catalogue_copies where telegram_id = $1", anna.id) == 0
    )
    copy = await sql.fetchval("select max(id) from bot.catalogue_copies")
    await anna.press(ConfirmCopy(copy_id=copy, stamp=1, forced=True).pack())
    assert await sql.fetchval("select count(*) from bot.catalogue_copies where loaded_at is not null") == 0


async def test_the_rest_of_a_long_text_is_heard_where_its_beginning_is_there_already(
    olga: ChatUser, sql: asyncpg.Connection
) -> None:
    lesson = await sql.fetchval("select min(id) from bot.lessons where markup is distinct from 'markdown'")
    question, beginning = EditCatalogueRow(kind="lesson", id=lesson, field="text").pack(), "Слово. " * 350
    await olga.send("/catalog")
    await olga.press(question)
    await olga.send(beginning)
    await olga.click(words.CONFIRM)
    await olga.press(question)
    await olga.send(beginning)
    assert olga.words(words.NOTHING) in olga.last_text
    await olga.send("И ещё.")
    assert olga.words(words.JOINED) in olga.last_text
    await olga.click(words.CONFIRM)
    assert (await sql.fetchval("select text from bot.lessons where id = $1", lesson)).endswith(
        "Слово.\n\nИ ещё."
    )
    await olga.press(question)
    await olga.send(beginning)
    await sql.execute(
        "update bot.chats set data = jsonb_set(data, '{draft,sent}', to_jsonb(0)) where telegram_id = $1",
        olga.id,
    )
    await olga.send("Заново.")  # much later
    await olga.click(words.CONFIRM)
    assert await sql.fetchval("select text from bot.lessons where id = $1", lesson) == "Заново."
