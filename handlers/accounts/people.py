"""A person as admins see them: /user, a contact that is shared, a message that is forwarded."""

from aiogram import F, Router
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

from bot.chat.admin_buttons import BeginGrant, ShowPerson, ShowWaiting
from bot.chat.buttons import Go
from bot.chat.commands import USER
from bot.chat.conversation import Lookup
from bot.chat.keyboards import press, rows
from bot.chat.replies import Reply, say
from bot.context import Request
from bot.texts import errors
from bot.texts.access import granting as granting_words
from bot.texts.access import unlocking as unlocking_words
from bot.texts.accounts import people as words
from db.access import changes
from db.accounts import people, sessions
from db.accounts.search import Found, find_people
from db.errors import PersonNotRegistered, PersonUnknown
from db.lessons.unlocking import list_waiting
from db.normal import clean_text
from db.payments import purchases
from handlers.accounts.who import IS_NAMED, choices, find_named, only_one
from handlers.filters import Admin, is_

PAYMENTS = 5

router = Router(name="people")
router.message.filter(Admin())
router.callback_query.filter(Admin())


@router.message(is_(USER))
async def look_up(message: Message, command: CommandObject, request: Request) -> Reply:
    """Raises PersonUnknown, PersonNotRegistered."""
    written = clean_text(command.args or "")
    if not written:
        return await ask_whom(message, request)
    return await show_found(message, request, await find_people(request.session, written))


@router.callback_query(Go.filter(F.command == USER.name))
async def begin(query: CallbackQuery, request: Request) -> Reply:
    return await ask_whom(query, request)


async def ask_whom(event: Message | CallbackQuery, request: Request) -> Reply:
    await request.state.set_state(Lookup.who)
    return say(event, granting_words.ASK_WHO)


@router.message(Lookup.who, IS_NAMED)
async def take_whom(message: Message, request: Request) -> Reply:
    """Who is not found is asked for again."""
    try:
        found = await find_named(request.session, message)
    except (PersonUnknown, PersonNotRegistered) as refused:
        return say(message, errors.say(refused))
    await request.state.clear()
    return await show_found(message, request, found)


@router.message(F.forward_origin | F.contact)
async def look_up_sender(message: Message, request: Request) -> Reply:
    """Raises PersonUnknown, PersonNotRegistered."""
    return await show_found(message, request, await find_named(request.session, message))


async def show_found(message: Message, request: Request, found: Found) -> Reply:
    if (one := only_one(found)) is None:
        return say(message, granting_words.people(found.people, more=found.more), rows(*choices(found)))
    return say(message, *await card(request, one.id))


@router.callback_query(ShowPerson.filter())
async def show_person(query: CallbackQuery, callback_data: ShowPerson, request: Request) -> Reply:
    return say(query, *await card(request, callback_data.id))


async def card(request: Request, user_id: int) -> tuple[str, InlineKeyboardMarkup]:
    """Raises PersonUnknown."""
    session, now = request.session, request.now
    found = await people.get_account_summary(session, user_id)
    access = await changes.list_access(session, found.id)
    text = words.card(
        found,
        await people.list_chats(session, found.id),
        access,
        await purchases.list_purchases(session, found.id, PAYMENTS),
        await sessions.count_sessions(session, found.id, now),
        now,
    )
    give = press(words.GRANT, BeginGrant(action="grant", user=found.id))
    is_open = any(one.ends_at is None or one.ends_at > now for one in access)
    change = (
        press(words.EXTEND, BeginGrant(action="extend", user=found.id)),
        press(words.SHORTEN, BeginGrant(action="revoke", user=found.id)),
    )
    waits = await list_waiting(session, found.id, now, 1)
    unlock = press(unlocking_words.UNLOCK, ShowWaiting(user=found.id)) if waits else None
    return text, rows(give, change if is_open else None, unlock)
