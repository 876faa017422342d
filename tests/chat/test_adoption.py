"""A database as EF Core leaves it, from `migrate` to a bought course: a role with just its rights, ids that are taken,
purchases of another application, a column added afterwards.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from bot.catalogue.loading import export_file, load_file
from bot.sandbox.app import Sandbox
from bot.texts.accounts import registration as words
from db.engine import Database
from db.schema.migrate import migrate
from db.schema.trial import list_obstacles
from tests.chat.accounts.rows import account_of
from tests.chat_user import ANNA, BEN, ChatUser
from tests.database import Databases
from tests.kept import Lent, borrowed

ADOPTED = Path(__file__).parents[1].joinpath("db", "adopted.sql").read_text("utf-8")
# 5,000 users more, of whom 3,000 bought something, all with ids that the identities know nothing of.
CROWD = f"""
insert into users (id, name, email, created_at, last_seen)
select g, 'User ' || g, ' User' || g || '@Site.example', now(), '-infinity' from generate_series(3, 5002) g;
insert into purchases (id, user_id, product_id, amount_cents, provider, status, provider_payment_id, days, currency,
                       created_at, purchased_at)
select g, g + 1, 1, 99000, 'cloudpayments', 'Completed', 'cp' || g, 30, 'RUB', now(), 'infinity'
from generate_series(2, 3001) g;
insert into authidentities (id, user_id, loginprovider, providerkey) values (1, 5, 'Telegram', '{BEN}');
insert into usermoduleaccess (id, user_id, module_id, ends_at) values (2, 5, 1, 'infinity')
"""
LESSON = """
[[modules.lessons]]
key = "first"
id = 1
title = "Halves"
text = "Two of them make one."

[[products]]"""
OFFER = """
[[products.offers]]
key = "month"
days = 30
price = 990
currency = "RUB"
"""


async def run_told(owner: asyncpg.Connection, said: list[str]) -> None:
    """Runs the statements that `migrate` printed."""
    for line in said:
        if line.strip().startswith(("GRANT", "ALTER DEFAULT")):
            await owner.execute(line)
    said.clear()


@pytest.fixture
async def lent_school(cluster: Databases, tmp_path: Path) -> AsyncIterator[Lent]:
    """Over the address for the bot's own role, after everything that `migrate` asked for was done."""
    async with cluster.clone("template0") as dsn:
        owner = await asyncpg.connect(dsn)
        name = await owner.fetchval("select current_database()")
        bot_dsn = dsn.replace("//app@", f"//bot_{name}@")
        await owner.execute(f"{ADOPTED}; {CROWD}; create role bot_{name} login")
        said: list[str] = []
        assert not await migrate(dsn, said.append, bot_dsn=bot_dsn)
        assert await owner.fetchval("select to_regnamespace('bot')") is None
        await run_told(owner, said)
        assert not await migrate(dsn, said.append, bot_dsn=bot_dsn)
        await run_told(owner, said)
        assert await migrate(dsn, said.append, bot_dsn=bot_dsn)
        await owner.execute("alter table users alter name type varchar(40)")
        await owner.execute("alter table users add tags text[] not null default '{}', add note varchar(10)")
        await load_edited(bot_dsn, tmp_path / "school.toml")
        async with borrowed(bot_dsn) as lent:
            yield lent
        await owner.execute(f"drop owned by bot_{name}; drop role bot_{name}")
        await owner.close()


async def load_edited(dsn: str, file: Path) -> None:
    """The catalogue that is there, with a lesson and an offer added to it."""
    database = Database(dsn)
    await export_file(database, file)
    assert await load_file(database, file) == []
    head, _, tail = file.read_text().partition("[[products]]")  # noqa: ASYNC240 - a small file
    file.write_text(head + LESSON + tail + OFFER)  # noqa: ASYNC240
    changes = [str(change) for change in await load_file(database, file)]
    assert changes == ["added result done", "added lesson module-1/first", "added offer product-1/month"]
    await database.close()


async def test_a_newcomer_registers_and_buys_a_course(
    anna: ChatUser, sql: asyncpg.Connection, school_database: str
) -> None:
    assert [one.text for one in await list_obstacles(school_database) if one.breaks] == []
    await anna.register()
    assert await account_of(sql, ANNA) > 5002
    await anna.order(1)
    await anna.pay()
    await anna.receives("✅")
    bought = await sql.fetchrow("select id, status, user_id from purchases where provider = 'yookassa'")
    assert bought["id"] > 3001
    assert bought["status"] == "succeeded"
    days = "select ends_at - now() between '29 days' and '30 days' from usermoduleaccess where user_id = $1"
    assert await sql.fetchval(days, bought["user_id"])
    await anna.send("/lessons")
    await anna.click("Fractions")
    await anna.click("Halves")
    await anna.receives("Two of them make one.")


async def test_a_name_longer_than_their_column_lets_in(
    anna: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    person = sandbox.telegram.context.people.get(anna.id)
    person.first_name, person.last_name = "Ы" * 64, "Ж" * 64
    await anna.register()
    assert await sql.fetchval("select name from users order by id desc limit 1") == "Ы" * 40


async def test_somebody_of_the_site_is_signed_in_and_sees_what_is_theirs(ben: ChatUser) -> None:
    await ben.send("/start")
    await ben.receives(lambda: words.first_visit("Ben", ""))
    await ben.click(words.SIGN_IN)
    assert "forever" in await ben.send("/status")
    assert "✅" in await ben.send("/purchases")
    assert "User5@Site.example" in await ben.send("/profile")
