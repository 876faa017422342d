"""Wording of progress: how far in each course, days of learning, and the picture of both."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from babel.dates import format_date

from bot.pictures import CourseBar, ProgressPicture
from bot.texts import _, __, language, now, plural
from bot.texts.format import bar, cut, day, label, left, safe
from bot.texts.home import renew
from bot.texts.lessons import counted, end_of, share_bot
from db.lessons.days import WEEKS, LearningDays
from db.lessons.progress import ModuleProgress

NOTHING = __("Nothing here yet: begin with the first lesson.")
PICTURE = __("🖼 As a picture")
DRAWING = __("🖼 The picture is on its way…")
LIGHT = __("☀️ Light")
DARK = __("🌙 Dark")
SHARE = __("📣 Share")


def progress(found: Sequence[ModuleProgress], days: LearningDays) -> str:
    parts = [_("📈 <b>My progress</b>")]
    if days.all:
        parts.append(f"{'🔥' if days.streak > 1 else '🗓'} {caption(days)}")
    return "\n\n".join([*parts, *(_module(one, days) for one in found)])


def caption(days: LearningDays) -> str:
    """Days in a row, where there are any, and days at all."""
    count = _("{days} in {weeks} weeks").format(days=_learnt(days.count_shown()), weeks=WEEKS)
    return f"{_streak(days)} · {count}" if days.streak > 1 else count


def _streak(days: LearningDays) -> str:
    return plural("{count} day in a row", "{count} days in a row", days.streak)


def _learnt(count: int) -> str:
    return plural("{count} day of learning", "{count} days of learning", count)


def _module(one: ModuleProgress, days: LearningDays) -> str:
    name = f"<b>{safe(one.module)}</b>" + ("" if one.is_open else " 🔒")
    if not one.progress.count:
        return f"{name}\n" + _("It has no lessons yet.")
    percent = one.progress.done * 100 // one.progress.count
    lines = [f"{bar(one.progress.share)} {percent}%", f"{counted(one.progress)}{end_of(one.progress)}"]
    if learnt := days.count_shown(one.module_id):
        lines.append(_learnt(learnt))
    if (last := days.last.get(one.module_id)) is not None:
        lines.append(
            _("Last: “{lesson}”, {day}").format(lesson=cut(last.title, 60), day=day(last.at, days.zone))
        )
    if one.is_open and one.ends_at is not None:
        lines.append(left(one.ends_at, now()))
    return "\n".join([name, *lines])


def go_on(one: ModuleProgress) -> str:
    return label(_("▶️ Continue: {module}").format(module=one.module))


def open_again(one: ModuleProgress) -> str:
    if one.ends_at is None:  # only its free lessons were taken so far
        return label(_("🔓 Open: {course}").format(course=one.module))
    return renew(one)


# --- the picture ---


def picture(
    found: Sequence[ModuleProgress], days: LearningDays, username: str, *, dark: bool
) -> ProgressPicture:
    big, small = _learnt(days.count_shown()), _("in {weeks} weeks").format(weeks=WEEKS)
    if days.streak > 1:
        big, small = _streak(days), f"{big} {small}"
    return ProgressPicture(
        title=_("My progress"),
        big=big,
        small=small,
        first=days.first_shown,
        today=days.today,
        days=frozenset(days.all),
        weekdays=tuple(
            format_date(days.first_shown + timedelta(days=at), "ccc", locale=language()).capitalize()
            for at in range(7)
        ),
        weeks=tuple(_months(days)),
        courses=tuple(_bar(one) for one in _first(found, days)),
        footer=f"t.me/{username}" if username else "",
        dark=dark,
    )


def _first(found: Sequence[ModuleProgress], days: LearningDays) -> list[ModuleProgress]:
    """What was learnt last stands first; what has no lessons is left out."""
    there = [one for one in found if one.progress.count]
    last = {one.module_id: days.last[one.module_id].at for one in there if one.module_id in days.last}
    return sorted(there, key=lambda one: (one.module_id not in last, -_seconds(last.get(one.module_id))))


def _seconds(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0


def _months(days: LearningDays) -> list[str]:
    """Above the first week, and above each in which a month begins."""
    mondays = [days.first_shown + timedelta(weeks=at) for at in range(WEEKS)]
    names = [format_date(monday, "LLL", locale=language()).strip(".") for monday in mondays]
    return [name if at == 0 or name != names[at - 1] else "" for at, name in enumerate(names)]


def _bar(one: ModuleProgress) -> CourseBar:
    told = _("{done} of {count}").format(done=one.progress.done, count=one.progress.count)
    return CourseBar(one.module, one.progress.share, told)


def share_url(username: str) -> str | None:
    return share_bot(_("I am learning here:"), username)
