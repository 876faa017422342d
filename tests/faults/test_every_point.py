"""Some of the points at which the bot may be killed or cut off; all of them: `python -m tests.faults.every_point`."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.database import Databases
from tests.faults.every_point import HEAD, run_path
from tests.faults.points.all_paths import PATHS

SAMPLE = 8  # points of each path


@pytest.mark.proof
@pytest.mark.usefixtures("school_template")
async def test_two_paths_of_the_day(
    cluster: Databases, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day, names = datetime.now(UTC).toordinal(), list(PATHS)
    for name in (names[day % len(names)], names[(day + len(names) // 2) % len(names)]):
        report = await run_path(name, cluster, tmp_path, sample=SAMPLE)
        with capsys.disabled():
            print(f"\n{HEAD}\n{report.row}")
        assert report.failed == []
        assert sum(one.reached for one in report.tried) > SAMPLE / 2
