"""A chat is connected to an account that its person has at the school already."""

from datetime import timedelta
from typing import Any

from aiogram import Router
from aiogram.types import CallbackQuery

from bot.chat.buttons import ConnectByCode, ConnectByLink
from bot.chat.replies import Reply
from bot.context import Request
from bot.mail.connected import tell_connected
from bot.texts.accounts import connect as words
from db.accounts import people
from db.connecting import addresses, codes, connecting, links
from db.connecting.connecting import Obstacle
from db.connecting.moving import Proof
from db.errors import NotConnectable
from handlers.accounts.login import say_login
from handlers.accounts.registration import be_in

router = Router(name="connecting")


@router.callback_query(ConnectByLink.filter())
async def connect_by_link(
    query: CallbackQuery, callback_data: ConnectByLink, request: Request, event_router: Router, **given: Any
) -> Reply:
    """Raises LinkInvalid, NotConnectable."""
    if request.person.account is not None and not request.person.signed_in:
        return say_login(query, request.person)
    user_id = await links.use(request.session, callback_data.link, request.person.telegram_id, request.now)
    return await connect(query, request, user_id, Proof.LINK, event_router, given)


@router.callback_query(ConnectByCode.filter())
async def connect_by_code(
    query: CallbackQuery, request: Request, event_router: Router, **given: Any
) -> Reply:
    """The proof serves once. Raises NotConnectable."""
    session, person, limits = request.session, request.person, request.context.timings.codes
    if person.account is not None and not person.signed_in:
        return say_login(query, person)
    email = await codes.get_proven(session, person.telegram_id, limits, request.now)
    owner = await addresses.find_owner(session, email) if email else None
    if owner is None:
        raise NotConnectable(Obstacle.GONE)
    await codes.delete_code(session, person.telegram_id)
    return await connect(query, request, owner, Proof.CODE, event_router, given)


async def connect(
    query: CallbackQuery,
    request: Request,
    user_id: int,
    proof: Proof,
    event_router: Router,
    given: dict[str, Any],
) -> Reply:
    """What was wanted before goes on with the account. Raises NotConnectable."""
    session, person, context = request.session, request.person, request.context
    keep = timedelta(days=context.settings.session_days)
    done = await connecting.connect(session, person.telegram_id, user_id, proof, now=request.now, keep=keep)
    await tell_connected(session, context, done.user_id, person.telegram_id)
    who = await people.get_account_summary(session, done.user_id)
    opened = (done.opened.device_id, done.opened.id) if done.opened else (person.device_id, person.session_id)
    return await be_in(query, request, done.user_id, opened, words.connected(who), event_router, given)
