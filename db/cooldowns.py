"""Tries that may be guesses, counted per person: after a few wrong ones they have to wait."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from db.direct import write_later
from db.errors import TooManyTries
from db.sql import text
from db.tables import Cooldown


class Guess(StrEnum):
    """What may be guessed, and what takes so much to make that it is made once in a while only."""

    PROMO = "promo"
    WORD = "word"  # one that was written outside of any question, and may be a promo code
    SUPPORT = "support"  # a message to the school
    DATA = "data"  # the document with all that is known of a person


COUNT = text(
    """
    insert into bot.cooldowns as c (telegram_id, kind, tries, tried_at) values (:telegram_id, :kind, 1, :now)
    on conflict (telegram_id, kind) do update
    set tries = case when c.tried_at <= :before then 1 else c.tries + 1 end,
        tried_at = case when c.tried_at > :before and c.tries >= :most then c.tried_at else :now end
    returning tries, tried_at
    """
)

IS_COOLING = text(
    "select exists (select from bot.cooldowns where telegram_id = :telegram_id and kind = :kind"
    " and tries >= :most and tried_at > :before)"
)
DELETE = "tries# as (delete from bot.cooldowns where telegram_id = :telegram_id and kind = :kind)"


async def count_try(
    session: AsyncSession, telegram_id: int, guess: Guess, now: datetime, *, most: int, wait: timedelta
) -> None:
    """Counts one more with the transaction, which holds the person's others of the kind until it ends.

    Raises TooManyTries after `most`, until `wait` has passed since the last one that was let through.
    """
    values = {"telegram_id": telegram_id, "kind": guess, "now": now, "before": now - wait, "most": most}
    row = (await session.execute(COUNT, values)).one()
    if row.tries > most:
        raise TooManyTries(row.tried_at + wait)


async def is_cooling(
    session: AsyncSession, telegram_id: int, guess: Guess, now: datetime, *, most: int, wait: timedelta
) -> bool:
    """Whether `count_try` would raise."""
    given = {"telegram_id": telegram_id, "kind": guess, "most": most, "before": now - wait}
    return bool(await session.scalar(IS_COOLING, given))


async def delete_tries(session: AsyncSession, telegram_id: int, guess: Guess) -> None:
    """It was right: what came before was no guessing."""
    await write_later(session, DELETE, {"telegram_id": telegram_id, "kind": guess})


async def delete_old(session: AsyncSession, before: datetime) -> None:
    await session.execute(delete(Cooldown).where(Cooldown.tried_at < before))
