"""What is open, until when: `/status`."""

from datetime import datetime

from aiogram import F, Router
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import Go, ShowModule
from bot.chat.commands import COURSES, LESSONS, PROMO, STATUS
from bot.chat.keyboards import go, press, rows
from bot.chat.replies import Reply, say, say_pages
from bot.texts import lessons as lesson_words
from bot.texts import promo as promo_words
from bot.texts.access import status as words
from db.access.changes import AccessPeriod, list_access
from db.chats import Person
from handlers.filters import SignedIn, is_

router = Router(name="status")
router.message.filter(SignedIn())
router.callback_query.filter(SignedIn())

MAX_BUTTONS = 40


@router.message(is_(STATUS))
@router.callback_query(Go.filter(F.command == STATUS.name))
async def show_status(
    event: Message | CallbackQuery, session: AsyncSession, person: Person, now: datetime
) -> Reply:
    found = await list_access(session, person.user_id)
    if not found:
        ways_in = (go(words.SEE_COURSES, COURSES), go(promo_words.HAVE_CODE, PROMO))
        return say(event, words.NO_ACCESS, rows(ways_in, go(lesson_words.LESSONS, LESSONS)))
    return say_pages(event, words.status(found, now), renewals(found, now))


def renewals(found: list[AccessPeriod], now: datetime) -> InlineKeyboardMarkup:
    """What is open for ever needs none."""
    ending = [one for one in found if one.ends_at is not None][:MAX_BUTTONS]
    buttons = [press(words.renew(one, now), ShowModule(id=one.module_id)) for one in ending]
    return rows(*buttons, (go(lesson_words.LESSONS, LESSONS), go(promo_words.HAVE_CODE, PROMO)))
