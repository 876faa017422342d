"""The doctor on a shared database: what the bot will do is tried, and the remedy told."""

import asyncpg

from tests.doctor.installation import Installation, advice, problems

REFUSE = """
create function refuse() returns trigger language plpgsql as 'begin raise exception ''not today''; end';
create trigger t before insert on purchases for each row execute function refuse()
"""


async def test_what_would_fail_is_a_problem(
    installation: Installation, connection: asyncpg.Connection
) -> None:
    await connection.execute(REFUSE)
    [problem] = problems(await installation.findings())
    assert "not today" in problem


async def test_a_role_without_rights_is_told_its_grants(
    installation: Installation, connection: asyncpg.Connection
) -> None:
    name = await connection.fetchval("select current_database()")
    await connection.execute(f"create role bot_{name} login")
    try:
        found = problems(
            await installation.findings(
                database_url=installation.dsn.replace("//app@", f"//bot_{name}@"),
                database_direct_url=installation.dsn,
            )
        )
    finally:
        await connection.execute(f"drop owned by bot_{name}; drop role bot_{name}")
    assert any(f"GRANT SELECT, INSERT, UPDATE ON public.users TO bot_{name};" in line for line in found)
    assert any(f"GRANT USAGE ON SCHEMA bot TO bot_{name};" in line for line in found)


async def test_what_is_no_obstacle_is_advice(
    installation: Installation, connection: asyncpg.Connection
) -> None:
    """A column added after adoption, and an identity behind its ids."""
    await connection.execute(
        "alter table users add tags text[] not null default '{}';"
        "insert into users (id, email, created_at) values (700, 'seed@site.example', now())"
    )
    found = await installation.findings()
    assert problems(found) == []
    assert any("users.tags" in line for line in advice(found))
    assert any("SELECT setval('public.users_id_seq'" in line for line in advice(found))


async def test_a_database_of_other_tables_is_not_called_empty(
    installation: Installation, empty_database: str
) -> None:
    connection = await asyncpg.connect(empty_database)
    await connection.execute('create table "Users" ("Id" bigint primary key)')
    await connection.close()
    [problem] = problems(await installation.findings(database_url=empty_database))
    assert "schema occupied" in problem
