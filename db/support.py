"""Threads of support: one open per chat, which is written in until it is closed; a later message opens a new one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.account_ids import list_telegram_ids, lock_account
from db.errors import PersonUnknown, Refused
from db.locks import lock
from db.tables import Chat, SupportCopy, SupportMessage, SupportThread

WAITS = or_(SupportThread.answered_at.is_(None), SupportThread.answered_at < SupportThread.asked_at)


class ThreadUnknown(Refused):
    """No such thread, or it is gone with its person."""

    thread_id: int


@dataclass(frozen=True, slots=True)
class Written:
    """A message as it is to be stored. `text` is HTML."""

    chat_id: int
    message_id: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class OpenThread:
    """`name`: of the chat. `waits`: the person has written last."""

    id: int
    name: str
    waits: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message with its thread, for one chat. `shown`: the messages of the bot that show it there already."""

    thread: SupportThread
    message: SupportMessage
    shown: Sequence[int] = ()


async def record_question(
    session: AsyncSession, telegram_id: int, user_id: int | None, written: Written, now: datetime
) -> int:
    """The message's id."""
    if user_id is not None:
        user_id = await lock_account(session, user_id)
    await lock(session, f"support:{telegram_id}")
    thread = await _get_open(session, telegram_id)
    if thread is None:
        thread = SupportThread(telegram_id=telegram_id, opened_at=now, asked_at=now)
        session.add(thread)
    thread.user_id, thread.asked_at = user_id, now
    await session.flush()
    return await _add(session, thread.id, None, written, now)


async def open_for(session: AsyncSession, user_id: int, now: datetime) -> int:
    """The person's last thread; where there is none, a new one in which the school has the first word: closed until it
    is said. Raises PersonUnknown where no chat signs in to the account."""
    chats = await list_telegram_ids(session, await lock_account(session, user_id))
    # A chat that has signed in elsewhere since is another person's, perhaps.
    last = select(SupportThread.id).where(
        SupportThread.user_id == user_id, SupportThread.telegram_id.in_(chats)
    )
    found = await session.scalar(
        last.order_by(SupportThread.closed_at.is_(None).desc(), SupportThread.id.desc()).limit(1)
    )
    if found is not None:
        return found
    if not chats:
        raise PersonUnknown(f"#{user_id}")
    await lock(session, f"support:{chats[0]}")
    thread = await _get_open(session, chats[0])
    if thread is None:
        thread = SupportThread(
            telegram_id=chats[0],
            user_id=user_id,
            opened_at=now,
            asked_at=now,
            answered_at=now,
            closed_at=now,
        )
        session.add(thread)
        await session.flush()
    return thread.id


async def record_answer(
    session: AsyncSession, thread_id: int, admin_id: int, written: Written, now: datetime
) -> Delivery:
    """Into the thread that is open: where this one was closed, it is open again, unless the person has begun another
    one since. Raises ThreadUnknown."""
    thread = await get_thread(session, thread_id)
    await lock(session, f"support:{thread.telegram_id}")
    await session.refresh(thread)
    if thread.closed_at is not None:
        thread = await _get_open(session, thread.telegram_id) or thread
    thread.answered_at, thread.closed_at = now, None
    await session.flush()
    message_id = await _add(session, thread.id, admin_id, written, now)
    return Delivery(thread, await session.get_one(SupportMessage, message_id))


async def _add(
    session: AsyncSession, thread_id: int, admin_id: int | None, written: Written, now: datetime
) -> int:
    row = SupportMessage(
        thread_id=thread_id,
        admin_id=admin_id,
        chat_id=written.chat_id,
        message_id=written.message_id,
        kind=written.kind,
        text=written.text,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    return row.id


async def _get_open(session: AsyncSession, telegram_id: int) -> SupportThread | None:
    return await session.scalar(
        select(SupportThread).where(
            SupportThread.telegram_id == telegram_id, SupportThread.closed_at.is_(None)
        )
    )


async def get_thread(session: AsyncSession, thread_id: int) -> SupportThread:
    """Raises ThreadUnknown."""
    found = await session.get(SupportThread, thread_id, populate_existing=True)
    if found is None:
        raise ThreadUnknown(thread_id)
    return found


async def has_question(session: AsyncSession, thread_id: int) -> bool:
    """Whether the person has written in it."""
    asked = select(SupportMessage.id).where(
        SupportMessage.thread_id == thread_id, SupportMessage.admin_id.is_(None)
    )
    return await session.scalar(asked.limit(1)) is not None


async def close_thread(session: AsyncSession, thread_id: int, now: datetime) -> bool:
    """Whether it was open. Raises ThreadUnknown."""
    await get_thread(session, thread_id)
    closed = await session.scalar(
        update(SupportThread)
        .where(SupportThread.id == thread_id, SupportThread.closed_at.is_(None))
        .values(closed_at=now)
        .returning(SupportThread.id)
    )
    return closed is not None


async def list_open(session: AsyncSession, limit: int) -> list[OpenThread]:
    """Those that wait for the school first, the longest waiting before the others."""
    rows = await session.execute(
        select(SupportThread.id, Chat.name, WAITS, SupportThread.asked_at)
        .outerjoin(Chat, Chat.telegram_id == SupportThread.telegram_id)
        .where(SupportThread.closed_at.is_(None))
        .order_by(WAITS.desc(), SupportThread.asked_at)
        .limit(limit)
    )
    return [OpenThread(row[0], row[1] or "", row[2], row[3]) for row in rows]


async def count_open(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).where(SupportThread.closed_at.is_(None))) or 0


async def list_messages(session: AsyncSession, thread_id: int, limit: int) -> list[SupportMessage]:
    """The last ones, the oldest of them first."""
    found = await session.scalars(
        select(SupportMessage)
        .where(SupportMessage.thread_id == thread_id)
        .order_by(SupportMessage.id.desc())
        .limit(limit)
    )
    return list(found)[::-1]


async def find_thread(session: AsyncSession, chat_id: int, message_id: int) -> int | None:
    """The thread that this message of the bot shows."""
    return await session.scalar(
        select(SupportCopy.thread_id).where(
            SupportCopy.chat_id == chat_id, SupportCopy.message_id == message_id
        )
    )


async def record_copy(
    session: AsyncSession, chat_id: int, message_id: int, thread_id: int, of_id: int | None = None
) -> None:
    """A message that is drawn over shows something else from then on."""
    row = insert(SupportCopy).values(chat_id=chat_id, message_id=message_id, thread_id=thread_id, of_id=of_id)
    changed = {"thread_id": thread_id, "of_id": of_id}
    await session.execute(row.on_conflict_do_update(index_elements=["chat_id", "message_id"], set_=changed))


async def get_delivery(session: AsyncSession, message_id: int, chat_id: int) -> Delivery | None:
    """None where the thread is gone with its person."""
    message = await session.get(SupportMessage, message_id)
    if message is None:
        return None
    shown = await session.scalars(
        select(SupportCopy.message_id)
        .where(SupportCopy.of_id == message_id, SupportCopy.chat_id == chat_id)
        .order_by(SupportCopy.message_id)
    )
    return Delivery(await get_thread(session, message.thread_id), message, shown.all())


async def get_waiting(session: AsyncSession) -> tuple[int, datetime | None]:
    """How many threads wait for the school, and since when the longest."""
    row = (
        await session.execute(
            select(func.count(), func.min(SupportThread.asked_at)).where(
                SupportThread.closed_at.is_(None), WAITS
            )
        )
    ).one()
    return row[0], row[1]
