"""Attempts, answers and review cards of two accounts of one person."""

from db.engine import Pool
from db.lessons import attempts
from db.lessons.attempts import Attempt
from db.lessons.questions import Given
from tests.db.lessons.asking import ONE, TEXT, put_question
from tests.db.merging.people import NOW, People


async def make_lesson(people: People) -> int:
    """A free one with two questions; its id."""
    await people.sql.execute(
        "insert into bot.results (key, name, passed, position) values ('done', 'Done', true, 1)"
    )
    lesson = int(
        await people.sql.fetchval(
            "insert into bot.lessons (module_id, key, position, title, text, preview)"
            " values ($1, 'a', 1, 'A', 'Text', true) returning id",
            people.module,
        )
    )
    await put_question(people.sql, lesson, "one", **ONE)
    await put_question(people.sql, lesson, "two", **TEXT)
    return lesson


async def begins(people: People, user: int, lesson: int) -> Attempt:
    async with people.database.transaction(Pool.TALK) as session:
        return await attempts.begin(session, user, lesson, 7, NOW)


async def answers(people: People, user: int, attempt: int, given: Given) -> None:
    async with people.database.transaction(Pool.TALK) as session:
        found = await attempts.get_attempt(session, user, attempt)
        asked = await attempts.get_question(session, found, NOW)
        assert asked is not None
        await attempts.answer(session, user, attempt, asked.form, given, NOW)


async def takes(people: People, user: int, lesson: int) -> None:
    attempt = await begins(people, user, lesson)
    for given in (Given(frozenset([1])), Given(text="Paris")):
        await answers(people, user, attempt.id, given)


async def cards(people: People, user: int) -> list[int]:
    """How often each was reviewed, in the order of the questions."""
    rows = await people.sql.fetch(
        "select reviews from bot.cards where user_id = $1 order by question_id", user
    )
    return [row[0] for row in rows]


async def test_attempts_go_along_and_come_back(people: People) -> None:
    lesson = await make_lesson(people)
    await takes(people, people.born, lesson)
    before = await people.dump()
    merge = await people.merges()
    assert await people.rows_of(people.born) == {}
    assert (await people.rows_of(people.site))["bot.attempts.user_id"] == 1
    assert await cards(people, people.site) == [1, 1]
    await people.undoes(merge.merge_id)
    assert await people.dump() == before


async def test_of_two_cards_the_one_with_more_reviews_stays(people: People) -> None:
    lesson = await make_lesson(people)
    for user, times in ((people.born, 2), (people.site, 1)):
        for _ in range(times):
            await takes(people, user, lesson)
    second = await begins(people, people.site, lesson)
    await answers(people, people.site, second.id, Given(frozenset([1])))
    await answers(people, people.site, second.id, Given(text="Paris"))
    third = await begins(people, people.site, lesson)
    await answers(people, people.site, third.id, Given(frozenset([1])))
    assert (await cards(people, people.born), await cards(people, people.site)) == ([2, 2], [3, 2])
    await people.sql.execute(
        "update bot.cards set reviews = 5 from bot.questions q"
        " where q.id = question_id and q.key = 'two' and user_id = $1",
        people.born,
    )
    before = await people.dump()
    merge = await people.merges()
    assert await cards(people, people.site) == [3, 5]
    await people.undoes(merge.merge_id)
    assert await people.dump() == before


async def test_one_open_attempt_at_a_lesson_stays(people: People) -> None:
    lesson = await make_lesson(people)
    ours, theirs = await begins(people, people.born, lesson), await begins(people, people.site, lesson)
    merge = await people.merges()
    open_now = await people.sql.fetch("select id from bot.attempts where finished_at is null")
    assert [row[0] for row in open_now] == [theirs.id]
    assert (await begins(people, people.site, lesson)).id == theirs.id
    assert await people.sql.fetchval("select count(*) from progress") == 0
    await people.undoes(merge.merge_id)
    again = await begins(people, people.born, lesson)
    assert again.id not in (ours.id, theirs.id)


async def test_a_button_drawn_before_the_merge_goes_on_after_it(people: People) -> None:
    lesson = await make_lesson(people)
    attempt = await begins(people, people.born, lesson)
    await people.merges()
    await answers(people, people.site, attempt.id, Given(frozenset([1])))
    await answers(people, people.site, attempt.id, Given(text="Paris"))
    progress = await people.sql.fetch("select user_id from progress")
    assert [row[0] for row in progress] == [people.site]


async def test_an_account_goes_with_all_it_has_learnt(people: People) -> None:
    """The other application deletes its own rows and knows nothing of ours."""
    await takes(people, people.site, await make_lesson(people))
    await people.sql.execute("delete from progress where user_id = $1", people.site)
    await people.sql.execute("delete from users where id = $1", people.site)
    for table in ("attempts", "answers", "cards"):
        assert await people.sql.fetchval(f"select count(*) from bot.{table}") == 0
