"""Lessons in the chat: what is open, what is locked, and what becomes of Done."""

import asyncpg

from bot.catalogue.reading import parse
from bot.chat.buttons import FinishLesson, ShowLesson, ShowLessonModules, ShowLessons
from bot.texts import errors, lessons, progress
from bot.texts import home as home_words
from bot.texts.accounts import registration
from db.catalogue import loading
from db.engine import Pool
from db.errors import LessonLocked, LessonUnknown
from handlers.app import Application
from tests.chat.learning import DONE, take
from tests.chat_user import ChatUser, plain

LONG = "\n\n".join(f"<b>{number}</b> " + "слово " * 200 for number in range(12))


async def lesson_id(sql: asyncpg.Connection, title: str) -> int:
    return int(await sql.fetchval("SELECT id FROM bot.lessons WHERE title LIKE $1", f"%{title}%"))


async def done(sql: asyncpg.Connection) -> list[str]:
    rows = await sql.fetch(
        "SELECT title FROM progress p JOIN bot.lessons l ON l.id = p.lesson_id ORDER BY p.id"
    )
    return [row["title"] for row in rows]


async def with_python(person: ChatUser) -> None:
    await person.register()
    await person.send("/promo SPRING")
    await person.receives("SPRING")


async def test_before_access_modules_are_locked(anna: ChatUser) -> None:
    await anna.register()
    await anna.send("/lessons")
    assert len([label for label in anna.buttons if label.startswith("🔒")]) == 3
    await anna.click("Python")
    assert anna.buttons[0].startswith("▶️ Урок 1: ")
    assert anna.buttons[1].startswith("🎁 1.")
    assert anna.buttons[3].startswith("🔒 3.")
    assert anna.words(lessons.HOW_TO_OPEN) in anna.buttons


async def test_a_locked_lesson_shows_what_opens_it(anna: ChatUser) -> None:
    await anna.register()
    await anna.send("/lessons")
    await anna.click("Python")
    await anna.click("🔒 3.")
    assert anna.last_text.startswith("🔒")
    assert any("990" in label for label in anna.buttons)
    await anna.click("30")
    await anna.receives("990")


async def test_done_writes_progress_and_shows_the_next_lesson(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await with_python(anna)
    await anna.send("/lessons")
    assert anna.buttons[1].startswith("📖")
    await anna.click("Python")
    await anna.click("▫️ 1.")
    assert "Первая программа" in anna.last_text
    await anna.click(DONE)
    assert "Переменные" in anna.last_text
    assert anna.toast == anna.words(lessons.WELL_DONE)
    assert await done(sql) == ["Первая программа"]
    await anna.click(lessons.ALL_LESSONS)
    assert anna.buttons[0].startswith("▶️ Урок 2: ")
    assert anna.buttons[1].startswith("✅ 1.")
    assert anna.buttons[2].startswith("▫️ 2.")


async def test_a_module_can_be_done_to_its_end(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await with_python(anna)
    await anna.press(ShowLesson(id=await lesson_id(sql, "Первая программа")).pack())
    for at in range(5):
        await take(anna, sql, last=at == 4)
    assert "🎉" in anna.last_text
    assert len(await done(sql)) == 5
    await anna.send("/progress")
    assert "100%" in anna.last_text


async def test_of_twelve_agreed_the_five_there_are_are_the_same_on_every_screen(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await with_python(anna)
    await sql.execute("UPDATE modules SET interval_count = 12")
    await sql.execute("UPDATE bot.catalogue_keys SET adopted = true")
    await anna.press(ShowLesson(id=await lesson_id(sql, "Первая программа")).pack())
    for at in range(5):
        await take(anna, sql, last=at == 4)
    assert "🎉" in anna.last_text
    assert "5 из 12" in anna.last_text
    await anna.send("/progress")
    assert "5 из 12" in anna.last_text
    assert "41%" in anna.last_text
    assert "🎉" in anna.last_text
    await anna.send("/lessons")
    assert any("5/12" in button for button in anna.buttons)
    await anna.click("5/12")
    assert "5 из 12" in anna.last_text
    assert "🎉" in anna.last_text


async def test_the_last_lesson_before_the_others_says_what_is_left(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await with_python(anna)
    await anna.press(ShowLesson(id=await lesson_id(sql, "Функции")).pack())
    await take(anna, sql, last=True)
    assert "Остались ещё 4 непройденных урока" in anna.last_text
    assert "🎉" not in anna.last_text


async def test_done_pressed_again_is_harmless(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await with_python(anna)
    lesson = await lesson_id(sql, "Первая программа")
    for _ in range(2):
        await anna.press(FinishLesson(lesson=lesson).pack())
        assert "Переменные" in anna.last_text
    assert await done(sql) == ["Первая программа"]


async def test_access_is_checked_at_the_moment_of_done(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await with_python(anna)
    await sql.execute("update bot.questions set active = false")
    lesson = await lesson_id(sql, "Условия")
    await anna.press(ShowLesson(id=lesson).pack())
    assert DONE in " ".join(anna.buttons)
    await sql.execute("UPDATE usermoduleaccess SET ends_at = now() - interval '1 second'")
    await anna.click(DONE)
    assert anna.last_text == anna.words(lambda: errors.say(LessonLocked(lesson, 0)))
    assert await done(sql) == []


async def test_previous_and_next(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await with_python(anna)
    await anna.press(ShowLesson(id=await lesson_id(sql, "Первая программа")).pack())
    assert lessons.BACKWARD not in anna.buttons
    await anna.click(lessons.FORWARD)
    assert "Переменные" in anna.last_text
    await anna.click(lessons.BACKWARD)
    assert "Первая программа" in anna.last_text


async def test_only_what_is_done_is_left_by_next(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await with_python(anna)
    await sql.execute("update bot.questions set active = false")
    first = ShowLesson(id=await lesson_id(sql, "Первая программа")).pack()
    await anna.press(first)
    assert anna.buttons[:2] == [anna.words(lessons.DONE_NEXT), lessons.FORWARD]
    await anna.click(DONE)
    await anna.press(first)
    assert anna.buttons[0] == anna.words(lessons.FOLLOWING)
    await anna.press(ShowLesson(id=await lesson_id(sql, "Функции")).pack())
    assert anna.buttons[0] == anna.words(lessons.DONE)


async def test_stale_and_made_up_buttons(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await with_python(anna)
    gone = anna.words(lambda: errors.say(LessonUnknown(0)))
    for data in (ShowLesson(id=10**12), FinishLesson(lesson=10**12)):
        await anna.press(data.pack())
        assert anna.last_text == gone
    await anna.press(ShowLessons(module=10**12).pack())
    assert anna.toast == anna.words(lessons.MODULE_GONE)
    await anna.press(ShowLessonModules(page=-(10**30)).pack())
    assert "Python" in " ".join(anna.buttons)
    await anna.press(f"lesson:{10**30}")
    assert anna.toast
    assert await done(sql) == []


async def test_free_lessons_are_open_before_registering(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.send("/lessons")
    await anna.click("Python")
    await anna.click("🎁 1.")
    assert "Первая программа" in anna.last_text
    await anna.click(lessons.ALL_LESSONS)
    await anna.click("▶️")
    assert "Первая программа" in anna.last_text
    await anna.click(DONE)
    assert anna.last_text == anna.words(registration.NOT_REGISTERED)
    assert await done(sql) == []


async def test_a_long_lesson_with_a_photo_comes_whole(
    anna: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    source = f"""
        [[modules]]
        key = "long"
        name = "Длинный <модуль> & Ко"
        [[modules.lessons]]
        key = "one"
        title = "Очень <длинный>"
        preview = true
        media = {{kind = "photo", url = "https://example.com/a.png"}}
        text = '''{LONG}'''
    """
    async with app.context.database.transaction(Pool.JOBS) as session:
        await loading.load_catalogue(session, parse(source))
    await anna.register()
    await anna.press(ShowLesson(id=await lesson_id(sql, "Очень")).pack())
    photo, *texts = [one for one in anna.messages if not one.get("outgoing")][-5:]
    assert photo["photo"]
    words = [word for one in texts for word in one["text"].split()]
    assert words[-len(plain(LONG).split()) :] == plain(LONG).split()
    assert "Очень <длинный>" in texts[0]["text"]
    assert all(len(one["text"]) <= 4096 for one in texts)
    assert DONE in " ".join(anna.buttons)


async def test_english(ben: ChatUser) -> None:
    await ben.register()
    await ben.send("/lessons")
    await ben.click("Python")
    await ben.click("1.")
    assert "✅ Done, next" in ben.buttons


async def test_no_progress_yet(anna: ChatUser) -> None:
    await anna.register()
    assert await anna.send("/progress") == anna.words(progress.NOTHING)
    await anna.click(home_words.MY_COURSES)
    assert len([label for label in anna.buttons if label.startswith("🔒")]) == 3


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
