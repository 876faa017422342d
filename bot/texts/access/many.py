"""Wording of access that is given to many at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum, auto

from bot.csv_files import ListFault
from bot.texts import _, __, plural
from bot.texts.access.grants import state
from bot.texts.format import cut, person, safe
from bot.texts.format import days as in_days
from db.access.plans import GrantPlan
from db.accounts.people import AccountSummary

UNDO = __("↩️ Undo all of it")
COLUMNS = (__("Account"), __("Name"), __("Product"), __("Days"), __("Open until"))
MAX_SHOWN = 40  # lines of a message
CHECKED_COLUMNS = (__("Line"), __("Written"), __("What of it"))
PREVIEW_COLUMNS = (__("Name"), __("Now"), __("Afterwards"))
CHECKED_FILE = __("What of the list was not clear, or was guessed.")
PREVIEW_FILE = __("What would become of each. Nothing is changed until you confirm.")
READING = __("I am reading the file…")
ONLY_GIVEN = __("Access is given to many at once, but shortened for one person at a time. Who is it?")
FAULTS = {
    ListFault.BINARY: __(
        "This is no text: please send a CSV or text file, with an e-mail, an id or a name on each line."
    ),
    ListFault.SPREADSHEET: __("I can't read this format: please save the table as CSV and send that."),
    ListFault.EMPTY: __("There is nobody in this file: I need an e-mail, an id or a name on each line."),
    ListFault.TOO_MANY: __("There are more than 500 people in this file: please send it in parts."),
    ListFault.NO_COLUMN: __(
        "No column of this file names people: it takes one called E-mail, Telegram id, Account, Phone or Name."
    ),
    ListFault.REFUSED: __(
        "This file is too large or no longer there: please send a CSV or text file of at most 1 MB."
    ),
}
REPORT = __("Who has got what: a report of it.")


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
        lines += _shown([f"{number}. {cut(written)} → {person(who)}" for number, written, who in guesses])
    if problems:
        lines += ["", _("Not clear:")]
        lines += _shown(
            [f"{number}. {cut(written)} — {PROBLEMS[problem]}" for number, written, problem in problems]
        )
    return "\n".join(lines)


def _shown(lines: Sequence[str]) -> Sequence[str]:
    """As many as a message holds; all of them are in a file then."""
    if len(lines) <= MAX_SHOWN:
        return lines
    rest = _("… and {count} more: all of them are in the file.").format(count=len(lines) - MAX_SHOWN)
    return [*lines[:MAX_SHOWN], rest]


def checked_table(
    problems: Sequence[tuple[int, str, Problem]], guesses: Sequence[tuple[int, str, AccountSummary]]
) -> list[list[str]]:
    unclear = [(number, written, str(PROBLEMS[problem])) for number, written, problem in problems]
    likely = [
        (number, written, f"{who.name or who.email or ''} #{who.id}") for number, written, who in guesses
    ]
    rows = [[str(number), written, said] for number, written, said in sorted([*unclear, *likely])]
    return [[str(title) for title in CHECKED_COLUMNS], *rows]


def preview(
    title: str, plans: Sequence[GrantPlan], names: Mapping[int, str], reason: str, now: datetime
) -> str:
    listed = [
        f"{number}. {cut(names.get(plan.user_id, ''), 30)}: {_before(plan, now)} → {_after(plan, now)}"
        for number, plan in enumerate(plans, 1)
    ]
    lines = [title, "", *_shown(listed)]
    if reason:
        lines += ["", _("Reason: {reason}").format(reason=safe(reason))]
    return "\n".join(lines)


def preview_table(plans: Sequence[GrantPlan], names: Mapping[int, str], now: datetime) -> list[list[str]]:
    rows = [[names.get(plan.user_id, ""), _before(plan, now), _after(plan, now)] for plan in plans]
    return [[str(title) for title in PREVIEW_COLUMNS], *rows]


def _before(plan: GrantPlan, now: datetime) -> str:
    return _end(plan.end_before, plan, now)


def _after(plan: GrantPlan, now: datetime) -> str:
    return _end(plan.ends_at, plan, now)


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
