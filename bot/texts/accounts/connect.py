"""Wording of connecting a chat to an account that its person has at the school already."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from babel.support import LazyProxy

from bot.texts import _, __, now, plural
from bot.texts.accounts.link import moved
from bot.texts.format import called, cut, masked, safe
from db.accounts.people import AccountSummary
from db.connecting.connecting import Connected, Obstacle

CONNECT = __("Connect")
SCHOOL_ACCOUNT = __("🔗 My account at the school")
HAVE_ACCOUNT = __("🔑 I have an account")
SEND_AGAIN = __("🔁 Send again")
OTHER_ADDRESS = __("✏️ Another address")
CONFIRM = __("✉️ Confirm by a code")
ASK_ADDRESS = __(
    "Have you an account at the school? Send me its e-mail address: I send a code there, and it connects this chat."
)
SIX_DIGITS = __("The code has six digits. It is in the letter.")
NO_CODE = __("I await no code now. /connect sends one.")
CODE_EXPIRED = __("This code is too old: it works for ten minutes. I can send another one.")
CODE_USED_UP = __("These were too many wrong codes: this one works no more. I can send another one.")
CODE_WRONG = __("That is another code.")
OWN_ALREADY = __("✅ This address is your account's already.")
ADDRESS_PROVEN = __("✅ The address is confirmed. It is your account's now.")
SIGN_IN_FIRST = __(
    "To connect another account, please sign in first, then open the link from the school's site anew."
)

# Of a link that the site has signed, or should have.
LINK_WRONG = __("This link connects nothing. Please get a new one on the school's site.")
LINK_INVALID = {
    "wrong": LINK_WRONG,
    "expired": __(
        "This link is too old: it works for ten minutes. Please get a new one on the school's site."
    ),
    "used": __(
        "This link was used already. A link from the school's site connects once: get a new one there."
    ),
}
OTHER_ACCOUNT = __(
    "This chat signs in to another account, which is used outside Telegram as well."
    " The school can change that: /paysupport"
)
OBSTACLES: Mapping[str, LazyProxy] = {
    Obstacle.CONNECTED: __("This chat signs in to that account already."),
    Obstacle.VALUABLE: __(
        "This chat has payments or open courses of its own, and a link alone does not give these away."
        " Please connect by the account's e-mail, /connect, or write to the school: /paysupport"
    ),
    Obstacle.OTHER_ACCOUNT: OTHER_ACCOUNT,
    Obstacle.SEVERAL: __(
        "More than one account has this address, so I connect none. Please write to the school: /paysupport"
    ),
    Obstacle.SITE: __(
        "Your account's address is the one you sign in with at the school: it can only be changed there."
    ),
    Obstacle.TAKEN: __("Another account has this address by now. Please send /connect again."),
    Obstacle.GONE: __("That account is no longer there, or its code is too old. Please send /connect again."),
}


def account(who: AccountSummary) -> str:
    """As much as a person needs to know which one it is."""
    return _marked(name_of(who))


def _marked(name: str) -> str:
    """As code: Telegram would take the rest of a masked address for somebody's username, and link it."""
    return f"<code>{name}</code>"


def name_of(who: AccountSummary) -> str:
    return masked(who.email) if who.email else f"#{who.id}"


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


def code_sent(email: str) -> str:
    """The same for every address, whoever has it."""
    return _(
        "📨 I am sending a code to {email}. Please send me its six digits within ten minutes."
        " Look into the spam folder as well."
    ).format(email=cut(email, 320))


def code_wrong(left: int) -> str:
    return f"{CODE_WRONG} " + plural("{count} try left.", "{count} tries left.", left)


def nobody_has(email: str) -> str:
    return _("✅ The address {email} is confirmed. No account has it yet: register, and it is yours.").format(
        email=cut(email, 320)
    )


def without_mail(*, by_link: bool, contact: str | None) -> str:
    """Where no code can be sent."""
    ways = [_("Have you an account at the school?")]
    if by_link:
        ways.append(
            _("Sign in on the school's site and press there the link to Telegram: it brings you here.")
        )
    if contact:
        ways.append(
            _("Or write to the school, which can connect it: {contact}").format(contact=safe(contact))
        )
    elif not by_link:
        ways.append(_("The school can connect it to this chat."))
    return " ".join(ways)


def one_more_chat(chat: str, username: str | None) -> str:
    name = called(chat) + (f" (@{safe(username)})" if username else "")
    return _("🔗 One more Telegram chat signs in to your account now: {chat}.").format(chat=name)


def warning(support: str | None) -> str:
    if not support:
        return ""
    text = _("If that is not you, write to the school at once: {support}")
    return "\n\n" + text.format(support=safe(support))


def code_too_soon(until: datetime) -> str:
    return plural(
        "A code was sent a moment ago. I can send another one in {count} second.",
        "A code was sent a moment ago. I can send another one in {count} seconds.",
        max(1, -(-(until - now()) // timedelta(seconds=1))),
    )


def connected_by_school(account: str, support: str | None) -> str:
    text = _(
        "🔗 The school has connected this chat to the account {account}. Its courses and payments are here now."
    ).format(account=_marked(safe(account)))
    if not support:
        return text
    return f"{text}\n\n" + _("If that account is not yours, write to the school: {support}").format(
        support=safe(support)
    )


def separated(support: str | None) -> str:
    text = _(
        "↩️ The school has separated this chat from the account that it was connected to: it signs in to its own again."
    )
    return f"{text} {_('To reach a human: {contact}').format(contact=safe(support))}" if support else text
