"""One person, one account: one that was born in Telegram is merged into the one the person has proven to have.

Every row that names it is moved (db/accounts/references.py), all in one transaction, and the ids of what was moved are
kept, so that the owner can undo it for 30 days (db/merging/undoing.py). Locks: both accounts, users by id, then
purchases, codes, access.
"""

import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.accounts.references import blocking, check_nothing_left, list_references, move_rows, take_away
from db.errors import NotMergeable, PersonUnknown
from db.locks import lock
from db.merging.access import MergedAccess, Sides, merge_access
from db.placeholders import placeholder, read_placeholder
from db.tables import Merge, User


@dataclass(frozen=True, slots=True)
class MergeResult:
    """What was moved: rows by table, access by module. `codes`: promo codes that both accounts had used, each of which
    counts once; `superseded`: open attempts at paying what the other account has an open attempt at."""

    merge_id: int
    from_id: int
    into_id: int
    access: list[MergedAccess]
    rows: dict[str, int]
    codes: list[str]
    superseded: int


async def preview(session: AsyncSession, from_id: int, into_id: int, now: datetime) -> MergeResult:
    """What `merge` would do, which raises what it would raise; nothing of it is left."""
    async with session.begin_nested() as attempt:
        result = await merge(session, from_id, into_id, now)
        await attempt.rollback()
    return result


async def merge(
    session: AsyncSession, from_id: int, into_id: int, now: datetime, merged_by: int | None = None
) -> MergeResult:
    """Raises PersonUnknown, NotMergeable, MergeBlocked."""
    await lock_accounts(session, from_id, into_id)
    users = await _check(session, from_id, into_id)
    await lock_purchases(session, from_id)
    row = Merge(from_user_id=from_id, into_user_id=into_id, profile={}, merged_by=merged_by, created_at=now)
    session.add(row)
    await session.flush()
    sides = Sides(row.id, from_id, into_id, now)
    usages = await _list_later_usages(session, sides)
    access = await merge_access(session, sides, set(usages))
    superseded = await _supersede_attempts(session, sides)
    moved = await _move(session, sides)
    row.profile = await _fill_profile(session, users[from_id], users[into_id])
    async with blocking(session, "users"):
        await session.execute(text("set constraints all immediate"))
    await check_nothing_left(session, from_id)
    return MergeResult(row.id, from_id, into_id, access, moved, sorted(set(usages.values())), superseded)


async def lock_accounts(session: AsyncSession, *user_ids: int) -> None:
    """Nobody writes rows for them meanwhile (db/account_ids.py)."""
    for user_id in sorted(user_ids):
        await lock(session, f"account:{user_id}")
    # Other rows may go on naming them, which a stronger lock would hold up: whoever settles a purchase has its row.
    await session.execute(
        text("select id from users where id = any(:ids) order by id for no key update"),
        {"ids": list(user_ids)},
    )


async def _check(session: AsyncSession, from_id: int, into_id: int) -> dict[int, Row[Any]]:
    """Both accounts, by id."""
    if from_id == into_id:
        raise NotMergeable(from_id, "same account")
    users = {row.id: row for row in await session.execute(GET_USERS, {"ids": [from_id, into_id]})}
    for user_id in (from_id, into_id):
        if user_id not in users:
            raise PersonUnknown(f"#{user_id}")
        if users[user_id].merged:
            raise NotMergeable(user_id, "merged")
        if users[user_id].deleted:
            raise NotMergeable(user_id, "deleted")
    source = users[from_id]
    obstacles = {
        "site account": source.telegram_id is None,
        "password": source.has_password,
        "identity": source.has_identity,
        "site session": source.has_session,
    }
    for reason, is_so in obstacles.items():
        if is_so:
            raise NotMergeable(from_id, reason)
    return users


GET_USERS = text(
    """
    select u.id, u.name, u.phone, u.email, u.password_hash is not null as has_password, born.telegram_id,
           exists (select from bot.merges m where m.from_user_id = u.id and m.undone_at is null) as merged,
           exists (select from authidentities a where a.user_id = u.id and lower(a.loginprovider) <> 'telegram')
               as has_identity,
           exists (select from bot.deleted_accounts d where d.user_id = u.id) as deleted,
           exists (select from sessions s join devices d on d.id = s.device_id
                   where s.user_id = u.id and lower(d.platform) <> 'telegram') as has_session
    from users u left join bot.telegram_accounts born on born.user_id = u.id
    where u.id = any(:ids)
    """
)


async def lock_purchases(session: AsyncSession, user_id: int) -> None:
    """Until there is none that was not seen: whoever has one of them locked may add another (a second charge)."""
    seen = -1
    while True:
        rows = await session.execute(
            text("select id from purchases where user_id = :user order by id for update"), {"user": user_id}
        )
        if (count := len(rows.all())) == seen:
            return
        seen = count


async def _list_later_usages(session: AsyncSession, sides: Sides) -> dict[int, str]:
    """Uses of a code that was used on the other side before: the code by the usage's id. Locks these codes."""
    values = {"from": sides.from_id, "into": sides.into_id}
    codes = (await session.execute(LOCK_CODES, values)).all()
    found = await session.execute(
        LIST_LATER_USAGES, {"users": list(values.values()), "codes": [code.id for code in codes]}
    )
    return {row.id: row.code for row in found}


LOCK_CODES = text(
    """
    select id from promocodes c
    where exists (select from promocodeusages u where u.code_id = c.id and u.user_id = :from)
      and exists (select from promocodeusages u where u.code_id = c.id and u.user_id = :into)
    order by id for update
    """
)
LIST_LATER_USAGES = text(
    """
    select id, code from (
        select u.id, c.code, row_number() over (partition by u.code_id order by u.used_at, u.id) as use
        from promocodeusages u join promocodes c on c.id = u.code_id
        where u.user_id = any(:users) and u.code_id = any(:codes)
    ) uses
    where use > 1
    """
)


async def _supersede_attempts(session: AsyncSession, sides: Sides) -> int:
    """One open attempt per person, offer and way to pay: the other account's stays. What may have reached the provider
    is still asked about until its link ends; a purchase whose payment was never asked for is over."""
    values = {"from": sides.from_id, "into": sides.into_id, "now": sides.now}
    rows = await session.execute(SUPERSEDE, values)
    return len(rows.all())


SUPERSEDE = text(
    """
    with closed as (
        update bot.payment_attempts mine set closed_at = :now, outcome = 'superseded', message_id = null,
            left_at = :now
        from bot.payment_attempts other
        where mine.user_id = :from and other.user_id = :into and mine.offer_id = other.offer_id
          and mine.method = other.method and mine.closed_at is null and other.closed_at is null
        returning mine.id, mine.purchase_id, mine.method = 'link' and mine.sent_at is null
                  and mine.link is null as unsent
    ), over as (
        update purchases p set status = 'canceled' from closed
        where p.id = closed.purchase_id and closed.unsent and p.status = 'pending'
    )
    select id from closed
    """
)
# What both accounts may have: the rest of such rows is the other account's.
ALREADY_THERE = {
    "users_devices": "exists (select from users_devices other where other.user_id = :into"
    " and other.device_id = it.device_id)",
    "bot.contacts": "exists (select from bot.contacts other where other.user_id = :into and other.kind = it.kind)",
    "bot.unlocked_lessons": "exists (select from bot.unlocked_lessons other where other.user_id = :into"
    " and other.lesson_id = it.lesson_id)",
    "bot.reminders": "exists (select from bot.reminders other where other.user_id = :into)",
    "bot.finished_courses": "exists (select from bot.finished_courses other where other.user_id = :into"
    " and other.module_id = it.module_id)",
    "bot.outbox": "exists (select from bot.outbox other where other.user_id = :into and other.channel = it.channel"
    " and other.kind = it.kind and other.occasion = it.occasion)",
    "bot.cards": "exists (select from bot.cards other where other.user_id = :into"
    " and other.question_id = it.question_id and other.reviews >= it.reviews)",
}
# One open attempt per person and lesson: the other account's stays.
CLOSE_ATTEMPTS = text(
    """
    update bot.attempts mine set finished_at = :now, chosen = '{}' from bot.attempts other
    where mine.user_id = :from and other.user_id = :into and mine.finished_at is null and other.finished_at is null
      and mine.lesson_id is not distinct from other.lesson_id
    """
)


async def _move(session: AsyncSession, sides: Sides) -> dict[str, int]:
    for table, which in ALREADY_THERE.items():
        await take_away(session, sides.merge_id, table, which, sides.from_id, sides.into_id)
    # Of two cards for a question the one with more reviews knows better: the other account's may have to go as well.
    which = ALREADY_THERE["bot.cards"]
    await take_away(session, sides.merge_id, "bot.cards", which, sides.into_id, sides.from_id)
    await session.execute(CLOSE_ATTEMPTS, {"from": sides.from_id, "into": sides.into_id, "now": sides.now})
    moved: Counter[str] = Counter()
    for reference in await list_references(session):
        moved[reference.table] += await move_rows(
            session, reference, sides.merge_id, sides.from_id, sides.into_id
        )
    return {table: count for table, count in moved.items() if count}


async def _fill_profile(session: AsyncSession, source: Row[Any], target: Row[Any]) -> dict[str, Any]:
    """What the other account lacks it gets; what was filled, to be undone. An address that was proven for the account
    names nobody but the other one from now on."""
    filled = {
        field: getattr(source, field)
        for field in ("name", "phone")
        if getattr(target, field) is None and getattr(source, field) is not None
    }
    profile: dict[str, Any] = dict(filled)
    if read_placeholder(source.email) is None:
        profile["email_before"] = source.email
        free = placeholder(source.telegram_id, secrets.token_hex(4))
        await session.execute(update(User).where(User.id == source.id).values(email=free))
        if target.telegram_id is not None and read_placeholder(target.email) is not None:
            profile["placeholder_before"] = target.email
            filled["email"] = source.email
    if filled:
        await session.execute(update(User).where(User.id == target.id).values(**filled))
    return profile
