"""Wording of home: the lesson to go on with, a line per course, where else one may go."""

from collections.abc import Sequence

from bot.texts import _, __, plural
from bot.texts.format import called, end, label, moment, safe, until
from db.lessons.home import Course, NextLesson
from db.lessons.progress import ModuleProgress

MAX_ENDED = 3  # courses whose access has ended, in one list
MAX_OPEN = 20

HOME = __("🏠 Home")
MY_COURSES = __("📚 My courses")
BUY = __("🎓 Buy")
PROMO = __("🎁 Promo code")
PROFILE = __("👤 Profile")
ADMIN = __("⚙️ Administration")
FREE_LESSON = __("🎁 Free lesson")


def home(first_name: str, courses: Sequence[Course], following: NextLesson | None) -> str:
    """`first_name` may be empty."""
    return f"{_heading(called(first_name), courses, following)}\n\n{_body(courses, following)}"


def _heading(name: str, courses: Sequence[Course], following: NextLesson | None) -> str:
    if following and any(one.progress.done for one in courses):
        return _("{name}, shall we go on?").format(name=name) if name else _("Shall we go on?")
    return _("👋 Hello, {name}!").format(name=name) if name else _("👋 Hello!")


def _body(courses: Sequence[Course], following: NextLesson | None) -> str:
    if courses:
        return lines(courses)
    if following:
        return _("You have no courses yet. The first lessons are free: just begin.")
    return _("You have no courses yet. Choose one, or redeem a promo code.")


def lines(courses: Sequence[Course]) -> str:
    """A line each: those that have ended only as many as are worth a look."""
    there = [one for one in courses if one.is_open]
    ended = [one for one in courses if not one.is_open]
    shown = [line(one) for one in [*there[:MAX_OPEN], *ended[:MAX_ENDED]]]
    left = len(courses) - len(shown)
    return "\n".join([*shown, _("… and {count} more: /status").format(count=left)] if left else shown)


def line(one: Course) -> str:
    name = f"<b>{safe(one.module)}</b>"
    if not one.is_open:
        return f"⌛ {name} · " + _("ended {day}").format(day=end(one.ends_at) if one.ends_at else "")
    progress = one.progress
    parts = [name, until(one.ends_at)]
    if progress.count:
        done = _("{done} of {count}").format(done=progress.done, count=progress.count)
        parts.insert(1, f"{done} 🎉" if progress.finished else done)
    if one.coming:
        parts.append(_("next lesson {moment}").format(moment=moment(one.coming)))
    return " · ".join(parts)


def next_lesson(number: int, title: str) -> str:
    return label(_("▶️ Lesson {number}: {title}").format(number=number, title=title))


def renew(one: Course | ModuleProgress) -> str:
    template = _("🔄 Renew: {course}") if one.is_open else _("🔓 Open again: {course}")
    return label(template.format(course=one.module))


def review(due: int) -> str:
    return label(plural("🔁 {count} to review", "🔁 {count} to review", due))
