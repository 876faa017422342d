"""The end of a course, its certificate, and whoever checks its number."""

import asyncio
import re
from functools import partial

import aiohttp
import asyncpg
from PIL import Image

from bot.chat.buttons import FinishLesson, ShowLesson
from bot.chat.certificate_buttons import MakeCertificate, SendCertificate
from bot.jobs.certificates import send_certificate
from bot.texts import certificates as words
from bot.texts import errors, questions, support
from bot.texts.accounts import deleting
from db.certificates import NameNotDrawable, NameTooLong, NameUnreadable
from db.jobs import CertificateJob
from handlers.app import Application
from tests.chat.learning import answer, take
from tests.chat.rows import sql_becomes
from tests.chat.test_lessons import lesson_id, with_python
from tests.chat_user import LOOK_EVERY, PATIENCE, ChatUser, Json

NUMBER = re.compile(r"[2-9A-HJKMNP-Z]{4}(?:-[2-9A-HJKMNP-Z]{4}){2}")
BAD = {
    "я" * 201: NameTooLong(201),
    "🎉🎉": NameUnreadable(),
    "\u200b \u202e.": NameUnreadable(),
    "李小龙": NameNotDrawable("李小龙"),
}
ARABIC = "محمد عبد الرحمن الأنصاري"


async def finishes_python(person: ChatUser, sql: asyncpg.Connection) -> int:
    """The module."""
    await with_python(person)
    await person.press(ShowLesson(id=await lesson_id(sql, "Первая программа")).pack())
    for at in range(5):
        await take(person, sql, last=at == 4)
    return int(await sql.fetchval("SELECT module_id FROM bot.lessons WHERE title = 'Первая программа'"))


async def gets_files(person: ChatUser, count: int) -> list[Json]:
    """Once there are as many."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await person.refresh()
            files = [one["document"] for one in person.messages if one.get("document")]
            if len(files) == count:
                return files
            await asyncio.sleep(LOOK_EVERY)


def page_of(app: Application, number: str) -> str:
    return f"http://127.0.0.1:{app.http_port}/certificate/{number}"


async def page(http: aiohttp.ClientSession, app: Application, number: str) -> tuple[int, str]:
    async with http.get(page_of(app, number), headers={"Accept-Language": "en"}) as response:
        return response.status, await response.text()


async def test_the_end_of_a_course_offers_what_is_next_once(anna: ChatUser, sql: asyncpg.Connection) -> None:
    module = await finishes_python(anna, sql)
    assert "🎉" in anna.last_text
    assert anna.words(words.GET) == anna.buttons[0]
    assert any(label.startswith("🎓 Дальше: ") for label in anna.buttons)
    assert any("t.me/share/url" in link for link in anna.links)
    await anna.press(FinishLesson(lesson=await lesson_id(sql, "Первая программа")).pack())
    assert "🎉" not in anna.last_text
    await anna.send("/lessons")
    await anna.click("Python")
    await anna.click("✅ 5.")
    await take_again(anna, sql)
    assert "🎉" not in anna.last_text
    assert "✅" in anna.last_text
    assert await sql.fetchval("SELECT count(*) FROM bot.finished_courses WHERE module_id = $1", module) == 1
    await anna.click(questions.A_WORD)
    assert anna.last_text == anna.words(support.ASK)


async def take_again(person: ChatUser, sql: asyncpg.Connection) -> None:
    await person.click(questions.AGAIN)
    while True:
        await answer(person, sql)
        if any(person.words(questions.DONE) == label for label in person.buttons):
            break
        await person.click(questions.NEXT)
    await person.click(questions.DONE)


async def test_a_name_is_typed_shown_and_confirmed_and_anybody_checks_the_number(
    anna: ChatUser, ben: ChatUser, app: Application, http: aiohttp.ClientSession, sql: asyncpg.Connection
) -> None:
    module = await finishes_python(anna, sql)
    await anna.click(words.GET)
    first = MakeCertificate(module=module, form=form_on(anna)).pack()
    for typed, refused in BAD.items():
        await anna.send(typed)
        assert anna.last_text == anna.words(partial(errors.say, refused))
    await anna.send(f"  \u202e{ARABIC} 🎉\n")
    assert ARABIC in anna.last_text
    assert "🎉" not in anna.last_text
    await anna.press(first)
    assert await sql.fetchval("SELECT count(*) FROM bot.certificates") == 0
    await anna.send(ARABIC)
    button = MakeCertificate(module=module, form=form_on(anna)).pack()
    await anna.press(button)
    await anna.press(button)
    files = await gets_files(anna, 2)
    number = await sql.fetchval("SELECT number FROM bot.certificates")
    assert NUMBER.fullmatch(number)
    assert [one["file_name"] for one in files] == [f"certificate-{number}.png", f"certificate-{number}.pdf"]
    assert await sql.fetch("SELECT number, name FROM bot.certificates") == [(number, ARABIC)]
    await looked_at(app, files)

    await sql_becomes(sql, "SELECT NOT EXISTS (SELECT FROM bot.pgqueuer WHERE entrypoint = 'certificate')")
    await anna.press(SendCertificate(module=module).pack())
    again = (await gets_files(anna, 4))[2:]
    assert [one["file_id"] for one in again] == [one["file_id"] for one in files]

    await retries(anna, app, sql)
    assert [one["file_id"] for one in await gets_files(anna, 5)][4:] == [files[1]["file_id"]]

    await ben.send(f"/start cert_{number.lower()}")
    assert any(ARABIC in text and number in text for text in ben.new_texts)
    await ben.send("/start cert_" + "2222-2222-2222")
    assert any(ben.words(words.UNKNOWN) in text for text in ben.new_texts)
    status, shown = await page(http, app, number)
    assert status == 200
    assert ARABIC in shown
    unknown = await page(http, app, "2222-2222-2222")
    assert unknown[0] == 404
    assert unknown == await page(http, app, "%00'--")

    await anna.send("/delete")
    await anna.send(str(anna.words(deleting.WORD)))
    assert await sql.fetchval("SELECT count(*) FROM bot.certificates") == 0
    status, shown = await page(http, app, number)
    assert (status, "void" in shown, ARABIC in shown) == (200, True, False)


async def retries(person: ChatUser, app: Application, sql: asyncpg.Connection) -> None:
    """The second file."""
    number, user = await sql.fetchrow("SELECT number, user_id FROM bot.certificates")
    job = CertificateJob(number=number, user_id=user, telegram_id=person.id, file="pdf")
    await send_certificate(job, app.context)


def form_on(person: ChatUser) -> str:
    """Of the newest button that makes a certificate."""
    data = [
        key["callback_data"]
        for message in person.messages
        for row in (message.get("reply_markup") or {}).get("inline_keyboard", [])
        for key in row
        if key.get("callback_data", "").startswith("makecert")
    ]
    return str(data[-1].rpartition(":")[2])


async def looked_at(app: Application, files: list[Json]) -> None:
    png, pdf = [await app.bot.download(one["file_id"]) for one in files]
    assert png is not None
    assert pdf is not None
    assert Image.open(png).size == (1754, 1239)
    assert pdf.read(5) == b"%PDF-"
