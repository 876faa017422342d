"""Wording of letters. HTML as Telegram has it (`bot/mail/letters.py`)."""

from bot.texts import _, plural


def code_subject() -> str:
    return _("The code to confirm your e-mail")


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
