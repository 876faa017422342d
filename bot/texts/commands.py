"""One line on each command, for /help and the command menu."""

from bot.chat.commands import Command
from bot.texts import __

ABOUT = {
    "start": __("Home"),
    "help": __("What this bot can do"),
    "courses": __("Courses and prices"),
    "terms": __("Terms of service"),
    "privacy": __("Privacy policy"),
    "paysupport": __("Help with a payment"),
    "language": __("Change the language"),
    "cancel": __("Cancel the question"),
    "buy": __("Buy or renew access"),
    "promo": __("Redeem a promo code"),
    "status": __("My access"),
    "lessons": __("My courses"),
    "review": __("Review what I have learnt"),
    "progress": __("My progress"),
    "reminders": __("Reminders at my hour"),
    "purchases": __("My payments"),
    "profile": __("My account"),
    "connect": __("Connect my account at the school"),
    "devices": __("Active sessions"),
    "mydata": __("Everything that is stored about me"),
    "logout": __("Sign out of this chat"),
    "delete": __("Delete my account"),
    "admin": __("Administration"),
    "grant": __("Give somebody access"),
    "revoke": __("Shorten access"),
    "promo_new": __("Make a promo code"),
    "promos": __("Promo codes and their uses"),
    "offer": __("Make an offer"),
    "offers": __("Offers"),
    "user": __("Look somebody up"),
    "link": __("Join two accounts of one person"),
    "refund": __("Give money back"),
    "questions": __("How learning goes"),
    "support": __("Conversations with learners"),
    "catalog": __("Courses, lessons and prices"),
    "history": __("What admins did"),
    "roles": __("Who helps: roles"),
}


def about(command: Command) -> str:
    return str(ABOUT[command.name])
