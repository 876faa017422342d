"""Progress as the chat shows it."""

import asyncpg

from bot.texts import lessons as words
from tests.chat_user import ChatUser


async def test_nothing_yet(anna: ChatUser) -> None:
    await anna.register()
    assert await anna.send("/progress") == anna.words(words.NO_PROGRESS)
    await anna.click(words.LESSONS)
    assert len(anna.buttons) == 3


async def test_share_of_a_module_and_going_on(anna: ChatUser) -> None:
    await anna.register()
    await anna.send("/promo SPRING")
    await anna.receives("SPRING")
    await anna.send("/lessons")
    await anna.click("Python")
    await anna.click("1.")
    await anna.click("Готово")
    await anna.send("/progress")
    assert "▰▰▱▱▱▱▱▱▱▱ 20%" in anna.last_text
    assert "Английский" not in anna.last_text
    await anna.click("Python с нуля")
    assert "Переменные" in anna.last_text


async def test_a_module_without_lessons(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await sql.execute("INSERT INTO modules (name, interval_count) VALUES ('Empty <module>', 0)")
    await sql.execute(
        "INSERT INTO usermoduleaccess (user_id, module_id, ends_at)"
        " SELECT u.id, m.id, 'infinity' FROM users u, modules m WHERE m.interval_count = 0"
    )
    assert "Empty <module>" in await anna.send("/progress")
