"""Wording of reviews."""

from datetime import datetime

from bot.texts import _
from bot.texts.format import moment
from bot.texts.questions import counted
from db.lessons.outcomes import Outcome
from db.lessons.sittings import Due


def nothing(due: Due) -> str:
    """Nothing is due now."""
    return "\n".join([_("✅ Nothing to review right now."), *_next(due.following)])


def outcome(ended: Outcome, due: Due) -> str:
    lines = [_("🔁 <b>Reviewed</b>"), counted(ended)]
    return "\n".join(lines if due.count else [*lines, *_next(due.following)])


def _next(following: datetime | None) -> list[str]:
    if following is None:
        return [_("Questions come here once you have answered them in a lesson.")]
    return [_("The next question comes {moment}.").format(moment=moment(following))]
