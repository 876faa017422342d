"""Answers that are typed: whatever comes instead of one, and what ends it."""

import asyncpg
import pytest

from bot.chat.buttons import BeginQuestions
from bot.texts import errors
from bot.texts import questions as words
from db.errors import AnswerNoNumber
from tests.chat.test_lessons import done
from tests.chat.test_questions import TITLE, tries, with_questions
from tests.chat_user import ChatUser
from tests.db.lessons.asking import NUMBER, ONE, TEXT


@pytest.mark.parametrize("typed", ["x" * 4096, "🎄", "<b>&{x}"])
async def test_whatever_is_typed(anna: ChatUser, sql: asyncpg.Connection, typed: str) -> None:
    await with_questions(anna, sql, TEXT)
    await anna.click("1 вопрос")
    await anna.send(typed)
    await anna.receives("Не совсем")
    await anna.send(typed)
    assert typed[:100] in await anna.receives("Правильно: Paris")
    assert await tries(sql) == 2


async def test_a_sticker_is_no_answer_and_a_word_no_number(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await with_questions(anna, sql, NUMBER)
    await anna.click("1 вопрос")
    await anna.send_sticker()
    assert anna.last_text == anna.words(words.TEXT_PLEASE)
    await anna.send("сорок два")
    assert anna.last_text == anna.words(lambda: errors.say(AnswerNoNumber()))
    await anna.send("42")
    assert "Верно" in await anna.receives("Ваш ответ")
    assert await tries(sql) == 1


async def test_a_command_ends_what_is_typed_and_the_attempt_waits(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    lesson = await with_questions(anna, sql, ONE, NUMBER)
    await anna.click("2 вопроса")
    await anna.click("green")
    await anna.click(words.NEXT)
    await anna.send("/help")
    await anna.send("42")
    assert await tries(sql) == 1
    await anna.press(BeginQuestions(lesson=lesson).pack())
    assert "вопрос 2 из 2" in anna.last_text
    await anna.send("42")
    assert await done(sql) == [TITLE]


async def test_typed_elsewhere_the_answer_was_given_already(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await with_questions(anna, sql, TEXT, TEXT | {"text": "Second"})
    await anna.click("2 вопроса")
    await sql.execute(
        "insert into bot.answers (attempt_id, question_id, number, given, is_right, is_final, answered_at)"
        " select a.id, q.id, 1, '{Paris}', true, true, now() from bot.attempts a, bot.questions q where q.key = 'q0'"
        " and q.lesson_id = a.lesson_id"
    )
    assert "Second" in await anna.send("Paris")
    await anna.send("Paris")
    assert await done(sql) == [TITLE]
