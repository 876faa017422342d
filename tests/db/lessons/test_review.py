"""Cards: when a question comes again, and when it sleeps."""

from datetime import datetime, timedelta

import asyncpg
import pytest
from fsrs import Card, Rating, Scheduler

from db.engine import Database, Pool
from db.lessons import attempts, home
from db.lessons.attempts import Attempt
from db.lessons.questions import Given
from db.lessons.sittings import MAX_REVIEWS, Due, get_due
from tests.db.lessons.asking import ONE, SEVERAL, TEXT, answers, asked, begin, put_question
from tests.db.lessons.school import NOW, give, number, rows

DAY = timedelta(days=1)


async def due(database: Database, now: datetime, user: int = 1) -> Due:
    async with database.transaction(Pool.TALK) as session:
        found = await get_due(session, user, now)
        assert (await home.get_learning(session, user, now)).due == found.count
    return found


async def begin_review(database: Database, now: datetime) -> Attempt:
    async with database.transaction(Pool.TALK) as session:
        return await attempts.begin_review(session, 1, 3, now)


@pytest.mark.parametrize(
    ("tried", "rating"),
    [
        (("Paris",), Rating.Good),
        (("Rome", "Paris"), Rating.Hard),
        (("Rome", "Oslo"), Rating.Again),
        ((Given(),), Rating.Again),
    ],
)
async def test_an_answer_is_graded_by_its_tries(
    database: Database, connection: asyncpg.Connection, tried: tuple[str | Given, ...], rating: Rating
) -> None:
    lesson = await number(connection, "A1")
    question = await put_question(connection, lesson, "a", **TEXT)
    attempt = await begin(database, lesson)
    for given in tried:
        await answers(database, attempt.id, given)
    plain = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    expected, _log = plain.review_card(Card(card_id=question, due=NOW), rating, NOW)
    row = await connection.fetchrow("select due, reviews, card->>'stability' as stability from bot.cards")
    assert (row["due"], row["reviews"]) == (expected.due, 1)
    assert float(row["stability"]) == expected.stability
    assert expected.due >= NOW + DAY


async def test_due_cards_are_asked_the_most_overdue_first(
    database: Database, connection: asyncpg.Connection
) -> None:
    lesson = await number(connection, "A1")
    for key in ("good", "bad"):
        await put_question(connection, lesson, key, **TEXT)
    attempt = await begin(database, lesson)
    for given in ("Paris", Given()):
        await answers(database, attempt.id, given)
    before = await rows(connection)
    assert await due(database, NOW) == Due(0, NOW + DAY)
    later = NOW + 30 * DAY
    assert await due(database, later) == Due(2, None)
    sitting = await begin_review(database, later)
    first = await asked(database, sitting.id, now=later)
    assert first is not None
    assert (first.question.text, first.number, first.count) == ("Question bad", 1, 2)
    await answers(database, sitting.id, "Paris", now=later)
    said = await answers(database, sitting.id, Given(), now=later)
    assert said is not None
    assert said.asked.number == 2
    assert said.following is None
    assert await rows(connection) == before
    found = await connection.fetchrow("select * from bot.attempts where lesson_id is null")
    assert (found["finished_at"], found["asked"], found["answered_right"]) == (later, 2, 1)
    assert (await due(database, later)).count == 0


async def test_ten_at_most_a_sitting(database: Database, connection: asyncpg.Connection) -> None:
    lesson = await number(connection, "A1")
    for at in range(MAX_REVIEWS + 2):
        await put_question(connection, lesson, f"q{at}", **TEXT)
    attempt = await begin(database, lesson)
    for _ in range(MAX_REVIEWS + 2):
        await answers(database, attempt.id, "Paris")
    later = NOW + 30 * DAY
    sitting = await begin_review(database, later)
    said = None
    for at in range(MAX_REVIEWS):
        said = await answers(database, sitting.id, "Paris", now=later)
        assert said is not None
        assert (said.asked.number, said.asked.count) == (at + 1, MAX_REVIEWS)
    assert said is not None
    assert said.following is None
    assert (await due(database, later)).count == 2
    assert (await begin_review(database, later)).id != sitting.id


async def test_cards_sleep_while_access_is_closed_and_are_not_lost(
    database: Database, connection: asyncpg.Connection
) -> None:
    await give(connection, "Alpha", NOW + 2 * DAY)
    lesson = await number(connection, "A2")
    question = await put_question(connection, lesson, "a", **ONE)
    attempt = await begin(database, lesson)
    await answers(database, attempt.id, 1)
    later = NOW + 30 * DAY
    assert await due(database, later) == Due(0, None)
    sitting = await begin_review(database, later)
    assert await asked(database, sitting.id, now=later) is None
    await connection.execute("update usermoduleaccess set ends_at = 'infinity'")
    assert (await due(database, later)).count == 1
    for table, column, row in (("questions", "active", question), ("lessons", "active", lesson)):
        await connection.execute(f"update bot.{table} set {column} = false where id = $1", row)
        assert (await due(database, later)).count == 0
        await connection.execute(f"update bot.{table} set {column} = true where id = $1", row)
    assert (await due(database, later, user=2)).count == 0
    assert await asked(database, sitting.id, now=later) is not None


async def test_the_same_answers_at_the_same_moments_give_the_same_days(
    database: Database, connection: asyncpg.Connection
) -> None:
    lesson = await number(connection, "A1")
    await put_question(connection, lesson, "a", **SEVERAL)
    for user in (1, 2):
        for moment in (NOW, NOW + 3 * DAY):
            attempt = await begin(database, lesson, user, moment)
            await answers(database, attempt.id, Given(frozenset([0, 1, 3])), user=user, now=moment)
    found = await connection.fetch("select due, reviews, card - 'card_id' as card from bot.cards")
    assert found[0] == found[1]
    assert found[0]["reviews"] == 2
