"""One line on each command, for /help and the command menu."""

from bot.chat.commands import Command
from bot.texts import __

ABOUT = {
    "start": __("Start, or see the courses"),
    "help": __("What this bot can do"),
    "courses": __("Courses and prices"),
    "terms": __("Terms of service"),
    "privacy": __("Privacy policy"),
    "paysupport": __("Help with a payment"),
    "language": __("Change the language"),
    "cancel": __("Stop what is being asked"),
    "buy": __("Buy or renew access"),
    "promo": __("Redeem a promo code"),
    "status": __("What is open for me, until when"),
    "lessons": __("My lessons"),
    "progress": __("How far I am"),
    "purchases": __("My payments"),
    "profile": __("My account"),
    "devices": __("Where I am signed in"),
    "logout": __("Sign out of this chat"),
    "admin": __("Administration"),
    "grant": __("Give somebody access"),
    "revoke": __("Take access back"),
    "promo_new": __("Make a promo code"),
    "promos": __("Promo codes and their uses"),
    "offer": __("Make an offer"),
    "offers": __("Offers"),
    "user": __("Look somebody up"),
    "refund": __("Give money back"),
    "history": __("Grants and revocations"),
}


def about(command: Command) -> str:
    return str(ABOUT[command.name])
