"""A class is given access from a file: fetched by a job, looked at before anything changes."""

import asyncpg

from bot.csv_files import ListFault
from bot.texts.access import granting as words
from bot.texts.access import many
from bot.texts.commands import ABOUT
from tests.chat.files import receive_file, send_file
from tests.chat.test_access_many import OPEN
from tests.chat.test_access_many import pupils as pupils
from tests.chat_user import ChatUser


async def test_a_class_of_thirty_from_a_file_in_four_taps(
    olga: ChatUser, sql: asyncpg.Connection, pupils: list[str]
) -> None:
    table = "Имя;Почта\n" + "\n".join(f"Ученик;{email}" for email in pupils)
    await olga.send("/admin")
    olga.taps = 0
    await olga.click(ABOUT["grant"])
    await send_file(olga, "7Б.csv", table.encode("cp1251"))
    await olga.receives(words.ASK_PRODUCT)
    await olga.click("Python")
    await olga.click("30")
    assert "Ученик 17" in olga.last_text
    await olga.click(words.CONFIRM)
    assert olga.taps == 5  # four, and the file
    assert await sql.fetchval(OPEN) == 30
    report = await receive_file(olga, olga.words(many.REPORT))
    assert report.decode("utf-8-sig").count("Ученик") == 30
    await olga.send("/grant")
    await send_file(olga, "report.csv", report)
    await olga.receives(words.ASK_PRODUCT)
    assert olga.words(lambda: many.count_people(30)) in olga.last_text


async def test_a_long_list_is_shown_in_files(
    olga: ChatUser, sql: asyncpg.Connection, pupils: list[str]
) -> None:
    await sql.execute(
        "insert into users (email, name, created_at)"
        " select 'p' || n || '@example.com', '=1+1', now() from generate_series(1, 60) n"
    )
    lines = [*(f"p{n}@example.com" for n in range(1, 61)), *(f"=nobody{n}@example.com" for n in range(60))]
    await send_file(olga, "list.txt", "\n".join(lines).encode(), "/grant")
    unclear = (await receive_file(olga, olga.words(many.CHECKED_FILE))).decode("utf-8-sig")
    assert unclear.count(olga.words(many.PROBLEMS[many.Problem.UNKNOWN])) == 60
    assert "61;'=nobody0@example.com" in unclear
    await olga.click(lambda: many.go_on(60))
    await olga.click("Python")
    await olga.click("30")
    preview = (await receive_file(olga, olga.words(many.PREVIEW_FILE))).decode("utf-8-sig")
    assert preview.count("'=1+1") == 60
    assert await sql.fetchval(OPEN) == 0
    await olga.click(words.CONFIRM)
    assert await sql.fetchval(OPEN) == 60


async def test_files_that_are_no_lists(olga: ChatUser, sql: asyncpg.Connection, pupils: list[str]) -> None:
    await olga.send("/grant")
    for data, fault in (
        (b"\x89PNG\r\n\x1a\n\x00", ListFault.BINARY),
        (b"PK\x03\x04", ListFault.SPREADSHEET),
        ("цвет;вес;рост;дата\nx;y;z;w".encode(), ListFault.NO_COLUMN),
        (b"x" * 10_000_000, ListFault.REFUSED),
    ):
        await send_file(olga, "list.csv", data)
        await olga.receives(many.FAULTS[fault])
    await olga.send("/cancel")
    await send_file(olga, "list.csv", pupils[0].encode(), "/revoke")
    assert olga.last_text == olga.words(many.ONLY_GIVEN)
    await olga.send("/grant")
    await send_file(olga, "list.csv", (pupils[0] + "\n").encode())
    await olga.receives(words.ASK_PRODUCT)
    sent = next(one for one in olga.messages if "document" in one and one.get("outgoing"))
    await olga._do("/messages", {"text": "/grant", "reply_to": sent["message_id"]})
    await olga.receives(many.FAULTS[ListFault.BINARY])
    assert await sql.fetchval("select count(*) from adminaccesshistory") == 0
