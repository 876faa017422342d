"""/link: a Telegram chat and an account of the same person come together, after a preview; a button takes it back.

The account that the chat has made is joined to the other one. One that can't be joined stays as it is, and the chat
alone is moved: it signs in to the other account.
"""

from datetime import datetime, timedelta

from aiogram.filters import CommandObject
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message, MessageOriginUser
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.admin_buttons import ShowConnections
from bot.chat.arguments import MAX_ID, Arguments
from bot.chat.buttons import JoinAccounts, MoveChat, ReturnChat, SeparateAccounts
from bot.chat.commands import LINK
from bot.chat.conversation import LinkQuestion
from bot.chat.keyboards import in_rows, press, rows
from bot.chat.replies import Reply, say, show
from bot.chat.rights import Right
from bot.context import Request
from bot.mail.connected import tell_connected_by_school, tell_separated
from bot.texts import errors
from bot.texts.access import granting as granting_words
from bot.texts.accounts import link as words
from db import chats
from db.accounts import people
from db.accounts.people import AccountSummary
from db.accounts.search import find_account
from db.acts import ActKind
from db.connecting import moving
from db.connecting.moving import Proof, Undoable
from db.errors import NotMergeable, PersonNotRegistered, PersonUnknown
from db.merging import merging, undoing
from db.normal import clean_text, number_form
from handlers.accounts.who import IS_NAMED, find_named
from handlers.accounts.wishes import MAX_DIGITS
from handlers.filters import goes_to, is_, role_router

NOTHING_TO_MOVE = ("same account", "merged")

router = role_router("link", Right.LINK)


@router.message(is_(LINK))
async def ask(message: Message, command: CommandObject, session: AsyncSession, now: datetime) -> Reply:
    asked = Arguments(LINK, command.args)
    who, telegram_id = asked.who(), asked.whole("TELEGRAM_ID", 1, MAX_ID)
    asked.end()
    target = await find_account(session, who, to_change=True)
    return await preview(message, session, telegram_id, target, now)


@router.callback_query(goes_to(LINK))
async def begin(query: CallbackQuery, request: Request) -> Reply:
    """Step by step."""
    await request.state.set_state(LinkQuestion.who)
    return say(query, f"{words.TO_WHICH}\n\n{granting_words.ASK_WHO}")


@router.message(LinkQuestion.who, IS_NAMED)
async def take_who(message: Message, request: Request) -> Reply:
    """Who is not found, or not beyond doubt, is asked for again."""
    try:
        found = await find_named(request.session, message)
    except (PersonUnknown, PersonNotRegistered) as refused:
        return say(message, errors.say(refused))
    if len(found.people) != 1 or not found.is_sure:
        return say(message, f"{words.BY_NUMBER}\n\n{granting_words.people(found.people, more=found.more)}")
    await request.ask(LinkQuestion.chat, account=found.people[0].id)
    return say(message, words.which_chat(found.people[0]))


@router.message(LinkQuestion.chat, IS_NAMED)
async def take_chat(message: Message, request: Request) -> Reply:
    """By its number, or a message of theirs that is forwarded, or their contact. Raises what `preview` raises."""
    if (telegram_id := _telegram_id(message)) is None:
        return say(message, words.NO_TELEGRAM)
    account = (await request.state.get_data())["account"]
    target = await people.get_account_summary(request.session, account)
    reply = await preview(message, request.session, telegram_id, target, request.now)
    await request.state.clear()
    return reply


def _telegram_id(message: Message) -> int | None:
    if message.contact is not None:
        return message.contact.user_id
    if message.forward_origin is not None:
        origin = message.forward_origin
        return origin.sender_user.id if isinstance(origin, MessageOriginUser) else None
    written = number_form(clean_text(message.text or ""))
    return int(written) if written.isdecimal() and 0 < len(written) <= MAX_DIGITS and int(written) else None


async def preview(
    message: Message, session: AsyncSession, telegram_id: int, target: AccountSummary, now: datetime
) -> Reply:
    """Raises NotMergeable, PersonUnknown."""
    try:
        source = await find_account(session, str(telegram_id))
    except PersonNotRegistered:
        return await ask_to_move(message, session, telegram_id, None, target)
    try:
        merge = await merging.preview(session, source.id, target.id, now)
    except NotMergeable as error:
        if error.user_id != source.id or error.reason in NOTHING_TO_MOVE:
            raise
        return await ask_to_move(message, session, telegram_id, source, target)
    button = press(words.JOIN, JoinAccounts(source=source.id, target=target.id))
    return say(message, words.preview(source, target, merge, now), rows(button))


async def ask_to_move(
    message: Message,
    session: AsyncSession,
    telegram_id: int,
    source: AccountSummary | None,
    target: AccountSummary,
) -> Reply:
    name, username = await people.get_names(session, telegram_id)
    text = words.preview_move(telegram_id, name, username, source, target)
    return say(message, text, rows(press(words.MOVE, MoveChat(chat=telegram_id, account=target.id))))


@router.callback_query(JoinAccounts.filter())
async def join(query: CallbackQuery, callback_data: JoinAccounts, request: Request) -> Reply:
    session, now = request.session, request.now
    joining = [one[0] for one in await chats.list_reachable(session, callback_data.source)]
    done = await merging.merge(
        session, callback_data.source, callback_data.target, now, merged_by=request.person.telegram_id
    )
    await tell_connected_by_school(session, request.context, done.into_id, joining)
    await request.record_act(ActKind.JOIN, user_id=done.into_id, merge=done.merge_id, account=done.from_id)
    target = await people.get_account_summary(session, done.into_id)
    button = press(words.SEPARATE, SeparateAccounts(merge=done.merge_id))
    return show(query, words.joined(target, done, now), rows(button))


@router.callback_query(SeparateAccounts.filter())
async def separate(query: CallbackQuery, callback_data: SeparateAccounts, request: Request) -> Reply:
    session, merge = request.session, callback_data.merge
    access = await undoing.undo_merge(session, merge, request.now)
    await request.record_act(ActKind.SEPARATE, merge=merge)
    for telegram_id in await moving.list_merged_chats(session, merge):
        await tell_separated(session, request.context, telegram_id)
    return show(query, words.separated(access, request.now))


@router.callback_query(MoveChat.filter())
async def move(query: CallbackQuery, callback_data: MoveChat, request: Request) -> Reply:
    session, telegram_id = request.session, callback_data.chat
    moved = await moving.move_chat(
        session,
        telegram_id,
        callback_data.account,
        Proof.OWNER,
        now=request.now,
        keep=timedelta(days=request.context.settings.session_days),
        moved_by=request.person.telegram_id,
    )
    into = moved.opened.user_id
    await tell_connected_by_school(session, request.context, into, [telegram_id])
    await request.record_act(
        ActKind.JOIN, user_id=into, connection=moved.connection_id, chat=telegram_id, account=moved.from_id
    )
    target = await people.get_account_summary(session, into)
    button = press(words.RETURN, ReturnChat(connection=moved.connection_id))
    return show(query, words.moved_chat(telegram_id, target), rows(button))


@router.callback_query(ReturnChat.filter())
async def give_back(query: CallbackQuery, callback_data: ReturnChat, request: Request) -> Reply:
    keep = timedelta(days=request.context.settings.session_days)
    back = await moving.undo_move(request.session, callback_data.connection, request.now, keep)
    await request.record_act(
        ActKind.SEPARATE, user_id=back.user_id, connection=back.id, chat=back.telegram_id
    )
    await tell_separated(request.session, request.context, back.telegram_id)
    who = await find_account(request.session, str(back.telegram_id))
    return show(query, words.returned_chat(back.telegram_id, who))


@router.callback_query(ShowConnections.filter())
async def show_connections(query: CallbackQuery, callback_data: ShowConnections, request: Request) -> Reply:
    """Also what their people have connected by themselves."""
    who = await people.get_account_summary(request.session, callback_data.user)
    found = await moving.list_undoable(request.session, who.id, request.now)
    buttons = [press(words.separate(number), undo_button(one)) for number, one in enumerate(found, 1)]
    return say(query, words.connections(who, found), rows(*in_rows(buttons, 2)))


def undo_button(one: Undoable) -> CallbackData:
    if one.merge_id is not None:
        return SeparateAccounts(merge=one.merge_id)
    assert one.connection_id is not None
    return ReturnChat(connection=one.connection_id)
