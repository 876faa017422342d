"""`main.py doctor`: whether everything the bot stands on is as it must be, and what to do where it is not."""

from collections.abc import AsyncIterator, Callable

from bot.doctor import database, provider, public, telegram, wording
from bot.doctor.database import OpenDatabase
from bot.doctor.finding import Area, Finding, Verdict
from bot.logs import TOKEN
from bot.settings import Settings, SettingsError

__all__ = ["Finding", "Verdict", "examine"]

Check = Callable[[Settings], AsyncIterator[Finding]]


async def examine(settings: Settings | SettingsError, open_database: OpenDatabase) -> AsyncIterator[Finding]:
    """Everything that can be looked at, in the order of a person setting it up; nothing outside is changed.

    `open_database` gives the address of the database and the one around a pooler, the embedded server running
    meanwhile. What is wrong is a finding, never an exception.
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
        "provider": provider.check,
        "PUBLIC_URL": public.check,
        "wording": wording.check,
    }
    for name, check in checks.items():
        async for finding in _guarded(name, check, settings):
            yield finding


async def _guarded(name: str, check: Check, settings: Settings) -> AsyncIterator[Finding]:
    """A check that breaks hides no other one."""
    try:
        async for finding in check(settings):
            yield finding
    except Exception as error:
        said = TOKEN.sub("<token>", repr(error))
        yield Area(name).problem(f"could not be examined: {said}", "a defect of the doctor: please report it")
