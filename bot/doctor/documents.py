"""Support contact, terms and privacy policy: Telegram's terms demand them of a bot that sells."""

from collections.abc import AsyncIterator

from bot.doctor.finding import Area, Finding
from bot.settings import Settings


async def check(settings: Settings) -> AsyncIterator[Finding]:
    if settings.support_contact is None:
        yield Area("SUPPORT_CONTACT").advice(
            "missing: Telegram demands that a bot which sells answers /paysupport and resolves disputes (6.2.1)",
            "set a @username or an e-mail that somebody reads",
        )
    if settings.privacy_url is None:
        yield Area("PRIVACY_URL").advice(
            "missing: Telegram demands a public privacy policy of every bot (4)", "set the address of yours"
        )
    if settings.terms_url is None:
        yield Area("TERMS_URL").advice(
            "missing: Telegram's payments expect terms under /terms", "set the address of yours"
        )
    if bool(settings.privacy_url) != bool(settings.terms_url):
        yield Area("TERMS_URL").advice(
            "only one of TERMS_URL and PRIVACY_URL is set: no consent is asked for", "set both"
        )
    if settings.support_contact and settings.asks_consent:
        yield Area("support and documents").ok("set")
