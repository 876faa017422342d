"""Who may have a certificate, in how many numbers, and when it is void."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from db.certificates import (
    Certificate,
    CourseNotFinished,
    CourseRefunded,
    Void,
    find_certificate,
    get_own,
    issue,
    new_number,
    number_form,
)
from db.engine import Pool
from tests.db.merging.people import DAY, NOW, People

LESSON = (
    "insert into bot.lessons (module_id, key, position, title, text) values ($1, $2, $3, $2, '') returning id"
)
RESULT = "insert into bot.results (key, name, passed, position) values ('ok', 'OK', true, 1) returning id"


@pytest.mark.parametrize("typed", ["k7m2 9qxd-4trh", "«K7M2—9QXD—4TRH»", "К7М2-9QХD-4ТRН", "k7m29qxd4trh\n"])
def test_a_number_is_found_however_it_was_typed(typed: str) -> None:
    assert number_form(typed) == "K7M2-9QXD-4TRH"


@pytest.mark.parametrize(
    "typed", ["", "K7M2-9QXD-4TR", "K7M2-9QXD-4TR0", "K7M2-9QXD-4TRÖ", "\x00" * 12, "K" * 500]
)
def test_what_can_be_no_number_is_none(typed: str) -> None:
    assert number_form(typed) == ""
    assert number_form(new_number()) != ""


async def school(people: People, lessons: int = 2) -> tuple[int, list[int]]:
    """The result that passes, and the lessons of the one module."""
    result = int(await people.sql.fetchval(RESULT))
    found = [int(await people.sql.fetchval(LESSON, people.module, str(at), at)) for at in range(lessons)]
    return result, found


async def passes(people: People, user: int, result: int, lessons: list[int]) -> None:
    """As the other application writes it: without a time."""
    for lesson in lessons:
        await people.sql.execute(
            "insert into progress (user_id, lesson_id, result_id) values ($1, $2, $3)", user, lesson, result
        )


async def made(people: People, user: int, name: str = "Anna", now: datetime = NOW) -> Certificate:
    async with people.database.transaction(Pool.TALK) as session:
        number = await issue(session, user, people.module, name, "School", UTC, new_number(), now)
        made = await get_own(session, user, people.module)
    assert made is not None
    assert made.number == number
    return made


async def found(people: People, number: str) -> Certificate | Void | None:
    async with people.database.transaction(Pool.TALK) as session:
        return await find_certificate(session, number)


async def test_it_is_void_once_the_payment_is_back_unless_the_school_has_given_the_course_since(
    people: People,
) -> None:
    result, lessons = await school(people)
    bought = await people.buys(people.born)
    await passes(people, people.born, result, lessons[:1])
    with pytest.raises(CourseNotFinished):
        await made(people, people.born)
    await passes(people, people.born, result, lessons[1:])
    one, other = await asyncio.gather(made(people, people.born), made(people, people.born))
    assert one.number == other.number
    assert (one.finished_on, one.course, one.is_void) == (NOW.date(), "Chess", False)
    assert (await made(people, people.born, "Анна", NOW + DAY)).number == one.number
    again = await found(people, one.number)
    assert isinstance(again, Certificate)
    assert (again.name, again.finished_on) == ("Анна", NOW.date())

    await people.refunds(bought)
    assert isinstance(await found(people, one.number), Void)
    with pytest.raises(CourseRefunded):
        await made(people, people.born, "Ann", NOW + DAY)
    await people.grants(people.born, 5, NOW + DAY)
    assert (await made(people, people.born, "Ann", NOW + 2 * DAY)).number == one.number
    assert isinstance(await found(people, one.number), Certificate)


async def test_what_was_bought_later_and_returned_changes_nothing(people: People) -> None:
    result, lessons = await school(people)
    await passes(people, people.born, result, lessons)
    one = await made(people, people.born, now=NOW - DAY)
    bought = await people.buys(people.born)
    await people.refunds(bought)
    assert isinstance(await found(people, one.number), Certificate)
    await people.sql.execute("update purchases set purchased_at = $1 where id = $2", NOW - 2 * DAY, bought)
    assert isinstance(await found(people, one.number), Void)


async def test_a_merge_moves_both_certificates_and_undoing_it_gives_them_back(people: People) -> None:
    result, lessons = await school(people)
    for user in (people.born, people.site):
        await passes(people, user, result, lessons)
    born, site = await made(people, people.born), await made(people, people.site, "Anna Site")
    merged = await people.merges()
    for one in (born, site):
        moved = await found(people, one.number)
        assert isinstance(moved, Certificate)
        assert (moved.user_id, moved.name) == (people.site, one.name)
    await people.undoes(merged.merge_id, NOW + timedelta(hours=1))
    back = await found(people, born.number)
    assert isinstance(back, Certificate)
    assert back.user_id == people.born
    assert await people.sql.fetchval("select count(*) from bot.finished_courses") == 2
