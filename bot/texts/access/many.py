"""Wording of access that is given to many at once."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum, auto

from bot.texts import _, __, plural
from bot.texts.access.grants import state
from bot.texts.format import cut, person, safe
from bot.texts.format import days as in_days
from db.access.plans import GrantPlan
from db.accounts.people import AccountSummary

UNDO = __("↩️ Undo all of it")
COLUMNS = (__("Account"), __("Name"), __("Product"), __("Days"), __("Open until"))


class Problem(StrEnum):
    UNKNOWN = auto()
    NOT_REGISTERED = auto()
    SEVERAL = auto()
    UNPROVEN = auto()
    USERNAME = auto()


PROBLEMS = {
    Problem.UNKNOWN: __("not found"),
    Problem.NOT_REGISTERED: __("has written to the bot, but is not registered"),
    Problem.SEVERAL: __("several people match: use an e-mail or # and the account's number"),
    Problem.UNPROVEN: __("this address was only typed: use # and the account's number"),
    Problem.USERNAME: __("names can change hands: in a list use an e-mail or an id"),
}


def count_people(count: int) -> str:
    return plural("{count} person", "{count} people", count)


def go_on(count: int) -> str:
    return _("Go on with {people}").format(people=count_people(count))


def checked(
    found: int,
    problems: Sequence[tuple[int, str, Problem]],
    guesses: Sequence[tuple[int, str, AccountSummary]],
) -> str:
    """`problems`: the number of the line, what is written there, and what is wrong with it; `guesses`: whom it seems to
    mean."""
    lines = [_("Found: {people}.").format(people=count_people(found))]
    if guesses:
        lines += ["", _("By part of a name or a phone, counted among them; please check:")]
        lines += [f"{number}. {cut(written)} → {person(who)}" for number, written, who in guesses]
    if problems:
        lines += ["", _("Not clear:")]
        lines += [f"{number}. {cut(written)} — {PROBLEMS[problem]}" for number, written, problem in problems]
    return "\n".join(lines)


def preview(title: str, plans: Sequence[GrantPlan], names: Sequence[str], reason: str, now: datetime) -> str:
    lines = [title, ""]
    lines += [
        f"{number}. {cut(name, 30)}: {_end(plan.end_before, plan, now)} → {_end(plan.ends_at, plan, now)}"
        for number, (plan, name) in enumerate(zip(plans, names, strict=True), 1)
    ]
    if reason:
        lines += ["", _("Reason: {reason}").format(reason=safe(reason))]
    return "\n".join(lines)


def _end(ends_at: datetime | None, plan: GrantPlan, now: datetime) -> str:
    endless = plan.before is not None and plan.before.ends_at is None
    return _("open forever") if endless else state(ends_at, now)


def done(count: int, product: str, days: int) -> str:
    headline = _("✅ Given to {people}: {days} of “{product}”.").format(
        people=count_people(count), days=in_days(days), product=cut(product, 80)
    )
    return headline + "\n" + _("It can be undone for ten minutes; the learners hear of it in a minute.")


def undone(count: int) -> str:
    return _("↩️ Undone for {people}.").format(people=count_people(count))


def report() -> str:
    return _("Who has got what: a report of it.")
