"""What admins see of a person."""

from collections.abc import Sequence
from datetime import datetime

from bot.texts import _, __
from bot.texts.access.grants import state
from bot.texts.format import cut, days, label, moment, money, person
from bot.texts.payments.purchases import status
from db.access.changes import AccessPeriod
from db.accounts.people import AccountSummary, ChatContact
from db.payments.purchases import PurchaseSummary

SHOWN = 15  # modules of a person
GRANT = __("🎁 Give access")
EXTEND = __("➕ Extend")
SHORTEN = __("✂️ Shorten")


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
        *(
            [_("Deleted by its person: {moment}").format(moment=moment(who.deleted_at))]
            if who.deleted_at
            else []
        ),
        _("Phone: {phone}").format(phone=cut(who.phone) or nothing),
        _("Registered: {moment}").format(moment=moment(who.created_at)),
        _("Last seen: {moment}").format(moment=seen),
        _("Active sessions: {count}").format(count=sessions),
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
    name = f" @{cut(one.username)}" if one.username else ""
    note = "" if one.met else " " + _("(never wrote to this bot)")
    blocked = " " + _("(has blocked the bot)") if one.blocked else ""
    return f"<code>{cut(one.telegram_id)}</code>{name}{note}{blocked}"


def _opening(one: AccessPeriod, now: datetime) -> str:
    found = _("open forever") if one.ends_at is None else state(one.ends_at, now)
    return f"{cut(one.module)}: {found}"


def _bought(one: PurchaseSummary) -> str:
    return _("#{id} of {moment}: {product}, {days}, {price}, {status} ({provider})").format(
        id=one.id,
        moment=moment(one.purchased_at or one.created_at),
        product=cut(one.product),
        days=days(one.days),
        price=money(one.amount, one.currency),
        status=cut(status(one.status)),
        provider=cut(one.provider),
    )


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
