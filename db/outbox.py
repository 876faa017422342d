"""All that is sent beside replies. A row is put in the transaction of what causes it, with its job; whoever sends it
claims it first, and commits that, so that two workers never send the same, and what was cut off between sending and
noting is known for what it is: unknown, and never sent again by itself."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.jobs import SendMessageJob, SendOutboxJob
from db.queue import Waiting, enqueue_each
from db.tables import OutboxMessage

RECIPIENTS_KEPT = timedelta(days=30)
ROWS_KEPT = timedelta(days=400)  # of an account: as long an occasion is not told again


class Channel(StrEnum):
    MAIL = "mail"
    TELEGRAM = "telegram"


class State(StrEnum):
    """SENT: the server took it. UNKNOWN: it may have been sent. DROPPED: it was worth nothing any more."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """`occasion`: what of that kind it is about; told once to an account. `asked_by`: the Telegram id of who waits for
    it. Worthless from `expires_at` on. `user_id` is None where no account may be named yet."""

    channel: Channel
    recipient: str
    kind: str
    occasion: str
    language: str
    payload: dict[str, Any]
    expires_at: datetime
    due_at: datetime | None = None
    user_id: int | None = None
    asked_by: int | None = None


async def put(session: AsyncSession, outgoing: Outgoing, now: datetime) -> int | None:
    """Its id; None where that account was told of that occasion already."""
    ids = await put_all(session, [outgoing], now)
    return ids[0] if ids else None


async def put_all(session: AsyncSession, outgoing: Sequence[Outgoing], now: datetime) -> list[int]:
    """As `put`, by three statements, however many there are. The ids of what is new."""
    if not outgoing:
        return []
    once = insert(OutboxMessage).on_conflict_do_nothing(
        index_elements=["user_id", "channel", "kind", "occasion"]
    )
    returned = once.returning(OutboxMessage.id, OutboxMessage.channel, OutboxMessage.due_at)
    rows = (await session.execute(returned, [_row(one, now) for one in outgoing])).all()
    for channel in Channel:
        due = [(row.id, row.due_at - now) for row in rows if row.channel == channel]
        await _enqueue(session, channel, due)
    return [row.id for row in rows]


def _row(one: Outgoing, now: datetime) -> dict[str, object]:
    values = {field.name: getattr(one, field.name) for field in fields(one)}
    return values | {"due_at": one.due_at or now, "created_at": now}


async def enqueue_sending(session: AsyncSession, outbox_id: int, channel: str) -> None:
    """At once."""
    await _enqueue(session, Channel(channel), [(outbox_id, timedelta())])


async def _enqueue(session: AsyncSession, channel: Channel, due: Sequence[tuple[int, timedelta]]) -> None:
    """What goes to chats comes after everything that somebody waits for."""
    is_chat = channel is Channel.TELEGRAM
    job = SendMessageJob if is_chat else SendOutboxJob
    waiting = [Waiting(job(outbox=number), after, f"outbox:{number}") for number, after in due]
    await enqueue_each(session, waiting, priority=-1 if is_chat else 0)


# Milliseconds by the database's clock, which all workers share; a clock that was set back holds nobody up for long.
TAKE_TURN = text(
    """
    with clock as (select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now)
    insert into bot.cursors as it (name, value) select 'outbox_pace', now from clock
    on conflict (name) do update
    set value = greatest(excluded.value, least(it.value + :pause, excluded.value + 10000))
    returning (it.value - (select now from clock)) / 1000.0
    """
)


async def take_turn(session: AsyncSession, pause: timedelta) -> float:
    """Seconds to wait, so that messages go out one each `pause`, whatever number of workers there are."""
    wait = await session.scalar(TAKE_TURN, {"pause": int(pause / timedelta(milliseconds=1))})
    return float(wait or 0)


async def claim(session: AsyncSession, outbox_id: int, now: datetime) -> OutboxMessage | None:
    """The row, which this worker alone sends if it is SENDING now; else UNKNOWN (a worker was cut off while it sent it)
    or DROPPED (its time is over). None where there is nothing to do."""
    row = await session.scalar(
        select(OutboxMessage)
        .where(OutboxMessage.id == outbox_id, OutboxMessage.state.in_((State.WAITING, State.SENDING)))
        .with_for_update()
    )
    if row is None:
        return None
    if row.state == State.SENDING:
        await _finish(session, row.id, State.UNKNOWN, "killed")
        row.state = State.UNKNOWN
    elif row.expires_at <= now:
        await _finish(session, row.id, State.DROPPED, row.error or "expired")
        row.state = State.DROPPED
    else:
        row.state, row.claimed_at, row.tries = State.SENDING, now, row.tries + 1
    return row


async def release(session: AsyncSession, outbox_id: int, error: str, due_at: datetime) -> None:
    """It was not sent, for a reason that passes; to be tried again then."""
    await session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == outbox_id, OutboxMessage.state == State.SENDING)
        .values(state=State.WAITING, due_at=due_at, error=error)
    )


async def mark_sent(session: AsyncSession, outbox_id: int, now: datetime) -> None:
    """What it said is erased. Taken for unknown meanwhile, it is known now."""
    await _finish(session, outbox_id, State.SENT, None, now)


async def mark_failed(session: AsyncSession, outbox_id: int, error: str) -> None:
    await _finish(session, outbox_id, State.FAILED, error)


async def mark_unknown(session: AsyncSession, outbox_id: int, error: str) -> None:
    await _finish(session, outbox_id, State.UNKNOWN, error)


async def drop_waiting(
    session: AsyncSession, user_id: int, channel: Channel, kind: str, occasion: str, error: str
) -> None:
    """What was not sent yet is not sent any more."""
    await session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.user_id == user_id,
            OutboxMessage.channel == channel,
            OutboxMessage.kind == kind,
            OutboxMessage.occasion == occasion,
            OutboxMessage.state == State.WAITING,
        )
        .values(state=State.DROPPED, error=error, payload={})
    )


async def mark_dropped(session: AsyncSession, outbox_id: int, error: str) -> None:
    await _finish(session, outbox_id, State.DROPPED, error)


async def _finish(
    session: AsyncSession, outbox_id: int, state: State, error: str | None, sent_at: datetime | None = None
) -> None:
    await session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.id == outbox_id,
            OutboxMessage.state.in_((State.WAITING, State.SENDING, State.UNKNOWN)),
        )
        .values(state=state, error=error, sent_at=sent_at, payload={})
        .execution_options(synchronize_session=False)  # whoever sends it still needs to know what it said
    )


async def list_overdue(session: AsyncSession, before: datetime, limit: int = 1000) -> list[tuple[int, str]]:
    """Whose job should have run by then: waiting ones that were due, and those that have been sent ever since."""
    query = (
        select(OutboxMessage.id, OutboxMessage.channel)
        .where(
            OutboxMessage.state.in_((State.WAITING, State.SENDING)),
            OutboxMessage.due_at < before,
            or_(OutboxMessage.claimed_at.is_(None), OutboxMessage.claimed_at < before),
        )
        .order_by(OutboxMessage.due_at)
        .limit(limit)
    )
    return [(row.id, row.channel) for row in await session.execute(query)]


async def forget_old(session: AsyncSession, now: datetime) -> None:
    """Addresses after 30 days, with the rows of no account; that an account was told of something after 400."""
    is_over = OutboxMessage.state.not_in((State.WAITING, State.SENDING))
    old = OutboxMessage.created_at < now - RECIPIENTS_KEPT
    await session.execute(delete(OutboxMessage).where(is_over, old, OutboxMessage.user_id.is_(None)))
    await session.execute(delete(OutboxMessage).where(is_over, OutboxMessage.created_at < now - ROWS_KEPT))
    await session.execute(
        update(OutboxMessage).where(is_over, old, OutboxMessage.recipient != "").values(recipient="")
    )
