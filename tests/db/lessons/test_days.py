"""Days of learning, and the streak with its day off a week."""

import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from db.engine import Database, Pool
from db.lessons.days import LearningDays, Move, count_streak, get_learning_days, list_shortened
from db.reminders.people import Choices, get_zones, record_choices
from tests.db.lessons.asking import ONE, answers, begin, put_question
from tests.db.lessons.school import NOW, finish, number

SUNDAY = date(2026, 3, 1)
DAY = timedelta(days=1)


def days_before(today: date, *ago: int) -> set[date]:
    return {today - timedelta(days=one) for one in ago}


@pytest.mark.parametrize(
    ("ago", "streak"),
    [
        ((), 0),
        ((0,), 1),
        ((1,), 1),  # today is not over
        ((0, 1, 2), 3),
        ((0, 2), 2),  # a day off
        ((0, 1, 3, 4, 6), 4),  # a second one in the same week
        ((0, 2, 3, 4, 5, 6, 7, 9), 8),  # one in each of two weeks
        ((2, 3), 2),  # yesterday was the day off
        ((3, 4), 0),
        ((60,), 0),
    ],
)
def test_a_streak_has_one_day_off_a_week(ago: tuple[int, ...], streak: int) -> None:
    assert count_streak(days_before(SUNDAY, *ago), SUNDAY) == streak


@pytest.mark.parametrize("step", [-26, -12, -3, 3, 12, 26])
def test_a_moved_zone_breaks_no_streak(step: int) -> None:
    """Whenever one moves, so many hours east: who learns every 23 hours misses no day but a shortened one."""
    first, second = timezone(timedelta(hours=-step / 2)), timezone(timedelta(hours=step / 2))
    missed = set[date]()
    for hour, ago in itertools.product(range(24), range(23)):
        moved = NOW + timedelta(hours=hour)
        moments = [moved + timedelta(hours=23 * number - ago) for number in range(-6, 7)]
        days = {at.astimezone(first if at <= moved else second).date() for at in moments}
        moves, today = [Move(moved, first)], moments[-1].astimezone(second).date()
        assert LearningDays(second, today, {1: days}, {}, moves).streak == len(days)
        gap = {min(days) + number * DAY for number in range((max(days) - min(days)).days)} - days
        assert gap <= list_shortened(moves, second)
        missed |= gap
    assert bool(missed) == (step > 0)


async def test_a_day_stays_the_day_that_it_was(database: Database, connection: asyncpg.Connection) -> None:
    """Chosen in the chat: three evenings at home, then two mornings twelve hours east."""
    home, away = ZoneInfo("Europe/London"), ZoneInfo("Pacific/Auckland")
    await connection.execute("update bot.lessons set preview = true")
    for title, at in (("A1", -3 * DAY), ("A2", -2 * DAY), ("A3", -DAY)):
        await finish(database, await number(connection, title), now=NOW.replace(hour=20) + at)
    async with database.transaction(Pool.TALK) as session:
        await record_choices(session, 1, Choices(str(home), 9, ()), home, NOW - 9 * DAY)
        for zone in (away, home, away, away):  # to and fro, and once more the same
            await record_choices(session, 1, Choices(str(zone), 9, ()), home, NOW)
        _zone, moves = await get_zones(session, 1, home)
    assert [(move.until, str(move.zone)) for move in moves] == [(NOW, str(home))]
    found = await learnt(database, NOW, away, moves=moves)
    assert found.all == {NOW.date() - number * DAY for number in (1, 2, 3)}
    assert found.streak == 3
    assert (await learnt(database, NOW, away)).all != found.all


async def learnt(
    database: Database, now: datetime, zone: tzinfo = UTC, user: int = 1, moves: Sequence[Move] = ()
) -> LearningDays:
    async with database.transaction(Pool.TALK) as session:
        return await get_learning_days(session, user, now, zone, moves)


async def test_answers_reviews_and_finished_lessons_are_days_and_foreign_progress_is_none(
    database: Database, connection: asyncpg.Connection
) -> None:
    lesson = await number(connection, "A1")
    await put_question(connection, lesson, "a", **ONE)
    await put_question(connection, lesson, "b", **ONE)
    attempt = await begin(database, lesson)
    await answers(database, attempt.id, 1)  # left in the middle
    await connection.execute("update bot.lessons set preview = true")
    await finish(database, await number(connection, "B1"), now=NOW + 2 * DAY)
    await connection.execute(
        "insert into progress (user_id, lesson_id, result_id) select 1, $1, id from bot.results where passed limit 1",
        await number(connection, "A3"),
    )
    found = await learnt(database, NOW + 2 * DAY)
    alpha, beta = [
        await connection.fetchval("select id from modules where name = $1", name)
        for name in ("Alpha", "Beta")
    ]
    assert found.days == {alpha: {NOW.date()}, beta: {NOW.date() + 2 * DAY}}
    assert found.last.keys() == {beta}
    assert (found.last[beta].title, found.last[beta].at) == ("B1", NOW + 2 * DAY)
    assert (found.streak, found.count_shown(), found.count_shown(alpha)) == (2, 2, 1)
    assert (await learnt(database, NOW, user=2)).all == set()


async def test_midnight_is_the_school_s(database: Database, connection: asyncpg.Connection) -> None:
    late = NOW.replace(hour=22)
    await finish(database, await number(connection, "A1"), now=late)
    assert (await learnt(database, late)).all == {late.date()}
    assert (await learnt(database, late, ZoneInfo("Europe/Moscow"))).all == {late.date() + DAY}


async def test_ten_weeks_are_shown(database: Database, connection: asyncpg.Connection) -> None:
    await finish(database, await number(connection, "A1"), now=NOW)
    for days, shown in ((0, 1), (63, 1), (64, 0)):
        assert (await learnt(database, NOW + days * DAY)).count_shown() == shown, days
