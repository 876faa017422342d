"""Wording of access: what is open, until when."""

from datetime import datetime

from bot.texts import _, __
from bot.texts.format import bar, left, moment, safe
from db.access.changes import AccessPeriod

NO_ACCESS = __(
    "You have no access to a module yet.\n\n"
    "Choose a course, redeem a promo code, or take a look at the free lessons:"
)
SEE_COURSES = __("🎓 Courses")


def status(openings: list[AccessPeriod], now: datetime) -> str:
    return "\n\n".join([_("🔑 <b>My access</b>"), *(opening(one, now) for one in openings)])


def opening(one: AccessPeriod, now: datetime) -> str:
    name = f"<b>{safe(one.module)}</b>"
    if one.ends_at is None:
        return f"{name}\n✅ " + _("Open for ever") + f"\n{bar(1)}"
    if one.ends_at <= now:
        ended = _("Ended on {moment}").format(moment=moment(one.ends_at))
        return f"{name}\n⌛ {ended}\n" + _("To open it again, renew it below or redeem a promo code.")
    lines = [
        name,
        "✅ " + _("Open until {moment}").format(moment=moment(one.ends_at)),
        left(one.ends_at, now),
    ]
    if one.started_at is not None:
        lines[-1] = f"{bar(share_left(one.started_at, one.ends_at, now))} {lines[-1]}"
    return "\n".join(lines)


def share_left(started_at: datetime, ends_at: datetime, now: datetime) -> float:
    """Of the present stretch; a started_at that is not before the end leaves nothing to divide."""
    whole = (ends_at - started_at).total_seconds()
    return (ends_at - now).total_seconds() / whole if whole > 0 else 0.0


def renew(one: AccessPeriod, now: datetime) -> str:
    ended = one.ends_at is not None and one.ends_at <= now
    template = _("🔓 Open again: {module}") if ended else _("🔄 Renew: {module}")
    return template.format(module=one.module)
