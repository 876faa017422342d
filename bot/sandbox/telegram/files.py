"""Files that bots and people sent."""

import mimetypes
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from bot.sandbox.store import Store

Json = dict[str, Any]
KIND = "file"


@dataclass(frozen=True)
class StoredFile:
    """`url` instead of content: the bot sent an address, which the sandbox hands on and never fetches."""

    id: str
    bot: int
    folder: str
    number: int
    name: str
    mime: str
    size: int
    width: int = 0
    height: int = 0
    url: str = ""

    @property
    def path(self) -> str:
        """Telegram's file_path, with a name of our own: the sender's may hold anything."""
        suffix = PurePosixPath(self.name).suffix if self.name else ""
        safe = suffix if suffix[1:].isalnum() and suffix.isascii() else ""
        return f"{self.folder}/file_{self.number}{safe or mimetypes.guess_extension(self.mime) or ''}"

    def as_object(self) -> Json:
        """What every kind of file object of the Bot API has in common."""
        return {"file_id": self.id, "file_unique_id": self.id[-16:], "file_size": self.size}


class Files:
    def __init__(self, folder: Path | None, store: Store) -> None:
        self._folder = folder
        self._store = store
        self._memory: dict[int, bytes] = {}
        rows = [StoredFile(**row) for row in store.all(KIND)]
        self._known = {file.id: file for file in rows}
        self._by_path = {(file.bot, file.path): file for file in rows}

    def add(
        self, bot: int, folder: str, data: bytes, name: str, mime: str, size: tuple[int, int] = (0, 0)
    ) -> StoredFile:
        number = self._store.next_id("file")
        file = StoredFile(_new_id(bot), bot, folder, number, name, mime, len(data), *size)
        self._write(number, data)
        return self._remember(file)

    def add_address(self, bot: int, folder: str, url: str) -> StoredFile:
        name = PurePosixPath(url.split("?")[0]).name
        mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
        number = self._store.next_id("file")
        return self._remember(StoredFile(_new_id(bot), bot, folder, number, name, mime, 0, 640, 360, url))

    def find(self, file_id: str) -> StoredFile | None:
        return self._known.get(file_id)

    def by_path(self, bot: int, path: str) -> StoredFile | None:
        return self._by_path.get((bot, path))

    def read(self, file: StoredFile) -> bytes:
        return self._memory[file.number] if self._folder is None else self._place(file.number).read_bytes()

    def _remember(self, file: StoredFile) -> StoredFile:
        self._known[file.id] = file
        self._by_path[file.bot, file.path] = file
        self._store.put(KIND, file.id, asdict(file))
        return file

    def _write(self, number: int, data: bytes) -> None:
        """On the disk before the record that names it, so that no record outlives its file."""
        if self._folder is None:
            self._memory[number] = data
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._place(number).open("wb") as target:
            target.write(data)
            target.flush()
            os.fsync(target.fileno())

    def _place(self, number: int) -> Path:
        assert self._folder is not None
        return self._folder / str(number)


def _new_id(bot: int) -> str:
    return f"SB{bot}_{secrets.token_urlsafe(24)}"
