"""How people, and whatever they have named, are called in lists: cut and escaped. And what admins see of one."""

from collections.abc import Sequence
from datetime import datetime

from bot.texts import _
from bot.texts.access.grants import state
from bot.texts.format import days, moment, money, safe
from bot.texts.payments.purchases import status
from db.access.changes import AccessPeriod
from db.accounts.people import AccountSummary, ChatContact
from db.payments.purchases import PurchaseSummary

SHOWN = 15  # modules of a person


def short(text: str | None, most: int = 40) -> str:
    """On one line of at most `most` characters as Telegram counts them (UTF-16 units), and safe."""
    units = " ".join((text or "").split()).encode("utf-16-le", "surrogatepass")
    if len(units) > 2 * most:
        return safe(units[: 2 * most - 2].decode("utf-16-le", "ignore").rstrip() + "…")
    return safe(units.decode("utf-16-le", "surrogatepass"))


def person(who: AccountSummary) -> str:
    return f"<b>{short(who.name) or '—'}</b> ({short(who.email, 80)}, #{who.id})"


def card(
    who: AccountSummary,
    contacts: Sequence[ChatContact],
    openings: Sequence[AccessPeriod],
    bought: Sequence[PurchaseSummary],
    sessions: int,
    now: datetime,
) -> str:
    nothing = "—"
    seen = moment(who.last_seen) if who.last_seen else nothing
    lines = [
        person(who),
        _("Phone: {phone}").format(phone=short(who.phone) or nothing),
        _("Registered: {moment}").format(moment=moment(who.created_at)),
        _("Last seen: {moment}").format(moment=seen),
        _("Live sessions: {count}").format(count=sessions),
        "",
        "<b>" + _("Chats") + "</b>",
        *([_contact(one) for one in contacts[:SHOWN]] or [nothing]),
        "",
        "<b>" + _("Access") + "</b>",
        *([_opening(one, now) for one in openings[:SHOWN]] or [nothing]),
        "",
        "<b>" + _("Last payments") + "</b>",
        *([_bought(one) for one in bought] or [nothing]),
    ]
    return "\n".join(lines)


def _contact(one: ChatContact) -> str:
    name = f" @{short(one.username)}" if one.username else ""
    note = "" if one.met else " " + _("(never wrote to this bot)")
    blocked = " " + _("(has blocked the bot)") if one.blocked else ""
    return f"<code>{short(one.telegram_id)}</code>{name}{note}{blocked}"


def _opening(one: AccessPeriod, now: datetime) -> str:
    found = _("open for ever") if one.ends_at is None else state(one.ends_at, now)
    return f"{short(one.module)}: {found}"


def _bought(one: PurchaseSummary) -> str:
    return _("№{id} of {moment}: {product}, {days}, {price}, {status} ({provider})").format(
        id=one.id,
        moment=moment(one.purchased_at or one.created_at),
        product=short(one.product),
        days=days(one.days),
        price=money(one.amount, one.currency),
        status=short(status(one.status)),
        provider=short(one.provider),
    )
