"""A lesson on the screen: one document where Telegram can, classic messages where not, and always in one place."""

from typing import Any

import asyncpg
import pytest

from bot.chat.buttons import FinishLesson, ShowLesson
from bot.sandbox.app import Sandbox
from bot.texts import lessons as words
from handlers.app import Application
from tests.chat_user import ChatUser

MARKDOWN = """## Раздел

Текст с **жирным**, формула $x^2$.

| имя | число |
|-----|------:|
| a   | 1     |

<details><summary>Подсказка</summary>Это цикл</details>
"""
PHOTO = "https://example.com/a.png"
LONG = "\n\n".join("слово " * 150 for _ in range(40))
Json = dict[str, Any]


async def lesson_ids(sql: asyncpg.Connection) -> list[int]:
    query = "select id from bot.lessons where module_id = 1 order by position limit 3"
    return [row["id"] for row in await sql.fetch(query)]


async def write(
    sql: asyncpg.Connection, number: int, text: str, media: tuple[str, str] | None = None
) -> None:
    kind, source = media or (None, None)
    await sql.execute(
        "update bot.lessons set text = $2, markup = 'markdown', media_kind = $3, media = $4 where id = $1",
        (await lesson_ids(sql))[number],
        text,
        kind,
        source,
    )


async def options(sql: asyncpg.Connection, *, rich: bool = True, protected: bool = False) -> None:
    await sql.execute(
        "insert into bot.module_options values (1, $1, $2)"
        " on conflict (module_id) do update set format = $1, protect_content = $2",
        "rich" if rich else "classic",
        protected,
    )


def theirs(person: ChatUser) -> list[Json]:
    return [one for one in person.messages if not one.get("outgoing")]


def blocks(message: Json) -> list[str]:
    return [block["type"] for block in message["rich_message"]["blocks"]]


@pytest.fixture
async def learner(anna: ChatUser) -> ChatUser:
    await anna.register()
    await anna.send("/promo SPRING")
    await anna.receives("SPRING")
    return anna


async def opened(person: ChatUser, sql: asyncpg.Connection, number: int = 0) -> Json:
    await person.send("/lessons")
    await person.press(ShowLesson(id=(await lesson_ids(sql))[number]).pack())
    return theirs(person)[-1]


async def test_a_lesson_is_one_document_and_its_neighbours_come_in_its_place(
    learner: ChatUser, sql: asyncpg.Connection
) -> None:
    await options(sql)
    await write(sql, 0, MARKDOWN)
    first = await opened(learner, sql)
    assert blocks(first) == ["paragraph", "heading", "heading", "paragraph", "table", "details"]
    for label in (words.FORWARD, words.BACKWARD, words.FORWARD):
        await learner.click(label)
        assert theirs(learner)[-1]["message_id"] == first["message_id"]
    assert theirs(learner)[-1]["rich_message"]["blocks"][1]["text"].startswith("Переменные")
    await learner.click(words.ALL_LESSONS)
    contents = theirs(learner)[-1]
    assert contents["message_id"] == first["message_id"]
    assert contents["text"].startswith("📚")
    await learner.click("▶️ Урок 1")
    assert blocks(theirs(learner)[-1])


async def test_the_same_lesson_as_a_classic_message(learner: ChatUser, sql: asyncpg.Connection) -> None:
    await write(sql, 0, MARKDOWN)
    message = await opened(learner, sql)
    assert "Раздел\n\nТекст с жирным, формула x^2." in message["text"]
    assert {"pre", "expandable_blockquote"} <= {one["type"] for one in message["entities"]}


async def test_an_older_server_is_found_out_once_and_remembered(
    learner: ChatUser, sql: asyncpg.Connection, sandbox: Sandbox, app: Application
) -> None:
    await options(sql)
    await write(sql, 0, MARKDOWN)
    sandbox.faults.set(telegram_old=True)
    message = await opened(learner, sql)
    assert "Раздел" in message["text"]
    assert app.context.rich.lacking
    tried = len(rich_calls(sandbox))
    await learner.click(words.FORWARD)
    await learner.click(words.BACKWARD)
    assert "Раздел" in theirs(learner)[-1]["text"]
    assert theirs(learner)[-1]["message_id"] == message["message_id"]
    assert len(rich_calls(sandbox)) == tried == 1
    assert await sql.fetchval("select count(*) from bot.alerts") == 0


def rich_calls(sandbox: Sandbox) -> list[Json]:
    calls = sandbox.telegram.context.calls
    return [one for one in calls if one["method"] == "sendRichMessage" or "rich_message" in one["params"]]


async def test_an_edit_finds_the_older_server_out_too(
    learner: ChatUser, sql: asyncpg.Connection, sandbox: Sandbox, app: Application
) -> None:
    await options(sql)
    message = await opened(learner, sql)
    sandbox.faults.set(telegram_old=True)
    await learner.click(words.FORWARD)
    assert theirs(learner)[-1]["message_id"] == message["message_id"]
    assert "Переменные" in theirs(learner)[-1]["text"]
    assert app.context.rich.lacking


@pytest.mark.errors_expected("what Telegram refuses is an error and an alarm")
async def test_a_picture_that_telegram_refuses_leaves_the_lesson_readable(
    learner: ChatUser, sql: asyncpg.Connection, sandbox: Sandbox, app: Application
) -> None:
    await options(sql)
    await write(sql, 0, f"{MARKDOWN}\n\n![Схема](https://school.invalid/a.png)")
    message = await opened(learner, sql)
    assert "🖼 Схема" in message["text"]
    assert not app.context.rich.lacking
    before = len(rich_calls(sandbox))
    await opened(learner, sql)
    assert len(rich_calls(sandbox)) == before
    await learner.click(words.FORWARD)
    assert blocks(theirs(learner)[-1])


async def test_a_lesson_too_large_for_a_document_comes_in_parts_that_go_together(
    learner: ChatUser, sql: asyncpg.Connection, sandbox: Sandbox
) -> None:
    await options(sql)
    await write(sql, 0, LONG)
    before = {one["message_id"] for one in theirs(learner)}
    await opened(learner, sql)
    parts = [one for one in theirs(learner) if one["message_id"] not in before]
    assert len(parts) > 5
    assert all("text" in one for one in parts)
    assert not rich_calls(sandbox)
    await learner.click(words.FORWARD)
    (left,) = [one for one in theirs(learner) if one["message_id"] not in before]
    assert blocks(left)
    await learner.click(words.BACKWARD)
    assert len([one for one in theirs(learner) if one["message_id"] not in before]) == len(parts)


async def test_media_text_and_documents_take_each_other_s_place(
    learner: ChatUser, sql: asyncpg.Connection, app: Application
) -> None:
    await write(sql, 1, "Коротко", ("photo", PHOTO))
    await write(sql, 2, "Голосом", ("voice", "https://example.com/a.ogg"))
    before = {one["message_id"] for one in theirs(learner)}
    await opened(learner, sql)
    for label, kind in (
        (words.FORWARD, "photo"),
        (words.FORWARD, "voice"),
        (words.BACKWARD, "photo"),
        (words.BACKWARD, "text"),
        (words.FORWARD, "photo"),
        (words.ALL_LESSONS, "text"),
    ):
        await learner.click(label)
        shown = [one for one in theirs(learner) if one["message_id"] not in before]
        assert len(shown) == 1
        assert kind in shown[0]
    rows = await sql.fetch("select kind, source, file_id from bot.sent_files order by kind")
    assert [(row["kind"], row["source"]) for row in rows] == [
        ("photo", PHOTO),
        ("voice", "https://example.com/a.ogg"),
    ]


async def test_a_file_that_was_sent_is_sent_by_its_id_while_telegram_knows_it(
    learner: ChatUser, sql: asyncpg.Connection, sandbox: Sandbox
) -> None:
    await write(sql, 0, "Коротко", ("photo", PHOTO))
    for _ in range(2):
        await opened(learner, sql)
    calls = [one["params"] for one in sandbox.telegram.context.calls if one["method"] == "editMessageMedia"]
    sent = [one["media"]["media"] for one in calls]
    assert sent == [PHOTO, await sql.fetchval("select file_id from bot.sent_files")]
    await sql.execute("update bot.sent_files set file_id = 'AgACAgIAAxkBAAIB-no-longer-known'")
    assert (await opened(learner, sql))["photo"]
    assert await sql.fetchval("select file_id from bot.sent_files") not in (
        None,
        "AgACAgIAAxkBAAIB-no-longer-known",
    )


async def test_a_document_holds_the_lesson_s_file(learner: ChatUser, sql: asyncpg.Connection) -> None:
    await write(sql, 0, "Коротко", ("photo", PHOTO))
    await opened(learner, sql)
    known = await sql.fetchval("select file_id from bot.sent_files")
    await options(sql)
    for source, kind in ((PHOTO, "photo"), (known, "photo")):
        await write(sql, 0, "Коротко", (kind, source))
        assert blocks(await opened(learner, sql)) == ["paragraph", "heading", "photo", "paragraph"]
    await write(sql, 0, "Коротко", ("document", "https://example.com/a.pdf"))
    assert (await opened(learner, sql))["document"]


async def test_protected_lessons_are_sent_so_and_never_by_an_edit(
    learner: ChatUser, sql: asyncpg.Connection
) -> None:
    first = await opened(learner, sql)
    assert "has_protected_content" not in first
    await options(sql, rich=False, protected=True)
    await learner.click(words.FORWARD)
    second = theirs(learner)[-1]
    assert second["has_protected_content"]
    assert first["message_id"] not in {one["message_id"] for one in theirs(learner)}
    await learner.click(words.BACKWARD)
    assert theirs(learner)[-1]["message_id"] == second["message_id"]
    await options(sql, protected=True)
    assert (await opened(learner, sql))["has_protected_content"]


@pytest.mark.errors_expected("what Telegram refuses is an error and an alarm")
@pytest.mark.parametrize("here", [True, False])
async def test_a_refused_file_leaves_its_lesson_s_text(
    learner: ChatUser, sql: asyncpg.Connection, here: bool
) -> None:
    await write(sql, 1, "Коротко", ("photo", "https://school.invalid/a.png"))
    await opened(learner, sql, 0 if here else 1)
    if here:
        await learner.click(words.FORWARD)
    assert "Коротко" in " ".join(learner.texts[-2:])
    await learner.receives("Переменные")
    assert words.FORWARD in [
        key["text"] for one in theirs(learner)[-3:] for row in rows_of(one) for key in row
    ]


def rows_of(message: Json) -> list[list[Json]]:
    rows: list[list[Json]] = (message.get("reply_markup") or {}).get("inline_keyboard", [])
    return rows


async def test_what_waits_for_telegram_is_sent_as_a_document_later(
    learner: ChatUser, sql: asyncpg.Connection, sandbox: Sandbox
) -> None:
    await options(sql)
    await write(sql, 0, MARKDOWN)
    sandbox.faults.set(telegram_5xx=3)
    await learner.press(ShowLesson(id=(await lesson_ids(sql))[0]).pack())
    await learner.receives("Раздел")
    assert blocks(theirs(learner)[-1])


async def test_done_leaves_what_was_read(learner: ChatUser, sql: asyncpg.Connection) -> None:
    await options(sql)
    first = await opened(learner, sql)
    await learner.press(FinishLesson(lesson=(await lesson_ids(sql))[0]).pack())
    kept, following = [one for one in theirs(learner) if "rich_message" in one][-2:]
    assert kept["message_id"] == first["message_id"]
    assert following["rich_message"]["blocks"][1]["text"].startswith("Переменные")
