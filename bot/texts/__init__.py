"""All wording, one module per capability. `use_locale` sets whose language and time zone it is said in, and when.

English is the source; `bot/locales` holds the translations (gettext). Everything a person wrote is escaped
where it enters a text: messages are sent as HTML.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path

from aiogram.utils.i18n import I18n
from babel.support import LazyProxy

from bot.clock import utc_now

LANGUAGES = ("ru", "en")
LOCALES = Path(__file__).parents[1] / "locales"

i18n = I18n(path=LOCALES, default_locale="en", domain="messages")
_zone: ContextVar[tzinfo] = ContextVar("zone")
_now: ContextVar[datetime | None] = ContextVar("now", default=None)


def _(text: str) -> str:
    return _translated(i18n.current_locale, text)


@lru_cache(maxsize=8192)
def _translated(language: str, text: str) -> str:
    """Most updates take a dozen texts."""
    return i18n.gettext(text, locale=language)


def __(text: str) -> LazyProxy:
    """A constant of a module, translated each time it is read: `str()` is the text in the present language."""
    return LazyProxy(_, text, enable_cache=False)


def plural(one: str, many: str, count: int) -> str:
    """The form for `count`, with `{count}` filled in."""
    return i18n.gettext(one, many, count).format(count=count)


def language() -> str:
    return i18n.current_locale


def zone() -> tzinfo:
    return _zone.get(UTC)


def now() -> datetime:
    """When it is said: a day of this year is written without the year."""
    return _now.get() or utc_now()


class Localizer:
    """Which language to speak to whom, in which time zone, and when."""

    def __init__(self, default_language: str, zone: tzinfo, clock: Callable[[], datetime] = utc_now) -> None:
        self._default = default_language
        self._zone = zone
        self._clock = clock

    def language(self, chosen: str | None, telegram: str | None) -> str:
        """What the person chose, else what their Telegram speaks, else the school's own."""
        if chosen in LANGUAGES:
            return chosen
        short = (telegram or "").split("-")[0].lower()
        return short if short in LANGUAGES else self._default

    def use_language_of(self, chosen: str | None, telegram: str | None) -> AbstractContextManager[None]:
        """What a person has chosen, else what Telegram says of them."""
        return self.use_locale(self.language(chosen, telegram))

    @contextmanager
    def use_locale(self, language: str) -> Iterator[None]:
        zone, said_at = _zone.set(self._zone), _now.set(self._clock())
        spoken = i18n.ctx_locale.set(language)
        try:
            yield
        finally:
            i18n.ctx_locale.reset(spoken)
            _now.reset(said_at)
            _zone.reset(zone)
