"""Of what somebody is reminded: access, unlocked lessons, reviews, courses that wait; and of what not."""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from db.engine import Database, Pool
from db.outbox import Channel, Outgoing, put, take_turn
from db.reminders import people
from db.reminders.due import Group, Kind, Reminder, choose, get_due, list_due
from db.reminders.people import Choices
from tests.db.lessons.conftest import database
from tests.db.lessons.school import NOW, finish, give, number

__all__ = ["database"]

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MOSCOW = ZoneInfo("Europe/Moscow")


async def due(database: Database, now: datetime = NOW, *, fresh: bool = True) -> list[Reminder]:
    async with database.transaction(Pool.TALK) as session:
        return await list_due(session, {1: now, 2: now}, fresh=fresh)


async def kinds(database: Database, now: datetime = NOW) -> list[tuple[int, str]]:
    return [(one.user_id, one.kind) for one in await due(database, now)]


@pytest.mark.parametrize(
    ("left", "kind"),
    [
        (3 * DAY + HOUR, None),
        (3 * DAY, Kind.ENDS_IN_3),
        (DAY, Kind.ENDS_IN_1),
        (HOUR, Kind.ENDS_IN_1),
        (timedelta(), Kind.ENDED),
        (-6 * DAY, Kind.ENDED),
        (-8 * DAY, None),
    ],
)
async def test_access_that_ends(
    database: Database, connection: asyncpg.Connection, left: timedelta, kind: Kind | None
) -> None:
    await give(connection, "Beta", NOW + left)
    found = [one for one in await due(database) if one.group is Group.ACCESS]
    assert [one.kind for one in found] == ([kind] if kind else [])


@pytest.mark.parametrize("end", ["infinity", "-infinity"])
async def test_access_without_a_moment(database: Database, connection: asyncpg.Connection, end: str) -> None:
    await give(connection, "Beta", NOW)
    await connection.execute(f"UPDATE usermoduleaccess SET ends_at = '{end}'")
    assert await kinds(database) == []


async def test_what_was_renewed_meanwhile_is_not_so_any_more(
    database: Database, connection: asyncpg.Connection
) -> None:
    await give(connection, "Beta", NOW + DAY)
    (told,) = await due(database)
    await connection.execute("UPDATE usermoduleaccess SET ends_at = $1", NOW + 31 * DAY)
    async with database.transaction(Pool.TALK) as session:
        assert await get_due(session, 1, told.kind, told.occasion, NOW) is None
    later = await due(database, NOW + 30 * DAY)
    assert [(one.kind, one.occasion == told.occasion) for one in later if one.group is Group.ACCESS] == [
        (Kind.ENDS_IN_1, False)
    ]


async def test_an_occasion_counts_once(database: Database, connection: asyncpg.Connection) -> None:
    await give(connection, "Beta", NOW + DAY)
    (one,) = await due(database)
    outgoing = Outgoing(
        channel=Channel.TELEGRAM,
        recipient="1",
        kind=one.kind,
        occasion=one.occasion,
        language="en",
        payload={},
        expires_at=NOW + DAY,
        user_id=1,
    )
    async with database.transaction(Pool.TALK) as session:
        assert await put(session, outgoing, NOW) is not None
        assert await put(session, outgoing, NOW) is None
    assert await due(database) == []
    assert [two.kind for two in await due(database, fresh=False)] == [Kind.ENDS_IN_1]


async def test_days_that_were_given_or_taken_just_now_are_known(
    database: Database, connection: asyncpg.Connection
) -> None:
    change = (
        "INSERT INTO bot.access_changes (user_id, module_id, source, source_id, days, after, created_at)"
        " SELECT 1, id, 'grant', $1, $2, $3, $4 FROM modules WHERE name = 'Beta'"
    )
    await give(connection, "Beta", NOW + 2 * DAY)
    await connection.execute(change, 1, 2, NOW + 2 * DAY, NOW - HOUR)
    assert await kinds(database) == []
    assert await kinds(database, NOW + DAY) == [(1, Kind.ENDS_IN_1)]
    await connection.execute("UPDATE usermoduleaccess SET ends_at = $1", NOW)
    await connection.execute(change, 2, -2, NOW, NOW + HOUR)
    assert await kinds(database, NOW + 2 * HOUR) == []


async def test_a_course_that_waits(database: Database, connection: asyncpg.Connection) -> None:
    """After three days, seven and fourteen, each once; not while there is nothing to take."""
    await give(connection, "Beta", NOW + 90 * DAY)
    await give(connection, "Alpha", NOW + 60 * DAY)
    await finish(database, await number(connection, "A1"))
    assert await kinds(database, NOW + 3 * DAY - HOUR) == []
    (three,) = await due(database, NOW + 3 * DAY)
    assert (three.kind, three.title, three.count) == (Kind.IDLE, "A2", 3)
    occasions = {
        days: [one.occasion for one in await due(database, NOW + days * DAY)]
        for days in (4, 7, 13, 14, 29, 31)
    }
    assert occasions[4] == [three.occasion]
    assert occasions[7] == occasions[13] != occasions[4]
    assert occasions[14] == occasions[29] != occasions[13]
    assert occasions[31] == []
    for title in ("A2", "A3", "B1"):
        await finish(database, await number(connection, title))
    assert await kinds(database, NOW + 3 * DAY) == []


async def test_a_lesson_that_has_unlocked(database: Database, connection: asyncpg.Connection) -> None:
    await give(connection, "Alpha", NOW + 60 * DAY)
    await connection.execute("UPDATE bot.lessons SET unlock_at = $1 WHERE title = 'A2'", NOW + 2 * DAY)
    await finish(database, await number(connection, "A1"))
    await finish(database, await number(connection, "A3"))
    assert await kinds(database, NOW + DAY) == []
    (told,) = await due(database, NOW + 2 * DAY)
    assert (told.kind, told.title, told.number) == (Kind.LESSON, "A2", 2)
    assert Kind.LESSON not in [one.kind for one in await due(database, NOW + 4 * DAY)]


async def test_a_lesson_that_had_unlocked_before_access_ended_is_no_news_when_it_opens_again(
    database: Database, connection: asyncpg.Connection
) -> None:
    """A1 opened after a day, A2 after six; then came a gap. A3 opens on the first day of the new access."""
    await connection.execute(
        "UPDATE bot.lessons SET preview = false, unlock_days ="
        " CASE title WHEN 'A1' THEN 1 WHEN 'A2' THEN 6 WHEN 'A3' THEN 8 END"
    )
    await give(connection, "Alpha", NOW + 7 * DAY)
    for source, opened in enumerate((NOW, NOW + 10 * DAY)):
        await connection.execute(
            "INSERT INTO bot.access_changes (user_id, module_id, source, source_id, days, after, created_at)"
            " SELECT 1, id, 'grant', $1, 7, $2, $3 FROM modules WHERE name = 'Alpha'",
            source, opened + 7 * DAY, opened,
        )  # fmt: skip
    await finish(database, await number(connection, "A1"), now=NOW + DAY)
    assert [one.title for one in await due(database, NOW + 6 * DAY) if one.kind is Kind.LESSON] == ["A2"]
    await connection.execute("UPDATE usermoduleaccess SET ends_at = $1", NOW + 17 * DAY)
    assert Kind.LESSON not in [one.kind for one in await due(database, NOW + 10 * DAY + 12 * HOUR)]
    await finish(database, await number(connection, "A2"), now=NOW + 11 * DAY)
    assert [one.title for one in await due(database, NOW + 12 * DAY) if one.kind is Kind.LESSON] == ["A3"]
    assert Kind.LESSON not in [one.kind for one in await due(database, NOW + 13 * DAY)]


async def test_muted_kinds_are_left_out(database: Database, connection: asyncpg.Connection) -> None:
    await give(connection, "Beta", NOW + DAY)
    await give(connection, "Beta", NOW + DAY, 2)
    async with database.transaction(Pool.TALK) as session:
        await people.record_choices(session, 1, Choices(None, 9, (Group.ACCESS,)), MOSCOW, NOW)
    assert await kinds(database) == [(2, Kind.ENDS_IN_1)]


async def test_an_hour_that_comes_twice_a_day_tells_of_access_alone(
    database: Database, connection: asyncpg.Connection
) -> None:
    await give(connection, "Beta", NOW + 60 * DAY)
    await finish(database, await number(connection, "A1"), now=NOW - 4 * DAY)
    assert await kinds(database) == [(1, Kind.IDLE)]
    await connection.execute(
        "INSERT INTO bot.outbox (user_id, channel, recipient, kind, occasion, language, payload, due_at, expires_at,"
        " state, created_at) VALUES (1, 'telegram', '1', 'review_due', '1', 'en', '{}', $1, $1, 'sent', $1)",
        NOW - 19 * HOUR,
    )
    assert await kinds(database) == []
    assert await kinds(database, NOW + 2 * HOUR) == [(1, Kind.IDLE)]
    await connection.execute("UPDATE usermoduleaccess SET ends_at = $1", NOW + HOUR)
    assert await kinds(database) == [(1, Kind.ENDS_IN_1)]


def test_one_a_day_unless_access_ends() -> None:
    def of(user: int, kind: Kind) -> Reminder:
        return Reminder(user, kind, "", 1, "", None, 1, 1, "", 1)

    found = [
        of(1, Kind.IDLE),
        of(1, Kind.REVIEW),
        of(2, Kind.ENDED),
        of(2, Kind.ENDS_IN_3),
        of(2, Kind.LESSON),
    ]
    assert [(one.user_id, one.kind) for one in choose(found)] == [
        (1, Kind.REVIEW), (2, Kind.ENDED), (2, Kind.ENDS_IN_3)
    ]  # fmt: skip


async def test_who_is_due_is_due_once(database: Database, connection: asyncpg.Connection) -> None:
    """Two at once have different people; the next time is the next day, and what is long past waits for it."""
    until = NOW + HOUR
    async with database.transaction(Pool.TALK) as session:
        await people.record_choices(session, 1, Choices("Europe/London", 12, ()), MOSCOW, NOW - HOUR)
        await people.record_choices(session, 2, Choices("Asia/Katmandu", 18, ()), MOSCOW, NOW - HOUR)
    async with database.transaction(Pool.TALK) as one, database.transaction(Pool.TALK) as two:
        first = await people.take_due(one, until, NOW, MOSCOW, most=1)
        second = await people.take_due(two, until, NOW, MOSCOW)
        assert [len(due) for _taken, due in (first, second)] == [1, 1]
        assert first[1][0].user_id != second[1][0].user_id
        assert {one.at for one in (*first[1], *second[1])} == {NOW, NOW + timedelta(minutes=15)}
    assert await connection.fetchval("SELECT min(next_at) FROM bot.reminders") == NOW + DAY
    async with database.transaction(Pool.TALK) as session:
        taken, late = await people.take_due(session, NOW + 3 * DAY, NOW + 3 * DAY, MOSCOW)
    assert (taken, late) == (2, [])


async def test_messages_go_out_one_after_the_other_whatever_number_of_workers(
    database: Database, connection: asyncpg.Connection
) -> None:
    """Twenty-five a second in all; a clock that was an hour ahead holds nobody up for longer than ten seconds."""

    async def take(turns: int) -> list[float]:
        async with database.transaction(Pool.JOBS) as session:
            return [await take_turn(session, timedelta(milliseconds=40)) for _ in range(turns)]

    turn = "SELECT value FROM bot.cursors WHERE name = 'outbox_pace'"
    await take(1)
    first = await connection.fetchval(turn)
    await asyncio.gather(*(take(5) for _ in range(5)))
    assert await connection.fetchval(turn) - first >= 25 * 40
    await connection.execute("UPDATE bot.cursors SET value = value + 3600000 WHERE name = 'outbox_pace'")
    assert max(await take(3)) <= 10


async def test_a_city_that_has_moved_its_zone_is_reminded_at_its_new_hour(
    database: Database, connection: asyncpg.Connection
) -> None:
    """Planned by the rules of before, which the tz database has changed since."""
    async with database.transaction(Pool.TALK) as session:
        await people.record_choices(session, 1, Choices("Asia/Almaty", 12, ()), MOSCOW, NOW - HOUR)
    await connection.execute("UPDATE bot.reminders SET next_at = next_at - interval '1 hour'")
    before = await connection.fetchval("SELECT next_at FROM bot.reminders")
    async with database.transaction(Pool.TALK) as session:
        await people.take_due(session, before + HOUR, before, MOSCOW)
    moved = await connection.fetchval("SELECT next_at FROM bot.reminders")
    assert moved.astimezone(ZoneInfo("Asia/Almaty")).hour == 12
