"""The files of lessons and questions: Telegram is asked for its file ids; an address is looked at from here."""

import asyncio
from collections.abc import AsyncIterator, Iterable

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest

from bot.catalogue.files import AT_ONCE, TIMEOUT, Looked, NamedFile, list_files, look_at
from bot.doctor.finding import Area, Finding
from bot.doctor.telegram import open_bot
from bot.settings import Settings
from db.catalogue.entries import Catalogue

AREA = Area("lessons")
FOLDERS = {
    "photos": "photo",
    "videos": "video",
    "music": "audio",
    "voice": "voice",
    "documents": "document",
}
SEND_ANEW = "send the file to the bot again, and put the new file id into the catalogue file"
CORRECT = "correct it in the catalogue file, or what is at that address"
REACH = "see that it can be reached from the internet"


async def check(settings: Settings, catalogue: Catalogue) -> AsyncIterator[Finding]:
    """One line for each file that Telegram would refuse; that it can't be asked at all is told elsewhere."""
    files = list_files(catalogue)
    if settings.bot_token is None or not files:
        return
    looked = await look_at(files)
    async with open_bot(settings) as bot:
        if await _answers(bot):
            looked += await _ask(bot, (file for file in files if not file.is_address))
    wrong = [one for one in looked if one.wrong is not None]
    for one in wrong:
        yield _finding(one)
    if not wrong:
        yield AREA.ok(f"their files can be shown: {len(looked)}")


def _finding(one: Looked) -> Finding:
    if not one.reached:
        return AREA.advice(f"{one.file}: tried from here: {one.wrong}", REACH)
    return AREA.problem(f"{one.file}: {one.wrong}", CORRECT if one.file.is_address else SEND_ANEW)


async def _answers(bot: Bot) -> bool:
    """Why it does not is told by the check of Telegram."""
    try:
        await bot.get_me(request_timeout=TIMEOUT)
    except TelegramAPIError:
        return False
    return True


async def _ask(bot: Bot, files: Iterable[NamedFile]) -> list[Looked]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def ask(file: NamedFile) -> Looked:
        async with gate:
            try:
                return Looked(file, await _refused(bot, file))
            except TelegramAPIError as error:
                return Looked(file, error.message, reached=False)

    return await asyncio.gather(*map(ask, files))


async def _refused(bot: Bot, file: NamedFile) -> str | None:
    try:
        found = await bot.get_file(file.source, request_timeout=TIMEOUT)
    except TelegramBadRequest as error:
        if "too big" in error.message.lower():
            return None  # to be fetched by a bot; it can still be shown
        return f"Telegram refuses it: {error.message}"
    kind = FOLDERS.get((found.file_path or "").partition("/")[0], file.kind)
    return None if kind == file.kind else f"Telegram knows it as a file of kind {kind}"
