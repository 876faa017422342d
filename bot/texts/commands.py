"""One line on each command, for /help and the command menu."""

from bot.texts import _


def start() -> str:
    return _("Start, or see the courses")


def help_() -> str:
    return _("What this bot can do")


def courses() -> str:
    return _("Courses and prices")


def terms() -> str:
    return _("Terms of service")


def privacy() -> str:
    return _("Privacy policy")


def paysupport() -> str:
    return _("Help with a payment")


def language_() -> str:
    return _("Change the language")


def cancel() -> str:
    return _("Stop what is being asked")


def buy() -> str:
    return _("Buy or renew access")


def promo() -> str:
    return _("Redeem a promo code")


def status() -> str:
    return _("What is open for me, until when")


def lessons() -> str:
    return _("My lessons")


def progress() -> str:
    return _("How far I am")


def purchases() -> str:
    return _("My payments")


def profile() -> str:
    return _("My account")


def devices() -> str:
    return _("Where I am signed in")


def logout() -> str:
    return _("Sign out of this chat")


def admin() -> str:
    return _("Administration")


def grant() -> str:
    return _("Give somebody access")


def revoke() -> str:
    return _("Take access back")


def promo_new() -> str:
    return _("Make a promo code")


def promos() -> str:
    return _("Promo codes and their uses")


def offer() -> str:
    return _("Make an offer")


def offers() -> str:
    return _("Offers")


def user() -> str:
    return _("Look somebody up")


def refund() -> str:
    return _("Give money back")


def history() -> str:
    return _("Grants and revocations")
