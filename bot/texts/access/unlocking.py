"""Wording of lessons that an admin may unlock for one person."""

from collections.abc import Sequence

from bot.texts import _, __
from bot.texts.format import label, person, safe
from bot.texts.lessons import waits
from db.accounts.people import AccountSummary
from db.lessons.unlocking import WaitingLesson

UNLOCK = __("🔓 Unlock a lesson")
UNLOCKED = __("✅ Unlocked. The learner is told.")
UNLOCKED_BEFORE = __("This lesson is unlocked already.")


def waiting(who: AccountSummary, found: Sequence[WaitingLesson]) -> str:
    if not found:
        return f"{person(who)}\n\n" + _("✅ Nothing waits: all lessons of the open courses are unlocked.")
    lines = [
        f"<b>{safe(one.module)}</b> · {one.number}. {safe(one.title)}\n{waits(one.lock)}" for one in found
    ]
    return "\n\n".join([person(who), _("Which lesson shall I unlock right now?"), *lines])


def button(one: WaitingLesson) -> str:
    return label(f"🔓 {one.number}. {one.title}")
