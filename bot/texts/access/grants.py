"""Wording of grants, revocations and their history."""

from datetime import datetime

from bot.texts import _, __
from bot.texts.format import cut, moment, person, safe, until
from bot.texts.format import days as in_days
from db.access.grants import GrantResult, HistoryEntry
from db.accounts.people import AccountSummary

UNDO = __("↩️ Undo")
REGISTER_FIRST = __("Please register first: the history shows who gave access.")


def done(who: AccountSummary, granted: GrantResult, reason: str, now: datetime) -> str:
    days = granted.change.days
    said = _("✅ Given: {days}") if days > 0 else _("✅ Shortened by {days}")
    card = _card(said.format(days=in_days(abs(days))), who, granted, now)
    if reason:
        card += "\n" + _("Reason: {reason}").format(reason=safe(reason))
    return card + "\n\n" + _("It can be undone for ten minutes; the learner hears of it in a minute.")


def undone(who: AccountSummary, granted: GrantResult, now: datetime) -> str:
    days = granted.change.days
    said = _("↩️ Undone, given back: {days}") if days > 0 else _("↩️ Undone, shortened by {days}")
    return _card(said.format(days=in_days(abs(days))), who, granted, now)


def _card(headline: str, who: AccountSummary, granted: GrantResult, now: datetime) -> str:
    change = granted.change
    endless = change.after is None
    before = _("open forever") if endless else state(change.before, now)
    after = _("open forever") if endless else state(change.after, now)
    return "\n".join(
        (
            headline,
            _("Who: {person}").format(person=person(who)),
            _("Product: {product}").format(product=cut(granted.product, 80)),
            _("Course: {module}").format(module=cut(granted.module, 80)),
            _("Before: {state}").format(state=before),
            _("Now: {state}").format(state=after),
        )
    )


def state(ends_at: datetime | None, now: datetime) -> str:
    """`ends_at` is None where there has never been access."""
    if ends_at is None:
        return _("no access")
    if ends_at > now:
        return _("open {until}").format(until=until(ends_at))
    return _("closed")


def entry(one: HistoryEntry) -> str:
    sign = "+" if one.days > 0 else "−"
    line = _("{moment}\n{person} (#{id}): {sign}{days}, “{product}”. Admin: {admin}").format(
        moment=moment(one.created_at),
        sign=sign,
        days=in_days(abs(one.days)),
        product=cut(one.product, 30),
        person=cut(one.person, 30),
        id=one.user_id,
        admin=cut(one.admin, 30),
    )
    return line + (" " + _("(undone)") if one.undone else "")
