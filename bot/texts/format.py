"""How moments, money and shares are written."""

from datetime import datetime, timedelta
from decimal import Decimal
from html import escape

from babel.dates import format_datetime
from babel.numbers import format_decimal

from bot.currencies import exponent
from bot.texts import _, __, language, plural, zone
from db.accounts.people import AccountSummary
from db.payments.methods import XTR
from db.timestamps import FOR_EVER, LONG_AGO

SIGNS = {"RUB": "₽", "USD": "$", "EUR": "€", XTR: "⭐"}
BAR = 10
ENDLESS = {LONG_AGO: __("long ago"), FOR_EVER: __("for ever")}


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


def moment(at: datetime) -> str:
    """Day, hour and time zone, in the school's zone; the infinities of PostgreSQL in words."""
    if at in ENDLESS:
        return str(ENDLESS[at])
    local = at.astimezone(zone())
    pattern = "d MMMM y, HH:mm" if language() == "ru" else "MMMM d, y, HH:mm"
    return f"{format_datetime(local, pattern, locale=language())} ({zone_name(local)})"


def short(at: datetime) -> str:
    """Day and hour in the school's zone, where a line has to be short."""
    if at in ENDLESS:
        return str(ENDLESS[at])
    pattern = "d MMM, HH:mm" if language() == "ru" else "MMM d, HH:mm"
    return format_datetime(at.astimezone(zone()), pattern, locale=language())


def zone_name(local: datetime) -> str:
    """The zone's own letters where it has some, else its distance from UTC."""
    name = local.tzname() or "UTC"
    if name == "MSK" and language() == "ru":
        return "МСК"
    return name if name.isalpha() else f"UTC{name}"


def until(ends_at: datetime | None) -> str:
    return _("until {moment}").format(moment=moment(ends_at)) if ends_at else _("for ever")


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


def person(who: AccountSummary) -> str:
    return f"<b>{cut(who.name) or '—'}</b> ({cut(who.email, 80)}, #{who.id})"
