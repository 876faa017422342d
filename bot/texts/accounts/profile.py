"""Wording of one's own account: profile, devices, signing out."""

from collections.abc import Sequence

from bot.texts import _, __
from bot.texts.format import cut, moment
from db.accounts.people import AccountSummary
from db.accounts.sessions import LiveSession

PAYMENTS = __("🧾 My payments")
DEVICES = __("💻 Devices")
LANGUAGE = __("🌐 Language")
LOGOUT = __("🚪 Sign out")
END_OWN = __("Sign out here")
ENDED = __("The session is ended.")
SIGNED_OUT = __(
    "You are signed out in this chat: nothing of your account is shown here any more."
    " Your access stays yours. To come back, press the button or send /start."
)


def profile(who: AccountSummary, language: str) -> str:
    return "\n".join(
        (
            "👤 <b>" + _("My account") + "</b>",
            "",
            _("Name: {name}").format(name=cut(who.name, 200) or "—"),
            *_emails(who),
            _("Phone: {phone}").format(phone=cut(who.phone) or _("not shared")),
            _("Registered: {moment}").format(moment=moment(who.created_at)),
            _("Language: {language}").format(language=language),
            _("Account: {id}").format(id=f"#{who.id}"),
        )
    )


def _emails(who: AccountSummary) -> list[str]:
    """The account's own, and one that was typed and is proven by nothing."""
    typed = cut(who.typed_email, 320)
    if who.email is None and typed:
        return [_("E-mail: {email} (not confirmed)").format(email=typed)]
    own = _("E-mail: {email}").format(email=cut(who.email, 320) or _("not given"))
    return [own, _("For receipts: {email} (not confirmed)").format(email=typed)] if typed else [own]


def devices(found: Sequence[LiveSession], skip: int, total: int, own_device: int | None) -> str:
    """Numbered from `skip` on, as the buttons are."""
    lines = [_device(number, one, own_device) for number, one in enumerate(found, skip + 1)]
    return "💻 <b>" + _("Active sessions: {total}").format(total=total) + "</b>\n\n" + "\n\n".join(lines)


def _device(number: int, one: LiveSession, own_device: int | None) -> str:
    mine = " — <b>" + _("this chat") + "</b>" if one.device_id == own_device else ""
    return _("{number}. {platform}{mine}\nsince {since}\nvalid until {until}").format(
        number=number,
        platform=platform(one.platform),
        mine=mine,
        since=moment(one.created_at),
        until=moment(one.expires_at),
    )


def platform(name: str) -> str:
    """The other application's own words are shown as they are."""
    return "Telegram" if name == "telegram" else cut(name, 60)


def end(number: int) -> str:
    return _("End {number}").format(number=number)
