"""Reviews in the chat: two taps from home, ten at most, nothing lost by closing."""

from collections.abc import Mapping
from datetime import timedelta

import asyncpg
import pytest

from bot.jobs.moving import ClockMover
from bot.texts import home, review
from bot.texts import questions as words
from db.lessons.sittings import Due
from tests.app import without_reminders
from tests.chat.test_questions import with_questions
from tests.chat_user import ChatUser
from tests.db.lessons.asking import NUMBER, ONE, SEVERAL

DAY = timedelta(days=1)


@pytest.fixture
def schedules() -> Mapping[str, str]:
    """Nobody is reminded of anything here."""
    return without_reminders()


async def has_answered_wrongly(person: ChatUser, sql: asyncpg.Connection) -> None:
    await with_questions(person, sql, ONE, NUMBER)
    await person.click("✍️")
    for option in ("red", "blue"):
        await person.click(option)
    await person.click(words.NEXT)
    await person.click(words.GIVE_UP)
    await person.click(words.DONE)


async def test_a_due_question_is_two_taps_from_home(
    anna: ChatUser, sql: asyncpg.Connection, mover: ClockMover
) -> None:
    await has_answered_wrongly(anna, sql)
    await anna.send("/start")
    assert not any("🔁" in label for label in anna.buttons)
    progress = await sql.fetchval("select count(*) from progress")
    await mover.advance(DAY)
    await anna.send("/start")
    taps, messages = anna.taps, len(anna.texts)
    await anna.click("🔁 Повторить 2 вопроса")
    assert "Повторение 1 из 2" in anna.last_text
    await anna.click("green")
    assert anna.taps == taps + 2
    assert "Верно" in anna.last_text
    await anna.click(words.NEXT)
    await anna.send("42")
    await anna.click(words.DONE)
    assert "Верных ответов: 2 из 2" in await anna.receives("Повторение пройдено")
    assert len(anna.texts) == messages
    assert await sql.fetchval("select count(*) from progress") == progress
    await anna.click(home.HOME)
    assert not any("🔁" in label for label in anna.buttons)


async def test_nothing_to_review(anna: ChatUser) -> None:
    await anna.register()
    assert await anna.send("/review") == anna.words(lambda: review.nothing(Due(0, None)))


async def test_the_next_question_has_a_moment(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await has_answered_wrongly(anna, sql)
    assert "Следующий вопрос" in await anna.send("/review")


async def test_a_review_left_in_the_middle_goes_on(
    anna: ChatUser, sql: asyncpg.Connection, mover: ClockMover
) -> None:
    await has_answered_wrongly(anna, sql)
    await mover.advance(DAY)
    await anna.send("/review")
    await anna.click("green")
    await anna.send("/review")
    assert "Повторение 2 из 2" in anna.last_text
    await anna.send("/help")
    await anna.send("42")
    assert await sql.fetchval("select count(*) from bot.attempts where lesson_id is null") == 1
    await anna.send("/review")
    await anna.send("42")
    await anna.receives("Верно")


async def test_access_ended_in_the_middle(anna: ChatUser, sql: asyncpg.Connection, mover: ClockMover) -> None:
    """What was answered is kept; the rest sleeps."""
    await has_answered_wrongly(anna, sql)
    await mover.advance(DAY)
    await anna.send("/review")
    await sql.execute("update bot.lessons set preview = false")
    await anna.click("green")
    assert await sql.fetchval("select count(*) from bot.answers where is_right") == 0
    assert await sql.fetchval("select count(*) from bot.cards") == 2
    await sql.execute("update bot.lessons set preview = true")
    await anna.send("/start")
    assert any("🔁 Повторить 2" in label for label in anna.buttons)


async def test_several_right_ones_are_ticked_in_a_review(
    ben: ChatUser, sql: asyncpg.Connection, mover: ClockMover
) -> None:
    await with_questions(ben, sql, SEVERAL)
    await ben.click("✍️")
    for _ in range(2):
        await ben.click("▫️ 4")
        await ben.click(words.ANSWER)
    await mover.advance(DAY)
    await ben.send("/start")
    await ben.click("🔁 1 to review")
    for option in ("5", "2", "3"):
        await ben.click(f"▫️ {option}")
    await ben.click(words.ANSWER)
    assert "Right!" in ben.last_text
