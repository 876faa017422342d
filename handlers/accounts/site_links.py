"""A link that the school's site has signed: which account it connects is said first, and a button does it
(handlers/accounts/connecting.py).
"""

from aiogram.filters.callback_data import CallbackData

from bot.chat.buttons import ConnectByLink, SignIn
from bot.chat.keyboards import press, rows
from bot.chat.replies import Reply, say
from bot.context import Request
from bot.site_links import read_token
from bot.texts.accounts import connect as words
from bot.texts.accounts import registration as registration_words
from db.accounts import people
from db.connecting import connecting, links
from db.connecting.moving import Proof
from db.errors import LinkInvalid


async def open_link(request: Request, token: str) -> Reply:
    """It is used up by the button, not by being looked at. Raises LinkInvalid, NotConnectable."""
    event, person = request.event, request.person
    if person.account is not None and not person.signed_in:
        return say(event, words.SIGN_IN_FIRST, rows(press(registration_words.SIGN_IN, SignIn())))
    secret = request.context.settings.site_link_secret
    if secret is None:
        raise LinkInvalid("wrong")
    link = read_token(secret.get_secret_value(), token, request.now)
    opened = await links.record_opened(request.session, link, person.telegram_id)
    return await ask(request, link.user_id, Proof.LINK, ConnectByLink(link=opened))


async def ask(request: Request, user_id: int, proof: Proof, answer: CallbackData) -> Reply:
    """Names the account and says what would be. Raises NotConnectable."""
    session, person, now = request.session, request.person, request.now
    found = await connecting.preview(session, person.telegram_id, user_id, proof, now)
    who = await people.get_account_summary(session, found.user_id)
    return say(request.event, words.preview(who, found, now), rows(press(words.CONNECT, answer)))
