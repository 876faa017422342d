"""Wording of connecting a chat to an account that its person has at the school already."""

from datetime import datetime

from bot.texts import _, __
from bot.texts.accounts.link import moved
from bot.texts.format import masked
from db.accounts.people import AccountSummary
from db.connecting.connecting import Connected

CONNECT = __("Connect")
SIGN_IN_FIRST = __(
    "To connect another account, please sign in first, then open the link from the school's site anew."
)


def account(who: AccountSummary) -> str:
    """As much as a person needs to know which one it is."""
    return f"<b>{masked(who.email) if who.email else f'#{who.id}'}</b>"


def preview(who: AccountSummary, found: Connected, now: datetime) -> str:
    parts = [_("Connect this chat to the account {account}?").format(account=account(who))]
    if found.merge is None:
        parts.append(_("Its courses and payments will be here."))
    else:
        parts.append(
            _("What you have in this chat goes to that account, and its courses and payments will be here.")
        )
        parts += moved(found.merge, now)
    parts.append(
        _("If somebody else has sent you here, don't press: what you buy later would be in their account.")
    )
    return "\n\n".join(parts)


def connected(who: AccountSummary) -> str:
    return _("✅ Connected. This chat signs in to the account {account} now.").format(account=account(who))
