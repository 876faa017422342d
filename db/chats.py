"""A person's chat: who they are to us, and where the conversation stands. One statement loads it all, and writes
nothing; another one does where Telegram says something new of the person."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Text, bindparam
from sqlalchemy.ext.asyncio import AsyncSession

from db.ahead import Ahead, load_with
from db.direct import write_later
from db.sql import text

SEEN_EVERY = timedelta(minutes=5)  # docs/design.md#tables


@dataclass(frozen=True, slots=True)
class TelegramProfile:
    """What Telegram says of a person with every update. `first_name` is empty where nobody can be called by it."""

    telegram_id: int
    name: str
    username: str | None
    language: str | None
    first_name: str = ""


@dataclass(slots=True)
class Account:
    """The account a Telegram person has, as one update needs it."""

    id: int
    last_seen: datetime | None


@dataclass(slots=True)
class Person:
    """Who acts, as of one update. `first_name` is empty where nobody can be called by it. `asked_at`: since when
    `state` is what it is. `session_id` is None without a live session, `has_signed_in` is False where this chat has
    never had one; `handled` says that this very update changed the database already. `module_id`: the course used
    last; `home_id`: the message that shows home; `order_id`: the one that shows an order, as long as it is the last;
    `lesson_ids`: those of a lesson that took several, the one with the buttons last.
    `role`: as it is stored (db/roles.py). `asked`: a handler has opened or closed a question."""

    telegram_id: int
    name: str
    first_name: str
    language: str | None
    telegram_language: str | None
    state: str | None
    data: dict[str, Any]
    start: str | None
    asked_at: datetime | None
    account: Account | None
    device_id: int | None
    session_id: int | None
    has_signed_in: bool
    handled: bool
    module_id: int | None
    home_id: int | None
    order_id: int | None
    lesson_ids: list[int]
    role: str | None = None
    changed: bool = field(default=False)
    asked: bool = field(default=False)

    @property
    def user_id(self) -> int:
        """Only where a filter has made sure of a signed-in account."""
        assert self.account is not None
        return self.account.id

    @property
    def signed_in(self) -> bool:
        """Has an account and a live session on this chat's device."""
        return self.account is not None and self.session_id is not None


UPSERT_CHAT = """
with fresh as (
    insert into bot.chats (telegram_id, username, name, telegram_language, created_at)
    select :id, :username, :name, :language, :now
    where not exists (
        select from bot.chats
        where telegram_id = :id and name = :name and blocked_at is null
          and username is not distinct from :username
          and telegram_language is not distinct from :language
    )
    on conflict (telegram_id) do update set
        username = excluded.username, name = excluded.name,
        telegram_language = excluded.telegram_language, blocked_at = null
    returning *
), chat as (
    select *, true as is_current from fresh
    union all
    select *, true from bot.chats where telegram_id = :id and not exists (select from fresh)
)
"""
# Payments wait for no lock of the same person: their load only reads, even where the chat is new to us.
READ_CHAT = """
with chat as (
    select :id as telegram_id,
           c.name = :name and c.blocked_at is null and c.username is not distinct from :username
           and c.telegram_language is not distinct from :language as is_current,
           coalesce(c.name, :name) as name, c.language,
           coalesce(c.telegram_language, :language) as telegram_language, c.state,
           coalesce(c.data, '{}') as data, c.start, c.asked_at, c.module_id, c.home_id, c.order_id,
           coalesce(c.lesson_ids, '{}') as lesson_ids
    from (select) one left join bot.chats c on c.telegram_id = :id
)
"""
LOAD_PERSON = """
select chat.telegram_id, chat.name, chat.language, chat.telegram_language, chat.state, chat.data, chat.start,
       chat.asked_at, chat.module_id, chat.home_id, chat.order_id, chat.lesson_ids, chat.is_current,
       u.id as user_id, u.last_seen, d.id as device_id, s.id as session_id,
       exists (select from sessions where user_id = u.id and device_id = d.id) as has_signed_in,
       (select role from bot.roles where telegram_id = :id) as role,
       exists (select from bot.updates where bot_id = :bot_id and update_id = :update_id) as handled
from chat
left join lateral (
    select user_id from authidentities
    where lower(loginprovider) = 'telegram' and providerkey = :key
    order by loginprovider <> 'telegram', id limit 1
) a on true
left join users u on u.id = a.user_id
left join devices d on d.device_key = 'telegram:' || :key
left join lateral (
    select id from sessions
    where user_id = u.id and device_id = d.id and revoked_at is null and expires_at > :now
    order by expires_at desc limit 1
) s on true
"""
PARAMETERS = (
    bindparam("id", type_=BigInteger),
    bindparam("username", type_=Text),
    bindparam("name", type_=Text),
    bindparam("language", type_=Text),
    bindparam("key", type_=Text),
)
LOAD, LOAD_AND_WRITE = (text(chat + LOAD_PERSON).bindparams(*PARAMETERS) for chat in (READ_CHAT, UPSERT_CHAT))


async def load_person(
    session: AsyncSession,
    profile: TelegramProfile,
    bot_id: int,
    update_id: int,
    now: datetime,
    *,
    read_only: bool = False,
    ahead: Ahead | None = None,
) -> Person:
    """One statement, two where the chat's row is to be written. `read_only` neither writes it nor waits for its lock
    (payment updates)."""
    said = {"username": profile.username, "name": profile.name, "language": profile.language}
    handled = {"bot_id": bot_id, "update_id": update_id, "now": now}
    values = {"id": profile.telegram_id, "key": str(profile.telegram_id)} | said | handled
    row = await load_with(session, LOAD, values, ahead)
    if not (row.is_current or read_only):
        row = (await session.execute(LOAD_AND_WRITE, values)).one()
    account = None if row.user_id is None else Account(row.user_id, row.last_seen)
    return Person(
        telegram_id=row.telegram_id,
        name=row.name,
        first_name=profile.first_name,
        language=row.language,
        telegram_language=row.telegram_language,
        state=row.state,
        data=row.data,
        start=row.start,
        asked_at=row.asked_at,
        account=account,
        device_id=row.device_id,
        session_id=row.session_id,
        has_signed_in=row.has_signed_in,
        handled=row.handled,
        module_id=row.module_id,
        home_id=row.home_id,
        order_id=row.order_id,
        lesson_ids=row.lesson_ids,
        role=row.role,
    )


SAVE_STATE = """
state# as (
    update bot.chats set state = cast(:state as text), data = cast(:data as jsonb), start = :start,
        language = :language, module_id = :module_id, home_id = :home_id, order_id = :order_id,
        asked_at = case when state is distinct from cast(:state as text) then :now else asked_at end
    where telegram_id = :telegram_id
)
"""


async def save_state(session: AsyncSession, person: Person, now: datetime) -> None:
    """Writes the conversation where the update has moved it."""
    if not person.changed:
        return
    names = ("state", "start", "language", "module_id", "home_id", "order_id", "telegram_id")
    values = {name: getattr(person, name) for name in names}
    await write_later(session, SAVE_STATE, values | {"data": json.dumps(person.data), "now": now})


def answers_open_question(person: Person, message_id: int, sent_at: datetime) -> bool:
    """Whether a message was an answer to the question that is open now, or is the one named as `answer` in its data.
    Telegram's timestamps are whole seconds."""
    if person.state is None or person.asked_at is None:
        return False
    return person.data.get("answer") == message_id or sent_at >= person.asked_at.replace(microsecond=0)


async def begin_album(session: AsyncSession, telegram_id: int, album: str) -> bool:
    """Whether this is the album's first message: each of its pictures comes as an update of its own."""
    begun = await session.execute(
        text(
            "update bot.chats set album = :album where telegram_id = :id and album is distinct from :album"
            " returning true"
        ).bindparams(bindparam("album", type_=Text)),
        {"album": album, "id": telegram_id},
    )
    return bool(begun.scalar_one_or_none())


async def mark_seen(session: AsyncSession, person: Person, now: datetime, keep: timedelta) -> bool:
    """Moves `last_seen` and, with it, the end of the session: last use + `keep`. Whether it was time to."""
    account = person.account
    if account is None or person.session_id is None:
        return False
    if account.last_seen is not None and timedelta() <= now - account.last_seen < SEEN_EVERY:
        return False
    await session.execute(
        text(
            "with seen as (update users set last_seen = :now where id = :user_id)"
            " update sessions set expires_at = :ends where id = :session_id and revoked_at is null"
        ),
        {"now": now, "ends": now + keep, "user_id": account.id, "session_id": person.session_id},
    )
    return True


async def mark_blocked(session: AsyncSession, telegram_id: int, now: datetime) -> None:
    """The person has blocked the bot: nothing is sent until they write again."""
    await session.execute(
        text("update bot.chats set blocked_at = :now where telegram_id = :id and blocked_at is null"),
        {"now": now, "id": telegram_id},
    )


async def list_reachable(session: AsyncSession, user_id: int) -> list[tuple[int, str | None, str | None]]:
    """(telegram id, chosen language, Telegram's language) of the account's chats."""
    rows = await session.execute(
        text(
            "select c.telegram_id, c.language, c.telegram_language from authidentities a"
            # By the number, so that the key of `chats` is used; other applications write what they like.
            " join bot.chats c on c.telegram_id ="
            " case when a.providerkey ~ '^[0-9]{1,18}$' then a.providerkey::bigint end"
            " where a.user_id = :user_id and lower(a.loginprovider) = 'telegram'"
        ),
        {"user_id": user_id},
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def get_language(session: AsyncSession, telegram_id: int) -> tuple[str | None, str | None]:
    """(chosen language, Telegram's language)."""
    statement = text("select language, telegram_language from bot.chats where telegram_id = :id")
    row = (await session.execute(statement, {"id": telegram_id})).one_or_none()
    return (row[0], row[1]) if row else (None, None)


async def record_order(session: AsyncSession, telegram_id: int, message_id: int | None) -> None:
    """The message that shows an order and stands last in the chat; None once something stands below it."""
    await session.execute(
        text(
            "update bot.chats set order_id = :message_id"
            " where telegram_id = :id and order_id is distinct from :message_id"
        ).bindparams(bindparam("message_id", type_=BigInteger)),
        {"message_id": message_id, "id": telegram_id},
    )


async def get_last_order(session: AsyncSession, telegram_id: int) -> int | None:
    """As `record_order` has stored it."""
    found: int | None = await session.scalar(
        text("select order_id from bot.chats where telegram_id = :id"), {"id": telegram_id}
    )
    return found


async def record_referral(session: AsyncSession, telegram_id: int, referral: str) -> None:
    """`referral` is the TEXT of `?start=ref_TEXT`; the first one counts."""
    await session.execute(
        text("update bot.chats set referral = coalesce(referral, :referral) where telegram_id = :id"),
        {"referral": referral, "id": telegram_id},
    )
