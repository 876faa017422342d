"""Wording of the e-mail and the phone that a person gives."""

from bot.chat.emails import EmailProblem, WrongEmailError
from bot.texts import LANGUAGES, _, __, i18n
from bot.texts.format import cut
from db.normal import answer_form

EMAIL = __("✉️ E-mail")
PHONE = __("📱 Phone")
CHANGE = __("✏️ Change")
REMOVE = __("🗑 Remove")
SHARE = __("📱 Share my number")
SKIP = __("Skip")
ASK_EMAIL = __(
    "Please send your e-mail address. Receipts go there, and the school can use it to restore your access."
)
ASK_PHONE = __("Please send your phone number, or share it with the button below.")
EMAIL_WRONG = __(
    "That does not look like an e-mail address. Please send one like <code>anna@example.com</code>."
)
PHONE_WRONG = __("That does not look like a phone number. Please send one like <code>+79001234567</code>.")
NEITHER = __(
    "That is neither an e-mail address nor a phone number."
    " Please send one like <code>anna@example.com</code> or <code>+79001234567</code>."
)
OWN_CONTACT_ONLY = __("That is somebody else's contact. Please share your own.")
SAVED = __("✅ Saved.")
REMOVED = __("✅ Removed.")
UNCHANGED = __("All right, nothing was changed.")


def ask_for_receipt(phone: bool) -> str:
    """`phone`: whether a phone number will do as well."""
    if phone:
        return _("🧾 Where shall the receipt go? Send an e-mail or a phone number, and the payment goes on.")
    return _("🧾 Where shall the receipt go? Send an e-mail, and the payment goes on.")


def known_email(email: str) -> str:
    return _("E-mail: {email} (not confirmed)").format(email=cut(email, 320))


def known_phone(phone: str) -> str:
    return _("Phone: {phone}").format(phone=cut(phone))


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


def is_skip(text: str) -> bool:
    """In whatever language the button was drawn."""
    said = answer_form(text)
    return any(said == answer_form(i18n.gettext("Skip", locale=language)) for language in LANGUAGES)
