"""Wording of access: what is open, until when."""

from collections.abc import Sequence
from datetime import datetime

from bot.texts import _, __
from bot.texts.format import end, label, left, safe, until
from db.lessons.home import Course

NO_ACCESS = __(
    "You have no courses yet.\n\nChoose one, redeem a promo code, or take a look at the free lessons."
)
SEE_COURSES = __("🎓 Courses")
RENEW_ONE = __("🔄 Renew")
AGAIN_ONE = __("🔓 Open again")


def status(courses: Sequence[Course], now: datetime) -> str:
    return "\n\n".join([_("🔑 <b>My access</b>"), *(course(one, now) for one in courses)])


def course(one: Course, now: datetime) -> str:
    name = f"<b>{safe(one.module)}</b>"
    if one.ends_at is None:
        return f"{name}\n✅ " + _("Open forever")
    if one.ends_at <= now:
        return f"{name}\n⌛ " + _("Ended {day}").format(day=end(one.ends_at))
    return (
        f"{name}\n✅ " + _("Open {until}").format(until=until(one.ends_at)) + f" · {left(one.ends_at, now)}"
    )


def renew(one: Course, *, alone: bool) -> str:
    """What it renews is said where there are several."""
    if alone:
        return str(RENEW_ONE if one.is_open else AGAIN_ONE)
    return label(f"{'🔄' if one.is_open else '🔓'} {one.module}")
