"""Questions for a lesson of the small school, and answers to them."""

from datetime import datetime
from typing import Any

import asyncpg

from db.engine import Database, Pool
from db.lessons import attempts
from db.lessons.attempts import Attempt, OpenQuestion, Verdict
from db.lessons.outcomes import Outcome, get_outcome
from db.lessons.questions import Given
from tests.db.lessons.school import NOW

ONE = {"kind": "one", "options": ["red", "green", "blue"], "answer": 1}
SEVERAL = {"kind": "several", "options": ["2", "3", "4", "5"], "answers": [0, 1, 3]}
TEXT = {"kind": "text", "accepted": ["Paris"]}
NUMBER = {"kind": "number", "accepted": ["42"]}


async def put_question(sql: asyncpg.Connection, lesson: int, key: str, **fields: Any) -> int:
    """`fields` as the columns of `bot.questions` have them; by default with one right option."""
    values = {"text": f"Question {key}", "options": []} | (fields or ONE)
    values |= {"lesson_id": lesson, "key": key}
    values.setdefault("position", await sql.fetchval("select count(*) from bot.questions"))
    names = list(values)
    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    query = f"insert into bot.questions ({', '.join(names)}) values ({places}) returning id"
    return int(await sql.fetchval(query, *values.values()))


async def begin(
    database: Database, lesson: int, user: int = 1, now: datetime = NOW, seed: int = 7
) -> Attempt:
    async with database.transaction(Pool.TALK) as session:
        return await attempts.begin(session, user, lesson, seed, now)


async def asked(database: Database, attempt: int, user: int = 1, now: datetime = NOW) -> OpenQuestion | None:
    async with database.transaction(Pool.TALK) as session:
        found = await attempts.get_attempt(session, user, attempt)
        return await attempts.get_question(session, found, now)


async def answers(
    database: Database,
    attempt: int,
    given: Given | str | int | None,
    form: str | None = None,
    user: int = 1,
    now: datetime = NOW,
) -> Verdict | None:
    """To what is asked now, unless a `form` is named; a number is an option's index."""
    if form is None:
        open_now = await asked(database, attempt, user, now)
        assert open_now is not None
        form = open_now.form
    if isinstance(given, str):
        given = Given(text=given)
    elif isinstance(given, int):
        given = Given(frozenset([given]))
    async with database.transaction(Pool.TALK) as session:
        return await attempts.answer(session, user, attempt, form, given, now)


async def ended(database: Database, attempt: int) -> Outcome:
    async with database.transaction(Pool.TALK) as session:
        return await get_outcome(session, attempt)
