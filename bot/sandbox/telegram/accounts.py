"""Bots: made at the first call with their token, remembered with all their settings."""

import re
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.store import Store
from bot.sandbox.telegram.errors import PageError, not_found, unauthorized

Json = dict[str, Any]
KIND = "bot"
TOKEN = re.compile(r"(\d{1,18}):([\w-]{3,})", re.ASCII)
UNLISTED_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass
class Webhook:
    url: str = ""
    secret_token: str = ""
    max_connections: int = 40
    ip_address: str = ""
    has_custom_certificate: bool = False
    last_error_date: int = 0
    last_error_message: str = ""


@dataclass
class Account:
    """`texts` are keyed "name:ru", "description:", …; `commands` "scope type:chat:user:language"."""

    id: int
    secret: str
    username: str
    first_name: str
    seen: int = 0
    texts: dict[str, str] = field(default_factory=dict)
    commands: dict[str, list[Json]] = field(default_factory=dict)
    menu_buttons: dict[str, Json] = field(default_factory=dict)
    allowed_updates: list[str] = field(default_factory=list)
    webhook: Webhook = field(default_factory=Webhook)

    def as_user(self) -> Json:
        return {"id": self.id, "is_bot": True, "first_name": self.first_name, "username": self.username}

    def wants(self, kind: str) -> bool:
        """An empty list stands for Telegram's default: everything but the noisy kinds."""
        return kind in self.allowed_updates if self.allowed_updates else kind not in UNLISTED_BY_DEFAULT


class Accounts:
    def __init__(self, store: Store) -> None:
        self._store = store
        rows = store.all(KIND)
        self._known = {row["id"]: Account(**{**row, "webhook": Webhook(**row["webhook"])}) for row in rows}

    def by_token(self, token: str) -> Account:
        """The bot of that token; a well-formed new one makes it. 404 for a malformed token, 401 for a wrong one."""
        match = TOKEN.fullmatch(token)
        if match is None:
            raise not_found("the token is malformed")
        number, secret = int(match.group(1)), match.group(2)
        account = self._known.get(number)
        if account is None:
            account = Account(number, secret, f"sandbox_{number}_bot", f"Sandbox {number}")
            self.save(account)
        if account.secret != secret:
            raise unauthorized()
        return account

    def save(self, account: Account) -> None:
        self._known[account.id] = account
        self._store.put(KIND, str(account.id), {**vars(account), "webhook": vars(account.webhook)})

    def all(self) -> list[Account]:
        return list(self._known.values())

    def mark_seen(self, account: Account) -> None:
        """The bot that called getMe last is the one the page shows first."""
        account.seen = self._store.next_id("greeting")
        self.save(account)

    def chosen(self, wanted: str | None) -> Account:
        """By id, or the one that called getMe last; raises 404 when there is none."""
        if wanted:
            account = self._known.get(int(wanted)) if wanted.isdecimal() else None
        else:
            account = max(self._known.values(), key=lambda one: one.seen, default=None)
        if account is None:
            raise PageError(
                404, "no bot has called the sandbox yet" if not wanted else f"no such bot: {wanted}"
            )
        return account
