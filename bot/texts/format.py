"""How moments, money and shares are written."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, time, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from html import escape
from typing import Any

from babel.dates import format_datetime
from babel.numbers import format_decimal

from bot.chat import Text
from bot.currencies import exponent
from bot.texts import _, __, language, now, plural, zone
from db.accounts.people import AccountSummary
from db.payments.methods import XTR
from db.timestamps import FOR_EVER, LONG_AGO

SIGNS = {"RUB": "₽", "USD": "$", "EUR": "€", XTR: "⭐"}
BAR = 10
RIGHT_TO_LEFT = {"R", "AL"}
MAX_LABEL = 31  # characters of a button as wide as its message that a phone shows on its one line
LAST_DAY = timedelta(days=1)
ENDLESS = {LONG_AGO: __("long ago"), FOR_EVER: __("forever")}


def money(amount: int, currency: str) -> str:
    """`amount` in the smallest unit; on one line with its sign."""
    digits = exponent(currency)
    whole, rest = divmod(amount, 10**digits)
    number = format_decimal(whole, locale=language())
    if rest:
        number += ("," if language() == "ru" else ".") + str(rest).rjust(digits, "0")
    return f"{number}\N{NO-BREAK SPACE}{SIGNS.get(currency, currency)}"


def amount(written: str, currency: str) -> str:
    """A number as one may mean it, whether or not the currency has so many digits, with the currency's sign."""
    number = format_decimal(Decimal(written), format="#,##0.###", locale=language())
    return f"{number}\N{NO-BREAK SPACE}{SIGNS.get(currency, currency)}"


def day(at: datetime, place: tzinfo | None = None) -> str:
    """In the school's zone or that of `place`, with its year only where that is not the present one; PostgreSQL's
    infinities in words."""
    return _written(at, ru="d MMMM", en="MMMM d", place=place)


def moment(at: datetime) -> str:
    """Day and hour."""
    return _written(at, ru="d MMMM", en="MMMM d", hour=True)


def end(at: datetime) -> str:
    """The day on which something ends or has ended; with its hour only where it is less than a day away."""
    near = at not in ENDLESS and abs(at - now()) < LAST_DAY
    return moment(at) if near else day(at)


def short(at: datetime) -> str:
    """Day and hour, where a line has to be short."""
    return _written(at, ru="d MMM", en="MMM d", hour=True)


def short_day(at: datetime) -> str:
    """For a label."""
    return _written(at, ru="d MMM", en="MMM d")


def zoned(at: datetime) -> str:
    """Day, hour and time zone: once on a screen whose hours matter."""
    return f"{moment(at)} ({zone_name(at.astimezone(zone()))})"


def _written(at: datetime, *, ru: str, en: str, hour: bool = False, place: tzinfo | None = None) -> str:
    if at in ENDLESS:
        return str(ENDLESS[at])
    place = place or zone()
    russian, local = language() == "ru", at.astimezone(place)
    pattern = ru if russian else en
    if local.year != now().astimezone(place).year:
        pattern += " y" if russian else ", y"
    minute = (
        local.replace(second=0, microsecond=0, tzinfo=None) if hour else datetime.combine(local, time.min)
    )
    return _formatted(minute, pattern + (", HH:mm" if hour else ""), language())


@lru_cache(maxsize=4096)
def _formatted(local: datetime, pattern: str, language: str) -> str:
    """The days on a screen are the same few for everybody, and babel takes its time over each."""
    return format_datetime(local, pattern, locale=language)


def zone_name(local: datetime) -> str:
    """The zone's own letters where it has some, else its distance from UTC."""
    name = local.tzname() or "UTC"
    if name == "MSK" and language() == "ru":
        return "МСК"
    return name if name.isalpha() else f"UTC{name}"


def until(ends_at: datetime | None) -> str:
    return _("until {moment}").format(moment=end(ends_at)) if ends_at else _("forever")


def days(count: int) -> str:
    return plural("{count} day", "{count} days", count)


def left(ends_at: datetime, now: datetime) -> str:
    """What is left: days, a day begun counting as one, or hours on the last day."""
    rest = ends_at - now
    if rest > timedelta(days=1):
        return plural("{count} day left", "{count} days left", -(-rest // timedelta(days=1)))
    hours = max(1, rest // timedelta(hours=1))
    return plural("{count} hour left", "{count} hours left", hours)


def bar(share: float) -> str:
    """`share` from 0 to 1. Full only when all is done, empty only when nothing is."""
    filled = min(BAR - 1, max(1, round(share * BAR))) if 0 < share < 1 else round(min(max(share, 0), 1) * BAR)
    return "▰" * filled + "▱" * (BAR - filled)


def safe(text: str | None) -> str:
    """What a person or a file wrote, fit for a text sent as HTML."""
    return escape(text or "", quote=False)


def cut(text: str | None, most: int = 40) -> str:
    """On one line of at most `most` characters as Telegram counts them (UTF-16 units), and safe."""
    units = " ".join((text or "").split()).encode("utf-16-le", "surrogatepass")
    if len(units) > 2 * most:
        return safe(units[: 2 * most - 2].decode("utf-16-le", "ignore").rstrip() + "…")
    return safe(units.decode("utf-16-le", "surrogatepass"))


def fill(pattern: Text, of: object, most: int = 128) -> str:
    """The pattern with what its braces name: fields of an object, or keys of a mapping. Texts are cut (`most`) and
    safe, moments and numbers of days written out; {price} is an amount with its currency, {until} when access ends."""
    return str(pattern).format_map(_Fields(of, most))


class _Fields:
    def __init__(self, of: object, most: int) -> None:
        self._of, self._most = of, most

    def __getitem__(self, name: str) -> object:
        if name == "price":
            return money(self._get("amount"), self._get("currency"))
        if name == "until" and hasattr(self._of, "ends_at"):
            return until(self._get("ends_at"))
        match self._get(name):
            case datetime() as value:
                return moment(value)
            case int() as value if name == "days":
                return days(value)
            case str() as value:
                return cut(value, self._most)
            case tuple() as value:
                return cut(", ".join(value), self._most)
            case value:
                return value

    def _get(self, name: str) -> Any:
        return self._of[name] if isinstance(self._of, Mapping) else getattr(self._of, name)


def called(name: str) -> str:
    """Kept apart, so that a name written from right to left turns no sign beside it."""
    if any(unicodedata.bidirectional(char) in RIGHT_TO_LEFT for char in name):
        name = f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}"
    return safe(name)


def label(text: str, tail: str = "", room: int = MAX_LABEL) -> str:
    """A button's own words, cut after a word where a phone would cut them anywhere; `tail` is kept whole."""
    room -= len(tail)
    if len(text) <= room:
        return text + tail
    kept = text[: room - 1]
    words = re.sub(r"\s+\S{0,2}$", "", kept.rpartition(" ")[0])  # nothing ends in "and" or "to"
    return (words if len(words) > room // 2 else kept).rstrip(" :;,.–—-(") + "…" + tail


def person(who: AccountSummary) -> str:
    """Name, address, Telegram name or id, account; a typed address never without saying that nobody has proven it."""
    known = [cut(who.email, 80)] if who.email else []
    if who.typed_email:
        known.append(_("{email}, unproven").format(email=cut(who.typed_email, 80)))
    if who.username:
        known.append(f"@{cut(who.username)}")
    elif who.telegram_id:
        known.append(f"<code>{cut(who.telegram_id)}</code>")
    return f"<b>{cut(who.name) or '—'}</b> ({' · '.join([*known, f'#{who.id}'])})"


def masked(email: str) -> str:
    """Enough of an address to know one's own by it."""
    local, _at, domain = email.rpartition("@")
    return f"{cut(local[:1])}•••@{cut(domain, 80)}"


def named(name: str | None, email: str | None, username: str | None, user_id: int) -> str:
    """As `person`, of what news keeps of somebody."""
    known = [cut(email, 80)] if email else []
    if username:
        known.append(f"@{cut(username)}")
    return f"<b>{cut(name) or '—'}</b> ({' · '.join([*known, f'#{user_id}'])})"
