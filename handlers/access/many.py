"""Access for many at once: a list of people, a line each; a preview with a line each; then all of them in one
transaction, or none."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat import Text
from bot.chat.admin_buttons import UndoMany
from bot.chat.conversation import Granting
from bot.chat.keyboards import press, rows
from bot.chat.replies import Reply, say, show, show_or_say
from bot.chat.rights import Right
from bot.context import Request
from bot.notifications.granted import notify_undone
from bot.texts.access import granting as granting_words
from bot.texts.access import many as words
from bot.texts.access.many import Problem
from db import acts
from db.access import many as database
from db.access.plans import GrantPlan, plan_grants
from db.accounts import people
from db.accounts.people import AccountSummary
from db.accounts.search import Found, Nobody, find_many
from db.acts import ActKind
from db.errors import (
    AlreadyUndone,
    NameUnconfirmed,
    PersonAmbiguous,
    PersonNotRegistered,
    PersonUnknown,
    UndoTooLate,
)
from db.jobs import GrantReportJob, SendTableJob, TellGrantJob
from db.normal import clean_text
from db.queue import enqueue, enqueue_all
from handlers.access.drafts import Draft, preview_keyboard, register_first, save, shown_end
from handlers.filters import role_router

UNDO_WITHIN = timedelta(minutes=10)
PROBLEMS: dict[type[Nobody], Problem] = {
    PersonUnknown: Problem.UNKNOWN,
    PersonNotRegistered: Problem.NOT_REGISTERED,
    PersonAmbiguous: Problem.SEVERAL,
    NameUnconfirmed: Problem.USERNAME,  # docs/design.md#remembered-names
}

router = role_router("many", Right.GRANTS)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list: whom it names, or what is wrong with it. `guess`: whom it names by less than what is theirs
    alone."""

    number: int
    written: str
    user_id: int | None = None
    problem: Problem | None = None
    guess: AccountSummary | None = None


def read_lines(message: Message, least: int = 2) -> list[tuple[int, str]]:
    """Each with its number. Empty for what is no list: less than so many lines."""
    if message.forward_origin is not None or message.text is None:
        return []
    lines = [(number, clean_text(line)) for number, line in enumerate(message.text.splitlines(), 1)]
    lines = [one for one in lines if one[1]]
    return lines if len(lines) >= least else []


async def find_all(session: AsyncSession, lines: Sequence[tuple[int, str]]) -> list[Line]:
    found = await find_many(session, [written for _number, written in lines])
    return [_line(*one, result) for one, result in zip(lines, found, strict=True)]


def _line(number: int, written: str, found: Found | Nobody) -> Line:
    if not isinstance(found, Found):
        return Line(number, written, problem=PROBLEMS[type(found)])
    if len(found.people) > 1:
        return Line(number, written, problem=Problem.SEVERAL)
    if found.is_unproven:
        return Line(number, written, problem=Problem.UNPROVEN)
    one = found.people[0]
    return Line(number, written, one.id, guess=None if found.is_sure else one)


def people_of(lines: Sequence[Line]) -> tuple[int, ...]:
    """Each once, however often the list names them; in the order in which they are locked."""
    return tuple(sorted({line.user_id for line in lines if line.user_id is not None}))


def problems_of(lines: Sequence[Line]) -> list[tuple[int, str, Problem]]:
    return [(one.number, one.written, one.problem) for one in lines if one.problem is not None]


def guesses_of(lines: Sequence[Line]) -> list[tuple[int, str, AccountSummary]]:
    return [(one.number, one.written, one.guess) for one in lines if one.guess is not None]


async def preview(event: Message | CallbackQuery, request: Request, draft: Draft, note: Text = "") -> Reply:
    plans = await _plan(request, draft)
    draft.stamp = _stamp(plans)
    await save(request, draft, Granting.preview)
    known = await people.list_summaries(request.session, [plan.user_id for plan in plans])
    names = {who.id: f"{who.name or who.email or ''} #{who.id}" for who in known}
    title = granting_words.so_far(draft.action, len(plans), plans[0].product, draft.days)
    text = words.preview(title, plans, names, draft.reason, request.now)
    if len(plans) > words.MAX_SHOWN:
        table = words.preview_table(plans, names, request.now)
        await send_table(request, "preview.csv", words.PREVIEW_FILE, table)
    return show_or_say(event, f"{note}\n\n{text}" if note else text, preview_keyboard(draft))


async def send_table(request: Request, file: str, caption: Text, table: list[list[str]]) -> None:
    """What is too long for a message."""
    job = SendTableJob(telegram_id=request.person.telegram_id, file=file, caption=str(caption), table=table)
    await enqueue(request.session, job)


async def _plan(request: Request, draft: Draft) -> list[GrantPlan]:
    """Holds each access until the transaction ends. Raises what `plan_grants` raises."""
    assert draft.product_id is not None
    assert draft.days is not None
    return await plan_grants(request.session, draft.people, draft.product_id, draft.days, request.now)


def _stamp(plans: Sequence[GrantPlan]) -> str:
    """Equal as long as no access of theirs has changed."""
    ends = "|".join(f"{plan.user_id} {shown_end(plan)}" for plan in plans)
    return hashlib.sha256(ends.encode()).hexdigest()


async def carry_out(query: CallbackQuery, request: Request, draft: Draft) -> Reply:
    """What the preview has shown; where that is not so any more, it is shown anew."""
    plans = await _plan(request, draft)
    if _stamp(plans) != draft.stamp:
        return await preview(query, request, draft, granting_words.CHANGED)
    await request.state.clear()
    session, person, now = request.session, request.person, request.now
    changes = await database.create_grants(session, person.user_id, plans, now)
    product = plans[0].product
    act = await request.record_act(
        ActKind.GRANT_MANY, reason=draft.reason, product=product, days=draft.days, changes=changes
    )
    wait = request.context.timings.grant_news
    await enqueue_all(session, [TellGrantJob(change=one) for one in changes], after=wait)
    await enqueue(session, GrantReportJob(act=act, telegram_id=person.telegram_id))
    text = words.done(len(changes), product, plans[0].days)
    return show(query, text, rows(press(words.UNDO, UndoMany(act=act))))


@router.callback_query(UndoMany.filter())
async def undo(query: CallbackQuery, callback_data: UndoMany, request: Request) -> Reply:
    """Of those with whom it is still possible. Raises UndoTooLate, AlreadyUndone."""
    session, person, now = request.session, request.person, request.now
    if person.account is None:
        return register_first(query)
    act = await acts.get_act(session, callback_data.act, ActKind.GRANT_MANY)
    if act is None or act.created_at + UNDO_WITHIN < now:
        raise UndoTooLate(callback_data.act)
    undone = await database.undo_grants(session, person.user_id, act.facts["changes"], now)
    if not undone:
        raise AlreadyUndone(callback_data.act)
    await notify_undone(session, undone, now)
    changes = [change.id for _of, change in undone]
    await request.record_act(ActKind.UNDO_MANY, product=act.facts["product"], act=act.id, changes=changes)
    return say(query, words.undone(len(undone)))
