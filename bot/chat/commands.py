"""Every command of the chat, once: filters, /help and the command menus are made from this table."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from bot.texts import commands as words


class Audience(IntEnum):
    ANYONE = 0
    LEARNER = 1
    ADMIN = 2


@dataclass(frozen=True, slots=True)
class Command:
    """`arguments` as the usage shows them; `about` says what it does, in the language being spoken."""

    name: str
    audience: Audience
    about: Callable[[], str]
    arguments: str = ""
    example: str = ""

    @property
    def usage(self) -> str:
        return f"/{self.name} {self.arguments}".strip()


START = Command("start", Audience.ANYONE, words.start, "[payload]")
HELP = Command("help", Audience.ANYONE, words.help_)
COURSES = Command("courses", Audience.ANYONE, words.courses)
TERMS = Command("terms", Audience.ANYONE, words.terms)
PRIVACY = Command("privacy", Audience.ANYONE, words.privacy)
PAYSUPPORT = Command("paysupport", Audience.ANYONE, words.paysupport)
LANGUAGE = Command("language", Audience.ANYONE, words.language_)
CANCEL = Command("cancel", Audience.ANYONE, words.cancel)

BUY = Command("buy", Audience.LEARNER, words.buy)
PROMO = Command("promo", Audience.LEARNER, words.promo, "[CODE]", "/promo SPRING")
STATUS = Command("status", Audience.LEARNER, words.status)
LESSONS = Command("lessons", Audience.LEARNER, words.lessons)
PROGRESS = Command("progress", Audience.LEARNER, words.progress)
PURCHASES = Command("purchases", Audience.LEARNER, words.purchases)
PROFILE = Command("profile", Audience.LEARNER, words.profile)
DEVICES = Command("devices", Audience.LEARNER, words.devices)
LOGOUT = Command("logout", Audience.LEARNER, words.logout)

ADMIN = Command("admin", Audience.ADMIN, words.admin)
GRANT = Command("grant", Audience.ADMIN, words.grant, "WHO PRODUCT DAYS", "/grant anna@example.com 1 30")
REVOKE = Command("revoke", Audience.ADMIN, words.revoke, "WHO PRODUCT DAYS", "/revoke @anna 1 7")
PROMO_NEW = Command(
    "promo_new", Audience.ADMIN, words.promo_new, "CODE PRODUCT DAYS MAX", "/promo_new SPRING 1 14 100"
)
PROMOS = Command("promos", Audience.ADMIN, words.promos)
OFFER = Command("offer", Audience.ADMIN, words.offer, "PRODUCT DAYS PRICE CURRENCY", "/offer 1 30 990.50 RUB")
OFFERS = Command("offers", Audience.ADMIN, words.offers)
USER = Command("user", Audience.ADMIN, words.user, "WHO", "/user #12")
REFUND = Command("refund", Audience.ADMIN, words.refund, "PURCHASE [AMOUNT]", "/refund 12 990.50")
HISTORY = Command("history", Audience.ADMIN, words.history, "[WHO]", "/history anna@example.com")

COMMANDS: tuple[Command, ...] = (
    START,
    COURSES,
    BUY,
    PROMO,
    STATUS,
    LESSONS,
    PROGRESS,
    PURCHASES,
    PROFILE,
    DEVICES,
    LANGUAGE,
    HELP,
    TERMS,
    PRIVACY,
    PAYSUPPORT,
    CANCEL,
    LOGOUT,
    ADMIN,
    GRANT,
    REVOKE,
    PROMO_NEW,
    PROMOS,
    OFFER,
    OFFERS,
    USER,
    REFUND,
    HISTORY,
)


def for_audience(audience: Audience) -> list[Command]:
    """What this audience may use, in the order of the menu."""
    return [command for command in COMMANDS if command.audience <= audience]
