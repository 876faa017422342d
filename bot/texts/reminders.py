"""Wording of reminders, and of the choices about them."""

from datetime import datetime

from babel import Locale
from babel.dates import format_time, get_timezone_location

from bot.texts import _, __, language, plural
from bot.texts.format import end, label, money, safe, until
from db.reminders.due import Group, Kind, Reminder
from db.shop.courses import OfferDetails

WHAT_TIME = __(
    "🕐 <b>What time is it at yours?</b>\nThen I'll remind you at an hour of your own, and never at night."
)
WHICH_CITY = __("🌍 <b>In which city's time do you live?</b>\nSo I'll know when the clocks change.")
NOT_HERE = __("‹ Another time")
MUTE = __("🔕 Don't remind me of this")
MUTED = __("🔕 I won't remind you of this any more. /reminders turns it on again.")
CHANGE_ZONE = __("🌍 Another time zone")
CHANGE_HOUR = __("🕐 Another hour")
WHICH_HOUR = __("🕐 <b>At what hour shall I write?</b>")
BACK = __("‹ Back")
REVIEW = __("▶️ Review now")
GROUPS = {
    Group.ACCESS: __("Access ends"),
    Group.LESSON: __("A lesson unlocks"),
    Group.REVIEW: __("Questions to review"),
    Group.IDLE: __("A course waits for me"),
}


def choices(city: str, now: datetime, hour: int, *, muted_by: int) -> str:
    lines = [
        "⏰ <b>" + _("Reminders") + "</b>",
        "",
        _("At yours it is {time} now ({city}).").format(time=clock(now), city=safe(city)),
        _("I write at {hour}, and never between 22:00 and 8:00.").format(hour=f"{hour}:00"),
        _("Once a day at most, unless access ends."),
    ]
    if muted_by:
        lines += ["", _("What you don't want to hear of is off, 🔕.")]
    return "\n".join(lines)


def group_button(group: Group, *, muted: bool) -> str:
    return f"{'🔕' if muted else '✅'} {GROUPS[group]}"


def clock(local: datetime) -> str:
    return str(format_time(local, "HH:mm", locale=language()))


def clock_of(local: datetime, zone: str) -> str:
    return f"🕐 {clock(local)} · {city(zone)}"


def city(zone: str) -> str:
    """As people call it; Babel asks for a name of its own first, under which some have none."""
    named = Locale.parse(language()).time_zones.get(zone, {})
    found = named.get("city") or get_timezone_location(zone, locale=language(), return_city=True)
    return str(found).rpartition("/")[2]  # "Argentina/Buenos Aires"


def text(one: Reminder) -> str:
    """As HTML; the same for a chat and a letter."""
    module = safe(one.module)
    match one.kind:
        case Kind.ENDS_IN_3 | Kind.ENDS_IN_1 if one.ends_at is not None:
            return _("⏳ Your access to “{module}” ends {day}.").format(module=module, day=end(one.ends_at))
        case Kind.ENDED:
            return _("⌛ Your access to “{module}” has ended. What you have done is kept.").format(
                module=module
            )
        case Kind.LESSON:
            return _("🔓 A lesson of “{module}” is open now:\n<b>{number}. {title}</b>").format(
                module=module, number=one.number, title=safe(one.title)
            )
        case Kind.REVIEW:
            return plural(
                "🔁 {count} question to review. It takes a minute, and it stays in your head.",
                "🔁 {count} questions to review. It takes a minute, and they stay in your head.",
                one.count,
            )
        case _other:
            days = plural("{count} day", "{count} days", one.count)
            return _(
                "📖 “{module}” waits for you: you were last here {days} ago. Next:\n<b>{number}. {title}</b>"
            ).format(module=module, days=days, number=one.number, title=safe(one.title))


def subject(one: Reminder) -> str:
    """Of a letter about access."""
    if one.kind is Kind.ENDED:
        return _("Access has ended: {module}").format(module=one.module)
    return _("Access ends soon: {module}").format(module=one.module)


def renew(offer: OfferDetails, ends_at: datetime | None) -> str:
    """The price, and where it leads."""
    return label(f"🔄 {money(offer.price, offer.currency)}", f" · {until(ends_at)}")
