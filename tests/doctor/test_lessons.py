"""The doctor, and the check of a catalogue where it is asked to, try the files of lessons: what Telegram would refuse
is named by module and lesson."""

from pathlib import Path

import asyncpg
import pytest
from aiogram.types import BufferedInputFile
from aiohttp import web

from bot.catalogue import reading
from bot.catalogue.loading import check_addresses
from bot.catalogue.reading import CatalogueError
from bot.doctor import Severity
from db.catalogue.loading import load_catalogue
from db.engine import Database, Pool
from tests.db.catalogue.file import SMALL
from tests.doctor.installation import ADMIN, NOWHERE, Installation, advice, problems
from tests.sandbox.provider_world import serve

PHOTO = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + b"\x00\x00\x00\x01" * 2 + b"\x08\x02\x00\x00\x00"
MEGABYTE = 1024 * 1024


def page(mime: str, size: int, status: int = 200) -> web.Response:
    return web.Response(status=status, headers={"Content-Type": mime, "Content-Length": str(size)})


async def head(request: web.Request) -> web.Response:
    """By the name that is asked for."""
    match request.match_info["name"]:
        case "gone":
            return page("text/html", 10, 404)
        case "page":
            return page("text/html", 10)
        case "film":
            return page("video/mp4", 21 * MEGABYTE)
        case "picture":
            return page("image/jpeg", 6 * MEGABYTE)
        case "sound":
            return page("audio/mpeg", MEGABYTE)
        case _:
            return page("video/mp4", MEGABYTE)


async def only_parts(request: web.Request) -> web.Response:
    """As servers do that answer no HEAD."""
    if request.method == "HEAD":
        raise web.HTTPMethodNotAllowed("HEAD", ["GET"])
    assert request.headers["Range"] == "bytes=0-0"
    return web.Response(
        status=206,
        body=b"x",
        headers={"Content-Type": "video/mp4", "Content-Range": f"bytes 0-0/{30 * MEGABYTE}"},
    )


@pytest.fixture
async def lessons(database: Database) -> None:
    async with database.transaction(Pool.JOBS) as session:
        await load_catalogue(session, reading.parse(SMALL))


async def show(sql: asyncpg.Connection, kind: str, source: str) -> None:
    await sql.execute("update bot.lessons set media_kind = $1, media = $2 where key = 'one'", kind, source)


WRONG = [
    ("video", "gone", "status 404"),
    ("video", "page", "its type is text/html"),
    ("video", "film", f"it has {21 * MEGABYTE} bytes"),
    ("photo", "picture", f"it has {6 * MEGABYTE} bytes"),
    ("voice", "sound", "its type is audio/mpeg"),
    ("video", "parts", f"it has {30 * MEGABYTE} bytes"),
]


async def test_an_address_that_telegram_would_not_take(
    installation: Installation, connection: asyncpg.Connection, lessons: None
) -> None:
    app = web.Application()
    app.router.add_route("*", "/parts", only_parts)
    app.router.add_get("/{name}", head)
    origin, runner = await serve(app)
    for kind, name, said in WRONG:
        await show(connection, kind, f"{origin}/{name}")
        [problem] = problems(await installation.findings())
        assert problem.startswith(f"! lessons: python/one ({kind} {origin}/{name}): {said}"), problem
    for kind, name in (("video", "clip"), ("audio", "sound")):
        await show(connection, kind, f"{origin}/{name}")
        found = await installation.findings()
        assert problems(found) == []
        shown = [str(one) for one in found if one.severity is Severity.OK]
        assert "ok lessons: their files can be shown: 1" in shown
    await runner.cleanup()


async def test_pictures_of_texts_and_of_explanations_are_looked_at_too(tmp_path: Path) -> None:
    """Before they are loaded. A classic message only links to a picture, whatever it is."""
    app = web.Application()
    app.router.add_get("/{name}", head)
    origin, runner = await serve(app)
    text = f"![]({origin}/clip)\\n\\n<details><summary>a</summary>\\n\\n![]({origin}/gone)\\n\\n</details>"
    school = SMALL.replace('text = "First"', f'markdown = "{text}"')
    school = school.replace("answer = 1", f'answer = 1\npicture = "{origin}/picture"')
    too_large = f"python/two/q (photo {origin}/picture): it has {6 * MEGABYTE} bytes"
    wrong = {
        'name = "Python"': [f"python/one (link {origin}/gone): status 404", too_large],
        'name = "Python"\nformat = "rich"': [
            f"python/one (photo {origin}/clip): its type is video/mp4",
            f"python/one (photo {origin}/gone): status 404",
            too_large,
        ],
    }
    file = tmp_path / "school.toml"
    for kind, lines in wrong.items():
        file.write_text(school.replace('name = "Python"', kind))
        with pytest.raises(CatalogueError) as refused:
            await check_addresses(file)
        for line, said in zip(refused.value.lines, lines, strict=True):
            assert line.startswith(said)
    file.write_text(SMALL.replace('text = "First"', f'markdown = "![]({NOWHERE}/a.png)"'))
    [note] = await check_addresses(file)
    assert note.startswith(f"python/one (link {NOWHERE}/a.png): tried from here: ")
    await runner.cleanup()


async def test_an_address_that_is_not_reached_from_here_may_be_from_telegram(
    installation: Installation, connection: asyncpg.Connection, lessons: None
) -> None:
    await show(connection, "video", f"{NOWHERE}/film")
    found = await installation.findings()
    assert problems(found) == []
    assert any(line.startswith("! lessons (advice): python/one") for line in advice(found))


async def test_a_file_of_another_bot_and_one_of_another_kind(
    installation: Installation, connection: asyncpg.Connection, lessons: None
) -> None:
    await show(connection, "photo", "AgACAgIAAxkBAAIB-of-another-bot")
    [problem] = problems(await installation.findings())
    assert "python/one" in problem
    assert "Telegram refuses it" in problem
    async with installation.bot() as bot:
        await bot.get_me()
        await installation.greet()
        sent = await bot.send_photo(ADMIN, BufferedInputFile(PHOTO, "a.png"))
        assert sent.photo is not None
    await show(connection, "photo", sent.photo[-1].file_id)
    assert problems(await installation.findings()) == []
    await show(connection, "video", sent.photo[-1].file_id)
    [problem] = problems(await installation.findings())
    assert "Telegram knows it as a file of kind photo" in problem
    await connection.execute("update bot.lessons set active = false")
    assert problems(await installation.findings()) == []


async def test_where_telegram_is_away_its_files_are_not_told_one_by_one(
    installation: Installation, connection: asyncpg.Connection, lessons: None
) -> None:
    await show(connection, "photo", "AgACAgIAAxkBAAIB-of-another-bot")
    found = await installation.findings(telegram_api_url=NOWHERE)
    assert [line.split(":")[0] for line in problems(found)] == ["! Telegram"]
    assert not any("lessons" in line for line in advice(found))
