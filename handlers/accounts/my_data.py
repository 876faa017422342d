"""/mydata: all that is stored about a person, as a document for them."""

from aiogram.types import CallbackQuery, Message

from bot.chat.commands import MYDATA
from bot.chat.replies import Reply, say
from bot.context import Request
from bot.texts.accounts import my_data as words
from db.cooldowns import Guess, count_try
from db.errors import TooManyTries
from db.jobs import MyDataJob
from db.queue import enqueue
from handlers.filters import SignedIn, goes_to, is_, router_for

router = router_for("my_data", SignedIn())


@router.message(is_(MYDATA))
@router.callback_query(goes_to(MYDATA))
async def send_my_data(event: Message | CallbackQuery, request: Request) -> Reply:
    """Once in a while: it reads every table."""
    session, person, wait = request.session, request.person, request.context.timings.data_wait
    try:
        await count_try(session, person.telegram_id, Guess.DATA, request.now, most=1, wait=wait)
    except TooManyTries as too_many:
        return say(event, words.again_at(too_many.until))
    await enqueue(session, MyDataJob(user_id=person.user_id, telegram_id=person.telegram_id))
    return say(event, words.ON_ITS_WAY)
