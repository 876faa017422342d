"""Wording of greeting, registration, signing in, and of what is not understood."""

from collections.abc import Sequence

from bot.chat.emails import EmailProblem, WrongEmailError
from bot.texts import LANGUAGES, _, __, i18n
from bot.texts.format import cut, safe

SHOWN = 8  # courses named in the greeting

REGISTER = __("Register")
SIGN_IN = __("Sign in")
SEE_COURSES = __("🎓 Courses and prices")
MY_LESSONS = __("📚 My lessons")
MY_ACCESS = __("🔑 My access")
HAVE_CODE = __("🎁 I have a promo code")
BUY = __("🎓 See what there is")
ASK_CONSENT = __(
    "Before we begin: please read the terms of service and the privacy policy."
    " By pressing “I agree” you accept both, and agree to the processing of your data."
)
TERMS = __("Terms of service")
PRIVACY = __("Privacy policy")
AGREE = __("✅ I agree")
ASK_EMAIL = __(
    "What is your e-mail address? Receipts go there, and it keeps your access safe. /cancel stops this."
)
EMAIL_WRONG = __(
    "That does not look like an e-mail address. Please send one like <code>anna@example.com</code>."
)
ASK_PHONE = __(
    "Would you like to share your phone number, so that the school can reach you? You may skip this."
)
SHARE = __("📱 Share my number")
SKIP = __("Skip")
OWN_CONTACT_ONLY = __(
    "That is somebody else's contact. Please share your own with the button below, or skip."
)
SHARE_OR_SKIP = __("Please use one of the two buttons below: share your number, or skip.")
NOT_REGISTERED = __("You are not registered yet. It takes a minute: an e-mail is all we need.")
UNKNOWN_COMMAND = __("I don't know this command. What I can do: /help")
STALE_BUTTON = __("This button is no longer in use. Here is how to go on:")


def greeting(name: str, courses: Sequence[str], asks_consent: bool) -> str:
    text = _("👋 Hello, {name}! Here you learn at your own pace, right in the chat.").format(name=safe(name))
    if courses:
        text += (
            "\n\n" + _("Our courses:") + "\n" + "\n".join(f"• {safe(course)}" for course in courses[:SHOWN])
        )
    return text + "\n\n" + _("Registration takes a minute: an e-mail is all we need.")


def welcome_back(name: str) -> str:
    return _("Welcome back, {name}! You are signed out in this chat: one tap signs you in again.").format(
        name=safe(name)
    )


def first_visit(name: str) -> str:
    """To somebody whose account another application has linked to this chat."""
    return _("👋 Hello, {name}! Your account knows this chat already: one tap signs you in.").format(
        name=safe(name)
    )


def home(name: str) -> str:
    return _("Good to see you, {name}! What shall we do?").format(name=safe(name))


def email_wrong(error: WrongEmailError) -> str:
    part = cut(error.part)
    match error.problem:
        case EmailProblem.NO_DOT:
            return _("“{part}” has no dot: after the @ stands a name such as example.com.").format(part=part)
        case EmailProblem.MIXED_LETTERS:
            return _(
                "“{part}” mixes letters of two alphabets that look alike, such as Latin and Russian ones."
                " Please type the address anew, with one keyboard."
            ).format(part=part)
        case EmailProblem.NONE_AT_ALL:
            return str(EMAIL_WRONG)


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


def is_skip(text: str) -> bool:
    """In whatever language the button was drawn."""
    said = text.strip().casefold()
    with i18n.context():
        return any(said == i18n.gettext("Skip", locale=language).casefold() for language in LANGUAGES)


def registered(email: str) -> str:
    return _("🎉 Done, you are registered with {email}.").format(email=safe(email))
