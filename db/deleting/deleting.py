"""Deleting an account, by its person, in one transaction.

An account born in Telegram, and used nowhere else, is erased: its row in `users` stays, with what counts (payments,
uses of promo codes, grants, days of access), and names nobody. Any other account is disconnected: it stays the school's
site's, and the bot forgets the chats that sign in to it. Locks as in merging: users by id, then purchases.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.access.changes import AccessPeriod, list_access
from db.account_errors import AccountChanged, DeletionBlocked
from db.account_ids import get_current_id, list_telegram_ids
from db.accounts.registration import get_account_id
from db.deleting import erasing
from db.errors import MergeBlocked
from db.merging.merging import lock_accounts, lock_purchases
from db.payments.orders import Copy, close_all
from db.payments.purchases import PurchaseStatus
from db.promo import record_used_codes
from db.queue import delete_jobs_of
from db.tables import Attempt, Certificate, PromoUsage, Purchase


class DeletionKind(StrEnum):
    ERASED = "erased"
    DISCONNECTED = "disconnected"


@dataclass(frozen=True, slots=True)
class DeletionPlan:
    """What deleting it means: `chats` sign in to it, `access` is open, `payments` succeeded,
    `codes` were used, `orders` are open, `certificates` are void then."""

    kind: DeletionKind
    chats: int
    access: list[AccessPeriod]
    payments: int
    codes: int
    orders: int
    certificates: int


@dataclass(frozen=True, slots=True)
class Deletion:
    """`chats`: Telegram ids of all chats that signed in to it; `copies`: messages of orders that are closed now."""

    kind: DeletionKind
    chats: list[int]
    copies: list[Copy]


async def get_plan(session: AsyncSession, user_id: int, now: datetime) -> DeletionPlan:
    access = await list_access(session, user_id)
    paid = select(func.count()).where(
        Purchase.user_id == user_id, Purchase.status == PurchaseStatus.SUCCEEDED.value
    )
    codes = select(func.count()).where(PromoUsage.user_id == user_id)
    orders = select(func.count()).where(
        Attempt.user_id == user_id, Attempt.closed_at.is_(None), Attempt.touched_at.is_not(None)
    )
    certificates = select(func.count()).where(Certificate.user_id == user_id)
    return DeletionPlan(
        kind=await _get_kind(session, user_id),
        chats=len(await list_telegram_ids(session, user_id)),
        access=[one for one in access if one.ends_at is None or one.ends_at > now],
        payments=await session.scalar(paid) or 0,
        codes=await session.scalar(codes) or 0,
        orders=await session.scalar(orders) or 0,
        certificates=await session.scalar(certificates) or 0,
    )


async def delete_account(
    session: AsyncSession, user_id: int, telegram_id: int, kind: DeletionKind, now: datetime
) -> Deletion:
    """`kind` is what the person has agreed to. Raises AccountChanged, DeletionBlocked."""
    merged, left = await _list_merged(session, user_id), await _list_left(session, user_id)
    await lock_accounts(session, user_id, *merged, *left)
    await _check(session, user_id, telegram_id, kind, (merged, left))
    erased = [*left, user_id] if kind is DeletionKind.ERASED else left
    chats = await list_telegram_ids(session, user_id)
    copies = []
    for one in sorted({user_id, *erased}):
        await lock_purchases(session, one)
        copies += await close_all(session, one, now)
        await record_used_codes(session, one, chats)
    try:
        for one in (*left, user_id):
            await erasing.erase_sign_ins(session, one, chats)
        await erasing.erase_chats(session, user_id, chats)
        for one in erased:
            await erasing.erase_account(session, one)
    except MergeBlocked as blocked:
        raise DeletionBlocked(blocked.table) from blocked
    await erasing.forget_merged(session, user_id, merged)
    await erasing.mark_deleted(session, [*merged, *erased], now)
    await erasing.erase_unpaid(session)
    await delete_jobs_of(session, [user_id, *merged, *erased], chats)
    return Deletion(kind, chats, copies)


async def _check(
    session: AsyncSession,
    user_id: int,
    telegram_id: int,
    kind: DeletionKind,
    others: tuple[list[int], list[int]],
) -> None:
    """What may have become of it before it was locked."""
    same = (
        await get_current_id(session, user_id) == user_id
        and await get_account_id(session, telegram_id) == user_id
        and (await _list_merged(session, user_id), await _list_left(session, user_id)) == others
        and await _get_kind(session, user_id) is kind
    )
    if not same:
        raise AccountChanged(user_id)


async def _get_kind(session: AsyncSession, user_id: int) -> DeletionKind:
    only_telegram = await session.scalar(IS_ONLY_TELEGRAM, {"user": user_id})
    return DeletionKind.ERASED if only_telegram else DeletionKind.DISCONNECTED


ONLY_TELEGRAM = """
u.password_hash is null
and not exists (select from authidentities a where a.user_id = u.id and lower(a.loginprovider) <> 'telegram')
and not exists (select from sessions s join devices d on d.id = s.device_id
                where s.user_id = u.id and lower(d.platform) <> 'telegram')
"""
IS_ONLY_TELEGRAM = text(
    f"""
    select exists (
        select from users u join bot.telegram_accounts born on born.user_id = u.id
        where u.id = :user and {ONLY_TELEGRAM}
    )
    """
)


async def _list_left(session: AsyncSession, user_id: int) -> list[int]:
    """Accounts that the chats have made, and that none signs in to since: the owner has moved it."""
    return list(await session.scalars(LIST_LEFT, {"user": user_id}))


LIST_LEFT = text(
    f"""
    select born.user_id from bot.telegram_accounts born join users u on u.id = born.user_id
    where born.telegram_id in (
        select cast(providerkey as bigint) from authidentities
        where user_id = :user and lower(loginprovider) = 'telegram' and providerkey ~ '^[0-9]{{1,18}}$')
      and u.id <> :user and {ONLY_TELEGRAM}
      and not exists (select from authidentities a where a.user_id = u.id)
      and not exists (select from bot.merges m where m.from_user_id = u.id and m.undone_at is null)
    order by born.user_id
    """
)


async def _list_merged(session: AsyncSession, user_id: int) -> list[int]:
    """Accounts that were merged into this one, in whatever many steps."""
    return list(await session.scalars(LIST_MERGED, {"user": user_id}))


LIST_MERGED = text(
    """
    with recursive merged as (
        select m.from_user_id as id from bot.merges m where m.into_user_id = :user and m.undone_at is null
        union
        select m.from_user_id from merged join bot.merges m on m.into_user_id = merged.id and m.undone_at is null
    )
    select id from merged order by id
    """
)
