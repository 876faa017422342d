"""The application's clock: the machine's, or one that the demo and tests have moved ahead of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path


def utc_now() -> datetime:
    return datetime.now(UTC)


class Clock:
    """Runs as the machine's does, `ahead` of it by whole seconds: so a minute begins where pgqueuer, which keeps whole
    seconds of the database's clock, lets it begin. Kept in `file` where there is one."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        kept = file.read_text() if file is not None and file.exists() else "0"
        self.ahead = timedelta(seconds=int(kept))

    def now(self) -> datetime:
        return utc_now() + self.ahead

    def move(self, seconds: int) -> None:
        """Only the clock: what is queued is moved by `bot.jobs.moving`."""
        self.ahead += timedelta(seconds=seconds)

    def keep(self) -> None:
        """In the file, for the next start."""
        if self._file is not None:
            written = self._file.with_suffix(".new")
            written.write_text(str(self.ahead // timedelta(seconds=1)))
            written.replace(self._file)
