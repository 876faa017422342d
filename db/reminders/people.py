"""Whose hour it is, and what they have chosen. Who is due is found by an index, a thousand at a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import ARRAY, BigInteger, DateTime, bindparam, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.account_ids import lock_account
from db.lessons.days import HISTORY, Move
from db.reminders.hours import next_moment, zone_of
from db.tables import ReminderSettings

BATCH = 1000  # people in memory at once
MOVES = 20  # the last so many are kept
LATE = timedelta(hours=3)  # whose hour is longer ago than that is reminded at their next one


@dataclass(frozen=True, slots=True)
class Choices:
    """`zone` is None as long as nobody has said it."""

    zone: str | None
    hour: int
    muted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DuePerson:
    """`at`: when it is their hour."""

    user_id: int
    at: datetime


async def get_choices(session: AsyncSession, user_id: int) -> Choices:
    row = (await session.execute(GET_CHOICES, {"user_id": user_id})).one_or_none()
    return Choices(row.zone, row.hour, tuple(row.muted)) if row else Choices(None, DEFAULT_HOUR, ())


async def get_zone(session: AsyncSession, user_id: int, school: tzinfo) -> tzinfo:
    """Whose midnight ends this person's day, and whose night is theirs."""
    return zone_of((await get_choices(session, user_id)).zone, school)


async def get_zones(session: AsyncSession, user_id: int, school: tzinfo) -> tuple[tzinfo, list[Move]]:
    """As `get_zone`, and from which zones this person has moved, from the oldest on."""
    row = (await session.execute(GET_ZONES, {"user_id": user_id})).one_or_none()
    if row is None:
        return school, []
    moves = (Move(datetime.fromisoformat(until), zone_of(zone, school)) for until, zone in row.moves.items())
    return zone_of(row.zone, school), sorted(moves, key=lambda move: move.until)


DEFAULT_HOUR = 12
GET_CHOICES = text("select zone, hour, muted from bot.reminders where user_id = :user_id")
GET_ZONES = text("select zone, moves from bot.reminders where user_id = :user_id")


async def record_choices(
    session: AsyncSession, user_id: int, chosen: Choices, school: tzinfo, now: datetime
) -> None:
    """Their hour comes next as chosen; who was reminded today already is reminded tomorrow, since each occasion counts
    once."""
    user_id = await lock_account(session, user_id)
    before, moved = await get_zones(session, user_id, school)
    moves = [one for one in moved if one.until > now - HISTORY]
    if str(before) != str(zone_of(chosen.zone, school)):
        moves = [*moves, Move(now, before)][-MOVES:]
    values = {
        "moves": {move.until.isoformat(): str(move.zone) for move in moves},
        "zone": chosen.zone,
        "hour": chosen.hour,
        "muted": list(chosen.muted),
        "next_at": next_moment(chosen.hour, zone_of(chosen.zone, school), now),
    }
    row = insert(ReminderSettings).values(user_id=user_id, **values)
    await session.execute(row.on_conflict_do_update(index_elements=["user_id"], set_=values))


LIST_DUE = text(
    """
    select user_id, zone, hour, next_at from bot.reminders
    where next_at < :until order by next_at limit :most for update skip locked
    """
)
MOVE_ON = text(
    """
    update bot.reminders r set next_at = moved.next_at
    from unnest(:user_ids, :moments) as moved (user_id, next_at) where r.user_id = moved.user_id
    """
).bindparams(
    bindparam("user_ids", type_=ARRAY(BigInteger)), bindparam("moments", type_=ARRAY(DateTime(timezone=True)))
)


async def take_due(
    session: AsyncSession, until: datetime, now: datetime, school: tzinfo, most: int = BATCH
) -> tuple[int, list[DuePerson]]:
    """The next people whose hour begins before `until`, who are due at their next hour from then on; how many there
    were, and those of them whose hour is not long past: nobody else has them."""
    rows = (await session.execute(LIST_DUE, {"until": until, "most": most})).all()
    moments = [next_moment(row.hour, zone_of(row.zone, school), max(row.next_at, now)) for row in rows]
    if rows:
        await session.execute(MOVE_ON, {"user_ids": [row.user_id for row in rows], "moments": moments})
    return len(rows), [DuePerson(row.user_id, row.next_at) for row in rows if row.next_at > now - LATE]
