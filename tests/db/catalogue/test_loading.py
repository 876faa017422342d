"""Loading a catalogue: what arrives, what stays, and what is refused because of what is there."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest

from bot.catalogue import reading as files
from bot.catalogue.reading import parse
from db.catalogue.changes import Action, CatalogueChange
from db.catalogue.entries import Catalogue
from db.catalogue.loading import CatalogueRefusedError, load_catalogue
from db.catalogue.school import SchoolText, get_school
from db.engine import Database, Pool
from db.promo import find_promo
from db.promo_codes import switch_off
from tests.db.catalogue.file import SCHOOL, SMALL


async def loaded(database: Database, catalogue: Catalogue | str) -> list[str]:
    wanted = parse(catalogue) if isinstance(catalogue, str) else catalogue
    async with database.transaction(Pool.JOBS) as session:
        return [str(change) for change in await load_catalogue(session, wanted)]


async def refused(database: Database, source: str) -> list[str]:
    with pytest.raises(CatalogueRefusedError) as error:
        await loaded(database, source)
    return error.value.lines


async def test_demo_school_loads_and_first_lessons_carry_no_question(
    database: Database, connection: asyncpg.Connection
) -> None:
    school = files.read(SCHOOL)
    assert all(not module.lessons[0].questions for module in school.modules)
    assert school.modules[0].lessons[0].preview
    changes = await loaded(database, school)
    assert "added module python" in changes
    assert "added offer english/quarter" in changes
    assert await loaded(database, school) == []
    rows = await connection.fetch("SELECT name, interval_count FROM modules ORDER BY id")
    assert [tuple(row) for row in rows] == [(module.name, len(module.lessons)) for module in school.modules]
    spring = await connection.fetchrow("SELECT days, max_usage_count FROM promocodes WHERE code = 'SPRING'")
    assert spring is not None
    assert tuple(spring) == (14, 100)


def test_the_demos_two_schools_are_of_one_shape() -> None:
    russian, english = files.read(SCHOOL), files.read(SCHOOL.with_name("school.en.toml"))
    assert shape(russian) == shape(english)
    assert {code.code for code in russian.promos} & {code.code for code in english.promos} == {
        "SPRING",
        "HELLO",
    }


def shape(school: Catalogue) -> tuple[object, ...]:
    lessons = [
        [(one.key, one.preview, len(one.questions)) for one in module.lessons] for module in school.modules
    ]
    offers = [[(one.days, one.price, one.currency) for one in product.offers] for product in school.products]
    return lessons, offers, [(code.days, code.max_uses) for code in school.promos]


async def test_values_arrive(database: Database, connection: asyncpg.Connection) -> None:
    await loaded(database, SMALL)
    offer = await connection.fetchrow("SELECT days, price, currency, methods, active FROM bot.offers")
    assert offer is not None
    assert tuple(offer) == (30, 99050, "RUB", [], True)
    question = await connection.fetchrow("SELECT options, answer FROM bot.questions")
    assert question is not None
    assert tuple(question) == (["2", "3"], 0)
    lessons = await connection.fetch("SELECT key, position, preview FROM bot.lessons ORDER BY position")
    assert [tuple(row) for row in lessons] == [("one", 1, True), ("two", 2, False)]
    result = await connection.fetchrow("SELECT key, passed FROM bot.results")
    assert result is not None
    assert tuple(result) == ("done", True)


async def test_what_the_school_says_of_itself(database: Database) -> None:
    said = '[school]\nname = "Ours"\ndescription = "Good"\n[school.ru]\nname = "Наша"\n'
    assert {"added school default", "added school ru"} <= set(await loaded(database, said + SMALL))
    async with database.transaction(Pool.JOBS) as session:
        assert await get_school(session, "ru") == SchoolText("Наша", "Good")
        assert await get_school(session, "en") == SchoolText("Ours", "Good")
    assert await loaded(database, said.replace("Good", "Better") + SMALL) == [
        "updated school default: description Good → Better"
    ]
    assert await loaded(database, SMALL) == ["withdrawn school default", "withdrawn school ru"]
    async with database.transaction(Pool.JOBS) as session:
        assert await get_school(session, "ru") == SchoolText(None, None)


async def test_changes_are_said_and_ids_stay(database: Database, connection: asyncpg.Connection) -> None:
    await loaded(database, SMALL)
    before = await connection.fetch("SELECT id FROM bot.lessons ORDER BY key")
    changed = SMALL.replace("990.5", "1200").replace('"Second"', '"Second,\\nlonger"').replace("14", "21")
    assert await loaded(database, changed) == [
        "updated lesson python/two: text",
        "updated offer course/month: price 99050 → 120000",
        "updated promo code SPRING: days 14 → 21",
    ]
    assert await connection.fetch("SELECT id FROM bot.lessons ORDER BY key") == before


async def test_a_code_that_is_off_stays_off(database: Database, connection: asyncpg.Connection) -> None:
    await loaded(database, SMALL)
    async with database.transaction(Pool.TALK) as session:
        found = await find_promo(session, "spring")
        assert found is not None
        await switch_off(session, [found.code_id], datetime(2026, 3, 1, tzinfo=UTC))
    changed = SMALL.replace("max_uses = 100", "max_uses = 150")
    assert await loaded(database, changed) == ["updated promo code SPRING: most 100 → 150"]
    assert await connection.fetchval("SELECT max_usage_count FROM promocodes") == 0
    assert await loaded(database, changed) == []


async def test_what_vanished_is_withdrawn_and_comes_back(
    database: Database, connection: asyncpg.Connection
) -> None:
    await loaded(database, SMALL)
    head, offer = (
        SMALL.split('[[modules.lessons]]\nkey = "two"')[0],
        '[[products]]\nkey="course"\nmodule="python"\n',
    )
    changes = await loaded(database, head + offer + 'name="Course"')
    assert changes == [
        "updated module python: interval_count 2 → 1",
        "withdrawn lesson python/two",
        "withdrawn offer course/month",
    ]
    assert await connection.fetchval("SELECT count(*) FROM bot.lessons") == 2
    assert await connection.fetchval("SELECT count(*) FROM promocodes") == 1
    assert await loaded(database, SMALL) == [
        "updated module python: interval_count 1 → 2",
        "updated lesson python/two: active no → yes",
        "updated offer course/month: active no → yes",
    ]


async def test_offers_of_admins_are_left_alone(database: Database, connection: asyncpg.Connection) -> None:
    await loaded(database, SMALL)
    await connection.execute(
        "INSERT INTO bot.offers (product_id, days, price, currency)"
        " SELECT product_id, 1, 100, 'RUB' FROM products"
    )
    assert await loaded(database, SMALL) == []
    assert await connection.fetchval("SELECT count(*) FROM bot.offers WHERE active") == 2


async def test_a_vanished_result_goes_behind_the_others(
    database: Database, connection: asyncpg.Connection
) -> None:
    await loaded(database, SMALL)
    await loaded(database, SMALL + '[[results]]\nkey = "great"\nname = "Great"\npassed = true\n')
    rows = await connection.fetch("SELECT key FROM bot.results WHERE passed ORDER BY position")
    assert [row["key"] for row in rows] == ["great", "done"]


async def adopt(connection: asyncpg.Connection, lesson: int = 70, result: int = 2) -> None:
    """Rows as the other application has them."""
    await connection.execute("INSERT INTO modules (id, name, interval_count) VALUES (7, 'Old name', 12)")
    await connection.execute("INSERT INTO products (product_id, module_id, name) VALUES (9, 7, 'Old')")
    await connection.execute("INSERT INTO users (id, email, created_at) VALUES (1, 'a@b.c', now())")
    await connection.execute(
        "INSERT INTO progress (user_id, lesson_id, result_id) VALUES (1, $1, $2)", lesson, result
    )


ADOPTING = (
    SMALL.replace('key = "python"', 'key = "python"\nid = 7')
    .replace('key = "course"', 'key = "course"\nid = 9')
    .replace('key = "one"', 'key = "one"\nid = 70')
    .replace('key = "two"', 'key = "two"\nid = 50')
    + '[[results]]\nkey = "passed"\nid = 2\nname = "Passed"\npassed = true\n'
)


async def test_ids_of_the_other_application(database: Database, connection: asyncpg.Connection) -> None:
    await adopt(connection)
    changes = await loaded(database, ADOPTING)
    assert "adopted module python: name Old name → Python" in changes
    assert "adopted product course: name Old → Course" in changes
    assert await connection.fetchval("SELECT interval_count FROM modules") == 12
    known = (
        "SELECT count(*) FROM progress JOIN bot.lessons l ON l.id = lesson_id"
        " JOIN bot.results r ON r.id = result_id"
    )
    assert await connection.fetchval(known) == 1
    assert await loaded(database, ADOPTING) == []
    # Everything in progress is known now: a new lesson gets an id above those given.
    more = ADOPTING.replace("[[products]]", '[[modules.lessons]]\nkey="x"\ntitle="X"\ntext="X"\n[[products]]')
    assert await loaded(database, more) == ["added lesson python/x"]
    assert await connection.fetchval("SELECT id FROM bot.lessons WHERE key = 'x'") == 71


async def test_lessons_and_results_that_could_collide_are_refused(
    database: Database, connection: asyncpg.Connection
) -> None:
    await adopt(connection)
    lines = await refused(database, SMALL)
    places = [line.split(": ")[0] for line in lines]
    assert places == [
        'results "done"',
        'modules "python" . lessons "one"',
        'modules "python" . lessons "two"',
    ]
    assert await connection.fetchval("SELECT count(*) FROM bot.catalogue_keys") == 0
    assert await connection.fetchval("SELECT count(*) FROM modules") == 1


async def test_ids_that_contradict_the_books(database: Database, connection: asyncpg.Connection) -> None:
    await adopt(connection)
    assert await refused(database, ADOPTING.replace("id = 7\n", "id = 8\n")) == [
        'modules "python": the database has no row with the id 8; leave the id out to have one made',
        'products "course": opens module 7 already, and what was bought must not come to mean another module;'
        " give the new product a key of its own",
    ]
    await loaded(database, ADOPTING)
    assert await refused(database, ADOPTING.replace("id = 50", "id = 51")) == [
        'modules "python" . lessons "two": its id is 50 already and cannot become 51'
    ]
    assert await refused(database, ADOPTING.replace('key = "two"', 'key = "three"')) == [
        'modules "python" . lessons "three": the id 50 is taken by "two" of module 7'
    ]


async def test_loading_twice_at_once_adds_once(database: Database, connection: asyncpg.Connection) -> None:
    done = await asyncio.gather(*(loaded(database, SMALL) for _ in range(3)))
    assert sorted(map(len, done)) == [0, 0, 8]
    assert await connection.fetchval("SELECT count(*) FROM bot.lessons") == 2


def test_changes_read_as_lines() -> None:
    change = CatalogueChange(
        Action.UPDATED, "offer", "a/b", (("methods", [], ["link", "invoice"]), ("text", "x" * 99, "y"))
    )
    assert str(change) == "updated offer a/b: methods none → link, invoice, text"
