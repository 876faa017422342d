"""What admins give and take: /grant, /revoke, the undo button, /history."""

from datetime import datetime

from aiogram import F, Router
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.arguments import Arguments
from bot.chat.buttons import Go, Register, Undo
from bot.chat.commands import GRANT, HISTORY, REVOKE
from bot.chat.keyboards import press, rows
from bot.chat.replies import Reply, say
from bot.context import Request
from bot.notifications.events import AccessGranted, AccessTaken
from bot.notifications.notify import notify
from bot.texts.access import grants
from bot.texts.accounts import registration as registration_words
from db.access import grants as database
from db.access.changes import AppliedChange
from db.access.grants import GrantResult
from db.accounts import people
from db.chats import Person
from handlers.filters import Admin, is_

router = Router(name="grants")
router.message.filter(Admin())
router.callback_query.filter(Admin())


@router.message(is_(GRANT, REVOKE))
async def change_access(message: Message, command: CommandObject, request: Request) -> Reply:
    which, sign = (GRANT, 1) if command.command.lower() == GRANT.name else (REVOKE, -1)
    asked = Arguments(which, command.args)
    who, product_id, days = asked.who(), asked.product(), asked.days()
    asked.end()
    session, account, now = request.session, request.person.account, request.now
    if account is None:
        return register_first(message)
    target = await people.find_account(session, who, to_change=True)
    granted = await database.create_grant(session, account.id, target.id, product_id, sign * days, now)
    await tell_learner(session, granted, now)
    return say(
        message, grants.done(target, granted, now), rows(press(grants.UNDO, Undo(change=granted.change.id)))
    )


@router.callback_query(Undo.filter())
async def undo(
    query: CallbackQuery, callback_data: Undo, session: AsyncSession, person: Person, now: datetime
) -> Reply:
    if person.account is None:
        return register_first(query)
    granted = await database.undo_grant(session, person.account.id, callback_data.change, now)
    await tell_learner(session, granted, now)
    target = await people.get_account_summary(session, granted.change.user_id)
    return say(query, grants.undone(target, granted, now))


def register_first(event: Message | CallbackQuery) -> Reply:
    return say(event, grants.REGISTER_FIRST, rows(press(registration_words.REGISTER, Register())))


async def tell_learner(session: AsyncSession, granted: GrantResult, now: datetime) -> None:
    """Only of what they can notice: days taken from access that had ended anyway are no news."""
    change = granted.change
    open_now = is_open(change, now)
    if change.days > 0 and open_now:
        given = AccessGranted(
            module=granted.module, module_id=change.module_id, days=change.days, ends_at=change.after
        )
        await notify(session, change.user_id, given)
    if change.days < 0 and (open_now or was_open(change, now)):
        taken = AccessTaken(
            module=granted.module,
            module_id=change.module_id,
            days=-change.days,
            ends_at=change.after,
            is_open=open_now,
        )
        await notify(session, change.user_id, taken)


def is_open(change: AppliedChange, now: datetime) -> bool:
    return change.after is None or change.after > now


def was_open(change: AppliedChange, now: datetime) -> bool:
    return change.after is None or (change.before is not None and change.before > now)


@router.message(is_(HISTORY))
@router.callback_query(Go.filter(F.command == HISTORY.name))
async def history(
    event: Message | CallbackQuery, session: AsyncSession, command: CommandObject | None = None
) -> Reply:
    if command is None or not command.args:
        return say(event, grants.history(await database.list_history(session), None))
    asked = Arguments(HISTORY, command.args)
    who = asked.who()
    asked.end()
    target = await people.find_account(session, who)
    return say(event, grants.history(await database.list_history(session, target.id), target))
