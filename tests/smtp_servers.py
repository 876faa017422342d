"""Mail servers on loopback, strict ones: TLS with a certificate of its own making, a password, senders it knows."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "me@school.example", "pa/ss#word"
QUOTED = "me%40school.example:pa%2Fss%23word"
REMOTE = "127.0.0.2"  # this machine, under an address that does not say so


@dataclass
class Handler:
    """`senders`: whom letters may come from; all where there are none. `over_tls` of each letter that came."""

    senders: tuple[str, ...] = ()
    over_tls: list[bool] = field(default_factory=list)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.senders and address not in self.senders:
            return "550 5.7.1 Not your address"
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        straight = server.transport is not None and server.transport.get_extra_info("sslcontext") is not None
        self.over_tls.append(straight or session.ssl is not None)
        return "250 OK"


def certificate(folder: Path) -> Path:
    """Signed by itself, for localhost and REMOTE; with its key."""
    made = folder / "mail.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=mail",
         "-addext", f"subjectAltName=DNS:localhost,IP:127.0.0.1,IP:{REMOTE}", "-keyout", made, "-out", made],
        check=True, capture_output=True,
    )  # fmt: skip
    return made


@asynccontextmanager
async def smtp_server(
    handler: Handler,
    *,
    host: str = "127.0.0.1",
    pem: Path | None = None,
    tls: bool = False,
    login: bool = False,
) -> AsyncIterator[int]:
    """Its port. With `pem` it offers STARTTLS, or speaks TLS from the first byte (`tls`)."""
    context = None
    if pem is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pem)
    loop = asyncio.get_running_loop()

    def authenticate(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        known = isinstance(data, LoginPassword) and (data.login, data.password) == (
            USER.encode(),
            PASSWORD.encode(),
        )
        return AuthResult(success=known, handled=False)

    def connection() -> SMTP:
        return SMTP(
            handler,
            hostname="localhost",
            loop=loop,
            tls_context=None if tls else context,
            auth_required=login,
            auth_require_tls=False,
            authenticator=authenticate,
        )

    server = await loop.create_server(connection, host, 0, ssl=context if tls else None)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
