"""Wording of greeting, registration, signing in, and of what is not understood."""

from collections.abc import Sequence
from html import escape

from bot.texts import _, __, plural
from bot.texts.format import called, days, money, safe
from db.catalogue.school import SchoolText
from db.promo import PromoPreview
from db.shop.courses import ModuleOnSale, OfferDetails

SHOWN = 8  # courses named in the greeting

REGISTER = __("Register")
SIGN_IN = __("Sign in")
SEE_COURSES = __("🎓 Courses and prices")
AGREE = __("✅ I accept")
REGISTERED = __("🎉 Done, you are registered.")
SIGNED_IN = __("✅ You are signed in.")
NOT_REGISTERED = __("To go on, please register first: it takes a second.")
UNKNOWN_COMMAND = __("I don't know this command. What I can do: /help")
STALE_BUTTON = __("This button is no longer in use. Here is how to go on:")


def greeting(name: str, school: SchoolText, courses: Sequence[ModuleOnSale], wish: str) -> str:
    hello = _("👋 Hello, {name}!").format(name=called(name)) if name else _("👋 Hello!")
    parts = [f"{hello} {_school(school)}"]
    if wish:
        parts.append(wish)
    if courses:
        lines = "\n".join(_course(one) for one in courses[:SHOWN])
        parts.append(_("Courses:") + "\n" + lines)
    return "\n\n".join(parts)


def _school(school: SchoolText) -> str:
    """What it says of itself in the catalogue file."""
    if school.name is None and school.description is None:
        return _("Here you learn at your own pace, right in the chat.")
    name = _("This is <b>{school}</b>.").format(school=safe(school.name)) if school.name else ""
    return "\n\n".join(filter(None, (name, safe(school.description))))


def _course(one: ModuleOnSale) -> str:
    lessons = " · " + plural("{count} lesson", "{count} lessons", one.lessons) if one.lessons else ""
    return f"• <b>{safe(one.name)}</b>{lessons}"


def wants_promo(found: PromoPreview) -> str:
    return _("🎁 Promo code <b>{code}</b>: {days} of the course “{module}”.").format(
        code=safe(found.code), days=days(found.days), module=safe(found.module)
    )


def wants_offer(offer: OfferDetails) -> str:
    return _("🛒 You have chosen: “{module}”, {days} for {price}.").format(
        module=safe(offer.module), days=days(offer.days), price=money(offer.price, offer.currency)
    )


def ask_consent(terms_url: str, privacy_url: str, version: str) -> str:
    return _(
        "To register, please accept the {terms} and the {privacy} (version {version})."
        " By pressing “I accept” you accept both, and agree to the processing of your data."
    ).format(
        terms=_link(_("terms of service"), terms_url),
        privacy=_link(_("privacy policy"), privacy_url),
        version=safe(version),
    )


def _link(text: str, url: str) -> str:
    return f'<a href="{escape(url)}">{text}</a>'


def welcome_back(name: str, wish: str) -> str:
    hello = _("Welcome back, {name}!").format(name=called(name)) if name else _("Welcome back!")
    text = _("You are signed out in this chat: one tap signs you in again.")
    return _with_wish(f"{hello} {text}", wish)


def first_visit(name: str, wish: str) -> str:
    """To somebody whose account another application has linked to this chat."""
    hello = _("👋 Hello, {name}!").format(name=called(name)) if name else _("👋 Hello!")
    text = _("Your account knows this chat already: one tap signs you in.")
    return _with_wish(f"{hello} {text}", wish)


def _with_wish(text: str, wish: str) -> str:
    return f"{text}\n\n{wish}" if wish else text
