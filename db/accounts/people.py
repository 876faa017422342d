"""Accounts as admins see them, and their chats. Who is WHO: `db/accounts/search.py`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db.ahead import Ahead
from db.errors import PersonUnknown
from db.normal import UNUSUAL_EMAIL, email_form
from db.placeholders import proven_email
from db.sql import text

MAX_ID = 2**63 - 1
ID = re.compile(r"(?P<sign>#|No\.?)? ?(?P<number>[0-9]{1,19})")  # № is No in its normal form


@dataclass(frozen=True, slots=True)
class AccountSummary:
    """An account as admins see it. `email` is None where none is proven, `typed_email` is one that is not.
    `telegram_id` and `username` are those of its first Telegram identity."""

    id: int
    name: str | None
    email: str | None
    typed_email: str | None
    phone: str | None
    telegram_id: str | None
    username: str | None
    created_at: datetime
    last_seen: datetime | None
    deleted_at: datetime | None = None

    @property
    def without_contacts(self) -> "AccountSummary":
        """For who may see how they learn, and not who they are elsewhere."""
        return replace(self, email=None, typed_email=None, username=None, telegram_id=None)


@dataclass(frozen=True, slots=True)
class ChatContact:
    """A Telegram chat of an account; `met` is False where the bot has never heard from it."""

    telegram_id: str
    username: str | None
    met: bool
    blocked: bool


# Of the keys that were asked for; those whose case the index does not know are to be compared once more.
BY_EMAIL = text(
    f"""select email, id from users where lower(email COLLATE "C") = any(:keys) or {UNUSUAL_EMAIL} order by id"""
)
SUMMARIES = f"""
    select u.id, u.name, {proven_email("u")}, c.value, u.phone, a.providerkey, chat.username,
           u.created_at, u.last_seen, gone.deleted_at
    from users u
    left join bot.deleted_accounts gone on gone.user_id = u.id
    left join bot.contacts c on c.user_id = u.id and c.kind = 'email' and c.proven_at is null
    left join lateral (
        select providerkey from authidentities
        where user_id = u.id and lower(loginprovider) = 'telegram' order by id limit 1
    ) a on true
    left join bot.chats chat
        on chat.telegram_id = case when a.providerkey ~ '^[0-9]{{1,18}}$' then a.providerkey::bigint end
"""
LIST_SUMMARIES = text(f"{SUMMARIES} where u.id = any(:ids)")
GET_SUMMARY = text(f"{SUMMARIES} where u.id = :user_id")
SUMMARY_AHEAD = Ahead(GET_SUMMARY, {})


async def get_account_summary(session: AsyncSession, user_id: int) -> AccountSummary:
    """Raises PersonUnknown."""
    row = (await session.execute(GET_SUMMARY, {"user_id": user_id})).one_or_none()
    if row is None:
        raise PersonUnknown(f"#{user_id}")
    return AccountSummary(*row)


async def list_summaries(session: AsyncSession, ids: Sequence[int]) -> list[AccountSummary]:
    """Of those that are there."""
    rows = await session.execute(LIST_SUMMARIES, {"ids": list(ids)})
    return [AccountSummary(*row) for row in rows]


async def list_chats(session: AsyncSession, user_id: int) -> list[ChatContact]:
    """The Telegram identities of an account, the oldest first."""
    rows = await session.execute(
        text(
            """
            select a.providerkey, c.username, c.telegram_id is not null, c.blocked_at is not null
            from authidentities a left join bot.chats c
                on c.telegram_id = case when a.providerkey ~ '^[0-9]{1,18}$' then a.providerkey::bigint end
            where a.user_id = :user_id and lower(a.loginprovider) = 'telegram' order by a.id
            """
        ),
        {"user_id": user_id},
    )
    return [ChatContact(*row) for row in rows]


async def get_names(session: AsyncSession, telegram_id: int) -> tuple[str, str | None]:
    """(name, @username without its sign) as last met; the id for a chat that we have never heard from."""
    row = (
        await session.execute(
            text("select name, username from bot.chats where telegram_id = :id"), {"id": telegram_id}
        )
    ).one_or_none()
    return (row[0], row[1]) if row else (str(telegram_id), None)


async def list_by_email(session: AsyncSession, email: str) -> list[int]:
    """The accounts whose e-mail is the same address (db/normal.py), however the other application has written it."""
    form = email_form(email)
    rows = await session.execute(BY_EMAIL, {"keys": [form]})
    return [row.id for row in rows if email_form(row.email) == form]
