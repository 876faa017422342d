"""The files of lessons: would Telegram show them? It is asked for its file ids; an address is looked at from here."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import asyncpg
from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest
from sqlalchemy.exc import SQLAlchemyError

from bot.doctor.finding import Area, Finding
from bot.doctor.telegram import open_bot
from bot.settings import Settings
from db.engine import Database, Pool
from db.lessons.media import LessonMedia, list_media

AREA = Area("lessons")
AT_ONCE = 8
TIMEOUT = 10  # seconds
MEGABYTE = 1024 * 1024
# docs/facts.md#files
MAX_BYTES = {"photo": 5 * MEGABYTE, "voice": MEGABYTE}
MAX_OF_OTHERS = 20 * MEGABYTE
TYPES = {
    "photo": ("image/",),
    "video": ("video/",),
    "audio": ("audio/",),
    "voice": ("audio/ogg",),
    "document": ("application/pdf", "application/zip", "image/gif"),
}
FOLDERS = {
    "photos": "photo",
    "videos": "video",
    "music": "audio",
    "voice": "voice",
    "documents": "document",
}
NO_HEAD = (400, 403, 405, 501)  # of servers that answer HEAD with no
SEND_ANEW = "send the file to the bot again, and put the new file id into the catalogue file"
CORRECT = "correct its media in the catalogue file, or what is at that address"


async def check(settings: Settings, dsn: str) -> AsyncIterator[Finding]:
    """One line for each file that Telegram would refuse; that it can't be asked at all is told elsewhere."""
    files = await _read(dsn)
    if settings.bot_token is None or not files:
        return
    gate = asyncio.Semaphore(AT_ONCE)
    async with open_bot(settings) as bot, aiohttp.ClientSession() as client:
        if not await _answers(bot):
            files = [file for file in files if _is_address(file)]
        found = await asyncio.gather(*(_examine(gate, bot, client, file) for file in files))
    wrong = [finding for finding in found if finding is not None]
    for finding in wrong:
        yield finding
    if not wrong:
        yield AREA.ok(f"their files can be shown: {len(files)}")


async def _read(dsn: str) -> list[LessonMedia]:
    database = Database(dsn, sizes=dict.fromkeys(Pool, 1))
    try:
        async with database.transaction(Pool.JOBS) as session:
            return await list_media(session)
    except (OSError, SQLAlchemyError, asyncpg.PostgresError):
        return []  # told by the check of the database
    finally:
        await database.close()


async def _examine(
    gate: asyncio.Semaphore, bot: Bot, client: aiohttp.ClientSession, file: LessonMedia
) -> Finding | None:
    place = f"{file.lesson} ({file.kind} {file.source})"
    async with gate:
        try:
            if not _is_address(file):
                problem = await _refused_id(bot, file)
                return AREA.problem(f"{place}: {problem}", SEND_ANEW) if problem else None
            async with asyncio.timeout(TIMEOUT):
                problem = await _refused_address(client, file)
            return AREA.problem(f"{place}: {problem}", CORRECT) if problem else None
        except (TelegramAPIError, aiohttp.ClientError, TimeoutError, ValueError) as error:
            said = f"{place}: tried from here: {str(error) or 'no answer in time'}"
            return AREA.advice(said, "see that it can be reached from the internet")


def _is_address(file: LessonMedia) -> bool:
    return file.source.startswith(("http://", "https://"))


async def _answers(bot: Bot) -> bool:
    """Why it does not is told by the check of Telegram."""
    try:
        await bot.get_me(request_timeout=TIMEOUT)
    except TelegramAPIError:
        return False
    return True


async def _refused_id(bot: Bot, file: LessonMedia) -> str | None:
    try:
        found = await bot.get_file(file.source, request_timeout=TIMEOUT)
    except TelegramBadRequest as error:
        if "too big" in error.message.lower():
            return None  # to be fetched by a bot; it can still be shown
        return f"Telegram refuses it: {error.message}"
    kind = FOLDERS.get((found.file_path or "").partition("/")[0], file.kind)
    return None if kind == file.kind else f"Telegram knows it as a file of kind {kind}"


async def _refused_address(client: aiohttp.ClientSession, file: LessonMedia) -> str | None:
    async with client.head(file.source, allow_redirects=True) as answer:
        if answer.status not in NO_HEAD:
            return _refused(answer, file.kind)
    async with client.get(file.source, headers={"Range": "bytes=0-0"}) as answer:
        return _refused(answer, file.kind)


def _refused(answer: aiohttp.ClientResponse, kind: str) -> str | None:
    if answer.status >= 400:
        return f"status {answer.status}"
    if not answer.content_type.startswith(TYPES[kind]):
        return f"its type is {answer.content_type}, but Telegram takes {', '.join(TYPES[kind])} as {kind}"
    most = MAX_BYTES.get(kind, MAX_OF_OTHERS)
    if (size := _size(answer)) > most:
        return f"it has {size} bytes, but Telegram fetches at most {most} of kind {kind}"
    return None


def _size(answer: aiohttp.ClientResponse) -> int:
    """0 where the server does not say."""
    whole = answer.headers.get("Content-Range", "").rpartition("/")[2]
    if answer.status == 206:
        return int(whole) if whole.isdecimal() else 0
    return answer.content_length or 0
