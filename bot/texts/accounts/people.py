"""What admins see of a person."""

from collections.abc import Sequence
from datetime import datetime

from bot.texts import _, __, plural
from bot.texts.access.grants import state
from bot.texts.format import cut, day, days, label, moment, money, person
from bot.texts.payments.purchases import status
from db.access.changes import AccessPeriod
from db.accounts.people import AccountSummary, ChatContact
from db.accounts.record import MergeEntry, SignInWays
from db.lessons.progress import ModuleProgress
from db.payments.methods import STARS, YOOKASSA
from db.payments.purchases import PaidSum, PurchaseSummary
from db.promo import PromoUse

SHOWN = 15  # modules of a person
PROVIDERS = {YOOKASSA: __("YooKassa"), STARS: __("Stars")}
GRANT = __("🎁 Give access")
EXTEND = __("➕ Extend")
SHORTEN = __("✂️ Shorten")
END_SESSIONS = __("🚪 Sign out everywhere")
END_SURE = __("🚪 Yes, everywhere")
KEEP = __("Leave it")
HISTORY = __("📜 What was done")
RETURN = __("↩️ Return")
PAGES = (__("👤 Card"), __("💳 Payments"), __("🎁 Gifts"), __("📈 Progress"))
NOTHING = "—"


def card(
    who: AccountSummary,
    contacts: Sequence[ChatContact],
    ways: SignInWays,
    openings: Sequence[AccessPeriod],
    merges: Sequence[MergeEntry],
    bought: Sequence[PurchaseSummary],
    sums: Sequence[PaidSum],
    sessions: int,
    now: datetime,
) -> str:
    seen = moment(who.last_seen) if who.last_seen else NOTHING
    others = [_("password of the site")] if ways.has_password else []
    others += [cut(one) for one in ways.providers]
    lines = [
        person(who),
        *(
            [_("Deleted by its person: {moment}").format(moment=moment(who.deleted_at))]
            if who.deleted_at
            else []
        ),
        _("E-mail: {email}").format(email=_email(who)),
        _("Phone: {phone}").format(phone=cut(who.phone) or NOTHING),
        _("Registered: {moment}").format(moment=moment(who.created_at)),
        _("Last seen: {moment}").format(moment=seen),
        _("Active sessions: {count}").format(count=sessions),
        "",
        "<b>" + _("Chats") + "</b>",
        *([_contact(one) for one in contacts[:SHOWN]] or [NOTHING]),
        *([_("Signs in also by: {ways}").format(ways=", ".join(others))] if others else []),
        "",
        "<b>" + _("Access") + "</b>",
        *([_opening(one, now) for one in openings[:SHOWN]] or [NOTHING]),
        *[_merge(one) for one in merges],
        *(["", "<b>" + _("Last payments") + "</b>", *map(_bought, bought)] if bought else []),
        *_sums(sums),
    ]
    return "\n".join(lines)


def _email(who: AccountSummary) -> str:
    known = [_("{email}, proven").format(email=cut(who.email, 80))] if who.email else []
    if who.typed_email:
        known.append(_("{email}, unproven").format(email=cut(who.typed_email, 80)))
    return " · ".join(known) or NOTHING


def _contact(one: ChatContact) -> str:
    name = f" @{cut(one.username)}" if one.username else ""
    note = "" if one.met else " " + _("(never wrote to this bot)")
    blocked = " " + _("(has blocked the bot)") if one.blocked else ""
    return f"<code>{cut(one.telegram_id)}</code>{name}{note}{blocked}"


def _opening(one: AccessPeriod, now: datetime) -> str:
    found = _("open forever") if one.ends_at is None else state(one.ends_at, now)
    return f"{cut(one.module)}: {found}"


def _merge(one: MergeEntry) -> str:
    said = (
        _("🔗 Joined to account #{id}, {day}")
        if one.away
        else _("🔗 Account #{id} was joined to this one, {day}")
    )
    line = said.format(id=one.other_id, day=day(one.created_at))
    return line + (" " + _("(separated again)") if one.undone_at else "")


def payments(who: AccountSummary, bought: Sequence[PurchaseSummary], sums: Sequence[PaidSum]) -> str:
    return "\n".join([_page(who, _("Payments"), [_bought(one) for one in bought]), *_sums(sums)])


def _sums(sums: Sequence[PaidSum]) -> list[str]:
    """Of all the person has paid, in a line."""
    if not sums:
        return []
    parts = [str(sum(one.count for one in sums)), *(money(one.amount, one.currency) for one in sums)]
    if returned := [money(one.refunded, one.currency) for one in sums if one.refunded]:
        parts.append(_("returned: {price}").format(price=", ".join(returned)))
    return [_("Paid in all: {sums}").format(sums=" · ".join(parts))]


def _bought(one: PurchaseSummary) -> str:
    line = _("#{id} of {moment}: {product}, {days}, {price}, {status} ({provider})").format(
        id=one.id,
        moment=moment(one.purchased_at or one.created_at),
        product=cut(one.product),
        days=days(one.days),
        price=money(one.amount, one.currency),
        status=cut(status(one.status)),
        provider=str(PROVIDERS.get(one.provider, cut(one.provider))),
    )
    if one.refunded:
        line += " · " + _("returned: {price}").format(price=money(one.refunded, one.currency))
    return line


def refund_button(one: PurchaseSummary) -> str:
    price = money(one.amount - one.refunded, one.currency)
    return _("↩️ Return #{id} · {price}").format(id=one.id, price=price)


def gifts(who: AccountSummary, granted: Sequence[str], used: Sequence[PromoUse]) -> str:
    """`granted`: the entries of the history, as it says them."""
    codes = [
        _("{code}: {days} of “{product}”, {day}").format(
            code=cut(one.code), days=days(one.days), product=cut(one.product), day=day(one.used_at)
        )
        for one in used
    ]
    return "\n\n".join(
        (
            _page(who, _("Grants and revocations"), granted),
            "\n".join(("<b>" + _("Promo codes") + "</b>", *(codes or [NOTHING]))),
        )
    )


def progress(who: AccountSummary, found: Sequence[ModuleProgress]) -> str:
    lines = [
        f"{cut(one.module)}: "
        + _("{done} of {count}").format(done=one.progress.done, count=one.progress.count)
        for one in found[:SHOWN]
    ]
    return _page(who, _("Progress"), lines)


def _page(who: AccountSummary, title: str, lines: Sequence[str]) -> str:
    return "\n".join((person(who), "", f"<b>{title}</b>", *(lines or [NOTHING])))


def ask_end_sessions(who: AccountSummary, count: int) -> str:
    asked = plural(
        "End {count} session? One tap signs them in again, in their own chat.",
        "End all {count} sessions? One tap signs them in again, in their own chat.",
        count,
    )
    return f"{person(who)}\n\n{asked}"


def sessions_ended(count: int) -> str:
    return plural("{count} session is ended.", "{count} sessions are ended.", count)


def asking(who: str) -> str:
    return _("Asking Telegram whether {name} is still their name…").format(name=cut(who))


def renamed(username: str, now: str | None) -> str:
    return _(
        "I know {name} by a name that Telegram doesn't confirm: that chat is called {now} by now. Nothing was done."
        " Please use the Telegram id, the e-mail or # and the account's id."
    ).format(name=cut(f"@{username}"), now=cut(f"@{now}") if now else _("otherwise, without a name"))


def not_confirmed(username: str) -> str:
    return _(
        "Telegram doesn't say who {name} is. Nothing was done."
        " Please use the Telegram id, the e-mail or # and the account's id."
    ).format(name=cut(f"@{username}"))


def choice(who: AccountSummary) -> str:
    """A button: the name, and the account's number, so that people of one name can be told apart."""
    return label(who.name or who.email or "—", f" · #{who.id}")
