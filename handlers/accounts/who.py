"""WHO in a message: an e-mail, a @username, a phone, an id, part of a name; somebody's contact; a message of theirs,
forwarded."""

from aiogram import F
from aiogram.types import InlineKeyboardButton, Message, MessageOriginHiddenUser, MessageOriginUser
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.admin_buttons import ShowPerson
from bot.chat.keyboards import press
from bot.texts.accounts import people as words
from db.accounts.people import AccountSummary
from db.accounts.search import Found, find_by_name, find_people
from db.errors import PersonNotRegistered, PersonUnknown

IS_NAMED = F.forward_origin | F.contact | (F.text & ~F.text.startswith("/"))


async def find_named(session: AsyncSession, message: Message) -> Found:
    """Raises PersonUnknown, PersonNotRegistered."""
    if (origin := message.forward_origin) is not None:
        return await _find_origin(session, origin)
    if (contact := message.contact) is not None:
        by_phone = f"+{contact.phone_number.removeprefix('+')}"
        if contact.user_id is None:
            return await find_people(session, by_phone)
        try:
            return await find_people(session, str(contact.user_id))
        except (PersonUnknown, PersonNotRegistered):
            return await find_people(session, by_phone)
    return await find_people(session, message.text or "")


async def _find_origin(session: AsyncSession, origin: object) -> Found:
    if isinstance(origin, MessageOriginUser):
        return await find_people(session, str(origin.sender_user.id))
    if isinstance(origin, MessageOriginHiddenUser):
        return await find_by_name(session, origin.sender_user_name)
    raise PersonUnknown("↪️")


def choices(found: Found, page: int = 0) -> list[InlineKeyboardButton]:
    """A button to the card of each, to this page of it."""
    return [press(words.choice(one), ShowPerson(id=one.id, page=page)) for one in found.people]


def only_one(found: Found) -> AccountSummary | None:
    """Who was meant, where that is beyond doubt enough to be shown; several, or an address that somebody has only
    typed, are to be chosen from."""
    return found.people[0] if len(found.people) == 1 and not found.is_unproven else None
