"""Attempts: what is asked next, and that each is finished once, with one row of progress."""

import asyncio

import asyncpg
import pytest

from db.engine import Database, Pool
from db.errors import AnswerNoNumber, AttemptUnknown, LessonLocked, LessonUnknown, NothingTicked
from db.lessons import attempts
from db.lessons.questions import Given
from tests.db.lessons.asking import NUMBER, ONE, SEVERAL, TEXT, answers, asked, begin, ended, put_question
from tests.db.lessons.school import NOW, SOON, finish, give, number, page, rows

RESULTS = "update bot.results set share = case key when 'good' then 50 when 'great' then 100 end"


async def counted(sql: asyncpg.Connection) -> list[tuple[int, bool, bool]]:
    """Tries: number, right, final."""
    found = await sql.fetch("select number, is_right, is_final from bot.answers order by id")
    return [(row[0], row[1], row[2]) for row in found]


async def test_questions_are_asked_in_their_order_until_the_last(
    database: Database, connection: asyncpg.Connection
) -> None:
    await connection.execute(RESULTS)
    lesson = await number(connection, "A1")
    for key, fields in (("a", ONE), ("b", SEVERAL), ("c", TEXT), ("d", NUMBER)):
        await put_question(connection, lesson, key, **fields)
    attempt = await begin(database, lesson)
    for at, given in enumerate((1, None, "paris", "42"), 1):
        open_now = await asked(database, attempt.id)
        assert open_now is not None
        assert (open_now.number, open_now.count) == (at, 4)
        if given is None:
            for option in (0, 1, 3):
                await tick(database, attempt.id, open_now.form, option)
        said = await answers(database, attempt.id, given)
        assert said is not None
        assert said.judged.is_right
        assert await rows(connection) == [] or at == 4
    great = await connection.fetchval("select id from bot.results where key = 'great'")
    assert await rows(connection) == [(1, lesson, great)]
    outcome = await ended(database, attempt.id)
    assert (outcome.right, outcome.asked, outcome.result, outcome.passed) == (4, 4, "Great", True)
    assert (await page(database, lesson)).done


async def tick(database: Database, attempt: int, form: str, option: int) -> None:
    async with database.transaction(Pool.TALK) as session:
        await attempts.toggle(session, 1, attempt, form, option, NOW)


@pytest.mark.parametrize(
    ("right", "result"), [(0, "Bad"), (1, "Bad"), (2, "Good"), (3, "Good"), (4, "Great")]
)
async def test_the_share_of_right_answers_decides_the_result(
    database: Database, connection: asyncpg.Connection, right: int, result: str
) -> None:
    await connection.execute(RESULTS)
    lesson = await number(connection, "A1")
    for key in "abcd":
        await put_question(connection, lesson, key, **TEXT)
    attempt = await begin(database, lesson)
    for at in range(4):
        for typed in ("Paris",) if at < right else ("Rome", "Oslo"):
            await answers(database, attempt.id, typed)
    assert (await ended(database, attempt.id)).result == result
    assert (await page(database, lesson)).done is (result != "Bad")
    assert len(await rows(connection)) == 1


async def test_without_shares_whoever_has_answered_has_passed(
    database: Database, connection: asyncpg.Connection
) -> None:
    lesson = await number(connection, "A1")
    await put_question(connection, lesson, "a", **NUMBER)
    attempt = await begin(database, lesson)
    for typed in ("1", "2"):
        await answers(database, attempt.id, typed)
    assert (await ended(database, attempt.id)).result == "Good"


async def test_a_second_try_where_it_is_no_gift(database: Database, connection: asyncpg.Connection) -> None:
    lesson = await number(connection, "A1")
    await put_question(connection, lesson, "two", kind="one", options=["yes", "no"], answer=0)
    await put_question(connection, lesson, "three", **ONE)
    attempt = await begin(database, lesson)
    said = await answers(database, attempt.id, 1)
    assert said is not None
    assert not said.again
    said = await answers(database, attempt.id, 0)
    assert said is not None
    assert said.again
    assert said.following is not None
    assert sorted(said.following.options) == [1, 2]  # the wrong one is gone
    assert await answers(database, attempt.id, 0) is None  # and can't be given again
    assert await answers(database, attempt.id, 1) is not None
    assert await counted(connection) == [(1, False, True), (1, False, False), (2, True, True)]


async def test_who_does_not_know_goes_on(database: Database, connection: asyncpg.Connection) -> None:
    lesson = await number(connection, "A1")
    await put_question(connection, lesson, "a", **TEXT)
    attempt = await begin(database, lesson)
    said = await answers(database, attempt.id, Given())
    assert said is not None
    assert said.following is None
    assert await counted(connection) == [(1, False, True)]


async def test_what_is_no_answer_is_no_try(database: Database, connection: asyncpg.Connection) -> None:
    lesson = await number(connection, "A1")
    await put_question(connection, lesson, "a", **NUMBER)
    attempt = await begin(database, lesson)
    with pytest.raises(AnswerNoNumber):
        await answers(database, attempt.id, "many")
    assert await counted(connection) == []


async def test_pressed_on_many_devices_at_once_one_answers(
    database: Database, connection: asyncpg.Connection
) -> None:
    lesson = await number(connection, "A1")
    await put_question(connection, lesson, "a", **ONE)
    first, *others = await asyncio.gather(*(begin(database, lesson) for _ in range(4)))
    assert {one.id for one in others} == {first.id}
    form = (await asked(database, first.id)).form  # type: ignore[union-attr]
    said = await asyncio.gather(*(answers(database, first.id, 1, form) for _ in range(8)))
    assert len([one for one in said if one is not None]) == 1
    assert len(await counted(connection)) == 1
    assert len(await rows(connection)) == 1


async def test_another_attempt_counts_again_and_passing_twice_does_not(
    database: Database, connection: asyncpg.Connection
) -> None:
    lesson = await number(connection, "A1")
    await put_question(connection, lesson, "a", **ONE)
    for _ in range(2):
        attempt = await begin(database, lesson)
        await answers(database, attempt.id, 1)
    assert len(await rows(connection)) == 2
    assert (await page(database, lesson)).done
    assert await connection.fetchval("select count(*) from bot.attempts where finished_at is not null") == 2


async def test_nobody_answers_for_another(database: Database, connection: asyncpg.Connection) -> None:
    lesson = await number(connection, "A1")
    await put_question(connection, lesson, "a", **ONE)
    attempt = await begin(database, lesson)
    for user, number_ in ((2, attempt.id), (1, 10**15)):
        with pytest.raises(AttemptUnknown):
            await answers(database, number_, 1, "0", user)
    assert await counted(connection) == []


async def test_an_edited_question_is_asked_anew(database: Database, connection: asyncpg.Connection) -> None:
    """What was drawn before answers nothing; what was answered before stays as it was given."""
    lesson = await number(connection, "A1")
    first = await put_question(connection, lesson, "a", **ONE)
    second = await put_question(connection, lesson, "b", **ONE)
    attempt = await begin(database, lesson)
    await answers(database, attempt.id, 1)
    form = (await asked(database, attempt.id)).form  # type: ignore[union-attr]
    await connection.execute(
        "update bot.questions set options = '{green,red,blue}', answer = 0 where id = any($1)",
        [first, second],
    )
    assert await answers(database, attempt.id, 1, form) is None
    said = await answers(database, attempt.id, 0)
    assert said is not None
    assert said.judged.is_right
    given = await connection.fetch("select given from bot.answers order by id")
    assert [row[0] for row in given] == [["green"], ["green"]]


async def test_a_double_tap_does_not_answer_the_next_question_of_the_same_words(
    database: Database, connection: asyncpg.Connection
) -> None:
    lesson = await number(connection, "A1")
    for key in "ab":
        await put_question(connection, lesson, key, text="Which one?", **ONE)
    attempt = await begin(database, lesson)
    form = (await asked(database, attempt.id)).form  # type: ignore[union-attr]
    assert await answers(database, attempt.id, 1, form) is not None
    assert await answers(database, attempt.id, 1, form) is None
    assert len(await counted(connection)) == 1


async def test_ticks_of_an_option_that_is_gone_count_nothing(
    database: Database, connection: asyncpg.Connection
) -> None:
    lesson = await number(connection, "A1")
    await put_question(connection, lesson, "a", **SEVERAL)
    attempt = await begin(database, lesson)
    await tick(database, attempt.id, (await asked(database, attempt.id)).form, 3)  # type: ignore[union-attr]
    await connection.execute("update bot.questions set options = '{2,3}', answers = '{0,1}'")
    with pytest.raises(NothingTicked):
        await answers(database, attempt.id, None)
    for option in (0, 1):
        form = (await asked(database, attempt.id)).form  # type: ignore[union-attr]
        await tick(database, attempt.id, form, option)
    said = await answers(database, attempt.id, None)
    assert said is not None
    assert said.judged.is_right


async def test_a_lesson_withdrawn_or_locked_meanwhile(
    database: Database, connection: asyncpg.Connection
) -> None:
    await give(connection, "Alpha", SOON)
    lesson = await number(connection, "A2")
    await put_question(connection, lesson, "a", **ONE)
    attempt = await begin(database, lesson)
    form = (await asked(database, attempt.id)).form  # type: ignore[union-attr]
    with pytest.raises(LessonLocked):
        await answers(database, attempt.id, 1, form, now=SOON)
    with pytest.raises(LessonLocked):
        await begin(database, lesson, now=SOON)
    await connection.execute("update bot.lessons set active = false where id = $1", lesson)
    with pytest.raises(LessonUnknown):
        await answers(database, attempt.id, 1, form)
    await connection.execute("update bot.lessons set active = true where id = $1", lesson)
    assert await answers(database, attempt.id, 1, form) is not None
    assert len(await rows(connection)) == 1


async def test_withdrawn_questions_are_asked_no_more(
    database: Database, connection: asyncpg.Connection
) -> None:
    lesson = await number(connection, "A1")
    await put_question(connection, lesson, "a", **ONE)
    second = await put_question(connection, lesson, "b", **ONE)
    attempt = await begin(database, lesson)
    await connection.execute("update bot.questions set active = false where id = $1", second)
    said = await answers(database, attempt.id, 1)
    assert said is not None
    assert said.following is None
    assert (await ended(database, attempt.id)).asked == 1


async def test_two_hundred_questions(database: Database, connection: asyncpg.Connection) -> None:
    lesson = await number(connection, "A1")
    for at in range(200):
        await put_question(connection, lesson, f"q{at}", **ONE)
    attempt = await begin(database, lesson)
    for at in range(200):
        said = await answers(database, attempt.id, 1)
        assert said is not None
        assert said.asked.number == at + 1
    assert (await ended(database, attempt.id)).right == 200
    assert len(await rows(connection)) == 1


async def test_a_lesson_done_without_questions_has_a_day(
    database: Database, connection: asyncpg.Connection
) -> None:
    for _ in range(2):
        await finish(database, await number(connection, "A1"), now=SOON)
    found = await connection.fetch("select user_id, finished_at, result_id is null from bot.attempts")
    assert [tuple(row) for row in found] == [(1, SOON, False)]
