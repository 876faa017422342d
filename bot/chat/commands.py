"""Every command of the chat, once: filters, /help and the command menus are made from this table."""

from dataclasses import dataclass
from enum import IntEnum

from bot.chat.rights import ALL, Right


class Audience(IntEnum):
    ANYONE = 0
    LEARNER = 1
    ADMIN = 2


@dataclass(frozen=True, slots=True)
class Command:
    """`arguments` as the usage shows them; `bot.texts.commands.ABOUT` says what each does. `right`: what an admins'
    command needs; None where any role will do."""

    name: str
    audience: Audience
    arguments: str = ""
    example: str = ""
    right: Right | None = None

    @property
    def usage(self) -> str:
        return f"/{self.name} {self.arguments}".strip()


START = Command("start", Audience.ANYONE, "[payload]")
HELP = Command("help", Audience.ANYONE)
COURSES = Command("courses", Audience.ANYONE)
TERMS = Command("terms", Audience.ANYONE)
PRIVACY = Command("privacy", Audience.ANYONE)
PAYSUPPORT = Command("paysupport", Audience.ANYONE)
LANGUAGE = Command("language", Audience.ANYONE)
CANCEL = Command("cancel", Audience.ANYONE)

BUY = Command("buy", Audience.LEARNER)
PROMO = Command("promo", Audience.LEARNER, "[CODE]", "/promo SPRING")
STATUS = Command("status", Audience.LEARNER)
LESSONS = Command("lessons", Audience.LEARNER)
REVIEW = Command("review", Audience.LEARNER)
PROGRESS = Command("progress", Audience.LEARNER)
REMINDERS = Command("reminders", Audience.LEARNER)
PURCHASES = Command("purchases", Audience.LEARNER)
PROFILE = Command("profile", Audience.LEARNER)
CONNECT = Command("connect", Audience.LEARNER)
DEVICES = Command("devices", Audience.LEARNER)
MYDATA = Command("mydata", Audience.LEARNER)
LOGOUT = Command("logout", Audience.LEARNER)
DELETE = Command("delete", Audience.LEARNER)

ADMIN = Command("admin", Audience.ADMIN)
GRANT = Command(
    "grant",
    Audience.ADMIN,
    "WHO PRODUCT DAYS [REASON]",
    "/grant anna@example.com python 30",
    right=Right.GRANTS,
)
REVOKE = Command(
    "revoke", Audience.ADMIN, "WHO PRODUCT DAYS [REASON]", "/revoke @anna python 7", right=Right.GRANTS
)
PROMO_NEW = Command(
    "promo_new", Audience.ADMIN, "CODE PRODUCT DAYS MAX", "/promo_new SPRING 1 14 100", right=Right.PROMO
)
PROMOS = Command("promos", Audience.ADMIN, "[CODE]", "/promos SPRING", right=Right.PROMO)
OFFER = Command(
    "offer",
    Audience.ADMIN,
    "PRODUCT DAYS PRICE CURRENCY",
    "/offer 1 30 990.50 RUB",
    right=Right.CATALOGUE,
)
OFFERS = Command("offers", Audience.ADMIN, right=Right.CATALOGUE)
USER = Command("user", Audience.ADMIN, "WHO", "/user #12", right=Right.PEOPLE)
LINK = Command(
    "link", Audience.ADMIN, "WHO TELEGRAM_ID", "/link anna@example.com 7000000001", right=Right.LINK
)
REFUND = Command("refund", Audience.ADMIN, "PURCHASE [AMOUNT]", "/refund 12 990.50", right=Right.MONEY)
QUESTIONS = Command("questions", Audience.ADMIN, right=Right.QUESTIONS)
SUPPORT = Command("support", Audience.ADMIN, right=Right.SUPPORT)
CATALOG = Command("catalog", Audience.ADMIN, right=Right.LESSONS)
ROLES = Command("roles", Audience.ADMIN, "[WHO] [ROLE]", "/roles @anna manager", right=Right.ROLES)
HISTORY = Command("history", Audience.ADMIN, "[WHO]", "/history anna@example.com")

COMMANDS: tuple[Command, ...] = (
    START, COURSES, BUY, PROMO, STATUS, LESSONS, REVIEW, PROGRESS, REMINDERS, PURCHASES, PROFILE, CONNECT, DEVICES,
    LANGUAGE, HELP, TERMS, PRIVACY, PAYSUPPORT, CANCEL, MYDATA, LOGOUT, DELETE, ADMIN, GRANT, REVOKE, PROMO_NEW, PROMOS,
    OFFER, OFFERS, USER, LINK, REFUND, SUPPORT, HISTORY, QUESTIONS, CATALOG, ROLES,
)  # fmt: skip


def for_audience(audience: Audience, rights: frozenset[Right] = ALL) -> list[Command]:
    """What this audience may use, in the order of the menu; of the admins' those that go with these rights."""
    return [
        command
        for command in COMMANDS
        if command.audience <= audience and (command.right is None or command.right in rights)
    ]
