"""Registering and signing in, each with one tap (registering takes two where there are documents to accept); what
was wanted before is done at once.
"""

import hashlib
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from aiogram import Router
from aiogram.types import CallbackQuery

from bot.chat import Text
from bot.chat.buttons import Agree, Register, SignIn
from bot.chat.keyboards import press, rows
from bot.chat.replies import Reply, as_list, show
from bot.context import Request
from bot.settings import Settings
from bot.texts.accounts import registration as words
from db.accounts import registration
from db.chats import Account
from db.connecting import addresses, codes
from db.errors import NotConnectable
from db.tables import Session
from handlers.accounts.login import PRESSED
from handlers.accounts.start import follow_link, greet
from handlers.home import show_home

router = Router(name="registration")


@router.callback_query(Register.filter())
async def register(query: CallbackQuery, request: Request, event_router: Router, **given: Any) -> Reply:
    person, settings = request.person, request.context.settings
    if person.account is None and settings.asks_consent:
        version = settings.terms_version
        if not await registration.has_consented(request.session, person.telegram_id, version):
            return ask_consent(query, settings)
    return await come_in(query, request, event_router, given)


def ask_consent(query: CallbackQuery, settings: Settings) -> Reply:
    terms, privacy = settings.terms_url or "", settings.privacy_url or ""
    text = words.ask_consent(terms, privacy, settings.terms_version)
    return show(query, text, rows(press(words.AGREE, Agree(documents=shown_documents(settings)))))


def shown_documents(settings: Settings) -> str:
    """Another one for other documents or another version of them, short enough for a button."""
    shown = f"{settings.terms_version} {settings.terms_url} {settings.privacy_url}"
    return hashlib.blake2b(shown.encode(), digest_size=6).hexdigest()


@router.callback_query(Agree.filter())
async def agree(
    query: CallbackQuery, callback_data: Agree, request: Request, event_router: Router, **given: Any
) -> Reply:
    """What was shown is what is agreed to: by an old button nothing newer is."""
    settings = request.context.settings
    if settings.terms_url and settings.privacy_url:
        if request.person.account is None and callback_data.documents != shown_documents(settings):
            return ask_consent(query, settings)
        documents = {"terms": settings.terms_url, "privacy": settings.privacy_url}
        await registration.record_consent(
            request.session, request.person.telegram_id, documents, settings.terms_version, request.now
        )
    return await come_in(query, request, event_router, given)


@router.callback_query(SignIn.filter())
async def sign_in(query: CallbackQuery, request: Request, event_router: Router, **given: Any) -> Reply:
    """Whose account is gone is a stranger."""
    if request.person.account is None:
        return await greet(request)
    return await come_in(query, request, event_router, given)


async def come_in(
    query: CallbackQuery, request: Request, event_router: Router, given: dict[str, Any]
) -> Reply:
    """Registers or signs in, and does what was wanted. Who is in already gets home; where another process was faster,
    that one answers."""
    person = request.person
    if person.signed_in:
        return await show_home(query, request)
    done = words.REGISTERED if person.account is None else words.SIGNED_IN
    opened = await open_session(request)
    if opened is None:
        return None
    place = opened.device_id, opened.id
    return await be_in(query, request, opened.user_id, place, done, event_router, given)


async def be_in(
    query: CallbackQuery,
    request: Request,
    user_id: int,
    opened: tuple[int | None, int | None],
    done: Text,
    event_router: Router,
    given: dict[str, Any],
) -> Reply:
    """The chat is signed in to the account now, with device and session `opened`: says so, and does what was wanted."""
    person = request.person
    person.account = Account(user_id, request.now)
    person.device_id, person.session_id = opened
    wish, person.start = person.start or "", None
    person.changed = True
    # What was wanted comes as a message of its own, below the one that says that they are in.
    request = replace(request, event=query.model_copy(update={"message": None}))
    return [show(query, done), *as_list(await do_wish(request, wish, event_router, given))]


async def open_session(request: Request) -> Session | None:
    session, person, now = request.session, request.person, request.now
    keep = timedelta(days=request.context.settings.session_days)
    if person.account is not None:
        return await registration.sign_in(session, person.user_id, person.telegram_id, now=now, keep=keep)
    opened = await registration.create_account(
        session, person.telegram_id, name=person.name, now=now, keep=keep
    )
    if opened is not None:
        await take_proven_address(request, opened.user_id)
    return opened


async def take_proven_address(request: Request, user_id: int) -> None:
    """That a code has proven in this chat just before, unless somebody has it by now."""
    session, telegram_id, limits = request.session, request.person.telegram_id, request.context.timings.codes
    email = await codes.get_proven(session, telegram_id, limits, request.now)
    if email is not None:
        with suppress(NotConnectable):
            await addresses.use_address(session, user_id, email)
        await codes.delete_code(session, telegram_id)


async def do_wish(request: Request, wish: str, event_router: Router, given: dict[str, Any]) -> Reply:
    """A button that was pressed too early goes through the routers once more."""
    if not wish.startswith(PRESSED):
        return await follow_link(request, wish)
    pressed = request.event.model_copy(update={"data": wish.removeprefix(PRESSED)})
    *_, dispatcher = event_router.chain_head
    given = given | {"request": replace(request, event=pressed)}
    reply: Reply = await dispatcher.propagate_event("callback_query", pressed, **given)
    return reply
