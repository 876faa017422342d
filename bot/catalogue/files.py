"""The files that lessons and questions name by address: would Telegram show them? They are looked at from here, and
nothing of them is read but what the server says of them."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import aiohttp

from bot.chat.markup import MarkupError
from bot.lessons.document import Format, Markup
from bot.lessons.markdown import list_pictures
from bot.lessons.messages import ADDRESS
from db.catalogue.entries import Catalogue, LessonEntry, ModuleEntry

AT_ONCE = 8
TIMEOUT = 10  # seconds
MEGABYTE = 1024 * 1024
# docs/facts.md#files
MAX_BYTES = {"photo": 5 * MEGABYTE, "voice": MEGABYTE}
MAX_OF_OTHERS = 20 * MEGABYTE
LINK = "link"
TYPES = {
    "photo": ("image/",),
    "video": ("video/",),
    "audio": ("audio/",),
    "voice": ("audio/ogg",),
    "document": ("application/pdf", "application/zip", "image/gif"),
}
NO_HEAD = (400, 403, 405, 501)  # of servers that answer HEAD with no


@dataclass(frozen=True, slots=True)
class NamedFile:
    """`place`: of the lesson that names it, or of its question. `kind`: photo, video, audio, voice or document; link
    for what is not sent but linked to. `source`: an address, or Telegram's id."""

    place: str
    kind: str
    source: str

    def __str__(self) -> str:
        return f"{self.place} ({self.kind} {self.source})"

    @property
    def is_address(self) -> bool:
        return self.source.startswith(ADDRESS)


@dataclass(frozen=True, slots=True)
class Looked:
    """`wrong`: why Telegram would not show the file, None where it would. Whoever is not `reached` from here may still
    be from Telegram."""

    file: NamedFile
    wrong: str | None
    reached: bool = True


def list_files(catalogue: Catalogue) -> list[NamedFile]:
    """Each once, where it is named first."""
    found: dict[tuple[str, str], NamedFile] = {}
    for module in catalogue.modules:
        for lesson in module.lessons:
            for file in _files_of(module, lesson):
                found.setdefault((file.kind, file.source), file)
    return list(found.values())


def _files_of(module: ModuleEntry, lesson: LessonEntry) -> Iterator[NamedFile]:
    place = f"{module.key}/{lesson.key}"
    if lesson.media and lesson.media_kind:
        yield NamedFile(place, lesson.media_kind, lesson.media)
    kind = "photo" if module.format == Format.RICH else LINK  # classic messages hold none
    for source in _pictures(lesson) if lesson.markup == Markup.MARKDOWN else ():
        yield NamedFile(place, kind, source)
    for question in lesson.questions:
        if question.picture:
            yield NamedFile(f"{place}/{question.key}", "photo", question.picture)


def _pictures(lesson: LessonEntry) -> list[str]:
    try:
        return list_pictures(lesson.text)
    except MarkupError:
        return []  # told where lessons are checked


async def look_at(files: Iterable[NamedFile]) -> list[Looked]:
    """Of those that are named by address."""
    gate = asyncio.Semaphore(AT_ONCE)
    async with aiohttp.ClientSession() as client:
        return await asyncio.gather(*(_look_at(gate, client, file) for file in files if file.is_address))


async def _look_at(gate: asyncio.Semaphore, client: aiohttp.ClientSession, file: NamedFile) -> Looked:
    try:
        async with gate, asyncio.timeout(TIMEOUT):
            return Looked(file, await _refused(client, file))
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return Looked(file, str(error) or "no answer in time", reached=False)


async def _refused(client: aiohttp.ClientSession, file: NamedFile) -> str | None:
    async with client.head(file.source, allow_redirects=True) as answer:
        if answer.status not in NO_HEAD:
            return _judge(answer, file.kind)
    async with client.get(file.source, headers={"Range": "bytes=0-0"}) as answer:
        return _judge(answer, file.kind)


def _judge(answer: aiohttp.ClientResponse, kind: str) -> str | None:
    if answer.status >= 400:
        return f"status {answer.status}"
    if kind == LINK:
        return None
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
