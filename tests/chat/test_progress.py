"""/progress in the chat, and the picture."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from PIL import Image

from bot.chat.buttons import FinishLesson
from bot.jobs.moving import ClockMover
from bot.texts import Localizer
from bot.texts import progress as words
from db.lessons.days import LastLesson, LearningDays
from db.lessons.progress import ModuleProgress, Progress
from handlers.app import Application
from tests.app import without_reminders
from tests.chat.learning import take
from tests.chat.test_lessons import with_python
from tests.chat_user import ChatUser, Json


@pytest.fixture
def schedules() -> Mapping[str, str]:
    """Nobody is reminded of anything here."""
    return without_reminders()


async def learns_on_two_days(person: ChatUser, sql: asyncpg.Connection, mover: ClockMover) -> None:
    await with_python(person)
    await person.send("/lessons")
    await person.click("Python")
    await person.click("1.")
    await take(person, sql)
    await mover.advance(timedelta(days=1))
    await take(person, sql)


async def test_days_the_streak_the_last_lesson_and_what_is_left(
    anna: ChatUser, sql: asyncpg.Connection, mover: ClockMover
) -> None:
    await learns_on_two_days(anna, sql, mover)
    await anna.send("/progress")
    assert "🔥 2 дня подряд · 2 дня занятий за 10 недель" in anna.last_text
    assert "2 из 5 уроков" in anna.last_text
    assert "Последний урок: «Переменные: имена для значений»" in anna.last_text
    assert "осталось 13 дней" in anna.last_text
    await mover.advance(timedelta(days=5))
    assert "подряд" not in await anna.send("/progress")


async def test_access_that_has_ended_is_offered_again(
    anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection, mover: ClockMover
) -> None:
    await with_python(anna)
    await ben.register()
    free = await sql.fetchval("select id from bot.lessons where title = 'Первая программа'")
    await ben.press(FinishLesson(lesson=free).pack())
    await mover.advance(timedelta(days=31))
    await anna.send("/progress")
    assert not any(label.startswith("▶️") for label in anna.buttons)
    await anna.click("🔓 Открыть снова: Python")
    assert any("990" in label for label in anna.buttons)
    await ben.send("/progress")
    await ben.click("🔓 Open: Python")
    assert any("990" in label for label in ben.buttons)


def test_the_day_of_the_last_lesson_is_the_learner_s_as_their_days_are() -> None:
    at, east = datetime(2026, 3, 1, 20, tzinfo=UTC), ZoneInfo("Asia/Vladivostok")
    course = ModuleProgress(1, "Python", Progress(5, 1, 4), True, None, None)
    days = LearningDays(
        east, at.astimezone(east).date(), {1: {at.astimezone(east).date()}}, {1: LastLesson("Циклы", at)}
    )
    with Localizer("ru", ZoneInfo("Europe/Moscow"), lambda: at).use_locale("ru"):
        assert "«Циклы», 2 марта" in words.progress([course], days)


async def test_the_picture_comes_light_and_dark(
    anna: ChatUser, app: Application, sql: asyncpg.Connection, mover: ClockMover
) -> None:
    await learns_on_two_days(anna, sql, mover)
    await anna.send("/progress")
    await anna.click(words.PICTURE)
    assert anna.toast == anna.words(words.DRAWING)
    await anna.receives("2 дня подряд")
    assert any("t.me/share/url" in link for link in anna.links)
    light = await picture(anna, app)
    await anna.click(words.DARK)
    await anna.sees(lambda key: key["text"] == anna.words(words.LIGHT))
    dark = await picture(anna, app)
    for shown in (light, dark):
        assert shown.size == (1080, 1350)
    assert ground(light) > 700
    assert ground(dark) < 100


async def picture(person: ChatUser, app: Application) -> Image.Image:
    message: Json = next(one for one in reversed(person.messages) if one.get("photo"))
    file = await app.bot.download(message["photo"][-1]["file_id"])
    assert file is not None
    return Image.open(file).convert("RGB")


def ground(shown: Image.Image) -> int:
    pixel = shown.getpixel((2, 2))
    assert isinstance(pixel, tuple)
    return sum(pixel)


def test_nobody_imports_matplotlib_before_a_picture_is_drawn() -> None:
    code = "import sys, handlers.app; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
