"""A person as admins see them: /user, a contact that is shared, a message that is forwarded."""

from aiogram import F
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, Message

from bot.chat.commands import USER
from bot.chat.conversation import Lookup
from bot.chat.keyboards import rows
from bot.chat.replies import Reply, say
from bot.chat.rights import Right
from bot.context import Request
from bot.texts import errors
from bot.texts.access import granting as granting_words
from db.accounts.search import Found, find_people
from db.errors import PersonNotRegistered, PersonUnknown
from db.normal import clean_text
from handlers.accounts.card import draw_card
from handlers.accounts.who import IS_NAMED, choices, find_named, only_one
from handlers.filters import goes_to, is_, role_router

router = role_router("people", Right.PEOPLE)


@router.message(is_(USER))
async def look_up(message: Message, command: CommandObject, request: Request) -> Reply:
    """Raises PersonUnknown, PersonNotRegistered."""
    written = clean_text(command.args or "")
    if not written:
        return await ask_whom(message, request)
    return await show_found(message, request, await find_people(request.session, written))


async def ask_whom(event: Message | CallbackQuery, request: Request) -> Reply:
    await request.ask(Lookup.who)
    return say(event, granting_words.ASK_WHO)


router.callback_query.register(ask_whom, goes_to(USER))


@router.message(Lookup.who, IS_NAMED)
async def take_whom(message: Message, request: Request) -> Reply:
    """Who is not found is asked for again."""
    try:
        found = await find_named(request.session, message)
    except (PersonUnknown, PersonNotRegistered) as refused:
        return say(message, errors.say(refused))
    page = (await request.state.get_data()).get("page", 0)
    await request.state.clear()
    return await show_found(message, request, found, page)


@router.message(F.forward_origin | F.contact)
async def look_up_sender(message: Message, request: Request) -> Reply:
    """Raises PersonUnknown, PersonNotRegistered."""
    return await show_found(message, request, await find_named(request.session, message))


async def show_found(message: Message, request: Request, found: Found, page: int = 0) -> Reply:
    """`page`: of the card."""
    if (one := only_one(found)) is None:
        return say(message, granting_words.people(found.people, more=found.more), rows(*choices(found, page)))
    return say(message, *await draw_card(request, one.id, page))
