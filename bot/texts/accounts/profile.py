"""Wording of one's own account: the profile."""

from bot.texts import _, __
from bot.texts.format import cut, moment
from db.accounts.people import AccountSummary

PAYMENTS = __("🧾 My payments")
LANGUAGE = __("🌐 Language")
REMINDERS = __("⏰ Reminders")


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
