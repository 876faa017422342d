"""What was wrong with what an admin wrote after a command, and how it is written."""

import re

from bot.chat.arguments import Problem, WrongArguments
from bot.chat.commands import PROMO_NEW, Command
from bot.texts import _, __
from bot.texts.format import amount, cut, safe

WHO = "WHO"
PRODUCT = "PRODUCT"
# As the commands name them, and as the reader is told.
NAMES = {
    "WHO": __("WHO"),
    "PRODUCT": __("PRODUCT"),
    "TELEGRAM_ID": __("TELEGRAM_ID"),
    "DAYS": __("DAYS"),
    "CODE": __("CODE"),
    "MAX": __("MAX"),
    "PRICE": __("PRICE"),
    "CURRENCY": __("CURRENCY"),
    "PURCHASE": __("PURCHASE"),
    "AMOUNT": __("AMOUNT"),
    "REASON": __("REASON"),
    "ROLE": __("ROLE"),
}


def wrong(error: WrongArguments) -> str:
    return f"⚠️ {problem(error)}\n\n{usage(error.command)}"


def pattern(command: Command) -> str:
    """The command with its arguments in the reader's language."""
    return re.sub("[A-Z][A-Z_]*", lambda found: str(NAMES[found.group()]), command.usage)


def usage(command: Command) -> str:
    lines = [_("It is written like this: {usage}").format(usage=f"<code>{safe(pattern(command))}</code>")]
    if command.example:
        lines.append(_("For example: {example}").format(example=f"<code>{safe(command.example)}</code>"))
    if WHO in command.arguments:
        lines.append(
            _(
                "WHO is an e-mail, a <code>@username</code>, part of a name, a phone, a Telegram id, or # and the"
                " account's number."
            )
        )
    if command is PROMO_NEW:
        lines.append(
            _(
                "CODE may be * to have one made up, or *100 for a hundred codes for one use each"
                " (without MAX): <code>/promo_new *100 1 14</code>"
            )
        )
    if PRODUCT in command.arguments:
        lines.append(_("PRODUCT is its name or its number: “Products” in /offers lists them."))
    return "\n".join(lines)


def problem(error: WrongArguments) -> str:
    name, written = NAMES.get(error.argument, error.argument), cut(error.written)
    match error.problem:
        case Problem.MISSING:
            return _("{name} is missing.").format(name=name)
        case Problem.TOO_MANY:
            return _("“{written}” is too much in this command.").format(written=written)
        case Problem.NOT_WHOLE:
            return _("{name} must be a whole number, and “{written}” is none.").format(
                name=name, written=written
            )
        case Problem.OUT_OF_RANGE:
            return _("{name} must be from {low} to {high}, and “{written}” is not.").format(
                name=name, written=written, low=error.low, high=error.high
            )
        case Problem.TOO_LONG:
            return _("{name} may have at most {high} characters.").format(name=name, high=error.high)
        case Problem.UNKNOWN:
            return _("I don't know the course “{written}”.").format(written=written)
        case Problem.SEVERAL:
            return _("“{written}” may be several courses.").format(written=written)
        case Problem.NO_CURRENCY:
            return _("“{written}” is no currency. Please write RUB, USD or XTR (Stars).").format(
                written=written
            )
        case Problem.AMBIGUOUS:
            return _("“{written}” may be {readings}. Please write it without doubt: {writings}.").format(
                written=written,
                readings=_(" or ").join(amount(one, error.currency) for one in error.readings),
                writings=_(" or ").join(error.writings),
            )
        case Problem.OTHER_CURRENCY:
            return _("“{written}” is another currency: here it is {currency}.").format(
                written=written, currency=error.currency
            )
        case Problem.NO_WHOLE_PRICE:
            return _(
                "“{written}” is no amount in this currency: it has to be whole, from 1 to 2147483647."
            ).format(written=written)
        case Problem.NO_PRICE:
            return _(
                "“{written}” is no amount. Please write a number, such as 990 or "
                "990.50, above zero and below 21 474 836.48."
            ).format(written=written)
