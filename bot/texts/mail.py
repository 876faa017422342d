"""Wording of letters. HTML as Telegram has it (`bot/mail/letters.py`)."""

from bot.texts import _, __, plural
from bot.texts.accounts.connect import one_more_chat, warning
from bot.texts.format import safe

UNSUBSCRIBED = __("✅ No more news come to you by mail. Here in the chat you are told as before.")
UNSUBSCRIBED_OTHER = __("✅ No more news go to that address.")
UNSUBSCRIBE_UNKNOWN = __("This link is not known to me. News by mail are turned off in /profile, too.")
SUBSCRIBED = __("✅ What I can't deliver here comes to you by mail.")
ON_AGAIN = __("📧 Turn on again")
NEWS_ON = __("📧 News by mail: on")
NEWS_OFF = __("📧 News by mail: off")
# Of news by mail, by the event's name.
SUBJECTS = {
    "purchase_succeeded": __("Paid: “{module}” is open"),
    "refund_done": __("Your money for “{product}” is returned"),
    "access_granted": __("“{module}” is open for you"),
    "access_taken": __("Your access to “{module}” has changed"),
}
CODE_SUBJECT = __("The code to confirm your e-mail")
CONNECTED_SUBJECT = __("A Telegram chat was connected to your account")
CHANGED_SUBJECT = __("Your account has another e-mail address now")


def code_body(code: str, minutes: int) -> str:
    return _(
        "Your code: <b>{code}</b>\n\n"
        "Send it to the bot in Telegram that has asked you for it. {minutes}\n\n"
        "You have not asked for a code? Then do nothing, and give it to nobody: whoever has it can connect their"
        " Telegram to what belongs to this address."
    ).format(
        code=code,
        minutes=plural("It is good for {count} minute.", "It is good for {count} minutes.", minutes),
    )


def news_body(news: str, bot: str | None, unsubscribe: str) -> str:
    """`news` is HTML. `bot`: the link to the chat, where it is known."""
    why = _("This comes by mail because Telegram could not deliver it.")
    lines = [news, "", why]
    if bot:
        lines.append(_("The bot: {link}").format(link=_link(bot)))
    lines.append(_("No more news by mail: {link}").format(link=_link(unsubscribe)))
    return "\n".join(lines)


def _link(url: str) -> str:
    return f'<a href="{safe(url)}">{safe(url)}</a>'


def connected_body(chat: str, username: str | None, support: str | None) -> str:
    return one_more_chat(chat, username) + warning(support)


def changed_body(support: str | None) -> str:
    return _(
        "Somebody has confirmed another address for your account in Telegram. This one is no longer its own."
    ) + (warning(support))
