"""Wording of what teachers see of learning."""

from collections.abc import Sequence

from bot.texts import _, plural
from bot.texts.format import cut, day, label
from db.lessons.figures import HardQuestion, StopLesson, StuckPerson


def figures(
    hardest: Sequence[HardQuestion], stops: Sequence[StopLesson], stuck: Sequence[StuckPerson], *, more: bool
) -> str:
    """`more`: more people are stuck than are listed."""
    nothing = "—"
    lines = [
        "<b>" + _("Hardest questions") + "</b>",
        *([_hard(one) for one in hardest] or [nothing]),
        "",
        "<b>" + _("Where people stop") + "</b>",
        *([_stop(one) for one in stops] or [nothing]),
        "",
        "<b>" + _("Stuck for a week") + "</b>",
        *([_stuck(one) for one in stuck] or [nothing]),
        *(["…"] if more else []),
    ]
    return "\n".join(lines)


def _hard(one: HardQuestion) -> str:
    wrong = _("{missed} of {asked} wrong").format(missed=one.missed, asked=one.asked)
    return f"• {cut(one.text, 80)} — {wrong} ({cut(one.lesson)})"


def _stop(one: StopLesson) -> str:
    people = plural("{count} person", "{count} people", one.people)
    return f"• {cut(one.title)} — {people} ({cut(one.module)})"


def _stuck(one: StuckPerson) -> str:
    since = _("since {day}").format(day=day(one.since))
    return f"• {_name(one)} — {cut(one.lesson)}, {since} ({cut(one.module)})"


def _name(one: StuckPerson) -> str:
    return f"{cut(one.name) or '—'} (#{one.user_id})"


def person_button(one: StuckPerson) -> str:
    return label(f"👤 {one.name or '—'}", f" #{one.user_id}")
