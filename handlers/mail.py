"""News by mail, turned off by the link in a letter; on and off in /profile (`handlers/accounts/profile.py`)."""

from aiogram.types import InlineKeyboardButton

from bot.chat.buttons import MailNews
from bot.chat.keyboards import press, rows
from bot.chat.replies import Reply, say
from bot.context import Request
from bot.texts import mail as words
from db import mail

LINK = "unsub_"


async def unsubscribe(request: Request, token: str) -> Reply:
    """Whoever has the letter may, from any chat, and learns nothing of whose account it is."""
    account = await mail.record_unsubscribed(request.session, token, request.now)
    person = request.person
    if account is None:
        return say(request.event, words.UNSUBSCRIBE_UNKNOWN)
    if person.account is None or person.account.id != account:
        return say(request.event, words.UNSUBSCRIBED_OTHER)
    return say(request.event, words.UNSUBSCRIBED, rows(press(words.ON_AGAIN, MailNews(on=True))))


async def news_button(request: Request) -> InlineKeyboardButton | None:
    """For who has a proven address, where letters can be sent."""
    if not request.context.settings.sends_mail:
        return None
    wanted = await mail.get_subscription(request.session, request.person.user_id)
    if wanted is None:
        return None
    return press(words.NEWS_ON if wanted else words.NEWS_OFF, MailNews(on=not wanted))
