"""Writing to the school, and its answers: cards in the admins' chats, replies to them."""

from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from bot.chat.support_buttons import CloseThread, ShowThread, WriteToPerson
from bot.jobs import support as job
from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.texts import errors
from bot.texts import support as words
from bot.timings import Timings
from db.errors import PersonUnknown
from db.jobs import SupportJob
from db.support import ThreadUnknown
from handlers.app import Application
from tests.app import QUICK, origin_of, settings_for, update_of
from tests.callbacks import becomes
from tests.chat_user import ANNA, BEN, OLGA, ChatUser

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
Admins = tuple[ChatUser, ChatUser]
ASKED = "Когда начнётся <курс>?"


@pytest.fixture
def app_settings(sandbox: Sandbox) -> Settings:
    """Two admins."""
    return settings_for(origin_of(sandbox), admin_ids=(OLGA, BEN))


async def writes(person: ChatUser, text: str = ASKED) -> None:
    await person.send("мне нужен человек")
    await person.click(words.WRITE)
    await person.send(text)
    assert person.last_text == person.words(words.SENT)


async def card(admin: ChatUser, part: str = ASKED) -> int:
    """The number of the newest message with this text."""
    await admin.receives(part)
    return int(next(one["message_id"] for one in reversed(admin.messages) if part in one.get("text", "")))


async def reply(person: ChatUser, to: int, text: str = "", **content: Any) -> None:
    """To a message, by its number; `content` instead of a text: photo, sticker…"""
    await person._do("/messages", ({"text": text} if text else {}) | content | {"reply_to": to})


def photos(person: ChatUser) -> list[dict[str, Any]]:
    return [one for one in person.messages if "photo" in one and not one.get("outgoing")]


@pytest.fixture
async def admins(olga: ChatUser, ben: ChatUser) -> Admins:
    await olga.send("/start")
    await ben.send("/start")
    return olga, ben


async def test_a_question_is_answered_by_a_reply(
    anna: ChatUser, admins: Admins, sql: asyncpg.Connection
) -> None:
    olga, ben = admins
    await anna.register()
    await writes(anna)
    number = await card(olga)
    assert "Анна" in next(one["text"] for one in olga.messages if one["message_id"] == number)
    await ben.receives(ASKED)
    await reply(olga, number, "В понедельник")
    await anna.receives("В понедельник")
    assert anna.words(words.WRITE) in anna.buttons
    await ben.receives("В понедельник")
    assert "Ольга" in ben.last_text
    assert await sql.fetchval("select count(*) from bot.support_threads") == 1
    # Who was told of an answer may add to it.
    await reply(ben, await card(ben, "В понедельник"), "at ten")
    await anna.receives("at ten")
    await anna.click(words.WRITE)
    await anna.send("Спасибо")
    await olga.receives("Спасибо")
    assert await sql.fetchval("select count(*) from bot.support_threads") == 1


async def test_photos_go_both_ways(anna: ChatUser, admins: Admins) -> None:
    olga, _ben = admins
    await anna.register()
    await writes(anna)
    await olga.receives(ASKED)
    await anna.send_photo(PIXEL, "вот экран")
    number = await card(olga, "вот экран")
    await becomes_photos(olga, 1)
    await reply(olga, number, photo=PIXEL, caption="смотрите сюда")
    await anna.receives("смотрите сюда")
    await becomes_photos(anna, 1)
    # The photo itself may be answered as well.
    await olga.refresh()
    await reply(olga, photos(olga)[0]["message_id"], "и ещё")
    await anna.receives("и ещё")


async def becomes_photos(person: ChatUser, count: int) -> None:
    async def shown() -> bool:
        await person.refresh()
        return len(photos(person)) == count

    await becomes(shown)


async def test_what_is_sent_goes_to_the_school_until_a_button_or_command(
    anna: ChatUser, sql: asyncpg.Connection, admins: Admins
) -> None:
    await anna.register()
    await writes(anna)
    await anna.send_sticker()
    await anna.click(words.DONE)
    await anna.send("привет")
    assert anna.words(words.WRITE) in anna.buttons
    await anna.click(words.WRITE)
    await anna.send("/status")
    await anna.send("привет ещё раз")
    kinds = await sql.fetch("select kind from bot.support_messages order by id")
    assert [row["kind"] for row in kinds] == ["text", "sticker"]


async def test_a_stranger_may_ask_too(anna: ChatUser, admins: Admins) -> None:
    olga, _ben = admins
    await writes(anna)
    await reply(olga, await card(olga), "Здравствуйте")
    await anna.receives("Здравствуйте")
    await anna.send("/paysupport")
    assert anna.words(words.WRITE) in anna.buttons


async def test_open_conversations_are_listed_and_closed(
    anna: ChatUser, admins: Admins, sql: asyncpg.Connection
) -> None:
    olga, ben = admins
    await olga.send("/support")
    assert olga.last_text == olga.words(words.NONE_OPEN)
    await anna.register()
    await writes(anna)
    number = await card(olga)
    await olga.send("/admin")
    assert "✉️" in olga.last_text
    await olga.send("/support")
    assert "🔴" in olga.last_text
    await olga.click("Анна")
    assert ASKED in olga.last_text
    # A reply to what is shown answers as well.
    shown = next(one["message_id"] for one in reversed(olga.messages) if ASKED in one.get("text", ""))
    await reply(olga, shown, "Завтра")
    await anna.receives("Завтра")
    await olga.click(words.CLOSE)
    assert olga.toast == olga.words(words.CLOSED)
    assert olga.last_text == olga.words(words.NONE_OPEN)
    await ben.press(CloseThread(id=1).pack())
    assert ben.toast == ben.words(words.CLOSED_ALREADY)
    # An answer to a closed one arrives, and opens it again.
    await reply(olga, number, "И послезавтра")
    await anna.receives("И послезавтра")
    await olga.press(CloseThread(id=1).pack())
    await anna.click(words.WRITE)
    await anna.send("новый вопрос")
    await olga.receives("новый вопрос")
    # By now the person has begun another one: the answer goes there.
    await reply(olga, number, "Ответ")
    await anna.receives("Ответ")
    rows = await sql.fetch("select closed_at is null from bot.support_threads order by id")
    assert [row[0] for row in rows] == [False, True]


async def test_a_long_talk_shows_its_end(anna: ChatUser, admins: Admins) -> None:
    olga, _ben = admins
    await anna.register()
    await writes(anna)
    for number in range(10):
        await anna.send(f"№{number} " + "слово " * 65)
    await anna.send("№10 " + "длинное " * 60)
    await olga.receives("№10")
    await olga.send("/support")
    await olga.click("Анна")
    for part in ("№10 длинное", "№9 слово", olga.words(words.ANSWER_HINT)):
        assert part in olga.last_text
    assert not any(part in olga.last_text for part in ("№1 слово", words.FILE))


async def test_the_school_writes_first_from_the_card(
    anna: ChatUser, admins: Admins, sql: asyncpg.Connection
) -> None:
    olga, _ben = admins
    await anna.register()
    await olga.send(f"/user {ANNA}")
    await olga.click(words.WRITE_TO)
    assert "Анна" in olga.last_text
    shown = next(one["message_id"] for one in reversed(olga.messages) if not one.get("outgoing"))
    # Nothing was written yet: no conversation to be closed.
    assert "Закрыт" not in olga.last_text
    await olga.send("/support")
    assert olga.last_text == olga.words(words.NONE_OPEN)
    await reply(olga, shown, "Как дела с уроком?")
    await anna.receives("Как дела с уроком?")
    await anna.click(words.WRITE)
    await anna.send("Хорошо")
    await olga.receives("Хорошо")
    # The same button shows what was written since.
    await olga.send(f"/user {ANNA}")
    await olga.click(words.WRITE_TO)
    for text in ("Как дела с уроком?", "Хорошо"):
        assert text in olga.last_text
    assert await sql.fetchval("select count(*) from bot.support_threads") == 1
    await olga.send(f"/history {ANNA}")
    assert "Анна" in olga.last_text.split("написали первыми ")[1]
    await olga.press(WriteToPerson(user=999).pack())
    assert olga.last_text == olga.words(lambda: errors.say(PersonUnknown("#999")))


@pytest.mark.errors_expected  # pictures that are made up can't be copied
async def test_all_pictures_of_an_album_are_taken(
    anna: ChatUser, admins: Admins, app: Application, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.send("нужен человек")
    await anna.click(words.WRITE)
    size = {"file_id": "x", "file_unique_id": "x", "width": 1, "height": 1}
    for number in (1, 2, 3):
        picture = update_of(anna, photo=[size], media_group_id="7", message_id=100 + number)
        await app.processor.process(picture)
    assert await sql.fetchval("select count(*) from bot.support_messages where kind = 'photo'") == 3
    await anna.refresh()
    assert anna.texts.count(anna.words(words.SENT)) == 1


async def test_who_has_blocked_the_bot_gets_no_answer_and_the_admin_hears_of_it(
    anna: ChatUser, admins: Admins
) -> None:
    olga, _ben = admins
    await anna.register()
    await writes(anna)
    number = await card(olga)
    await anna.block()
    await reply(olga, number, "Вы тут?")
    await olga.receives(lambda: words.not_delivered("Анна Соколова"))


async def test_only_admins_answer(anna: ChatUser, admins: Admins, sql: asyncpg.Connection) -> None:
    olga, _ben = admins
    await anna.register()
    await writes(anna)
    await anna.click(words.DONE)
    await reply(olga, await card(olga), "Да")
    await anna.receives("Да")
    for data in (ShowThread(id=1).pack(), CloseThread(id=1).pack()):
        await anna.press(data)
    answer = next(one["message_id"] for one in anna.messages if "Да" in one.get("text", ""))
    await reply(anna, answer, "подделка")
    assert await sql.fetchval("select count(*) from bot.support_messages") == 2
    assert await sql.fetchval("select closed_at from bot.support_threads") is None
    await olga.press(ShowThread(id=99).pack())
    assert olga.last_text == olga.words(lambda: errors.say(ThreadUnknown(99)))


async def test_a_job_that_runs_twice_sends_once(
    anna: ChatUser, admins: Admins, app: Application, sql: asyncpg.Connection
) -> None:
    olga, _ben = admins
    await anna.register()
    await writes(anna)
    await card(olga)
    message = await sql.fetchval("select id from bot.support_messages")
    noted = "select count(*) from bot.support_copies where chat_id = $1"
    await becomes(lambda: sql.fetchval(noted, OLGA))
    await job.deliver(SupportJob(message=message, telegram_id=OLGA), app.context)
    await olga.refresh()
    assert sum(ASKED in one.get("text", "") for one in olga.messages) == 1


class TestMany:
    @pytest.fixture
    def timings(self) -> Timings:
        return replace(QUICK, questions=2)

    async def test_too_many_at_once_are_not_taken(
        self, anna: ChatUser, admins: Admins, sql: asyncpg.Connection
    ) -> None:
        await anna.register()
        await writes(anna)
        await anna.send("раз")
        await anna.send("два")
        assert anna.last_text == anna.words(words.TOO_MANY)
        assert await sql.fetchval("select count(*) from bot.support_messages") == 2
