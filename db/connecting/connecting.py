"""A chat is connected to an account: the one place that does so, whatever has proven that both are of one person.

A chat without an account signs in to it; an account that was born in this chat is merged into it. What can't be merged
stays as it is, and only the owner may have the chat sign in elsewhere (db/connecting/moving.py).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.account_ids import get_current_id
from db.accounts.registration import get_account_id
from db.connecting.moving import Proof, move_chat
from db.errors import NotConnectable, NotMergeable
from db.locks import lock
from db.merging.merging import MergeResult, lock_accounts, merge
from db.tables import Session


class Obstacle(StrEnum):
    """Why a person can't connect this chat to that account by themselves."""

    CONNECTED = "connected"  # it is signed in to it already
    VALUABLE = (
        "valuable"  # the chat's account holds purchases or open access, which a link alone does not move
    )
    OTHER_ACCOUNT = "other account"  # the chat's account is used outside Telegram, too
    SEVERAL = "several"  # two accounts have the proven address
    SITE = "site"  # the account's address is not ours to change
    TAKEN = "taken"  # somebody has the address by now
    GONE = "gone"  # nobody has it any more


@dataclass(frozen=True, slots=True)
class Connected:
    """`merge`: what was moved, where the chat had an account; `opened`: its session, where it had none."""

    user_id: int
    merge: MergeResult | None = None
    opened: Session | None = None


async def preview(
    session: AsyncSession, telegram_id: int, user_id: int, proof: Proof, now: datetime
) -> Connected:
    """What `connect` would do, which raises what it would raise; nothing of it is left."""
    async with session.begin_nested() as attempt:
        done = await connect(session, telegram_id, user_id, proof, now=now, keep=timedelta(days=1))
        await attempt.rollback()
    return done


async def connect(
    session: AsyncSession, telegram_id: int, user_id: int, proof: Proof, *, now: datetime, keep: timedelta
) -> Connected:
    """`keep`: how long its session lasts without use. Raises NotConnectable, PersonUnknown, MergeBlocked."""
    await lock(session, f"telegram:{telegram_id}")
    user_id = await get_current_id(session, user_id)
    own_id = await get_account_id(session, telegram_id)
    if own_id is None:
        moved = await move_chat(session, telegram_id, user_id, proof, now=now, keep=keep)
        return Connected(user_id, opened=moved.opened)
    if own_id == user_id:
        raise NotConnectable(Obstacle.CONNECTED)
    await lock_accounts(session, own_id, user_id)
    valuable = proof is Proof.LINK and await _is_valuable(session, own_id, now)
    try:
        done = await merge(session, own_id, user_id, now)
    except NotMergeable as error:
        raise NotConnectable(Obstacle.OTHER_ACCOUNT) from error
    if valuable:
        raise NotConnectable(Obstacle.VALUABLE)
    return Connected(user_id, merge=done)


async def _is_valuable(session: AsyncSession, user_id: int, now: datetime) -> bool:
    """Whether it holds payments, open ones too, or open access: somebody may want to be sent them by a link."""
    return bool(await session.scalar(IS_VALUABLE, {"user": user_id, "now": now}))


IS_VALUABLE = text(
    """
    select exists (select from purchases where user_id = :user and lower(status) <> 'canceled')
        or exists (select from usermoduleaccess where user_id = :user and ends_at > :now)
    """
)
