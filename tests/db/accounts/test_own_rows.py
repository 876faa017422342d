"""Every row about a person is found, the other application's too; nobody else's is, and no secret."""

import asyncpg

from db.accounts.contacts import record_email
from db.accounts.own_rows import SOMEBODY_ELSE, OwnRows, get_own_rows
from db.accounts.registration import record_consent
from db.acts import ActKind, record_act
from db.engine import Database, Pool
from db.support import Written, record_answer, record_copy, record_question
from db.tables import SupportMessage
from tests.db.merging.people import CHAT, NOW, OWNER, People, meet, registers

SITE = """
alter table users add column invited_by bigint references users (id);
create schema site;
create table site.orders (id int primary key, buyer bigint references users (id), "Total: sum" numeric);
create table site.items (order_id int references site.orders (id), what text, access_token text);
create table site.reviews (id int, author bigint references users (id), reader bigint references users (id));
create table site.closed (user_id bigint references users (id));
"""
FILL = """
insert into site.orders values (1, {born}, 123456789012345678901234567890), (2, {site}, 5);
insert into site.items values (1, 'Anna''s: book', 't0ken'), (2, 'lamp', 't0ken');
insert into site.reviews values (1, {born}, {site}), (2, {site}, {born}), (3, {site}, {site});
insert into site.closed values ({born});
update users set invited_by = {born} where id <> {born};
"""


async def own_rows(database: Database, user: int) -> OwnRows:
    async with database.transaction(Pool.JOBS) as session:
        return await get_own_rows(session, user)


async def test_rows_of_both_applications_are_found(dsn: str, connection: asyncpg.Connection) -> None:
    database = Database(dsn)
    people = await meet(database, connection)
    await connection.execute(SITE)
    await connection.execute(FILL.format(born=people.born, site=people.site))
    await live_through(people)
    found = await own_rows(database, people.born)
    await database.close()
    count = {table: len(rows) for table, rows in found.tables.items()}
    assert count["site.orders"] == count["site.items"] == count["users"] == 1
    assert count["site.reviews"] == 2
    assert count["purchases"] == count["bot.payment_attempts"] == 2
    assert count["bot.refunds"] == count["devices"] == count["bot.chats"] == count["promocodeusages"] == 1
    assert count["bot.consents"] == 2
    assert found.tables["site.items"] == [{"order_id": 1, "what": "Anna's: book"}]
    assert found.tables["bot.contacts"][0]["value"] == "anna@typed.example"
    assert "refresh_token_hash" not in found.tables["sessions"][0]
    assert "password_hash" not in found.tables["users"][0]
    assert {"site.items.access_token", "sessions.refresh_token_hash", "users.password_hash"} <= set(
        found.left_out
    )
    assert str(CHAT + 1) not in str(found.tables)
    assert [row["chat_id"] for row in found.tables["bot.support_messages"]] == [CHAT, SOMEBODY_ELSE]
    assert found.tables["bot.acts"][0]["telegram_id"] == SOMEBODY_ELSE
    assert str(OWNER) not in str(found.tables)


async def live_through(people: People) -> None:
    other = await registers(people.database, CHAT + 1)
    await people.makes_code("SPRING")
    for user in (people.born, other):
        await people.redeems(user, "SPRING")
        await people.refunds(await people.buys(user))
        await people.orders(user)
    async with people.database.transaction(Pool.TALK) as session:
        await record_email(session, people.born, "anna@typed.example", NOW)
        for chat in (CHAT, CHAT + 1):
            await record_consent(session, chat, {"terms": "https://a", "privacy": "https://b"}, "1", NOW)
        await record_act(session, OWNER, ActKind.GRANT, NOW, user_id=people.born)
        asked = await record_question(session, CHAT, people.born, Written(CHAT, 1, "text", "?"), NOW)
        thread = (await session.get_one(SupportMessage, asked)).thread_id
        await record_copy(session, OWNER, 2, thread, asked)
        await record_answer(session, thread, OWNER, Written(OWNER, 3, "text", "!"), NOW)
    await people.sql.execute(
        "insert into bot.chats (telegram_id, name) values ($1, 'Anna'), ($2, 'Ben')", CHAT, CHAT + 1
    )


async def test_each_table_that_names_people_or_chats_is_asked(
    dsn: str, connection: asyncpg.Connection
) -> None:
    """A table that is added is found by itself: nothing has to be listed."""
    await connection.execute("create table bot.notes (telegram_id bigint, note text)")
    database = Database(dsn)
    people = await meet(database, connection)
    await connection.execute("insert into bot.notes values ($1, 'mine'), ($2, 'theirs')", CHAT, OWNER)
    found = await own_rows(database, people.born)
    await database.close()
    assert found.tables["bot.notes"] == [{"telegram_id": CHAT, "note": "mine"}]


async def test_a_table_without_the_right_to_it_is_named(dsn: str, connection: asyncpg.Connection) -> None:
    people = await meet(owner := Database(dsn), connection)
    await owner.close()
    await connection.execute(SITE)
    role = f"reader_{connection.get_server_pid()}"
    await connection.execute(
        f"create role {role} login; grant usage on schema site, bot to {role};"
        f"grant select on all tables in schema public, bot, site to {role}; revoke all on site.closed from {role}"
    )
    database = Database(as_role(dsn, role))
    try:
        found = await own_rows(database, people.born)
    finally:
        await database.close()
        await connection.execute(f"drop owned by {role}; drop role {role}")
    assert found.unreadable == ["site.closed"]
    assert len(found.tables["users"]) == 1


def as_role(dsn: str, role: str) -> str:
    """The same address for another role."""
    scheme, rest = dsn.split("://", 1)
    return f"{scheme}://{role}@{rest.split('@', 1)[-1]}"
