"""The mail server: SMTP as aiosmtpd speaks it, with bad days."""

from __future__ import annotations

import asyncio
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.sandbox.faults import Faults
from bot.sandbox.mail.mailbox import Mailbox

HOST = "127.0.0.1"
LATER = "451 4.3.0 Please try again later"
NOBODY = "550 5.1.1 No such mailbox here"


class Connection(SMTP):
    """Down means that nobody is there to greet."""

    def __init__(self, handler: MailServer, faults: Faults) -> None:
        super().__init__(
            handler,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="sandbox",
            loop=asyncio.get_running_loop(),
        )
        self._faults = faults

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._faults.get("mail_down"):
            transport.close()
            return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self.transport is not None:
            super().connection_lost(error)

    def cut(self) -> None:
        if self.transport is not None:
            cast(asyncio.WriteTransport, self.transport).abort()  # uvloop's is no subclass of it


class MailServer:
    """`port` once it is started."""

    def __init__(self, mailbox: Mailbox, faults: Faults) -> None:
        self._mailbox = mailbox
        self._faults = faults
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self, self._faults), HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def handle_RCPT(
        self, server: Connection, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await asyncio.sleep(float(self._faults.get("mail_slow")))
        if self._faults.take("mail_4xx"):
            return LATER
        if self._faults.take("mail_5xx"):
            return NOBODY
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: Connection, session: Session, envelope: Envelope) -> str:
        bounced = self._faults.take("mail_bounce")
        assert isinstance(envelope.content, bytes)
        for address in envelope.rcpt_tos:
            self._mailbox.take(envelope.mail_from or "", address, envelope.content, bounced=bounced)
        if self._faults.take("mail_cut"):
            server.cut()
        return "250 OK"
