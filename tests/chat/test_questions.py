"""Questions in the chat: one message, one answer each, whatever is pressed twice, late or by somebody else."""

import asyncio
from typing import Any

import asyncpg
import pytest

from bot.chat.buttons import BeginQuestions, ChooseOption, FinishLesson, ShowLesson, ShowQuestion
from bot.jobs.refusals import refused
from bot.texts import errors, lessons
from bot.texts import questions as words
from bot.texts.accounts import registration
from db.errors import AttemptUnknown, LessonUnknown
from db.jobs import RefusedJob
from handlers.app import Application
from tests.app import second_app, update_of
from tests.chat.test_lessons import done, lesson_id
from tests.chat_user import ChatUser
from tests.db.lessons.asking import NUMBER, ONE, SEVERAL, TEXT, put_question

TITLE = "Первая программа"
PICTURE, GONE = "https://example.com/a.png", "https://school.invalid/a.png"
LONG = "An option that is much too long for a button of a phone"


async def with_questions(person: ChatUser, sql: asyncpg.Connection, *asked: dict[str, Any]) -> int:
    """The person reads a free lesson that asks these; its id."""
    lesson = await lesson_id(sql, TITLE)
    for at, fields in enumerate(asked):
        await put_question(sql, lesson, f"q{at}", **fields)
    await person.register()
    await person.press(ShowLesson(id=lesson).pack())
    return lesson


async def tries(sql: asyncpg.Connection) -> int:
    return int(await sql.fetchval("select count(*) from bot.answers"))


async def test_a_lesson_s_questions_in_one_message(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await with_questions(
        anna,
        sql,
        ONE | {"explanation": "Grass is <green>."},
        SEVERAL,
        TEXT | {"hint": "On the <Seine>"},
        NUMBER,
    )
    assert "4 вопроса" in anna.buttons[0]
    await anna.click("4 вопроса")
    count = len(anna.texts)
    assert "вопрос 1 из 4" in anna.last_text
    await anna.click("green")
    assert "✅ Верно!" in anna.last_text
    assert "Grass is <green>." in anna.last_text
    await anna.click(words.NEXT)
    for option in ("2", "3", "5"):
        await anna.click(f"▫️ {option}")
    assert "▫️ 4" in anna.buttons
    await anna.click(words.ANSWER)
    assert "Верно" in anna.last_text
    await anna.click(words.NEXT)
    assert len(anna.texts) == count
    assert "On the <Seine>" in anna.last_text
    await anna.send("paris!")
    assert "Верно" in await anna.receives("Ваш ответ: paris!")
    await anna.click(words.NEXT)
    await anna.send("42")
    assert await done(sql) == [TITLE]
    await anna.click(words.DONE)
    assert "Верных ответов: 4 из 4" in await anna.receives("Результат: Пройден")
    assert labels_with(anna, "Результат")[0].startswith("▶️ Урок 2")
    assert len(anna.texts) == count


def labels_with(person: ChatUser, part: str) -> list[str]:
    """Of the newest message that says it."""
    message = next(one for one in reversed(person.messages) if part in (one.get("text") or ""))
    rows = (message.get("reply_markup") or {}).get("inline_keyboard") or []
    return [key["text"] for row in rows for key in row]


async def test_a_wrong_answer_may_be_tried_once_more(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await with_questions(anna, sql, ONE | {"hint": "Look at the grass", "explanation": "So it is."})
    await anna.click("1 вопрос")
    assert "Не совсем" not in anna.last_text
    await anna.click("red")
    assert "Не совсем" in anna.last_text
    assert "So it is." not in anna.last_text
    assert "red" not in anna.buttons
    await anna.click("blue")
    assert "Правильно: green" in anna.last_text
    assert "So it is." in anna.last_text


async def test_failing_and_trying_again(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await sql.execute("update bot.results set share = 100 where passed")
    await with_questions(anna, sql, NUMBER)
    await anna.click("1 вопрос")
    await anna.click(words.GIVE_UP)
    await anna.click(words.DONE)
    assert "Нужно повторить" in anna.last_text
    await anna.click(words.TRY_AGAIN)
    await anna.send("42")
    await anna.click(words.DONE)
    assert "Пройден" in await anna.receives("Результат")
    assert await sql.fetchval("select count(*) from progress") == 2
    await anna.send("/lessons")
    await anna.click("Python")
    assert anna.buttons[1].startswith("✅ 1.")


async def test_an_old_done_button_asks_the_questions(anna: ChatUser, sql: asyncpg.Connection) -> None:
    lesson = await with_questions(anna, sql, ONE)
    await anna.press(FinishLesson(lesson=lesson).pack())
    assert "вопрос 1 из 1" in anna.last_text
    assert await done(sql) == []


async def test_taps_that_come_twice_or_late(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await with_questions(anna, sql, ONE, ONE | {"text": "Second", "options": ["red", "green", "black"]})
    await anna.click("2 вопроса")
    attempt, form = drawn(anna)
    late = ChooseOption(attempt=attempt, form=form, option=1).pack()
    await anna.press(late)
    await anna.press(late)
    assert anna.toast == anna.words(words.MOVED_ON)
    assert "Second" in anna.last_text
    assert await tries(sql) == 1
    await anna.click("green")
    await anna.press(late)
    assert "Результат" in anna.last_text
    await anna.press(ChooseOption(attempt=attempt, form="0", option=99).pack())
    assert await tries(sql) == 2
    assert await done(sql) == [TITLE]


def drawn(person: ChatUser) -> tuple[int, str]:
    """The attempt and the form that the newest message's first button bears."""
    message = next(one for one in reversed(person.messages) if one.get("reply_markup"))
    _, attempt, form, _ = message["reply_markup"]["inline_keyboard"][0][0]["callback_data"].split(":")
    return int(attempt), form


async def test_pressed_at_once_from_two_devices(
    anna: ChatUser, app: Application, sql: asyncpg.Connection, school_database: str
) -> None:
    await with_questions(anna, sql, ONE)
    await anna.click("1 вопрос")
    attempt, form = drawn(anna)
    data = ChooseOption(attempt=attempt, form=form, option=1).pack()
    async with second_app(app, school_database) as other:
        await asyncio.gather(
            anna.press(data), *(other.processor.process(pressed(anna, data)) for _ in range(3))
        )
    assert await tries(sql) == 1
    assert await done(sql) == [TITLE]


def pressed(person: ChatUser, data: str) -> dict[str, object]:
    update = update_of(person, text="")
    message = update.pop("message")
    query = {"id": str(update["update_id"]), "from": message["from"], "chat_instance": "1", "data": data}
    return update | {"callback_query": query}


async def test_somebody_else_s_question(anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection) -> None:
    await with_questions(anna, sql, ONE)
    await anna.click("1 вопрос")
    attempt, form = drawn(anna)
    await ben.register()
    for data in (ChooseOption(attempt=attempt, form=form, option=1), ShowQuestion(attempt=attempt)):
        await ben.press(data.pack())
        assert ben.last_text == ben.words(lambda: errors.say(AttemptUnknown(attempt)))
    assert await tries(sql) == 0


async def test_a_lesson_withdrawn_or_locked_in_the_middle(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.send("/promo SPRING")
    await anna.receives("SPRING")
    lesson = await lesson_id(sql, "Условия")
    await put_question(sql, lesson, "q", **ONE)
    await anna.press(BeginQuestions(lesson=lesson).pack())
    attempt, form = drawn(anna)
    data = ChooseOption(attempt=attempt, form=form, option=1).pack()
    await sql.execute("update usermoduleaccess set ends_at = now() - interval '1 second'")
    await anna.press(data)
    assert "🔒" in anna.last_text
    await anna.press(ShowQuestion(attempt=attempt).pack())
    assert any("990" in button for button in anna.buttons)
    await sql.execute("update bot.lessons set active = false where id = $1", lesson)
    await anna.press(data)
    assert anna.last_text == anna.words(lambda: errors.say(LessonUnknown(lesson)))
    await sql.execute("update bot.lessons set active = true where id = $1", lesson)
    await sql.execute("update usermoduleaccess set ends_at = now() + interval '1 day'")
    await anna.press(data)
    assert "Верно" in anna.last_text


async def test_long_options_are_listed_above_their_numbers(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await with_questions(anna, sql, ONE | {"options": [LONG, "short", "<b>"], "answer": 0})
    await anna.click("1 вопрос")
    assert anna.buttons == ["1", "2", "3"]
    place = next(line for line in anna.last_text.split("\n") if LONG in line)
    assert "3. " in anna.last_text
    await anna.click(place.split(".")[0])
    assert "Верно" in anna.last_text


async def test_a_picture_goes_with_the_explanation(anna: ChatUser, sql: asyncpg.Connection) -> None:
    """The second time by the id under which Telegram has it: its address is gone by then."""
    await with_questions(anna, sql, ONE | {"picture": PICTURE}, NUMBER)
    await anna.click("2 вопроса")
    await anna.click("green")
    sent = anna.messages[-1]["photo"]
    await anna.click(words.NEXT)
    assert "вопрос 2 из 2" in anna.messages[-1]["text"]
    await anna.send("42")
    await anna.click(words.DONE)
    await sql.execute("update bot.questions set picture = $1 where picture is not null", GONE)
    await sql.execute("update bot.sent_files set source = $1", GONE)
    await anna.click(words.AGAIN)
    await anna.click("green")
    assert anna.messages[-1]["photo"] == sent


@pytest.mark.errors_expected("an alarm is logged as an error")
async def test_a_picture_that_telegram_refuses_is_told(
    anna: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    picture = "https://example.com/a.tiff"
    await with_questions(anna, sql, ONE | {"picture": picture})
    await anna.click("1 вопрос")
    error = "Bad Request: wrong type of the web page content"
    await refused(
        RefusedJob(method="SendPhoto", telegram_id=anna.id, about=picture, error=error), app.context
    )
    assert TITLE in await anna.receives("Школа об этом знает")
    await anna.click("green")
    await anna.click(words.DONE)
    assert "Результат" in anna.last_text


async def test_before_registering(anna: ChatUser, sql: asyncpg.Connection) -> None:
    lesson = await lesson_id(sql, TITLE)
    await put_question(sql, lesson, "q", **ONE)
    await anna.send("/lessons")
    await anna.press(ShowLesson(id=lesson).pack())
    await anna.click("1 вопрос")
    assert anna.last_text == anna.words(registration.NOT_REGISTERED)
    await anna.click(registration.REGISTER)
    await anna.receives("вопрос 1 из 1")


async def test_english(ben: ChatUser, sql: asyncpg.Connection) -> None:
    await with_questions(ben, sql, ONE)
    await ben.click("1 question")
    await ben.click("green")
    assert "Right!" in ben.last_text
    await ben.click("Done")
    assert "Right: 1 of 1 question" in ben.last_text
    assert ben.words(lessons.ALL_LESSONS) in ben.buttons
