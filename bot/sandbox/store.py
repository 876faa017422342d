"""What the sandbox remembers: a key/JSON store in one SQLite file (or in memory)."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Json = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (kind, key)
);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""
_PUT = (
    "INSERT INTO records (kind, key, value) VALUES (?, ?, ?) "
    "ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value"
)
_NEXT = (
    "INSERT INTO counters (name, value) VALUES (?, 1) "
    "ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value"
)


class Store:
    """Every write is on the disk when the call returns, or when the surrounding `batch` ends.

    Calls are synchronous and short, meant for one event loop thread. Records of a kind keep the order in
    which their keys were first put.
    """

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(_SCHEMA)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """One transaction for several writes; must not span an `await`.

        It is committed on an exception too: callers keep the same facts in memory, and the two must agree.
        """
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")

    def put(self, kind: str, key: str, value: Json) -> None:
        self._db.execute(_PUT, (kind, key, json.dumps(value)))

    def get(self, kind: str, key: str) -> Json | None:
        row = self._db.execute("SELECT value FROM records WHERE kind = ? AND key = ?", (kind, key)).fetchone()
        return None if row is None else _loaded(row[0])

    def all(self, kind: str) -> list[Json]:
        rows = self._db.execute("SELECT value FROM records WHERE kind = ? ORDER BY seq", (kind,))
        return [_loaded(value) for (value,) in rows]

    def delete(self, kind: str, key: str) -> None:
        self._db.execute("DELETE FROM records WHERE kind = ? AND key = ?", (kind, key))

    def next_id(self, name: str) -> int:
        """The next number of the named sequence: 1, 2, 3, … over restarts."""
        value: int = self._db.execute(_NEXT, (name,)).fetchone()[0]
        return value

    def close(self) -> None:
        self._db.close()


def _loaded(text: str) -> Json:
    value: Json = json.loads(text)
    return value
