"""Ticks in a question of several right answers: what they count for, and when they count no more."""

import asyncpg
import pytest

from db.engine import Database
from db.errors import NothingTicked
from tests.db.lessons.asking import SEVERAL, answers, asked, begin, put_question
from tests.db.lessons.school import number
from tests.db.lessons.test_attempts import counted, tick


async def test_ticked_answers_need_a_tick(database: Database, connection: asyncpg.Connection) -> None:
    lesson = await number(connection, "A1")
    await put_question(connection, lesson, "a", **SEVERAL)
    attempt = await begin(database, lesson)
    with pytest.raises(NothingTicked):
        await answers(database, attempt.id, None)
    open_now = await asked(database, attempt.id)
    assert open_now is not None
    await tick(database, attempt.id, open_now.form, 99)
    for _ in range(2):
        await tick(database, attempt.id, open_now.form, 0)
    with pytest.raises(NothingTicked):
        await answers(database, attempt.id, None)
    assert await counted(connection) == []


async def test_ticks_of_a_question_that_was_edited_since_are_none(
    database: Database, connection: asyncpg.Connection
) -> None:
    lesson = await number(connection, "A1")
    question = await put_question(connection, lesson, "a", **SEVERAL)
    attempt = await begin(database, lesson)
    before = await asked(database, attempt.id)
    assert before is not None
    for option in (0, 3):
        await tick(database, attempt.id, before.form, option)
    await connection.execute(
        "update bot.questions set options = '{3,2,5,4}', answers = '{1,2,3}' where id = $1", question
    )
    now = await asked(database, attempt.id)
    assert now is not None
    assert now.chosen == frozenset()
    assert await answers(database, attempt.id, None, before.form) is None
    with pytest.raises(NothingTicked):
        await answers(database, attempt.id, None)
    for option in (1, 2, 3):
        await tick(database, attempt.id, now.form, option)
    said = await answers(database, attempt.id, None)
    assert said is not None
    assert said.judged.words == ("2", "5", "4")
    assert said.judged.is_right
