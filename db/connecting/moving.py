"""A chat signs in to another account, and nothing else moves: what it bought and may access stays where it is. The
owner can have it the other way again for 30 days.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.account_errors import AccountDeleted
from db.account_ids import get_current_id, is_deleted, list_telegram_ids
from db.accounts import registration
from db.errors import MergeNotUndoable, NotMergeable, PersonUnknown
from db.locks import lock
from db.merging.merging import lock_accounts
from db.merging.undoing import UNDO_WITHIN
from db.tables import Chat, Connection, Device, Merge, Session, User, UserDevice


class Proof(StrEnum):
    """How it is known that a chat and an account are of one person."""

    LINK = "link"  # the school's site has signed it
    CODE = "code"  # a code that was sent to the account's address came back
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class MovedChat:
    """`opened`: the session of the chat with its new account."""

    connection_id: int
    from_id: int | None
    opened: Session


async def move_chat(
    session: AsyncSession,
    telegram_id: int,
    user_id: int,
    proof: Proof,
    *,
    now: datetime,
    keep: timedelta,
    moved_by: int | None = None,
) -> MovedChat:
    """Raises PersonUnknown, AccountDeleted, and NotMergeable where it is the chat's account already."""
    await lock(session, f"telegram:{telegram_id}")
    user_id = await get_current_id(session, user_id)
    from_id = await registration.get_account_id(session, telegram_id)
    await lock_accounts(session, user_id, *(() if from_id is None else (from_id,)))
    if await session.scalar(select(User.id).where(User.id == user_id)) is None:
        raise PersonUnknown(f"#{user_id}")
    await _refuse_gone(session, user_id)
    if from_id == user_id:
        raise NotMergeable(user_id, "same account")
    opened = await _attach(session, telegram_id, from_id, user_id, now, keep)
    row = Connection(
        telegram_id=telegram_id,
        user_id=user_id,
        from_user_id=from_id,
        proof=proof.value,
        connected_by=moved_by,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    return MovedChat(row.id, from_id, opened)


async def _refuse_gone(session: AsyncSession, user_id: int) -> None:
    """What became of it before it was locked. Raises AccountDeleted, PersonUnknown."""
    if await is_deleted(session, user_id):
        raise AccountDeleted(user_id)
    if await get_current_id(session, user_id) != user_id:
        raise PersonUnknown(f"#{user_id}")


async def _attach(
    session: AsyncSession, telegram_id: int, from_id: int | None, user_id: int, now: datetime, keep: timedelta
) -> Session:
    """Identity, device and session."""
    if from_id is None:
        await registration.create_identity(session, user_id, telegram_id)
    else:
        await registration.move_identity(session, telegram_id, user_id)
        await registration.sign_out(session, from_id, telegram_id, now)
        device = select(Device.id).where(Device.device_key == f"telegram:{telegram_id}").scalar_subquery()
        await session.execute(
            delete(UserDevice).where(UserDevice.user_id == from_id, UserDevice.device_id == device)
        )
    return await registration.sign_in(session, user_id, telegram_id, now=now, keep=keep)


async def undo_move(session: AsyncSession, connection_id: int, now: datetime, keep: timedelta) -> Connection:
    """A chat that had no account gets one of its own. Raises MergeNotUndoable, AccountDeleted."""
    found = await session.get(Connection, connection_id)
    if found is None:
        raise MergeNotUndoable(connection_id, "unknown")
    await lock(session, f"telegram:{found.telegram_id}")
    await session.refresh(found, with_for_update=True)
    current = await get_current_id(session, found.user_id)
    if found.undone_at is not None:
        raise MergeNotUndoable(connection_id, "undone")
    if now - found.created_at > UNDO_WITHIN:
        raise MergeNotUndoable(connection_id, "too late")
    if await registration.get_account_id(session, found.telegram_id) != current:
        raise MergeNotUndoable(connection_id, "moved")
    back = await _account_before(session, found, now)
    await lock_accounts(session, current, back)
    if await is_deleted(session, back):
        raise AccountDeleted(back)
    await _attach(session, found.telegram_id, current, back, now, keep)
    found.undone_at = now
    await session.flush()
    return found


async def _account_before(session: AsyncSession, found: Connection, now: datetime) -> int:
    if found.from_user_id is not None:
        return await get_current_id(session, found.from_user_id)
    name = await session.scalar(select(Chat.name).where(Chat.telegram_id == found.telegram_id))
    return await registration.create_user(
        session, found.telegram_id, name=name or str(found.telegram_id), now=now
    )


@dataclass(frozen=True, slots=True)
class ConnectedChat:
    """`name`: as last met."""

    telegram_id: int
    name: str | None


@dataclass(frozen=True, slots=True)
class Undoable:
    """What connected `chats`: a merge, which brings all those of an account, or a move."""

    merge_id: int | None
    connection_id: int | None
    created_at: datetime
    chats: list[ConnectedChat]


async def list_undoable(session: AsyncSession, user_id: int, now: datetime, limit: int = 5) -> list[Undoable]:
    """What connected chats to this account and can still be undone, the newest first."""
    values = {"user": user_id, "since": now - UNDO_WITHIN, "limit": limit}
    return [
        Undoable(
            row.merge_id, row.connection_id, row.created_at, list(map(ConnectedChat, row.ids, row.names))
        )
        for row in await session.execute(LIST_UNDOABLE, values)
    ]


# A merge has noted which identities it moved; where all of these are gone, the chat that the account was born in.
LIST_UNDOABLE = text(
    """
    select done.merge_id, done.connection_id, done.created_at, done.ids,
           array(select chat.name from unnest(done.ids) with ordinality one (id, place)
                 left join bot.chats chat on chat.telegram_id = one.id order by place) as names
    from (
        select m.id as merge_id, cast(null as bigint) as connection_id, m.created_at,
               coalesce(nullif(array(
                   select cast(a.providerkey as bigint) from bot.merged_rows note
                   join authidentities a on a.id = cast(note.key ->> 'id' as bigint)
                   where note.merge_id = m.id and note.table_name = 'authidentities'
                     and a.providerkey ~ '^[0-9]{1,18}$' order by a.id
               ), '{}'), array[born.telegram_id]) as ids
        from bot.merges m join bot.telegram_accounts born on born.user_id = m.from_user_id
        where m.into_user_id = :user and m.undone_at is null and m.created_at >= :since
          and not exists (select from bot.deleted_accounts d where d.user_id = m.from_user_id)
        union all
        select null, c.id, c.created_at, array[c.telegram_id] from bot.connections c
        where c.user_id = :user and c.undone_at is null and c.created_at >= :since
    ) done
    order by done.created_at desc limit :limit
    """
)


async def list_merged_chats(session: AsyncSession, merge_id: int) -> list[int]:
    """Chats that sign in to the account that was merged by it: all that it had, once the merge is undone."""
    from_id = await session.scalar(select(Merge.from_user_id).where(Merge.id == merge_id))
    return [] if from_id is None else await list_telegram_ids(session, from_id)
