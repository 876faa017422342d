"""Wording of help, of the documents, of stopping, and of the choice of language (each called by its own name)."""

from collections.abc import Sequence

from bot.chat.commands import Audience, Command
from bot.texts import _, __
from bot.texts.commands import about
from bot.texts.format import safe

LANGUAGE_NAMES = {"ru": "Русский", "en": "English"}
ASK_LANGUAGE = "🌐 Язык / Language"
LANGUAGE_CHOSEN = __("I speak English with you now.")


def help_(commands: Sequence[Command], registered: bool) -> str:
    """Commands in the order of the menu, those of admins under a heading of their own."""
    plain = [line(one) for one in commands if one.audience is not Audience.ADMIN]
    admins = [line(one) for one in commands if one.audience is Audience.ADMIN]
    parts = ["<b>" + _("What I can do") + "</b>", "\n".join(plain)]
    if admins:
        parts.append("<b>" + _("For admins") + "</b>\n" + "\n".join(admins))
    if not registered:
        parts.append(_("After registration there is more: lessons, promo codes, payments. /start begins it."))
    return "\n\n".join(parts)


def line(command: Command) -> str:
    return f"{safe(command.usage)} — {about(command)}"


def document(title: str, url: str | None, version: str) -> str:
    if url is None:
        return f"<b>{title}</b>\n\n" + _("The school has not published this document yet.")
    return f"<b>{title}</b>\n\n{safe(url)}\n" + _("Version: {version}").format(version=safe(version))


def paysupport(contact: str | None) -> str:
    parts = ["<b>" + _("Help with a payment") + "</b>"]
    parts.append(
        _(
            "If you have paid and nothing has opened: find the payment in /purchases and press “check” under it."
        )
    )
    if contact is None:
        parts.append(_("If that does not help, ask the school where you found this bot."))
    else:
        parts.append(_("If that does not help, write to {contact}.").format(contact=safe(contact)))
    parts.append(
        _(
            "Please name the number of the payment, as /purchases shows it (№12), and the e-mail of your account."
        )
    )
    parts.append(_("Telegram's own support can't help with payments made through this bot."))
    return "\n\n".join(parts)


def stopped() -> str:
    return _("All right, I have stopped asking. What I can do: /help")


def nothing_to_stop() -> str:
    return _("I was not asking for anything. What I can do: /help")


def language_button(language: str, chosen: str) -> str:
    return f"✅ {LANGUAGE_NAMES[language]}" if language == chosen else LANGUAGE_NAMES[language]
