"""The mail server: whether it lets us in, and takes letters from MAIL_FROM. No letter is sent."""

import ssl
from collections.abc import AsyncIterator
from email.utils import parseaddr

import aiosmtplib

from bot.doctor.finding import Area, Finding
from bot.mail import smtp
from bot.mail.letters import to_ascii
from bot.mail.smtp import MailError, Server
from bot.settings import Settings

AREA = Area("mail")


async def check(settings: Settings) -> AsyncIterator[Finding]:
    if settings.smtp_url is None or settings.mail_from is None:
        yield AREA.ok("SMTP_URL is empty: no letters are sent, and e-mails stay unconfirmed")
        return
    server, sender = smtp.read_server(settings.smtp_url), to_ascii(parseaddr(settings.mail_from)[1])
    place = f"{server.host}:{server.port}"
    try:
        await smtp.check(server, sender)
    except MailError as error:
        yield _problem(error.code, place, server)
    except (OSError, TimeoutError, aiosmtplib.SMTPException) as error:
        yield _unreachable(error, place, server)
    else:
        yield AREA.ok(f"{place} takes letters from {sender}")


def _problem(code: str, place: str, server: Server) -> Finding:
    step, _, number = code.partition(" ")
    match step:
        case "login":
            return AREA.problem(
                f"{place} does not let us in ({number})", "correct user and password in SMTP_URL"
            )
        case "sender":
            return AREA.problem(
                f"{place} takes no letters from MAIL_FROM ({number})",
                "use an address that this user may send from",
            )
        case "not":
            return AREA.problem(
                f"{place} offers no STARTTLS, or no way to sign in",
                f"use {'smtp' if server.tls else 'smtps'}:// or another port in SMTP_URL",
            )
        case _:
            return AREA.problem(f"{place} turns us away ({number})", _remedy(server))


def _unreachable(error: Exception, place: str, server: Server) -> Finding:
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in (error, error.__cause__)):
        return AREA.problem(
            f"the certificate of {place} is not that of {server.host}, or of nobody this machine trusts",
            "write the name that stands in its certificate into SMTP_URL",
        )
    said = "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
    return AREA.problem(f"{place} can't be reached: {said}", _remedy(server))


def _remedy(server: Server) -> str:
    other = "smtp:// and 587" if server.tls else "smtps:// and 465"
    return f"check host and port in SMTP_URL, and that this machine may connect to it; or try {other}"
