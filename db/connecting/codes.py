"""Codes that are sent to an e-mail address to prove that it is the person's. Whether an account has that address is
looked up only after the code has come back (db/connecting/addresses.py)."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, auto

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.errors import CodeTooSoon, TooManyTries
from db.server_keys import ensure_server_key, keyed_hash
from db.tables import CodesSent, EmailCode

DIGITS = 6
KEY = "email_codes"  # of the server, for HMACs of codes and addresses
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CodeLimits:
    """`per_chat`, `per_address` and `in_all`: letters in a day; `tries` of each code."""

    lives: timedelta = timedelta(minutes=10)
    tries: int = 5
    again: timedelta = timedelta(minutes=1)
    per_chat: int = 5
    per_address: int = 5
    in_all: int = 1000


class Checked(StrEnum):
    RIGHT = auto()
    WRONG = auto()
    EXPIRED = auto()
    USED_UP = auto()  # too many wrong ones
    NONE = auto()  # none is awaited


@dataclass(frozen=True, slots=True)
class CheckedCode:
    """`left`: tries that are left."""

    result: Checked
    email: str = ""
    left: int = 0


async def record_code(
    session: AsyncSession,
    telegram_id: int,
    email: str,
    code: str,
    limits: CodeLimits,
    now: datetime,
) -> datetime:
    """When it ends. `email` in its normal form; the code before is worth nothing from now on.

    Raises CodeTooSoon and TooManyTries, whoever has the address.
    """
    key = await ensure_server_key(session, KEY)
    subjects = {
        f"chat {telegram_id}": limits.per_chat,
        f"address {_hmac(key, email)}": limits.per_address,
        "all": limits.in_all,
    }
    for subject, most in subjects.items():
        again = timedelta() if subject == "all" else limits.again
        await _count(session, subject, most, again, now)
    values = {
        "email": email,
        "code_hmac": _hmac(key, f"{telegram_id} {email} {code}"),
        "sent_at": now,
        "ends_at": now + limits.lives,
        "tries": 0,
        "proven_at": None,
    }
    row = insert(EmailCode).values(telegram_id=telegram_id, **values)
    await session.execute(row.on_conflict_do_update(index_elements=["telegram_id"], set_=values))
    return now + limits.lives


async def _count(session: AsyncSession, subject: str, most: int, again: timedelta, now: datetime) -> None:
    values = {
        "subject": subject,
        "most": most,
        "now": now,
        "before": now - again,
        "at_once": not again,
        "yesterday": now - DAY,
    }
    if (await session.execute(COUNT, values)).one_or_none() is not None:
        return
    found = await session.get_one(CodesSent, subject, populate_existing=True)
    if found.count >= most and found.since > now - DAY:
        raise TooManyTries(found.since + DAY)
    raise CodeTooSoon(found.last_at + again)


COUNT = text(
    """
    insert into bot.codes_sent as s (subject, count, since, last_at) values (:subject, 1, :now, :now)
    on conflict (subject) do update
    set count = case when s.since <= :yesterday then 1 else s.count + 1 end,
        since = case when s.since <= :yesterday then :now else s.since end, last_at = greatest(s.last_at, :now)
    where (s.last_at <= :before or :at_once) and (s.count < :most or s.since <= :yesterday)
    returning subject
    """
)


async def check_code(
    session: AsyncSession, telegram_id: int, code: str, limits: CodeLimits, now: datetime
) -> CheckedCode:
    """Counts the try with the transaction. A right one proves the address, once."""
    row = await session.get(EmailCode, telegram_id, with_for_update=True, populate_existing=True)
    if row is None or row.proven_at is not None:
        return CheckedCode(Checked.NONE)
    if row.ends_at <= now:
        return CheckedCode(Checked.EXPIRED, row.email)
    if row.tries >= limits.tries:
        return CheckedCode(Checked.USED_UP, row.email)
    row.tries += 1
    key = await ensure_server_key(session, KEY)
    if hmac.compare_digest(row.code_hmac, _hmac(key, f"{telegram_id} {row.email} {code}")):
        row.proven_at, row.code_hmac = now, ""
        return CheckedCode(Checked.RIGHT, row.email)
    left = limits.tries - row.tries
    return CheckedCode(Checked.WRONG if left else Checked.USED_UP, row.email, left)


async def is_awaited(session: AsyncSession, telegram_id: int, now: datetime) -> bool:
    awaited = select(EmailCode.telegram_id).where(
        EmailCode.telegram_id == telegram_id, EmailCode.proven_at.is_(None), EmailCode.ends_at > now
    )
    return await session.scalar(awaited) is not None


async def get_address(session: AsyncSession, telegram_id: int) -> str | None:
    """Where the last code went."""
    return await session.scalar(select(EmailCode.email).where(EmailCode.telegram_id == telegram_id))


async def get_proven(
    session: AsyncSession, telegram_id: int, limits: CodeLimits, now: datetime
) -> str | None:
    """The address that was proven in this chat within as long as a code lives, and served for nothing yet."""
    proven = select(EmailCode.email).where(
        EmailCode.telegram_id == telegram_id, EmailCode.proven_at > now - limits.lives
    )
    return await session.scalar(proven)


async def delete_code(session: AsyncSession, telegram_id: int) -> None:
    await session.execute(delete(EmailCode).where(EmailCode.telegram_id == telegram_id))


async def delete_old(session: AsyncSession, before: datetime) -> None:
    await session.execute(delete(EmailCode).where(EmailCode.ends_at < before))
    await session.execute(delete(CodesSent).where(CodesSent.last_at < before))


def _hmac(key: bytes, said: str) -> str:
    return keyed_hash(key, said).hex()
