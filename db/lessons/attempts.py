"""Attempts at a lesson's questions, and reviews, which are attempts without a lesson: one question after another.

The database decides what was answered, not what a message still shows: of two devices, taps or processes the first
one answers, and the others are shown where the attempt stands. A question is answered finally when it is right, or when
no further try at it is left; the last one finishes the attempt in the same transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Integer, Row, Text, bindparam
from sqlalchemy.ext.asyncio import AsyncSession

from db.account_ids import lock_account
from db.errors import AttemptUnknown, LessonLocked, NothingTicked
from db.lessons.lessons import get_lesson
from db.lessons.outcomes import finish
from db.lessons.questions import Given, Judged, Kind, Question, judge
from db.lessons.review import grade, rate
from db.lessons.sittings import GET_DUE_QUESTION, MAX_REVIEWS
from db.sql import text


@dataclass(frozen=True, slots=True)
class Attempt:
    """`lesson_id` is None for a review. `seed` shuffles; `chosen`: indexes of the options ticked so far, in a question
    of the form `chosen_in`."""

    id: int
    user_id: int
    lesson_id: int | None
    seed: int
    chosen: frozenset[int]
    chosen_in: str | None
    is_finished: bool


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """What is asked now: question `number` of `count`. `lesson` is its lesson's title; `missed`: the words of the tries
    that were wrong."""

    attempt: Attempt
    question: Question
    lesson: str
    number: int
    count: int
    missed: tuple[tuple[str, ...], ...]

    @property
    def form(self) -> str:
        return self.question.form(len(self.missed))

    @property
    def chosen(self) -> frozenset[int]:
        """Ticks of a question that was edited since are none: they would point at other options."""
        return self.attempt.chosen if self.attempt.chosen_in == self.form else frozenset()

    @property
    def options(self) -> list[int]:
        """Indexes of the options in the order of this attempt; of one right option without those that were wrong."""
        gone = {words[0] for words in self.missed if words} if self.question.kind == Kind.ONE else set()
        order = self.question.order(self.attempt.seed)
        return [at for at in order if self.question.options[at] not in gone]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an answer. `following`: what is asked now; None where that was the last question. `again`: the
    same question may be tried once more."""

    asked: OpenQuestion
    judged: Judged
    following: OpenQuestion | None

    @property
    def again(self) -> bool:
        return self.following is not None and self.following.question.id == self.asked.question.id


BEGIN = text(
    """
    insert into bot.attempts (user_id, lesson_id, seed, started_at)
    values (:user_id, :lesson_id, :seed, :now)
    on conflict do nothing
    """
).bindparams(bindparam("lesson_id", type_=BigInteger))
GET_OPEN = text(
    """
    select id from bot.attempts
    where user_id = :user_id and finished_at is null and lesson_id is not distinct from cast(:lesson_id as bigint)
    """
)
GET_ATTEMPT = "select * from bot.attempts where id = :id and user_id = :user_id"
# All questions of the lesson with their places, of which the first that is not answered finally is asked.
GET_LESSON_QUESTION = """
select q.*, l.title, at.number, at.count_ from (
    select id, row_number() over (order by position, id) as number, count(*) over () as count_
    from bot.questions where lesson_id = :lesson_id and active
) at
join bot.questions q on q.id = at.id
join bot.lessons l on l.id = q.lesson_id
where not exists (
    select from bot.answers a where a.attempt_id = :attempt_id and a.question_id = at.id and a.is_final
)
order by at.number limit 1
"""
LIST_MISSED = text(
    "select given from bot.answers where attempt_id = :attempt_id and question_id = :question_id order by number"
)


async def begin(session: AsyncSession, user_id: int, lesson_id: int, seed: int, now: datetime) -> Attempt:
    """The open attempt at the lesson, or a new one. Raises LessonUnknown, LessonLocked."""
    page = await get_lesson(session, lesson_id, user_id, now)
    if not page.is_open:
        raise LessonLocked(lesson_id, page.module_id)
    return await _open(session, user_id, lesson_id, seed, now)


async def begin_review(session: AsyncSession, user_id: int, seed: int, now: datetime) -> Attempt:
    return await _open(session, user_id, None, seed, now)


async def _open(
    session: AsyncSession, user_id: int, lesson_id: int | None, seed: int, now: datetime
) -> Attempt:
    user_id = await lock_account(session, user_id)
    values = {"user_id": user_id, "lesson_id": lesson_id}
    await session.execute(BEGIN, values | {"seed": seed, "now": now})
    found = (await session.execute(GET_OPEN, values)).scalar_one()
    return await get_attempt(session, user_id, found)


async def get_attempt(
    session: AsyncSession, user_id: int, attempt_id: int, *, locked: bool = False
) -> Attempt:
    """Of that person; raises AttemptUnknown for anybody else's. `locked`: nobody else moves it on meanwhile."""
    query = text(GET_ATTEMPT + (" for update" if locked else ""))
    row = (await session.execute(query, {"id": attempt_id, "user_id": user_id})).one_or_none()
    if row is None:
        raise AttemptUnknown(attempt_id)
    return Attempt(
        row.id,
        row.user_id,
        row.lesson_id,
        row.seed,
        frozenset(row.chosen),
        row.chosen_in,
        row.finished_at is not None,
    )


async def get_question(session: AsyncSession, attempt: Attempt, now: datetime) -> OpenQuestion | None:
    """What the attempt asks now; None where there is nothing (left) to ask. Raises LessonUnknown for a lesson that was
    withdrawn meanwhile, LessonLocked where access to it has ended."""
    if attempt.is_finished:
        return None
    if (row := await _find_question(session, attempt, now)) is None:
        return None
    values = {"attempt_id": attempt.id, "question_id": row.id}
    missed = tuple(tuple(given) for given in await session.scalars(LIST_MISSED, values))
    return OpenQuestion(attempt, _question(row), row.title, row.number, row.count_, missed)


async def _find_question(session: AsyncSession, attempt: Attempt, now: datetime) -> Row[Any] | None:
    if attempt.lesson_id is None:
        values = {"attempt_id": attempt.id, "user_id": attempt.user_id, "now": now, "most": MAX_REVIEWS}
        return (await session.execute(GET_DUE_QUESTION, values)).one_or_none()
    page = await get_lesson(session, attempt.lesson_id, attempt.user_id, now)
    if not page.is_open:
        raise LessonLocked(page.id, page.module_id)
    values = {"attempt_id": attempt.id, "lesson_id": attempt.lesson_id}
    return (await session.execute(text(GET_LESSON_QUESTION), values)).one_or_none()


def _question(row: Row[Any]) -> Question:
    return Question(
        id=row.id,
        lesson_id=row.lesson_id,
        kind=row.kind,
        text=row.text,
        options=tuple(row.options),
        answer=row.answer,
        answers=tuple(row.answers),
        accepted=tuple(row.accepted),
        tolerance=row.tolerance,
        explanation=row.explanation,
        hint=row.hint,
        picture=row.picture,
    )


async def toggle(
    session: AsyncSession, user_id: int, attempt_id: int, form: str, option: int, now: datetime
) -> OpenQuestion | None:
    """Ticks an option of the question that is asked, or takes the tick away; nothing where another one is asked by
    now. What is asked then. Raises what `get_question` raises, and AttemptUnknown."""
    user_id = await lock_account(session, user_id)
    attempt = await get_attempt(session, user_id, attempt_id, locked=True)
    asked = await get_question(session, attempt, now)
    if asked is None or asked.form != form or option >= len(asked.question.options):
        return asked
    await _choose(session, attempt, asked.chosen ^ {option}, form)
    return await get_question(session, await get_attempt(session, user_id, attempt_id), now)


CHOOSE = text("update bot.attempts set chosen = :chosen, chosen_in = :form where id = :id").bindparams(
    bindparam("chosen", type_=ARRAY(Integer))
)


async def _choose(session: AsyncSession, attempt: Attempt, chosen: frozenset[int], form: str) -> None:
    await session.execute(CHOOSE, {"chosen": sorted(chosen), "form": form, "id": attempt.id})


async def answer(
    session: AsyncSession, user_id: int, attempt_id: int, form: str, given: Given | None, now: datetime
) -> Verdict | None:
    """One try at the question that is asked; None where another one is asked by now (`form`), and nothing was done.
    `given` is None for the options that are ticked. Raises AttemptUnknown, NothingTicked, and what `get_question` and
    `judge` raise."""
    user_id = await lock_account(session, user_id)
    attempt = await get_attempt(session, user_id, attempt_id, locked=True)
    asked = await get_question(session, attempt, now)
    if asked is None or asked.form != form or not (given or Given()).options <= set(asked.options):
        return None
    if given is None and not asked.chosen:
        raise NothingTicked
    given = given or Given(asked.chosen)
    judged = judge(asked.question, given)
    gave_up = given == Given()
    final = judged.is_right or gave_up or len(asked.missed) + 1 >= asked.question.tries
    await _record(session, asked, judged, final, now)
    if attempt.chosen:
        await _choose(session, attempt, frozenset(), form)
    if final:
        rating = grade(judged.is_right, len(asked.missed))
        await rate(session, user_id, asked.question.id, rating, now)
    attempt = await get_attempt(session, user_id, attempt_id)
    following = await get_question(session, attempt, now)
    if following is None:
        await finish(session, attempt.id, now)
    return Verdict(asked, judged, following)


RECORD = text(
    """
    insert into bot.answers (attempt_id, question_id, number, given, is_right, is_final, answered_at)
    values (:attempt_id, :question_id, :number, :given, :is_right, :is_final, :now)
    """
).bindparams(bindparam("given", type_=ARRAY(Text)))


async def _record(
    session: AsyncSession, asked: OpenQuestion, judged: Judged, final: bool, now: datetime
) -> None:
    values = {
        "attempt_id": asked.attempt.id,
        "question_id": asked.question.id,
        "number": len(asked.missed) + 1,
        "given": list(judged.words),
        "is_right": judged.is_right,
        "is_final": final,
        "now": now,
    }
    await session.execute(RECORD, values)
