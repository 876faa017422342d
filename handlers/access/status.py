"""What is open, until when: `/status`."""

from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

from bot.chat.buttons import ShowModule
from bot.chat.commands import COURSES, LESSONS, PROMO, START, STATUS
from bot.chat.keyboards import go, press, rows
from bot.chat.replies import Reply, show_or_say
from bot.context import Request
from bot.texts import home as home_words
from bot.texts.access import status as words
from db.lessons import home
from handlers.dispatching import AHEAD
from handlers.filters import SignedIn, goes_to, is_, router_for
from handlers.home import Home, load_home, next_button

router = router_for("status", SignedIn())

MAX_BUTTONS = 40


@router.message(is_(STATUS), flags={AHEAD: lambda _: home.LEARNING_AHEAD})
@router.callback_query(goes_to(STATUS), flags={AHEAD: lambda _: home.LEARNING_AHEAD})
async def show_status(event: Message | CallbackQuery, request: Request) -> Reply:
    found = await load_home(request)
    text = words.status(found.courses, request.now) if found.courses else words.NO_ACCESS
    return show_or_say(event, text, keyboard(found))


def keyboard(found: Home) -> InlineKeyboardMarkup:
    """What is open for ever needs no renewing."""
    ending = [one for one in found.courses if one.ends_at is not None][:MAX_BUTTONS]
    alone = len(found.courses) == 1
    renewals = [press(words.renew(one, alone=alone), ShowModule(id=one.module_id)) for one in ending]
    return rows(
        next_button(found),
        *renewals,
        (go(home_words.MY_COURSES, LESSONS), go(home_words.PROMO, PROMO)),
        None if found.courses else go(words.SEE_COURSES, COURSES),
        go(home_words.HOME, START),
    )
