"""What admins give and take: /grant, /revoke, and the confirmation of what was put together step by step
(`handlers/access/granting.py`); the undo button."""

from contextlib import suppress
from typing import Any

from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, Message, Update

from bot.chat.admin_buttons import ConfirmGrant
from bot.chat.buttons import Undo
from bot.chat.commands import GRANT, REVOKE
from bot.chat.grants import read_grant
from bot.chat.keyboards import press, rows
from bot.chat.replies import Reply, say, show
from bot.chat.rights import Right
from bot.context import Request
from bot.notifications.granted import notify_undone
from bot.texts import errors
from bot.texts.access import granting as granting_words
from bot.texts.access import grants
from db.access import grants as database
from db.access.grants import GrantResult
from db.access.plans import GrantPlan
from db.accounts import people
from db.accounts.search import find_people
from db.acts import ActKind
from db.errors import DraftGone, PersonNotRegistered, PersonUnknown
from db.jobs import TellGrantJob
from db.queue import enqueue
from db.shop import offers
from handlers.access import many
from handlers.access.drafts import Action, Draft, get_draft, make_plan, register_first, shown_end
from handlers.access.granting import ask_next, ask_who, ask_who_again, preview
from handlers.access.lists import read_file, take_list
from handlers.filters import is_, role_router

router = role_router("grants", Right.GRANTS)


@router.message(is_(GRANT, REVOKE))
async def change_access(
    message: Message, command: CommandObject, request: Request, event_update: Update
) -> Reply:
    """At once where all is said and beyond doubt; else what is missing is asked for."""
    if request.person.account is None:
        return register_first(message)
    action = Action.REVOKE if command.command.lower() == REVOKE.name else Action.GRANT
    wanted = read_grant(action.command, command.args, await offers.list_all_products(request.session))
    draft = Draft(action, product_id=wanted.product_id, days=wanted.days, reason=wanted.reason)
    if wanted.who is None:
        return await _take_list_or_ask(message, request, event_update, draft)
    try:
        found = await find_people(request.session, wanted.who)
    except (PersonUnknown, PersonNotRegistered) as refused:
        return await ask_who_again(message, request, draft, refused)
    if not found.is_sure:
        return await ask_who(message, request, draft, found)
    draft.user_id = found.people[0].id
    problem = errors.slip(wanted.wrong, action.command) if wanted.wrong else ""
    if problem or draft.product_id is None or draft.days is None:
        return await ask_next(message, request, draft, problem, wanted.products)
    plan = await make_plan(request, draft)
    if plan.is_too_much:
        return await preview(message, request, draft)
    return await carry_out(message, request, plan, draft.reason)


async def _take_list_or_ask(message: Message, request: Request, update: Update, draft: Draft) -> Reply:
    """A list that the command replies to, or a file that it replies to or stands under; it answers the question that is
    open, if that is about who gets something."""
    listed = message.reply_to_message
    document = message.document or (listed.document if listed else None)
    if document is None and listed is None:
        return await ask_who(message, request, draft)
    with suppress(DraftGone):
        open_one = await get_draft(request)
        draft = open_one if open_one.action is draft.action and not open_one.user_id else draft
    if document is not None:
        return await read_file(message, request, update, draft, document)
    own = listed is not None and listed.from_user == message.from_user
    lines = many.read_lines(listed, 1 if own else 2) if listed else []
    if lines and draft.action is Action.GRANT:
        return await take_list(message, request, draft, lines)
    return await ask_who(message, request, draft)


@router.callback_query(ConfirmGrant.filter())
async def confirm(query: CallbackQuery, callback_data: ConfirmGrant, request: Request) -> Reply:
    """What the preview has shown; where that is not so any more, it is shown anew."""
    draft = await get_draft(request, callback_data.draft)
    if request.person.account is None:
        return register_first(query)
    if draft.people:
        return await many.carry_out(query, request, draft)
    plan = await make_plan(request, draft)
    if shown_end(plan) != draft.shown:
        return await preview(query, request, draft, granting_words.CHANGED)
    await request.state.clear()
    return await carry_out(query, request, plan, draft.reason)


async def carry_out(event: Message | CallbackQuery, request: Request, plan: GrantPlan, reason: str) -> Reply:
    session, now = request.session, request.now
    granted = await give(request, plan, reason)
    wait = request.context.timings.grant_news
    await enqueue(session, TellGrantJob(change=granted.change.id), after=wait)
    target = await people.get_account_summary(session, granted.change.user_id)
    undo = rows(press(grants.UNDO, Undo(change=granted.change.id)))
    return show(event, grants.done(target, granted, reason, now), undo)


async def give(request: Request, plan: GrantPlan, reason: str) -> GrantResult:
    """Gives or takes, and writes down who did it."""
    session, person, now = request.session, request.person, request.now
    granted = await database.create_grant(
        session, person.user_id, plan.user_id, plan.product_id, plan.days, now
    )
    kind = ActKind.GRANT if plan.days > 0 else ActKind.REVOKE
    await request.record_act(kind, user_id=granted.change.user_id, reason=reason, **facts_of(granted))
    return granted


def facts_of(granted: GrantResult) -> dict[str, Any]:
    change = granted.change
    return {
        "change": change.id,
        "product": granted.product,
        "days": change.days,
        "before": change.before.isoformat() if change.before else None,
        "after": change.after.isoformat() if change.after else None,
    }


@router.callback_query(Undo.filter())
async def undo(query: CallbackQuery, callback_data: Undo, request: Request) -> Reply:
    session, person, now = request.session, request.person, request.now
    if person.account is None:
        return register_first(query)
    done = await database.undo_grant(
        session, person.account.id, callback_data.change, now, within=many.UNDO_WITHIN
    )
    user_id = done.change.user_id
    await request.record_act(ActKind.UNDO, user_id=user_id, **facts_of(done))
    await notify_undone(session, [(callback_data.change, done.change)], now)
    target = await people.get_account_summary(session, user_id)
    return say(query, grants.undone(target, done, now))
