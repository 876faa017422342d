"""`main.py doctor`: checks everything the bot depends on, and says what to do about each problem."""

from collections.abc import AsyncIterator, Callable

from bot.doctor import database, documents, mail, public_url, telegram, yookassa
from bot.doctor.database import OpenDatabase
from bot.doctor.finding import Area, Finding, Severity
from bot.masking import TOKEN
from bot.settings import Settings, SettingsError

__all__ = ["Finding", "Severity", "examine"]

Check = Callable[[Settings], AsyncIterator[Finding]]


async def examine(settings: Settings | SettingsError, open_database: OpenDatabase) -> AsyncIterator[Finding]:
    """Runs all checks in the order of setting up; they change nothing.

    `open_database` yields the DSN and the direct DSN (around a pooler), and keeps the embedded server running
    meanwhile. Never raises: each problem is a finding.
    """
    if isinstance(settings, SettingsError):
        for line in settings.lines:
            yield Area("settings").problem(line, "correct it in .env or in the environment")
        yield Area("settings").advice("nothing else was examined", "correct the above and run doctor again")
        return
    yield Area("settings").ok("read, and they agree with each other")
    checks: dict[str, Check] = {
        "database": lambda settings: database.check(settings, open_database),
        "Telegram": telegram.check,
        "provider": yookassa.check,
        "mail": mail.check,
        "PUBLIC_URL": public_url.check,
        "wording": documents.check,
    }
    for name, check in checks.items():
        async for finding in _guarded(name, check, settings):
            yield finding


async def _guarded(name: str, check: Check, settings: Settings) -> AsyncIterator[Finding]:
    """An exception in one check does not stop the others."""
    try:
        async for finding in check(settings):
            yield finding
    except Exception as error:
        said = TOKEN.sub("<token>", repr(error))
        yield Area(name).problem(f"could not be examined: {said}", "a defect of the doctor: please report it")
