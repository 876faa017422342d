"""The letters that came, whomever they are for."""

from __future__ import annotations

import email
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from email.policy import default
from typing import Any

from bot.sandbox.clock import Now
from bot.sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Letter:
    """`to`: whom the server was told to bring it to; `headers` by their names in lower case. `bounced`: it was taken,
    and came back."""

    id: int
    at: float
    sender: str
    to: str
    subject: str
    headers: dict[str, str]
    text: str
    html: str
    bounced: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Mailbox:
    def __init__(self, store: Store, now: Now) -> None:
        self._store = store
        self._now = now

    def take(self, sender: str, to: str, content: bytes, *, bounced: bool) -> None:
        message = email.message_from_bytes(content, EmailMessage, policy=default)
        number = self._store.next_id("letter")
        letter = Letter(
            id=number,
            at=self._now().timestamp(),
            sender=sender,
            to=to,
            subject=str(message["Subject"] or ""),
            headers={name.lower(): str(value) for name, value in message.items()},
            text=_part(message, "plain"),
            html=_part(message, "html"),
            bounced=bounced,
        )
        self._store.put("letter", str(number), letter.as_json())

    def letters(self) -> list[Letter]:
        """The newest first."""
        return [Letter(**value) for value in reversed(self._store.all("letter"))]

    def letter(self, number: int) -> Letter | None:
        value = self._store.get("letter", str(number))
        return Letter(**value) if value else None


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part else ""
