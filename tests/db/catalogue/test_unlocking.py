"""When lessons unlock, as the file says it: stored, written back, refused where it could never be."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.catalogue.checking import check_file
from bot.catalogue.reading import parse
from bot.catalogue.writing import write
from db.catalogue.exporting import export_catalogue
from db.catalogue.loading import load_catalogue
from db.engine import Database, Pool
from tests.db.catalogue.file import SMALL, wrong

WAITING = SMALL.replace(
    'name = "Python"\n', 'name = "Python"\nunlock_in_order = true\nunlock_days = 3\n', 1
).replace('text = "Second"\n', 'text = "Second"\nunlock_days = 0\nunlock_at = 2026-12-01T10:00:00+03:00\n')


async def test_it_is_stored_and_written_back(database: Database) -> None:
    async with database.transaction(Pool.JOBS) as session:
        changes = [str(change) for change in await load_catalogue(session, parse(WAITING))]
        exported = await export_catalogue(session)
        again = await load_catalogue(session, parse(write(exported)[0]))
    assert "added unlocking python" in changes
    assert again == []
    (module,) = exported.modules
    assert (module.unlock_in_order, module.unlock_days, module.unlock_at) == (True, 3, None)
    assert module.lessons[1].unlock_days == 0
    assert module.lessons[1].unlock_at == datetime(2026, 12, 1, 7, tzinfo=UTC)


async def test_a_file_that_says_no_more_lets_all_unlock(database: Database) -> None:
    async with database.transaction(Pool.JOBS) as session:
        await load_catalogue(session, parse(WAITING))
        await load_catalogue(session, parse(SMALL))
        (module,) = (await export_catalogue(session)).modules
    assert not module.waits


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("unlock_days = 36501", "less than or equal to 36500"),
        ("unlock_days = -1", "greater than or equal to 0"),
        ('unlock_days = "3"', "valid integer"),
        ("unlock_at = 2026-12-01T10:00:00", "needs its distance from UTC"),
        ("unlock_at = 9500-12-01T10:00:00Z", "this would never be"),
        ("unlock_at = 2026-12-01", "valid datetime"),
    ],
)
def test_what_could_never_be_is_refused(said: str, problem: str) -> None:
    (line,) = wrong(SMALL.replace('text = "Second"\n', f'text = "Second"\n{said}\n'))
    assert line.startswith('modules[1] "python" . lessons[2] "two" . unlock_')
    assert problem in line


def test_a_free_lesson_never_waits() -> None:
    (line,) = wrong(SMALL.replace("preview = true\n", "preview = true\nunlock_days = 3\n"))
    assert "a free lesson never waits" in line


def test_later_than_any_access_lasts_is_worth_a_look(tmp_path: Path) -> None:
    file = tmp_path / "school.toml"
    file.write_text(SMALL.replace('text = "Second"\n', 'text = "Second"\nunlock_days = 30\n'))
    (note,) = check_file(file, None)
    assert '"python" . lessons "two"' in note
    file.write_text(SMALL.replace('text = "Second"\n', 'text = "Second"\nunlock_days = 29\n'))
    assert check_file(file, None) == []
