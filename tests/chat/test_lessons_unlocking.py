"""Lessons that wait: what each screen says, and an admin who unlocks one."""

import asyncpg

from bot.chat.admin_buttons import UnlockLesson
from bot.chat.buttons import FinishLesson, ShowLesson
from bot.sandbox.app import Sandbox
from bot.texts import lessons as words
from bot.texts.access import unlocking as admin_words
from tests.chat.test_lessons import done, lesson_id, with_python
from tests.chat_user import ChatUser

DONE = "Готово"
SECOND, THIRD = "Переменные", "Условия"


async def waits(sql: asyncpg.Connection, *, in_order: bool = False, days: int | None = None) -> None:
    await sql.execute(
        "INSERT INTO bot.unlocking (module_id, in_order, days)"
        " SELECT id, $1, $2 FROM modules WHERE name LIKE 'Python%'",
        in_order,
        days,
    )


async def key(person: ChatUser, label: str) -> dict[str, object]:
    _message, found = await person.sees(lambda one: str(one["text"]).startswith(label))
    return found


async def test_in_order(anna: ChatUser, sql: asyncpg.Connection) -> None:
    """What is locked can't be pressed: the message says what opens it."""
    await waits(sql, in_order=True)
    await with_python(anna)
    await anna.send("/lessons")
    await anna.click("Python")
    assert anna.buttons[0].startswith("▶️ Урок 1: ")
    assert anna.buttons[3].startswith("🔒 3.")
    assert "Уроки 3–5\nОткроются по порядку, каждый после предыдущего." in anna.last_text
    locked = await key(anna, "🔒 3.")
    assert locked["disabled"] == {}
    assert "callback_data" not in locked
    await anna.press(ShowLesson(id=await lesson_id(sql, THIRD)).pack())
    assert "урок 2" in (anna.toast or "")
    await anna.click("▶️")
    await anna.click(DONE)
    assert SECOND in anna.last_text


async def test_an_older_server_has_no_disabled_buttons(
    anna: ChatUser, sql: asyncpg.Connection, sandbox: Sandbox
) -> None:
    """It is found out once, and they can be pressed."""
    sandbox.faults.set(telegram_old=True)
    await waits(sql, days=3)
    await with_python(anna)
    await anna.send("/lessons")
    for _time in range(2):
        await anna.click("Python")
        assert anna.last_text.count("Откро") == 1  # all of them on the same day
        await anna.click("🔒 3.")
        assert "Откроется" in (anna.toast or "")
        await anna.click(words.ALL_MODULES)
    calls = [one for one in sandbox.telegram.context.calls if not one["ok"]]
    assert [one["result"] for one in calls] == [
        "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
    ]


async def test_a_stale_button_finishes_nothing_that_waits(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await waits(sql, days=3)
    await with_python(anna)
    await anna.press(FinishLesson(lesson=await lesson_id(sql, "Функции")).pack())
    assert anna.toast is not None
    assert "Откроется" in anna.toast
    assert await done(sql) == []


async def test_home_says_when_the_next_one_comes(anna: ChatUser, sql: asyncpg.Connection) -> None:
    """What is done goes on to a message that says so, not to a lesson that is locked."""
    await waits(sql, days=3)
    await with_python(anna)
    await sql.execute("UPDATE bot.lessons SET preview = (position = 1)")
    await anna.press(ShowLesson(id=await lesson_id(sql, "Первая программа")).pack())
    await anna.click(DONE)
    assert anna.last_text.startswith("🔒 2.")
    assert anna.words(words.ALL_LESSONS) in anna.buttons
    await anna.click(words.ALL_LESSONS)
    assert not any(label.startswith("▶️") for label in anna.buttons)
    await anna.send("/start")
    assert "следующий урок" in anna.last_text


async def test_an_admin_unlocks_a_lesson_for_one_person(
    anna: ChatUser, ben: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    await waits(sql, days=3)
    await with_python(anna)
    user = await sql.fetchval("SELECT user_id FROM authidentities WHERE providerkey = $1", str(anna.id))
    await olga.register()
    await olga.send(f"/user #{user}")
    await olga.click(admin_words.UNLOCK)
    await olga.click("🔓 3.")
    assert olga.toast == olga.words(admin_words.UNLOCKED)
    assert not any("🔓 3." in label for label in olga.buttons)
    await anna.receives(THIRD)
    await anna.click("▶️ Урок 3")
    assert THIRD in anna.last_text
    data = UnlockLesson(user=user, lesson=await lesson_id(sql, "Функции")).pack()
    await ben.register()
    await ben.press(data)
    assert await sql.fetchval("SELECT count(*) FROM bot.unlocked_lessons") == 1


async def test_a_long_title_keeps_its_day(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await waits(sql, days=400)
    await with_python(anna)
    await sql.execute("UPDATE bot.lessons SET title = repeat('Длинное название ', 10), preview = false")
    await anna.send("/lessons")
    await anna.click("Python")
    assert all(" · " in label for label in anna.buttons if label.startswith("🔒"))
