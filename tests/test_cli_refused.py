"""Commands that can't have their database say so in one line, whichever command it is."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from handlers.demo import SCHOOL
from tests.process import command

TOKEN = "7777777777:command-line-of-the-tests"


NEEDING_IT: list[tuple[str | Path, ...]] = [
    ("run",), ("migrate",), ("catalog", "load", SCHOOL), ("catalog", "export", "new.toml"), ("reconcile",),
    ("backup", "new.backup"),
]  # fmt: skip


async def lines_of_each(folder: Path, **settings: str) -> list[str]:
    """What each command that needs a database says that can't have one: one line, and nothing is left behind."""
    ended = [await command(folder, *one, BOT_TOKEN=TOKEN, **settings) for one in NEEDING_IT]
    assert [one.status for one in ended] == [1] * len(NEEDING_IT)
    assert [len(one.errors.splitlines()) for one in ended] == [1] * len(NEEDING_IT), ended
    assert os.listdir(folder) == []
    return [one.errors for one in ended]


async def test_a_role_that_the_database_does_not_know(tmp_path: Path, fresh_dsn: str) -> None:
    stranger = urlsplit(fresh_dsn)._replace(
        netloc=f"stranger:secret-thing@{urlsplit(fresh_dsn).netloc.rpartition('@')[2]}"
    )
    for line in await lines_of_each(tmp_path, DATABASE_URL=stranger.geturl()):
        assert "stranger" in line
        assert "secret-thing" not in line


async def test_a_data_folder_that_cannot_be_made(tmp_path: Path) -> None:
    for line in await lines_of_each(tmp_path, DATA_DIR="/proc/nowhere"):
        assert line.startswith("/proc/nowhere: ")
