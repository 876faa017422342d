"""What the bot will do is tried before it is relied on, and undone: what stands in its way comes with its remedy."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from db.schema.migrate import migrate
from db.schema.trial import list_obstacles
from tests.database import Databases

ADOPTED = Path(__file__).with_name("adopted.sql").read_text("utf-8")
SEEDED_IDS = """
insert into users (id, name, email, created_at)
select g, 'Seed ' || g, 'seed' || g || '@site.example', now() from generate_series(101, 600) g
"""
DROP = "create function drop_it() returns trigger language plpgsql as 'begin return null; end'; "
CHANGE = "create function change_it() returns trigger language plpgsql as 'begin new.name = ''x''; return new; end'; "
REFUSE = "create function refuse() returns trigger language plpgsql as 'begin raise exception ''not today''; end'; "


@pytest.fixture
async def owner(cluster: Databases) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a database of the other application, as its owner."""
    async with cluster.clone("template0") as dsn:
        connection = await asyncpg.connect(dsn)
        await connection.execute(ADOPTED)
        yield connection
        await connection.close()


@pytest.fixture
async def bot_dsn(owner: asyncpg.Connection, cluster: Databases) -> AsyncIterator[str]:
    """The address for a role of the bot that has no rights yet, in the owner's database."""
    name = await owner.fetchval("select current_database()")
    await owner.execute(f"create role bot_{name} login")
    yield cluster.dsn(name).replace("//app@", f"//bot_{name}@")
    await owner.execute(f"drop owned by bot_{name}; drop role bot_{name}")


async def mend(owner: asyncpg.Connection, dsn: str) -> list[str]:
    """Runs every statement that is told; the statements."""
    statements = [one for obstacle in await list_obstacles(dsn) for one in obstacle.mend]
    for statement in statements:
        await owner.execute(statement)
    return statements


@pytest.fixture
async def granted(owner: asyncpg.Connection, bot_dsn: str) -> str:
    """The address for a role that may do all it needs."""
    await mend(owner, bot_dsn)
    return bot_dsn


async def test_a_role_without_rights_is_told_the_grants_and_they_suffice(
    owner: asyncpg.Connection, bot_dsn: str
) -> None:
    statements = await mend(owner, bot_dsn)
    assert any(
        re.fullmatch(r"GRANT SELECT, INSERT, UPDATE ON public.users TO \w+;", one) for one in statements
    )
    assert any(
        re.fullmatch(r"GRANT SELECT, INSERT, DELETE ON public.devices TO \w+;", one) for one in statements
    )
    assert any("ON SEQUENCE public.products_product_id_seq" in one for one in statements)
    assert await mend(owner, bot_dsn) == []


async def test_nothing_of_it_is_left(owner: asyncpg.Connection, granted: str) -> None:
    before = await owner.fetchval("select count(*) from users")
    assert [one.text for one in await list_obstacles(granted) if one.breaks] == []
    assert await owner.fetchval("select count(*) from users") == before
    assert await owner.fetchval("select count(*) from sessions where refresh_token_hash <> ''") == 0


async def test_row_level_security_is_told_with_the_policy_that_opens_it(
    owner: asyncpg.Connection, granted: str
) -> None:
    await owner.execute("alter table purchases enable row level security")
    [obstacle] = await list_obstacles(granted)
    assert "row level security hides rows of purchases" in obstacle.text
    assert await mend(owner, granted) == list(obstacle.mend)
    assert await list_obstacles(granted) == []


@pytest.mark.parametrize("path", ["site", "site, public", "pg_catalog"])
async def test_a_search_path_that_leads_elsewhere_is_told(
    owner: asyncpg.Connection, granted: str, path: str
) -> None:
    await owner.execute("create schema site; create table site.users (id int)")
    role = re.search(r"bot_\w+", granted)
    assert role is not None
    await owner.execute(
        f"grant usage on schema site to {role[0]}; alter role {role[0]} set search_path = {path}"
    )
    [obstacle] = await list_obstacles(granted)
    assert obstacle.text.startswith("search_path")
    await mend(owner, granted)
    assert await list_obstacles(granted) == []


REFUSALS = {
    DROP + "create trigger t before insert on users for each row execute function drop_it()": "drops it",
    CHANGE + "create trigger t before insert on users for each row execute function change_it()": (
        "users.name: a trigger or a rule changes"
    ),
    REFUSE + "create trigger t before update on sessions for each row execute function refuse()": "not today",
    REFUSE + "create constraint trigger t after insert on progress deferrable initially deferred"
    " for each row execute function refuse()": "not today",
    "alter table purchases add constraint known check (status in ('pending', 'paid')) not valid": "known",
    "alter table purchases add constraint roubles check (currency = 'RUB') not valid": "roubles",
    "create unique index one_session on sessions (user_id)": "one_session",
    "alter table progress add constraint theirs foreign key (lesson_id) references modules (id)": "theirs",
    "alter table sessions alter refresh_token_hash type varchar(40)": "too long",
}


@pytest.mark.parametrize(("change", "expected"), REFUSALS.items(), ids=list(REFUSALS.values()))
async def test_what_refuses_a_statement_of_ours_is_told(
    owner: asyncpg.Connection, granted: str, change: str, expected: str
) -> None:
    await owner.execute(change)
    [obstacle] = await list_obstacles(granted)
    assert obstacle.breaks
    assert expected in obstacle.text
    if obstacle.mend:
        await mend(owner, granted)
        assert await list_obstacles(granted) == []


async def test_an_identity_behind_its_ids_is_told_with_the_statement_that_moves_it(
    owner: asyncpg.Connection, bot_dsn: str, cluster: Databases
) -> None:
    await owner.execute(SEEDED_IDS)
    dsn = cluster.dsn(await owner.fetchval("select current_database()"))
    found = [one for one in await list_obstacles(dsn) if "users" in one.text]
    assert [(one.breaks, one.mend) for one in found] == [
        (False, ("SELECT setval('public.users_id_seq', (SELECT max(id) FROM public.users));",))
    ]
    await mend(owner, dsn)
    assert await list_obstacles(dsn) == []


async def test_migrate_refuses_before_it_changes_anything_and_says_what_mends_it(
    owner: asyncpg.Connection, bot_dsn: str, cluster: Databases
) -> None:
    """Then, when schema bot is there: the rights on it, which are the migrating role's to give."""
    dsn = cluster.dsn(await owner.fetchval("select current_database()"))
    said: list[str] = []
    assert not await migrate(dsn, said.append, bot_dsn=bot_dsn)
    assert await owner.fetchval("select to_regnamespace('bot')") is None
    for line in [line.strip() for line in said if line.strip().startswith("GRANT")]:
        await owner.execute(line)
    said.clear()
    assert not await migrate(dsn, said.append, bot_dsn=bot_dsn)
    assert await owner.fetchval("select to_regnamespace('bot')") is not None
    statements = [line.strip() for line in said if line.strip().startswith(("GRANT", "ALTER DEFAULT"))]
    assert len(statements) == 5
    for line in statements:
        await owner.execute(line)
    assert await migrate(dsn, said.append, bot_dsn=bot_dsn)
