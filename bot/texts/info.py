"""Wording of help, of the documents, of stopping, of the choice of language (each called by its own name), and what the
bot says of itself."""

import re
from collections.abc import Sequence
from textwrap import shorten

from bot.chat.commands import START, Audience, Command
from bot.texts import _, __
from bot.texts.arguments import pattern
from bot.texts.commands import about
from bot.texts.format import safe

LANGUAGE_NAMES = {"ru": "Русский", "en": "English"}
MAX_DESCRIPTION, MAX_SHORT = 512, 120  # characters that Telegram takes
# Two of them stand beside each other on a phone.
DOORS = {
    "courses": __("🎓 Courses"),
    "lessons": __("📚 My courses"),
    "status": __("🔑 My access"),
    "progress": __("📈 My progress"),
    "promo": __("🎁 Promo code"),
    "purchases": __("🧾 My payments"),
    "profile": __("👤 Profile"),
}
ASK_LANGUAGE = "🌐 Язык / Language"
LANGUAGE_CHOSEN = __("I speak English with you now.")
STOPPED = __("Cancelled.")
NOTHING_TO_STOP = __("Nothing to cancel.")


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
    """Learners are shown nothing that may be left out but by who has a link (/start), and no brackets."""
    if command.audience is Audience.ADMIN:
        return f"{safe(pattern(command))} — {about(command)}"
    arguments = "" if command == START else re.sub(r"[][]", "", pattern(command)).partition(" ")[2]
    return f"/{command.name} {arguments}".strip() + f" — {about(command)}"


def document(title: str, url: str | None, version: str) -> str:
    if url is None:
        return f"<b>{title}</b>\n\n" + _("The school has not published this document yet.")
    return f"<b>{title}</b>\n\n{safe(url)}\n" + _("Version: {version}").format(version=safe(version))


def paysupport(contact: str | None, has_open_order: bool) -> str:
    parts = ["<b>" + _("Help with a payment") + "</b>"]
    if has_open_order:
        parts.append(_("You have paid and nothing has opened? Press “Check payment” below."))
    else:
        parts.append(_("You have no unpaid order. All your payments: /purchases"))
    if contact is None:
        parts.append(_("If that does not help, ask the school where you found this bot."))
    else:
        parts.append(_("If that does not help, write to {contact}.").format(contact=safe(contact)))
    parts.append(_("Please say which course it is about, and when you paid."))
    parts.append(_("Telegram's own support can't help with payments made through this bot."))
    return "\n\n".join(parts)


def language_button(language: str, chosen: str) -> str:
    return f"✅ {LANGUAGE_NAMES[language]}" if language == chosen else LANGUAGE_NAMES[language]


def description(own: str | None, courses: Sequence[str]) -> str:
    """What Telegram shows to who has not begun yet: the school's own words, else what there is to learn. Plain text."""
    if own:
        return own[:MAX_DESCRIPTION]
    text = _("Learn at your own pace, right in the chat.")
    for line in ("\n", *(f"\n• {one}" for one in courses)):
        if len(text + line) > MAX_DESCRIPTION:
            break
        text += line
    return text.strip()


def short_description(own: str | None, courses: Sequence[str]) -> str:
    """In the bot's profile and beside its link, on one line."""
    text = own or _("Courses right in the chat: {courses}").format(courses=", ".join(courses))
    return shorten(text, MAX_SHORT, placeholder="…")
