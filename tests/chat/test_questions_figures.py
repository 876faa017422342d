"""/questions: what teachers see agrees with the statements in the documents."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from bot.clock import utc_now
from bot.texts import questions as words
from bot.texts.accounts import registration
from db.engine import Pool
from db.lessons import figures
from handlers.app import Application
from tests.chat.learning import take
from tests.chat.test_lessons import with_python
from tests.chat.test_questions import with_questions
from tests.chat_user import ChatUser
from tests.db.lessons.asking import NUMBER, ONE

OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"
WEEK = timedelta(days=7)


async def documented(sql: asyncpg.Connection) -> list[list[tuple[Any, ...]]]:
    """What the statements find that are to be asked by hand."""
    section = OPERATING.read_text().partition("## Figures of learning")[2].partition("\n## ")[0]
    hardest, views, stops, stuck = re.findall(r"```sql\n(.*?);\n```", section, re.DOTALL)
    await sql.execute(f"drop view if exists stopped, plan; {views}")
    return [[tuple(row) for row in await sql.fetch(query)] for query in (hardest, stops, stuck)]


async def shown_by_code(app: Application, now: datetime) -> list[list[tuple[Any, ...]]]:
    async with app.context.database.transaction(Pool.TALK) as session:
        found: list[list[Any]] = [
            list(await figures.list_hardest(session, 100)),
            list(await figures.list_stops(session, now, 100)),
            list(await figures.list_stuck(session, now, 100)),
        ]
    return [[tuple(getattr(one, name) for name in one.__slots__) for one in rows] for rows in found]


async def age(sql: asyncpg.Connection, by: timedelta) -> None:
    """What was learnt is that much longer ago."""
    await sql.execute(
        "update bot.attempts set started_at = started_at - $1::interval, finished_at = finished_at - $1::interval",
        by,
    )
    await sql.execute("update bot.answers set answered_at = answered_at - $1::interval", by)


async def test_the_figures_are_those_of_the_documented_statements(
    anna: ChatUser, ben: ChatUser, olga: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    await with_questions(anna, sql, ONE | {"text": "Easy <one>"}, NUMBER | {"text": "Hard <one>"})
    await anna.click("✍️")
    await anna.click("green")
    await anna.click(words.NEXT)
    await anna.click(words.GIVE_UP)
    await ben.register()
    await ben.send("/promo SPRING")
    await ben.receives("SPRING")
    await ben.send("/lessons")
    await ben.click("Python")
    await ben.click("2.")
    await ben.click("Done")
    await age(sql, WEEK + timedelta(hours=1))
    hardest, stops, stuck = found = await documented(sql)
    assert await shown_by_code(app, utc_now()) == found
    assert [(row[1], row[3], row[4]) for row in hardest] == [("Hard <one>", 1, 1)]
    assert [(row[1], row[3]) for row in stops] == [("Первая программа", 2)]
    assert [(row[1], row[3]) for row in stuck] == [("Ben Carter", "Первая программа")]
    await olga.send("/questions")
    assert "Hard <one> — неверно: 1 из 1" in olga.last_text
    assert "Easy" not in olga.last_text
    await olga.click("👤 Ben")
    assert "Ben" in olga.last_text
    assert "SPRING" not in olga.last_text
    assert "Доступ" in olga.last_text


async def test_who_waits_for_a_lesson_has_not_stopped(
    anna: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    """Locked it is nobody's fault; unlocked it counts from then on, and so does what an admin has unlocked."""
    await with_python(anna)
    await anna.send("/lessons")
    await anna.click("Python")
    await anna.click("1.")
    await take(anna, sql)
    await age(sql, WEEK * 2)
    second = "Переменные: имена для значений"
    await sql.execute("update bot.lessons set preview = false")
    for unlock_days, given, people in ((None, False, 1), (30, False, 0), (30, True, 1), (0, False, 1)):
        await sql.execute("update bot.lessons set unlock_days = $1 where title = $2", unlock_days, second)
        await sql.execute("delete from bot.unlocked_lessons")
        if given:
            await sql.execute(
                "insert into bot.unlocked_lessons (user_id, lesson_id, unlocked_by, unlocked_at)"
                " select p.user_id, l.id, 1, now() from progress p, bot.lessons l where l.title = $1",
                second,
            )
        found = await documented(sql)
        assert await shown_by_code(app, utc_now()) == found
        assert [row[3] for row in found[1]] == [people] * people
        assert [row[3] for row in found[2]] == [second] * people
    await sql.execute("update bot.access_changes set created_at = created_at - interval '10 days'")
    await sql.execute("update bot.lessons set unlock_days = 5 where title = $1", second)
    assert (await documented(sql))[1:] == (await shown_by_code(app, utc_now()))[1:] == [[], []]
    await sql.execute("update bot.lessons set unlock_days = 2 where title = $1", second)
    (stuck,) = (await documented(sql))[2]
    (shown,) = (await shown_by_code(app, utc_now()))[2]
    assert (stuck[0], round((stuck[2] - shown[2]).total_seconds())) == (shown[0], 0)
    assert timedelta(days=7) < utc_now() - shown[2] < timedelta(days=9)


async def test_who_repeats_a_lesson_hides_no_hard_question(
    anna: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    await with_questions(anna, sql, NUMBER | {"text": "Hard"})
    await anna.click("✍️")
    await anna.click(words.GIVE_UP)
    await anna.click(words.DONE)
    for again in (words.TRY_AGAIN, words.AGAIN):
        await anna.click(again)
        await anna.send("42")
        await anna.click(words.DONE)
    assert [row[1:] for row in (await documented(sql))[0]] == [("Hard", "Первая программа", 1, 1)]
    assert (await shown_by_code(app, utc_now()))[0] == (await documented(sql))[0]


async def test_who_was_here_this_week_is_not_stuck(
    anna: ChatUser, olga: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    await with_python(anna)
    await anna.send("/lessons")
    await anna.click("Python")
    await anna.click("1.")
    await take(anna, sql)
    await age(sql, WEEK - timedelta(hours=1))
    assert await shown_by_code(app, utc_now()) == [[], [], []]
    assert "—" in await olga.send("/questions")


async def test_it_is_for_admins(anna: ChatUser) -> None:
    await anna.register()
    assert await anna.send("/questions") == anna.words(registration.UNKNOWN_COMMAND)
