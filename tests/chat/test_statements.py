"""Statements per update: one loads all that an update needs, and no list asks once per row."""

from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.chat.admin_buttons import UndoMany
from bot.texts.access import granting as granting_words
from db.sql import only_reads
from handlers.app import Application
from tests.app import second_app, update_of
from tests.chat_user import ChatUser

GROW = """
with modules_ as (
    insert into modules (name, description, interval_count)
    select 'Module ' || n, 'About', 10 from generate_series(1, 15) n returning id
), products_ as (
    insert into products (name, module_id)
    select 'Product ' || k, id from modules_, generate_series(1, 2) k returning product_id, module_id
), offers_ as (
    insert into bot.offers (product_id, days, price, currency) select product_id, 30, 10000, 'RUB' from products_
), lessons_ as (
    insert into bot.lessons (module_id, key, position, title, text)
    select id, 'key' || k, k, 'Lesson ' || k, 'Text' from modules_, generate_series(1, 10) k
), access_ as (
    insert into usermoduleaccess (user_id, module_id, ends_at)
    select u.id, m.id, now() + interval '9 days' from modules_ m, users u
), codes_ as (
    insert into promocodes (code, max_usage_count, days, product_id) select 'CODE' || product_id, 5, 7, product_id
    from products_
)
insert into purchases (user_id, product_id, amount_cents, provider, status, provider_payment_id, days, currency,
                       created_at)
select u.id, p.product_id, 100, 'appstore', 'succeeded', 'x' || p.product_id, 1, 'RUB', now() from products_ p, users u
"""
heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)


@pytest.fixture(autouse=True)
def _hearing() -> Iterator[None]:
    """Notes the statements of whoever has set `heard`: jobs and the other app have a context of their own."""

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if (notes := heard.get()) is not None:
            notes.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield
    event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
async def other(app: Application, school_database: str) -> AsyncIterator[Application]:
    """One that takes the updates it is given, while the school's worker tells the news."""
    async with second_app(app, school_database) as other:
        yield other


async def statements(other: Application, person: ChatUser, text: str) -> list[str]:
    await other.processor.process(
        update_of(person, text="/help")
    )  # known by the name that these updates bear
    return await statements_of(other, update_of(person, text=text))


async def statements_of(other: Application, update: dict[str, Any]) -> list[str]:
    token = heard.set([])
    try:
        await other.processor.process(update)
        return heard.get() or []
    finally:
        heard.reset(token)


async def test_one_statement_loads_all_an_update_needs(anna: ChatUser, other: Application) -> None:
    """Who it is, the session, the language and where the conversation stands. Who only reads begins no transaction;
    who writes notes in it what was handled, and who is new is written down first."""
    await anna.send("/start")
    stranger = await statements(other, anna, "/help")
    await anna.register()
    learner = await statements(other, anna, "/help")
    assert learner == stranger
    (load,) = learner
    assert all(table in load for table in ("bot.chats", "authidentities", "users", "devices", "sessions"))
    assert only_reads(load)
    *_, mark = await statements(other, anna, "/promo")
    assert "bot.updates" in mark


async def test_what_is_read_most_is_asked_along_with_who_asks(
    anna: ChatUser, other: Application, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await sql.execute(GROW)
    for command in ("/start", "/status", "/profile"):
        (both,) = await statements(other, anna, command)
        assert only_reads(both)


COMMANDS = ("/start", "/courses", "/buy", "/status", "/lessons", "/review", "/progress", "/purchases", "/profile",
            "/devices", "/help", "/promo", "/promo NEVER")  # fmt: skip
ADMINS = ("/admin", "/promos", "/offers", "/history", "/user #1", "/grant", "/promo_new", "/offer")


@pytest.mark.parametrize("command", COMMANDS)
async def test_more_rows_are_no_more_statements(
    anna: ChatUser, other: Application, sql: asyncpg.Connection, command: str
) -> None:
    await anna.register()
    few = await statements(other, anna, command)
    await sql.execute(GROW)
    many = await statements(other, anna, command)
    assert set(many) <= set(few)  # who has a course is looked no free lesson up
    assert len(many) <= len(few)
    # A code that nobody knows is looked for among those that another application has written meanwhile, and counted;
    # its account is held against being merged.
    assert len(few) <= (10 if command == "/promo NEVER" else 6)


@pytest.mark.parametrize("command", ADMINS)
async def test_more_rows_are_no_more_statements_for_admins_either(
    olga: ChatUser, other: Application, sql: asyncpg.Connection, command: str
) -> None:
    await olga.register()
    few = await statements(other, olga, command)
    await sql.execute(GROW)
    many = await statements(other, olga, command)
    assert many == few


async def test_a_longer_list_is_no_more_statements(
    olga: ChatUser, other: Application, sql: asyncpg.Connection
) -> None:
    """Of people to be given access: looked up, and planned."""
    await olga.register()
    await sql.execute(
        "insert into users (email, name, phone, created_at)"
        " select 'p' || n || '@example.com', 'Имя' || n, '+7916000' || 1000 + n, now() from generate_series(1, 40) n"
    )
    counts = []
    for most in (25, 40):
        lines = [f"{kind}{n}" for n in range(1, most) for kind in ("#", "nobody", "Имя", "8 916 000 ")]
        looked_up = "\n".join([*lines, *(f"p{n}@example.com" for n in range(1, most))])
        planned = "\n".join(f"p{n}@example.com" for n in range(1, most))
        counts.append([len(await statements(other, olga, text)) for text in ("/grant", looked_up)])
        counts[-1] += [len(await statements(other, olga, text)) for text in ("/grant", planned, "1", "30")]
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 15


async def test_a_class_takes_no_more_than_two_people(
    olga: ChatUser, other: Application, sql: asyncpg.Connection
) -> None:
    """To give and to undo: neither asks once per person."""
    await olga.register()
    await sql.execute(
        "insert into users (email, created_at) select n || '@class.example', now() from generate_series(1, 30) n"
    )
    given, undone = [], []
    for count in (2, 30):
        await olga.send("/grant")
        await olga.send("\n".join(f"{number}@class.example" for number in range(1, count + 1)))
        await olga.click("Python")
        await olga.click("30")
        _message, button = await olga.sees(lambda key: key["text"] == olga.words(granting_words.CONFIRM))
        given.append(len(await statements_of(other, pressed(olga, button["callback_data"]))))
        act = await sql.fetchval("select max(id) from bot.acts")
        await sql.execute("update bot.access_changes set told_at = now() where source = 'grant'")
        undone.append(len(await statements_of(other, pressed(olga, UndoMany(act=act).pack()))))
    assert await sql.fetchval("select count(*) from bot.access_changes where source = 'undo'") == 32
    assert given[0] == given[1]
    assert undone[0] == undone[1]


def pressed(person: ChatUser, data: str) -> dict[str, Any]:
    update = update_of(person)
    message = update.pop("message")
    query = {"id": "1", "from": message["from"], "chat_instance": "1", "data": data, "message": message}
    return update | {"callback_query": query}
