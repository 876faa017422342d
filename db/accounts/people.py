"""Who is WHO: an account found by its Telegram id, e-mail, `#` and its own id, or a @username the bot has met."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db.errors import PersonAmbiguous, PersonNotRegistered, PersonUnknown, PersonUnproven
from db.normal import UNUSUAL_EMAIL, clean_text, email_form, number_form
from db.placeholders import proven_email, read_placeholder
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


# Each gives the account's id for every match, null for a match that has no account.
BY_ACCOUNT = text("select id from users where id = cast(:key as bigint)")
BY_TELEGRAM = text(
    """
    select a.user_id from authidentities a
    where lower(a.loginprovider) = 'telegram' and a.providerkey = cast(:key as bigint)::text
    union all
    select null from bot.chats c where c.telegram_id = cast(:key as bigint) and not exists (
        select from authidentities a
        where lower(a.loginprovider) = 'telegram' and a.providerkey = c.telegram_id::text)
    """
)
BY_EMAIL = text(
    f"""select id, email from users where lower(email COLLATE "C") = :form or {UNUSUAL_EMAIL} order by id"""
)
BY_TYPED_EMAIL = text(
    "select user_id from bot.contacts where value = :form and kind = 'email' and proven_at is null order by user_id"
)
BY_USERNAME = text(
    """
    select a.user_id from bot.chats c
    left join authidentities a on lower(a.loginprovider) = 'telegram' and a.providerkey = c.telegram_id::text
    where lower(c.username) = lower(:key)
    """
)


LIST_SUMMARIES = text(
    f"""
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
    where u.id = any(:ids)
    """
)


async def find_account(session: AsyncSession, who: str, *, to_change: bool = False) -> AccountSummary:
    """An address that somebody has only typed finds them to be looked at, never `to_change` anything of theirs.

    Raises PersonUnknown, PersonUnproven, PersonNotRegistered (met, but without an account), PersonAmbiguous.
    """
    who = clean_text(who)
    matches = await _matches(session, who)
    if not matches and "@" in who[1:]:
        matches = set(await _list_by_typed_email(session, who))
        if matches and to_change:
            raise PersonUnproven(who, tuple(sorted(match for match in matches if match is not None)))
    if not matches:
        raise PersonUnknown(who)
    if len(matches) > 1:
        raise PersonAmbiguous(who, tuple(sorted(match for match in matches if match is not None)))
    if (user_id := matches.pop()) is None:
        raise PersonNotRegistered(who)
    return await get_account_summary(session, user_id)


async def get_named_chat(session: AsyncSession, username: str) -> int:
    """The Telegram id of the chat that bore this @username when it was last met. Raises PersonUnknown,
    PersonAmbiguous."""
    found = await session.scalars(
        text("select telegram_id from bot.chats where lower(username) = lower(:key)"), {"key": username[1:]}
    )
    ids = list(found)
    if not ids:
        raise PersonUnknown(username)
    if len(ids) > 1:
        raise PersonAmbiguous(username)
    return int(ids[0])


async def get_account_summary(session: AsyncSession, user_id: int) -> AccountSummary:
    """Raises PersonUnknown."""
    found = await list_summaries(session, [user_id])
    if not found:
        raise PersonUnknown(f"#{user_id}")
    return found[0]


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
    rows = await session.execute(BY_EMAIL, {"form": form})
    return [row.id for row in rows if email_form(row.email) == form]


async def _matches(session: AsyncSession, who: str) -> set[int | None]:
    """Empty for what is nobody's name."""
    if match := ID.fullmatch(number_form(who)):
        number = int(match["number"])
        statement = BY_ACCOUNT if match["sign"] else BY_TELEGRAM
        return set(await session.scalars(statement, {"key": number})) if number <= MAX_ID else set()
    if who.startswith("@"):
        return set(await session.scalars(BY_USERNAME, {"key": who[1:]}))
    if "@" not in who:
        return set()
    if (telegram_id := read_placeholder(who)) is not None:
        return (
            set(await session.scalars(BY_TELEGRAM, {"key": telegram_id})) if telegram_id <= MAX_ID else set()
        )
    return set(await list_by_email(session, who))


async def _list_by_typed_email(session: AsyncSession, email: str) -> list[int]:
    """Asked only where the address is nobody's: what somebody typed never stands before a proof."""
    return list(await session.scalars(BY_TYPED_EMAIL, {"form": email_form(email)}))
