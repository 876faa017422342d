"""Wording of the doorstep: greeting, registration, signing in."""

from collections.abc import Sequence

from bot.texts import LANGUAGES, _, __, i18n
from bot.texts.format import safe

SHOWN = 8  # courses named in the greeting

REGISTER = __("Register")
SIGN_IN = __("Sign in")


def greeting(name: str, courses: Sequence[str], asks_consent: bool) -> str:
    text = _("👋 Hello, {name}! Here you learn at your own pace, right in the chat.").format(name=safe(name))
    if courses:
        text += (
            "\n\n" + _("Our courses:") + "\n" + "\n".join(f"• {safe(course)}" for course in courses[:SHOWN])
        )
    return text + "\n\n" + _("Registration takes a minute: an e-mail is all we need.")


def see_courses() -> str:
    return _("🎓 Courses and prices")


def welcome_back(name: str) -> str:
    return _("Welcome back, {name}! You are signed out in this chat: one tap signs you in again.").format(
        name=safe(name)
    )


def home(name: str) -> str:
    return _("Good to see you, {name}! What shall we do?").format(name=safe(name))


def my_lessons() -> str:
    return _("📚 My lessons")


def my_access() -> str:
    return _("🔑 My access")


def have_promo() -> str:
    return _("🎁 I have a promo code")


def buy() -> str:
    return _("🎓 See what there is")


def ask_consent() -> str:
    return _(
        "Before we begin: please read the terms of service and the privacy policy."
        " By pressing “I agree” you accept both, and agree to the processing of your data."
    )


def terms() -> str:
    return _("Terms of service")


def privacy() -> str:
    return _("Privacy policy")


def agree() -> str:
    return _("✅ I agree")


def ask_email() -> str:
    return _(
        "What is your e-mail address? Receipts go there, and it keeps your access safe. /cancel stops this."
    )


def email_wrong() -> str:
    return _("That does not look like an e-mail address. Please send one like <code>anna@example.com</code>.")


def email_taken(email: str, support: str | None) -> str:
    text = _(
        "The e-mail <b>{email}</b> has an account already, and only its owner may link it to this chat."
    ).format(email=safe(email))
    help_ = (
        _("If it is yours, write to {contact}; or send another e-mail.").format(contact=safe(support))
        if support
        else _("If it is yours, ask the school to help; or send another e-mail.")
    )
    return f"{text}\n{help_}"


def ask_phone() -> str:
    return _(
        "Would you like to share your phone number, so that the school can reach you? You may skip this."
    )


def share() -> str:
    return _("📱 Share my number")


def skip() -> str:
    return _("Skip")


def is_skip(text: str) -> bool:
    """In whatever language the button was drawn."""
    said = text.strip().casefold()
    with i18n.context():
        return any(said == i18n.gettext("Skip", locale=language).casefold() for language in LANGUAGES)


def own_contact_only() -> str:
    return _("That is somebody else's contact. Please share your own with the button below, or skip.")


def share_or_skip() -> str:
    return _("Please use one of the two buttons below: share your number, or skip.")


def registered(email: str) -> str:
    return _("🎉 Done, you are registered with {email}.").format(email=safe(email))


def not_registered() -> str:
    return _("You are not registered yet. It takes a minute: an e-mail is all we need.")


def unknown_command() -> str:
    return _("I don't know this command. What I can do: /help")


def no_words() -> str:
    return _("I only understand commands and buttons here. What I can do: /help")


def stale_button() -> str:
    return _("This button is no longer in use. Please start again: /start")
