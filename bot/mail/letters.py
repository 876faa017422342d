"""Letters by kind, as mail shows them: text and HTML."""

import html
import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from email_validator import validate_email

from bot.settings import Settings
from db.tables import OutboxMessage

LINK = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.S)
TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True, slots=True)
class Letter:
    """`body` is HTML as Telegram has it: lines end where they end, and there are only b, i, u, s, code, pre and a.
    `unsubscribe`: of news, where one says that one wants no more of them."""

    subject: str
    body: str
    unsubscribe: str | None = None


def compose(row: OutboxMessage, letter: Letter, settings: Settings) -> tuple[EmailMessage, str, str]:
    """The message, the address it comes from and the one it goes to. Raises ValueError where that is no address.

    Its Message-ID is the row's: whoever gets it twice can see that.
    """
    assert settings.mail_from is not None
    name, sender = parseaddr(settings.mail_from)
    sender, recipient = to_ascii(sender), to_ascii(row.recipient)
    message = EmailMessage()
    message["From"] = address(sender, name)
    message["To"] = address(recipient)
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = format_datetime(row.claimed_at or row.created_at)
    made = int(row.created_at.timestamp() * 1_000_000)
    message["Message-ID"] = f"<outbox-{row.id}-{made}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe is not None:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        if settings.public_url and letter.unsubscribe.startswith(settings.public_url):
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # docs/facts.md#letters
    message.set_content(plain(letter.body))
    message.add_alternative(page(letter.body, row.language), subtype="html")
    return message, sender, recipient


def address(written: str, name: str = "") -> Address:
    local, _, domain = written.rpartition("@")
    return Address(name, local, domain)


def to_ascii(written: str) -> str:
    """With its domain as the internet's directory has it. Raises ValueError where it is no address."""
    found = validate_email(written, check_deliverability=False, test_environment=True)
    return f"{found.local_part}@{found.ascii_domain}"


def plain(body: str) -> str:
    """A link's address stands behind its words, unless it is its words."""
    links = LINK.sub(lambda found: found[2] if found[1] == found[2] else f"{found[2]}: {found[1]}", body)
    return html.unescape(TAG.sub("", links))


def page(body: str, language: str) -> str:
    lines = body.replace("\n", "<br>\n")
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"></head>'
        f'<body style="font: 16px/1.5 sans-serif; max-width: 40em">\n{lines}\n</body></html>\n'
    )
