"""When a question is asked again: every answered one has a card per person, scheduled by FSRS (the package `fsrs`)."""

from datetime import datetime
from functools import cache

from fsrs import Card, Rating, Scheduler
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession


@cache
def scheduler() -> Scheduler:
    """Days, not minutes: what was wrong comes again the next day at the earliest. Without chance: the same answers at
    the same moments give the same days (docs/design.md#time-is-an-argument)."""
    return Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)


def grade(is_right: bool, missed: int) -> Rating:
    """Of a question's last try, after so many that were wrong."""
    if not is_right:
        return Rating.Again
    return Rating.Hard if missed else Rating.Good


GET_CARD = text(
    "select card from bot.cards where user_id = :user_id and question_id = :question_id for update"
)
PUT_CARD = text(
    """
    insert into bot.cards (user_id, question_id, card, due, reviews)
    values (:user_id, :question_id, :card, :due, 1)
    on conflict (user_id, question_id)
    do update set card = excluded.card, due = excluded.due, reviews = bot.cards.reviews + 1
    """
).bindparams(bindparam("card", type_=JSONB))


async def rate(
    session: AsyncSession, user_id: int, question_id: int, rating: Rating, now: datetime
) -> datetime:
    """When the question is due again."""
    key = {"user_id": user_id, "question_id": question_id}
    stored = await session.scalar(GET_CARD, key)
    card = Card.from_dict(stored) if stored else Card(card_id=question_id, due=now)
    card, _log = scheduler().review_card(card, rating, now)
    await session.execute(PUT_CARD, key | {"card": card.to_dict(), "due": card.due})
    return card.due
