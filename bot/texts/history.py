"""Wording of the history: who did what, to whom, what was so before and after, and why."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from babel.support import LazyProxy

from bot.texts import _, __
from bot.texts.access.many import count_people
from bot.texts.alerts import TITLES
from bot.texts.catalogue import recorded
from bot.texts.format import cut, day, fill, label, moment, person, safe
from bot.texts.format import days as in_days
from bot.texts.roles import name as role_name
from db.accounts.people import AccountSummary
from db.acts import CONSOLE, ELSEWHERE, ActKind
from db.history import ActEntry
from db.timestamps import FOR_EVER

NOBODY_YET = __("Nothing was done here yet.")
MAX_CHANGES = 3  # of a catalogue, spelt out
UNDONE = __("(undone)")
TITLE = __("History")
# As the buttons call them; which acts belong to each.
GROUPS: tuple[tuple[Any, tuple[ActKind, ...]], ...] = (
    (__("Everything"), ()),
    (
        __("🎁 Access"),
        (
            ActKind.GRANT,
            ActKind.REVOKE,
            ActKind.UNDO,
            ActKind.GRANT_MANY,
            ActKind.UNDO_MANY,
            ActKind.UNLOCK,
            ActKind.ELSEWHERE,
        ),
    ),
    (__("💰 Money"), (ActKind.REFUND, ActKind.ASSIGN, ActKind.ALERT)),
    (__("👤 Accounts"), (ActKind.JOIN, ActKind.SEPARATE, ActKind.SIGN_OUT)),
    (__("🎟 Promo codes"), tuple(one for one in ActKind if one.value.startswith("promo_"))),
    (__("🏷 Catalogue"), tuple(one for one in ActKind if one.value.startswith(("offer_", "catalogue")))),
    (__("✉️ Support"), (ActKind.CLOSE, ActKind.ANSWER)),
    (__("🗝 Roles"), (ActKind.ROLE,)),
)
PERIODS: tuple[tuple[Any, int | None], ...] = (
    (__("All the time"), None),
    (__("24 hours"), 1),
    (__("7 days"), 7),
    (__("30 days"), 30),
)
ANYBODY = __("All admins")
EVERYBODY = __("✖️ Of everybody")
OLDER = __("Older ▶️")
NEWEST = __("⏮ Newest")
BACK = __("↩️ Back")
CHOOSE_KIND = __("What are you looking for?")
CHOOSE_PERIOD = __("Since when?")
CHOOSE_ADMIN = __("Who did it?")


def admin_name(telegram_id: int, name: str | None) -> str:
    return safe(admin_label(telegram_id, name))


def admin_label(telegram_id: int, name: str | None) -> str:
    """As a button calls them."""
    if telegram_id == CONSOLE:
        return _("command line")
    if telegram_id == ELSEWHERE:
        return _("the site")
    return label(name) if name else str(telegram_id)


def history(entries: Sequence[ActEntry], who: AccountSummary | None, filters: Sequence[str]) -> str:
    title = f"<b>{TITLE}</b>" + (f": {person(who)}" if who else "")
    if filters:
        title += "\n<i>" + " · ".join(filters) + "</i>"
    return "\n\n".join([title, *(entry(one) for one in entries)] if entries else [title, str(NOBODY_YET)])


def entry(one: ActEntry) -> str:
    """When and by whom, what, and why."""
    lines = [f"<i>{moment(one.created_at)}</i> · {admin_name(one.telegram_id, one.admin)}"]
    concerned = f"{cut(one.person, 30) or '—'} (#{one.user_id}): " if one.user_id is not None else ""
    done = concerned + what(one)
    lines.append(done + (f" {UNDONE}" if one.undone else ""))
    if one.reason:
        lines.append(_("Reason: {reason}").format(reason=cut(one.reason, 120)))
    return "\n".join(lines)


def what(one: ActEntry) -> str:
    """Of a kind that a newer release has written, its name and what is known of it."""
    say, known = SAID.get(one.kind), {**one.facts, "at": one.created_at}
    if isinstance(changes := known.get("changes"), list):
        known["people"] = count_people(len(changes))
    try:
        if say is None:
            return _unknown(one)
        return fill(say, known, 40) if isinstance(say, LazyProxy) else say(known)
    except (AttributeError, KeyError, TypeError, ValueError):  # facts of another release
        return _unknown(one)


def _unknown(one: ActEntry) -> str:
    named = [str(one.facts[key]) for key in ("code", "product", "key") if one.facts.get(key)]
    return cut(" · ".join([one.kind, *named]), 120)


Facts = Mapping[str, Any]


def _change(known: Facts) -> str:
    count = int(known["days"])
    sign = "+" if count > 0 else "−"
    return _("{sign}{days}, “{product}”: {before} → {after}").format(
        sign=sign,
        days=in_days(abs(count)),
        product=cut(known["product"], 40),
        before=_end(known["before"], known["at"], _("no access")),
        after=_end(known["after"], known["at"], _("open forever")),
    )


def _end(stored: str | None, at: datetime, nothing: str) -> str:
    """Of an access, as it was kept `at` the moment of the act."""
    if stored is None:
        return nothing
    ends_at = datetime.fromisoformat(stored)
    if ends_at <= at:
        return _("closed")
    return _("open forever") if ends_at >= FOR_EVER else _("until {day}").format(day=day(ends_at))


def _undo(known: Facts) -> str:
    return _("undone: {what}").format(what=_change(known))


def _alert(known: Facts) -> str:
    title = TITLES.get(known["alarm"])
    return _("alarm resolved by hand: {what} ({subject})").format(
        what=title or cut(known["alarm"]), subject=cut(known["subject"])
    )


def _join(known: Facts) -> str:
    if "chat" in known:
        return _("chat {chat} connected").format(chat=known["chat"])
    return _("account #{id} joined to this one").format(id=known["account"])


def _separate(known: Facts) -> str:
    if "chat" in known:
        return _("chat {chat} separated").format(chat=known["chat"])
    return _("accounts separated again (merge {id})").format(id=known["merge"])


def _role(known: Facts) -> str:
    return _("role: {before} → {after}").format(
        before=role_name(known["before"]), after=role_name(known["after"])
    )


def _close(known: Facts) -> str:
    return _("conversation with {name} closed").format(name=cut(known.get("name") or "—", 40))


def _answer(known: Facts) -> str:
    said = _("answered {name}") if known["asked"] else _("wrote to {name}")
    return said.format(name=cut(known.get("name") or "—", 40))  # an account that was deleted has none


def _elsewhere(known: Facts) -> str:
    """Days that the other application has given or taken: it does not say what was so before."""
    count = int(known["days"])
    return _("{sign}{days}, “{product}”; by account #{id}").format(
        sign="+" if count > 0 else "−",
        days=in_days(abs(count)),
        product=cut(known["product"], 40),
        id=known["admin"],
    )


def _catalogue(known: Facts) -> str:
    changes = [recorded(one) for one in known["changes"][:MAX_CHANGES]]
    more = known["count"] - len(changes)
    lines = [
        _("catalogue loaded, changes: {count}").format(count=known["count"]),
        *(f"• {one}" for one in changes),
    ]
    return "\n".join([*lines, "…"] if more > 0 else lines)


def _promo(said: Any) -> Callable[[Facts], str]:
    def say(known: Facts) -> str:
        of = known.get("code") or _("batch {id}").format(id=known["batch"])
        line = str(said).format(of=cut(str(of), 40))
        if known.get("product") and known.get("days"):
            line += ": " + _("{days} of “{product}”").format(
                days=in_days(known["days"]), product=cut(known["product"], 40)
            )
        if "before" in known and "after" in known:
            line += ": " + _("uses allowed {before} → {after}").format(
                before=known["before"], after=known["after"]
            )
        return line

    return say


# In words, or with what `fill` makes of the facts that are named in braces.
SAID: Mapping[str, LazyProxy | Callable[[Facts], str]] = {
    ActKind.GRANT: _change,
    ActKind.REVOKE: _change,
    ActKind.UNDO: _undo,
    ActKind.GRANT_MANY: __("+{days}, “{product}”: {people}"),
    ActKind.UNDO_MANY: __("undone for many: “{product}”, {people}"),
    ActKind.UNLOCK: __("unlocked lesson {number} “{lesson}” of “{module}”"),
    ActKind.SIGN_OUT: __("signed out everywhere, sessions: {sessions}"),
    ActKind.REFUND: __("return of {price}, payment #{purchase} (“{product}”)"),
    ActKind.ASSIGN: __("unmatched payment of {price} assigned to “{product}”"),
    ActKind.ALERT: _alert,
    ActKind.JOIN: _join,
    ActKind.SEPARATE: _separate,
    ActKind.ROLE: _role,
    ActKind.CLOSE: _close,
    ActKind.ANSWER: _answer,
    ActKind.ELSEWHERE: _elsewhere,
    ActKind.OFFER_ON: __("on sale: “{product}”, {days} for {price}"),
    ActKind.OFFER_OFF: __("withdrawn: “{product}”, {days} for {price}"),
    ActKind.CATALOGUE: _catalogue,
    ActKind.PROMO_NEW: _promo(__("promo code {of} made")),
    ActKind.PROMO_BATCH: _promo(__("promo codes made, {of}")),
    ActKind.PROMO_OFF: _promo(__("promo code {of} switched off")),
    ActKind.PROMO_ON: _promo(__("promo code {of} switched on")),
    ActKind.PROMO_LIMIT: _promo(__("promo code {of}, limit")),
    ActKind.PROMO_BATCH_OFF: _promo(__("promo codes switched off, {of}")),
    ActKind.PROMO_BATCH_ON: _promo(__("promo codes switched on, {of}")),
}
