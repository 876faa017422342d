"""The school's mail server: the one place that speaks SMTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import EmailPolicy
from enum import Enum, auto
from urllib.parse import unquote, urlsplit

import aiosmtplib
from pydantic import SecretStr

from bot.settings import LOOPBACK

ANSWER = 20.0  # seconds until an answer of the server must have come
GOODBYE = 2.0
IN_ALL = 60.0  # seconds for one letter
PORTS = {"smtp": 587, "smtps": 465}


class Policy(EmailPolicy):
    """How a letter is written. An address of the web stays on one line: Python would write a long one as encoded words
    (docs/facts.md#letters)."""

    linesep = "\r\n"
    cte_type = "7bit"

    def fold_binary(self, name: str, value: str) -> bytes:
        if name == "List-Unsubscribe":
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


class Trouble(Enum):
    """AGAIN: it was not taken, and may be later. NEVER: it is refused. MAYBE: it may have been taken."""

    AGAIN = auto()
    NEVER = auto()
    MAYBE = auto()


class MailError(Exception):
    """`code`: where it happened and what the server said, without a word of the letter or its address: "rcpt 550",
    "connect". `of_server`: an admin must mend something, whatever the letter."""

    def __init__(self, trouble: Trouble, code: str, *, of_server: bool = False) -> None:
        super().__init__(code)
        self.trouble, self.code, self.of_server = trouble, code, of_server


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int
    tls: bool
    user: str | None
    password: str | None = field(repr=False)

    @property
    def is_local(self) -> bool:
        return self.host in LOOPBACK


def read_server(url: SecretStr) -> Server:
    """Of SMTP_URL, which the settings have checked."""
    parts = urlsplit(url.get_secret_value())
    return Server(
        host=parts.hostname or "",
        port=parts.port or PORTS[parts.scheme],
        tls=parts.scheme == "smtps",
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


async def send(server: Server, message: EmailMessage, sender: str, recipient: str) -> None:
    """Returns when the server has taken it. Raises MailError.

    Once the text was being handed over, silence says nothing: the server may have it (docs/facts.md#smtp).
    """
    handing_over = False
    try:
        async with asyncio.timeout(IN_ALL), connected(server) as smtp:
            await _name_both(smtp, sender, recipient)
            handing_over = True
            await _hand_over(smtp, message, sender, recipient)
    except (OSError, TimeoutError, aiosmtplib.SMTPException) as error:
        trouble = Trouble.MAYBE if handing_over else Trouble.AGAIN
        raise MailError(trouble, "silence" if handing_over else "connect") from error


@asynccontextmanager
async def connected(server: Server) -> AsyncIterator[aiosmtplib.SMTP]:
    """Signed in. TLS is required, except on this machine. Raises MailError, OSError, TimeoutError."""
    smtp = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.user,
        password=server.password,
        use_tls=server.tls,
        start_tls=None if server.tls or server.is_local else True,
        validate_certs=not server.is_local,  # nobody stands between
        timeout=ANSWER,
    )
    try:
        await _connect(smtp)
        yield smtp
        with suppress(OSError, TimeoutError, aiosmtplib.SMTPException):
            await smtp.quit(timeout=GOODBYE)
    finally:
        smtp.close()


async def _connect(smtp: aiosmtplib.SMTP) -> None:
    try:
        await smtp.connect()
    except aiosmtplib.SMTPAuthenticationError as error:
        raise MailError(Trouble.AGAIN, f"login {error.code}", of_server=error.code >= 500) from error
    except aiosmtplib.SMTPResponseException as error:
        raise MailError(Trouble.AGAIN, f"connect {error.code}", of_server=error.code >= 500) from error
    except (OSError, TimeoutError):
        raise
    except aiosmtplib.SMTPException as error:  # no STARTTLS, no way to sign in that both know
        raise MailError(Trouble.AGAIN, "not supported", of_server=True) from error


async def check(server: Server, sender: str) -> None:
    """Whether it lets us in and would take letters from there. Raises MailError, OSError, TimeoutError."""
    async with asyncio.timeout(ANSWER), connected(server) as smtp:
        await _name_sender(smtp, sender, is_ascii=sender.isascii())


async def _name_both(smtp: aiosmtplib.SMTP, sender: str, recipient: str) -> None:
    is_ascii = sender.isascii() and recipient.isascii()
    await _name_sender(smtp, sender, is_ascii=is_ascii)
    encoding = "ascii" if is_ascii else "utf-8"
    try:
        await smtp.rcpt(recipient, encoding=encoding)
    except aiosmtplib.SMTPResponseException as error:
        raise MailError(_for_good(error.code), f"recipient {error.code}") from error


async def _name_sender(smtp: aiosmtplib.SMTP, sender: str, *, is_ascii: bool) -> None:
    if not is_ascii and not smtp.supports_extension("smtputf8"):
        raise MailError(Trouble.NEVER, "smtputf8")
    options, encoding = ([], "ascii") if is_ascii else (["SMTPUTF8"], "utf-8")
    try:
        await smtp.mail(sender, options=options, encoding=encoding)
    except aiosmtplib.SMTPResponseException as error:
        raise MailError(Trouble.AGAIN, f"sender {error.code}", of_server=error.code >= 500) from error


async def _hand_over(smtp: aiosmtplib.SMTP, message: EmailMessage, sender: str, recipient: str) -> None:
    is_ascii = sender.isascii() and recipient.isascii()
    try:
        await smtp.data(message.as_bytes(policy=Policy(utf8=not is_ascii)))
    except aiosmtplib.SMTPResponseException as error:
        raise MailError(_for_good(error.code), f"letter {error.code}", of_server=error.code >= 500) from error


def _for_good(code: int) -> Trouble:
    return Trouble.NEVER if code >= 500 else Trouble.AGAIN
