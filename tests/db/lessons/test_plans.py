"""With 100,000 learners nothing that one of them asks for reads a table from end to end."""

from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from db import ahead, sql
from db.accounts import people
from db.chats import LOAD
from db.engine import Database, Pool
from db.lessons import attempts, days, home, lessons, progress, sittings
from tests.db.lessons.asking import ONE, put_question
from tests.db.lessons.school import NOW, number

LEARNERS = 100_000
BIG = {"users", "usermoduleaccess", "progress", "attempts", "answers", "cards"}
# Without the checks of foreign keys, which would take most of the time.
FILL = f"""
set session_replication_role = replica;
insert into users (id, email, created_at) select n, n || '@example.com', now() from generate_series(10, {LEARNERS}) n;
insert into usermoduleaccess (user_id, module_id, ends_at)
select n, m.id, 'infinity' from generate_series(10, {LEARNERS}) n, modules m;
insert into progress (user_id, lesson_id, result_id)
select n, l.id, 2 from generate_series(10, {LEARNERS}) n, bot.lessons l;
insert into bot.attempts (user_id, lesson_id, seed, started_at, finished_at, result_id)
select n, l.id, 1, now(), now(), 2 from generate_series(10, {LEARNERS}) n, bot.lessons l;
insert into bot.answers (attempt_id, question_id, number, given, is_right, is_final, answered_at)
select a.id, q.id, 1, '{{green}}', true, true, now() from bot.attempts a join bot.questions q using (lesson_id);
insert into bot.cards (user_id, question_id, card, due, reviews)
select n, q.id, '{{}}', now(), 1 from generate_series(10, {LEARNERS}) n, bot.questions q;
set session_replication_role = origin;
analyze;
"""
STATEMENTS: dict[str, Any] = {
    "home": home.GET_LEARNING,
    "free lesson": home.GET_FREE_LESSON,
    "progress": progress.LIST_PROGRESS,
    "days": days.LIST_DAYS,
    "last lesson": days.LIST_LAST,
    "due": sittings.GET_DUE,
    "due question": sittings.GET_DUE_QUESTION,
    "question": attempts.GET_LESSON_QUESTION,
    "attempt": attempts.GET_ATTEMPT,
    "open attempt": attempts.GET_OPEN,
    "home, and who asks": ahead.with_load(LOAD, home.LEARNING_AHEAD.statement).text,
    "lesson, and who asks": ahead.with_load(LOAD, sql.text(lessons.GET_LESSON)).text,
    "account, and who asks": ahead.with_load(LOAD, people.GET_SUMMARY).text,
}


def scans(plan: dict[str, Any]) -> Iterator[str]:
    """Tables that are read from end to end."""
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from scans(part)


@pytest.mark.proof
async def test_what_a_learner_asks_for_is_found_by_indexes(
    database: Database, connection: asyncpg.Connection
) -> None:
    lesson = await number(connection, "A1")
    await put_question(connection, lesson, "a", **ONE)
    await put_question(connection, await number(connection, "A2"), "b", **ONE)
    await connection.execute(FILL)
    attempt = await connection.fetchval("select id from bot.attempts where user_id = 5000 limit 1")
    values = {
        "user_id": 5000, "lesson_id": lesson, "attempt_id": attempt, "id": attempt, "now": NOW, "most": 10,
        "since": NOW, "key": "7000005000", "username": None, "name": "Anna", "language": "ru", "bot_id": 1,
        "update_id": 1, "zone": "Europe/Moscow", "module_id": None, "last": None, "zones": [], "untils": [],
    }  # fmt: skip
    read = {}
    async with database.transaction(Pool.TALK) as session:
        for name, statement in STATEMENTS.items():
            explained = text(f"explain (format json) {statement}")
            used = {key: value for key, value in values.items() if key in explained.compile().params}
            plan = await session.scalar(explained, used)
            read[name] = sorted(set(scans(plan[0]["Plan"])) & BIG)
    assert read == {name: [] for name in STATEMENTS}
