"""People found by part of a name, whatever locale the database has, and by indexes."""

import pytest
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.accounts.search import BY_PHONE, BY_WORDS, find_people
from db.engine import Database, Pool
from db.errors import PersonUnknown
from db.schema.migrate import migrate
from tests.database import Databases

ADD = "insert into users (email, name, phone, created_at) values (:email, :name, :phone, now())"
PEOPLE: list[dict[str, str | None]] = [
    {"email": "1@example.com", "name": "Анна Соколова", "phone": "+79161234567"},
    {"email": "2@example.com", "name": "Анна-Мария О'Нил", "phone": "8 (916) 000-00-00"},
    {"email": "3@example.com", "name": "Ben Carter", "phone": None},
    {"email": "4@example.com", "name": None, "phone": None},
]
ASKED = [
    ("сок", 1), ("анна", 2), ("АННА СОК", 1), ("Соколова Анна", 1), ("мария", 1), ("нил", 1), ("BEN", 1),
    ("carter", 1), ("8 916 123-45-67", 1), ("+7 (916) 1234567", 1), ("79161234567", 1),
]  # fmt: skip
NOBODY = ["околова", "x", "анна & !бен", "' or 1=1 --", ":*", "\\", "анна бен", "%", "+79161234568"]


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
async def test_by_parts_of_names_and_phones(cluster: Databases, locale: str) -> None:
    async with cluster.clone("template0", locale=locale) as dsn:
        assert await migrate(dsn, lambda _line: None)
        database = Database(dsn)
        async with database.transaction(Pool.TALK) as session:
            await session.execute(text(ADD), PEOPLE)
            for who, count in ASKED:
                found = await find_people(session, who)
                assert len(found.people) == count, who
                assert not found.is_sure
            for who in NOBODY:
                with pytest.raises(PersonUnknown):
                    await find_people(session, who)
        await database.close()


async def test_nothing_is_searched_from_end_to_end(dsn: str) -> None:
    database = Database(dsn)
    async with database.transaction(Pool.TALK) as session:
        await session.execute(
            text(
                "insert into users (email, name, phone, created_at) select n || '@x', 'Имя' || n || ' Фамилия' || n,"
                " '+7916' || n, now() from generate_series(1, 20000) n"
            )
        )
        await session.execute(text("analyze users"))
        searches: list[tuple[TextClause, dict[str, object]]] = [
            (BY_WORDS, {"queries": ["'Имя77':*", "'Имя88':*"], "limit": 9}),
            (BY_PHONE, {"keys": ["+79167", "79167"]}),
        ]
        for statement, values in searches:
            plan = "\n".join(await plan_of(session, statement.text, values))
            assert "Seq Scan" not in plan, plan
    await database.close()


async def plan_of(session: AsyncSession, statement: str, values: dict[str, object]) -> list[str]:
    return [str(line) for line in await session.scalars(text(f"explain {statement}"), values)]
