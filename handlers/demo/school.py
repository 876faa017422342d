"""The demo's school: in the language that was named, or else in that of the first browser; and what was tried there."""

import asyncio
from contextlib import suppress
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.catalogue.loading import load_file
from bot.sandbox.app import Sandbox
from db.engine import Database, Pool
from handlers.app import Application
from handlers.demo.folder import was_killed

SCHOOLS_FOLDER = Path(__file__).parents[2] / "bot" / "sandbox"
SCHOOL = SCHOOLS_FOLDER / "school.toml"
SCHOOLS = {"ru": SCHOOL, "en": SCHOOLS_FOLDER / "school.en.toml"}
NAMES = {"ru": "Russian", "en": "English"}
ZONE = "Europe/Moscow"
GET_DONE = text(
    """
    select
        exists (select from authidentities) as register,
        exists (select from promocodeusages) as promo,
        exists (select from purchases where status in ('succeeded', 'refunded')) as buy
    """
)


class OtherLanguageError(Exception):
    """The folder holds a school in the other language; the message says what to do."""


class School:
    """What the sandbox asks of its host. A database holds one school: courses once loaded stay."""

    zone = ZONE

    def __init__(self, folder: Path, sandbox: Sandbox, language: str | None) -> None:
        """Raises OtherLanguageError."""
        self.next_language: str | None = None  # of the world to begin after this one
        self._folder = folder
        self._sandbox = sandbox
        self._app: Application | None = None
        self._lock = asyncio.Lock()
        self._loaded = False
        self._done = {"register": False, "promo": False, "buy": False}
        if language is not None:
            self._choose(language)

    @property
    def language(self) -> str | None:
        return self._file.read_text() if self._file.exists() else None

    async def open(self, app: Application) -> None:
        """The application's database is there: brings in the school, once its language is known."""
        self._app = app
        await self._load()

    async def visited(self, language: str) -> None:
        if self.language is None:
            self._choose(language)
        await self._load()

    async def tasks(self) -> dict[str, bool]:
        if self._app is not None:
            with suppress(SQLAlchemyError, OSError):  # it is ending: what was done stays done
                self._done = await _done(self._app.database)
        return self._done | {"decline": self._sandbox.has_declined, "kill": was_killed(self._folder)}

    def begin_anew(self, language: str) -> None:
        if self._app is not None:
            self.next_language = language
            self._app.stop()

    @property
    def _file(self) -> Path:
        return self._folder / "language"

    def _choose(self, language: str) -> None:
        kept = self.language
        if kept is not None and kept != language:
            hint = f"to begin anew in {NAMES[language]}, delete that folder"
            raise OtherLanguageError(f"{self._folder} holds the {NAMES[kept]} school; {hint}")
        self._file.write_text(language)

    async def _load(self) -> None:
        """Once at each start, as the school's file may have changed."""
        async with self._lock:
            if self._app is not None and self.language is not None and not self._loaded:
                await load_file(self._app.database, SCHOOLS[self.language])
                self._loaded = True


async def _done(database: Database) -> dict[str, bool]:
    async with database.transaction(Pool.JOBS) as session:
        row = (await session.execute(GET_DONE)).one()
    return {name: bool(value) for name, value in row._asdict().items()}
