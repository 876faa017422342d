"""/roles: an owner gives a role, or takes it. What it lets its person do: `bot/chat/rights.py`."""

from typing import Any

from aiogram import F
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

from bot.chat import Text
from bot.chat.arguments import Problem, WrongArguments
from bot.chat.commands import ROLES
from bot.chat.conversation import RoleQuestion
from bot.chat.keyboards import go, press, rows
from bot.chat.replies import Reply, say, show
from bot.chat.rights import Right
from bot.chat.role_buttons import BeginRole, ChooseRole, ConfirmRole, ShowRole, ShowRoleOf
from bot.context import Request
from bot.notifications.events import RoleChanged
from bot.notifications.notify import notify_chats
from bot.texts import errors
from bot.texts import roles as words
from bot.texts.access import granting as granting_words
from bot.texts.accounts import people as people_words
from db import roles
from db.accounts import people
from db.accounts.people import AccountSummary
from db.accounts.search import Found, find_account, find_people
from db.acts import ActKind
from db.errors import DraftGone, PersonNotRegistered, PersonUnknown
from db.jobs import SetMenuJob
from db.normal import clean_text
from db.queue import enqueue
from db.roles import Role
from handlers.accounts.who import IS_NAMED, find_named
from handlers.conversation import new_draft_id
from handlers.filters import goes_to, is_, role_router

Event = Message | CallbackQuery
MANY = 40  # buttons

router = role_router("roles", Right.ROLES)


@router.message(is_(ROLES))
@router.callback_query(goes_to(ROLES))
async def list_roles(event: Event, request: Request, command: CommandObject | None = None) -> Reply:
    """Raises PersonUnknown, PersonNotRegistered, WrongArguments."""
    written = clean_text(command.args or "") if command is not None else ""
    if not written:
        return show(event, *await _all(request))
    *who, last = written.split()
    if last.lower() not in words.WORDS:
        return await _show_found(event, request, await find_people(request.session, written))
    if not who:
        raise WrongArguments(ROLES, Problem.MISSING, "WHO")
    choice = [role for role, _title in words.CHOICES].index(words.WORDS[last.lower()])
    return await _show_found(event, request, await find_people(request.session, " ".join(who)), choice)


async def _all(request: Request) -> tuple[str, InlineKeyboardMarkup]:
    session = request.session
    holders = await roles.list_holders(session)
    owners = [(await people.get_names(session, one))[0] for one in request.context.settings.admin_ids]
    buttons = [press(words.holder_button(one), ShowRole(chat=one.telegram_id)) for one in holders[:MANY]]
    return words.roles(owners, holders), rows(*buttons, press(words.GIVE, BeginRole()))


# --- who ---


@router.callback_query(BeginRole.filter())
async def ask_who(query: CallbackQuery, request: Request) -> Reply:
    await request.state.set_state(RoleQuestion.who)
    return say(query, words.ASK_WHO)


@router.message(RoleQuestion.who, IS_NAMED)
async def take_who(message: Message, request: Request) -> Reply:
    """Who is not found is asked for again."""
    try:
        found = await find_named(request.session, message)
    except (PersonUnknown, PersonNotRegistered) as refused:
        return say(message, errors.say(refused))
    await request.state.clear()
    return await _show_found(message, request, found)


async def _show_found(event: Event, request: Request, found: Found, choice: int | None = None) -> Reply:
    """`choice`: the place of the role that was said together with the person."""
    if len(found.people) == 1 and found.is_sure:
        return await show_account(event, ShowRoleOf(user=found.people[0].id, choice=choice), request)
    buttons = [
        press(people_words.choice(one), ShowRoleOf(user=one.id, choice=choice)) for one in found.people
    ]
    return say(event, granting_words.people(found.people, more=found.more), rows(*buttons))


async def show_account(event: Event, callback_data: ShowRoleOf, request: Request) -> Reply:
    """By chats, where there are several."""
    choice = callback_data.choice
    if choice is not None and choice >= len(words.CHOICES):
        choice = None  # as buttons of earlier releases say that none was said
    chats = await _list_chats(request, callback_data.user)
    if not chats:
        return say(event, words.NO_CHAT)
    if len(chats) == 1:
        chat = next(iter(chats))
        if choice is not None:
            return await _preview(event, request, chat, words.CHOICES[choice][0])
        return await show_role(event, ShowRole(chat=chat), request)
    buttons = [
        press(title, ShowRole(chat=chat) if choice is None else ChooseRole(chat=chat, choice=choice))
        for chat, title in chats.items()
    ]
    return say(event, words.WHICH_CHAT, rows(*buttons))


router.callback_query.register(show_account, ShowRoleOf.filter())


async def _list_chats(request: Request, user_id: int) -> dict[int, str]:
    """Those that have written to this bot, with how a button calls each."""
    found = await people.list_chats(request.session, user_id)
    return {int(one.telegram_id): words.chat_button(one) for one in found if one.met}


# --- which role ---


async def show_role(event: Event, callback_data: ShowRole, request: Request, note: Text = "") -> Reply:
    chat = callback_data.chat
    owner = chat in request.context.settings.admin_ids
    role = await roles.get_role(request.session, chat)
    who = await _holder_of(request, chat, has_role=role is not None)
    choices = [
        press(title, ChooseRole(chat=chat, choice=place))
        for place, (one, title) in enumerate(words.CHOICES)
        if one != role and not (owner and one is not None)
    ]
    text = words.card(who, chat, role, owner=owner)
    keyboard = rows(*choices, go(words.BACK, ROLES))
    return show(event, f"{note}\n\n{text}" if note else text, keyboard)


router.callback_query.register(show_role, ShowRole.filter())


async def _holder_of(request: Request, chat: int, *, has_role: bool) -> AccountSummary | None:
    """None where who has a role has no account any more. Raises PersonUnknown, PersonNotRegistered."""
    try:
        return await find_account(request.session, str(chat))
    except (PersonUnknown, PersonNotRegistered):
        if has_role:
            return None
        raise


@router.callback_query(ChooseRole.filter(F.choice < len(words.CHOICES)))
async def choose(query: CallbackQuery, callback_data: ChooseRole, request: Request) -> Reply:
    role, _title = words.CHOICES[callback_data.choice]
    return await _preview(query, request, callback_data.chat, role)


async def _preview(event: Event, request: Request, chat: int, role: Role | None) -> Reply:
    before = await roles.get_role(request.session, chat)
    if before == role or (role is not None and chat in request.context.settings.admin_ids):
        return await show_role(event, ShowRole(chat=chat), request)
    who = await _holder_of(request, chat, has_role=role is None)
    draft = {"id": new_draft_id(), "chat": chat, "before": before, "role": role}
    await request.ask(RoleQuestion.preview, role=draft)
    keyboard = rows(
        press(words.CONFIRM, ConfirmRole(draft=draft["id"])), press(words.DROP, ShowRole(chat=chat))
    )
    return show(event, words.preview(who, chat, before, role), keyboard)


@router.callback_query(ConfirmRole.filter())
async def confirm(query: CallbackQuery, callback_data: ConfirmRole, request: Request) -> Reply:
    """What the preview has shown; where that is not so any more, it is said. Raises DraftGone, PersonUnknown and its
    like."""
    draft = await _get_draft(request, callback_data.draft)
    chat, before = draft["chat"], draft["before"]
    role = Role(draft["role"]) if draft["role"] else None
    who = await _holder_of(request, chat, has_role=role is None)
    await request.state.clear()
    if not await roles.record_role(request.session, chat, before, role, request.now):
        return await show_role(query, ShowRole(chat=chat), request, words.CHANGED)
    await request.record_act(
        ActKind.ROLE, user_id=who.id if who else None, chat=chat, before=before, after=role
    )
    await notify_chats(request.session, [chat], RoleChanged(role=role))
    await enqueue(request.session, SetMenuJob(telegram_id=chat))
    return show(query, words.done(who, chat, role), rows(go(words.BACK, ROLES)))


async def _get_draft(request: Request, draft_id: int) -> dict[str, Any]:
    """Raises DraftGone."""
    draft: dict[str, Any] = (await request.state.get_data()).get("role", {})
    if request.person.state != RoleQuestion.preview.state or draft.get("id") != draft_id:
        raise DraftGone
    return draft
