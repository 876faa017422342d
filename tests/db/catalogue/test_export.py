"""The exported catalogue: it loads back to no change, whoever made the rows."""

from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr

from bot.catalogue.checking import check_file
from bot.catalogue.loading import export_file, load_file
from bot.catalogue.reading import CatalogueError, parse
from bot.settings import FixedSettings
from db.catalogue.loading import CatalogueRefusedError, load_catalogue
from db.engine import Database, Pool
from tests.db.catalogue.file import ASKING, SCHOOL, SMALL

FOREIGN = """
insert into modules (id, name, description, interval_count) values (70, '  Theirs ', null, 0), (71, 'Two
lines', 'x', 3), (72, '  ', null, 1);
insert into products (product_id, module_id, name) values (80, 70, 'Their  course '), (81, 72, 'Not to be written');
insert into promocodes (code, max_usage_count, days, product_id) values ('THEIRS', 5, 7, 80), ('with blank', 5, 7, 80);
insert into bot.offers (product_id, days, price, currency) values (80, 30, 99050, 'RUB'), (80, 30, 500, 'XTR');
insert into bot.offers (product_id, days, price, currency, active) values (80, 60, 99050, 'RUB', false)
"""


async def dump(connection: asyncpg.Connection) -> list[list[tuple[object, ...]]]:
    tables = (
        "bot.school",
        "modules",
        "products",
        "promocodes",
        "bot.offers",
        "bot.lessons",
        "bot.questions",
        "bot.results",
    )
    return [
        [tuple(row.values()) for row in await connection.fetch(f"select * from {table} t order by t::text")]
        for table in tables
    ]


async def test_what_is_exported_loads_back_to_no_change(
    database: Database, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    """The demo's school, with lessons withdrawn, and rows that another application and admins in the chat made."""
    await load_file(database, SCHOOL)
    await connection.execute(FOREIGN)
    file = tmp_path / "school.toml"
    notes = await export_file(database, file)
    assert [note.partition(" is left out")[0] for note in notes] == [
        "modules 'module-72'",
        "promocodes 'with blank'",
    ]
    before = await dump(connection)
    assert await load_file(database, file) == []
    rows = await connection.fetch("select id, key, active from bot.offers where product_id = 80 order by id")
    keys = [f"product-80/offer-{row['id']}" for row in rows[:2]] + [None]
    assert [(row["key"], row["active"]) for row in rows] == list(zip(keys, (True, True, False), strict=True))
    await connection.execute("update bot.offers set key = null where product_id = 80")
    assert await dump(connection) == before
    with pytest.raises(CatalogueError, match="File exists"):
        await export_file(database, file)


async def test_a_database_that_no_file_has_filled_is_exported_too(
    database: Database, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    """Also where `progress` names lessons that the bot does not know."""
    await connection.execute(FOREIGN)
    await connection.execute(
        "insert into users (email, created_at) values ('a@x', now());"
        "insert into progress (user_id, lesson_id, result_id) select id, 500, 9 from users"
    )
    await export_file(database, tmp_path / "file.toml")
    assert await load_file(database, tmp_path / "file.toml") == []
    text = (tmp_path / "file.toml").read_text()
    assert 'price = "990.50"' in text
    assert "results" not in text


async def test_no_offer_comes_on_sale_that_nobody_could_pay(
    database: Database, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    """One that is on sale already stays: the file must be loadable after the shop has lost a way to pay."""
    file, told = tmp_path / "school.toml", r"course/month.*YOOKASSA_SHOP_ID, TELEGRAM_PAYMENT_TOKEN"
    file.write_text(SMALL)
    without, shop = FixedSettings(), FixedSettings(telegram_payment_token=SecretStr("1:TEST:1"))
    with pytest.raises(CatalogueError, match=told):
        check_file(file, without)
    with pytest.raises(CatalogueRefusedError, match=told):
        await load_file(database, file, without)
    assert await connection.fetchval("select count(*) from modules") == 0
    for known in (shop, None):
        check_file(file, known)
    assert await load_file(database, file, shop)
    file.write_text(SMALL.replace("990.5", "1200"))
    assert len(await load_file(database, file, without)) == 1
    file.write_text(SMALL.replace('"RUB"', '"EUR"'))
    with pytest.raises(CatalogueRefusedError, match="takes EUR"):
        await load_file(database, file, without)
    file.write_text(SMALL.replace("990.5", "50"))  # YooKassa would take it, Telegram's invoices don't
    with pytest.raises(CatalogueError, match=r"from 99\.51"):
        check_file(file, shop)
    with pytest.raises(CatalogueRefusedError, match=r"from 99\.51"):
        await load_file(database, file, shop)
    linked = FixedSettings(yookassa_shop_id="1", yookassa_secret_key=SecretStr("x" * 20))
    check_file(file, linked)
    assert len(await load_file(database, file, linked)) == 1


async def test_an_offers_id_must_be_that_products(database: Database, connection: asyncpg.Connection) -> None:
    await connection.execute(FOREIGN)
    refused = SMALL.replace('key = "month"', 'key = "month"\nid = 1')
    with pytest.raises(CatalogueRefusedError, match="it is an offer of product 80"):
        async with database.transaction(Pool.JOBS) as session:
            await load_catalogue(session, parse(refused))


async def test_questions_of_each_kind_come_back_as_they_were(
    database: Database, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    (tmp_path / "asking.toml").write_text(ASKING)
    await load_file(database, tmp_path / "asking.toml")
    columns = "key, kind, answer, answers, accepted, tolerance::text, hint, picture"
    rows = await connection.fetch(f"select {columns} from bot.questions order by position")
    assert [tuple(row) for row in rows] == [
        ("q", "one", 0, [], [], None, None, None),
        ("even", "several", None, [1, 2], [], None, "Halves", "https://example.com/even.png"),
        ("typed", "text", None, [], ["Pushkin", "Пушкин"], None, None, None),
        ("pi", "number", None, [], ["3.14", "22.7"], "0.005", None, None),
        ("year", "text", None, [], ["1833"], None, None, None),
    ]
    before = await dump(connection)
    assert await export_file(database, tmp_path / "again.toml") == []
    assert await load_file(database, tmp_path / "again.toml") == []
    assert await dump(connection) == before


async def test_two_hundred_questions_in_a_lesson(
    database: Database, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    many = "".join(
        f'[[modules.lessons.questions]]\nkey = "n{number}"\ntext = "?"\naccepted = [{number}]\n'
        for number in range(200)
    )
    (tmp_path / "many.toml").write_text(SMALL.replace("[[products]]", many + "[[products]]", 1))
    await load_file(database, tmp_path / "many.toml")
    assert await connection.fetchval("select count(*) from bot.questions") == 201


async def test_how_lessons_are_written_and_shown_comes_back_as_it_was(
    database: Database, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    source = SMALL.replace('text = "First"', 'markdown = """# First\n\n- one"""').replace(
        'name = "Python"\n', 'name = "Python"\nformat = "rich"\nprotect_content = true\n', 1
    )
    (tmp_path / "rich.toml").write_text(source)
    await load_file(database, tmp_path / "rich.toml")
    assert tuple(await connection.fetchrow("select format, protect_content from bot.module_options")) == (
        "rich",
        True,
    )
    rows = await connection.fetch("select markup, text from bot.lessons order by position")
    assert [tuple(row) for row in rows] == [("markdown", "# First\n\n- one"), ("html", "Second")]
    await export_file(database, tmp_path / "again.toml")
    assert await load_file(database, tmp_path / "again.toml") == []
    (tmp_path / "classic.toml").write_text(SMALL)
    changes = [str(change) for change in await load_file(database, tmp_path / "classic.toml")]
    assert changes == [
        "updated options python: format rich → classic, protect_content yes → no",
        "updated lesson python/one: text, markup markdown → html",
    ]
