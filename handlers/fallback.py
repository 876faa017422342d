"""Asked last: not signed in, and unknown commands or buttons."""

from aiogram import F, Router
from aiogram.types import CallbackQuery, ChatMemberUpdated, Message

from bot.chat.buttons import CheckPayment, Go, Pay
from bot.chat.commands import COMMANDS, PURCHASES, Audience
from bot.chat.replies import Reply, as_list, say, toast
from bot.context import Request
from bot.texts.accounts import registration as words
from db.chats import Person
from handlers.accounts.start import remember, say_register, say_sign_in
from handlers.filters import SignedIn, is_
from handlers.home import draw, load_home

LEARNERS = [command for command in COMMANDS if command.audience is Audience.LEARNER]

login_required = Router(name="login_required")
login_required.message.filter(~SignedIn())
login_required.callback_query.filter(~SignedIn())
router = Router(name="fallback")


@login_required.callback_query(Pay.filter())
async def pay_before_registering(query: CallbackQuery, callback_data: Pay, person: Person) -> Reply:
    """The wish to buy is remembered through registration, as a deep link would be."""
    remember(person, f"buy_{callback_data.offer}")
    return sign_in_first(query, person)


@login_required.callback_query(CheckPayment.filter())
async def check_after_signing_in(query: CallbackQuery, callback_data: CheckPayment, person: Person) -> Reply:
    """Who asks where their payment is, is answered after one tap."""
    remember(person, f"check_{callback_data.purchase}")
    return sign_in_first(query, person)


@login_required.message(is_(PURCHASES))
@login_required.callback_query(Go.filter(F.command == PURCHASES.name))
async def purchases_after_signing_in(event: Message | CallbackQuery, person: Person) -> Reply:
    remember(person, PURCHASES.name)
    return sign_in_first(event, person)


@login_required.message(is_(*LEARNERS))
@login_required.callback_query(Go.filter(F.command.in_({command.name for command in LEARNERS})))
async def learners_only(event: Message | CallbackQuery, person: Person) -> Reply:
    return sign_in_first(event, person)


def sign_in_first(event: Message | CallbackQuery, person: Person) -> Reply:
    return say_sign_in(event, person) if person.account is not None else say_register(event)


@router.message(F.text.startswith("/"))
async def unknown_command(message: Message) -> Reply:
    return say(message, words.UNKNOWN_COMMAND)


@router.callback_query()
async def stale_button(query: CallbackQuery, request: Request) -> Reply:
    """What it was on is kept; below it, where one can go on from."""
    if not request.person.signed_in:
        return [toast(query, words.STALE_BUTTON), *as_list(sign_in_first(query, request.person))]
    return [toast(query, words.STALE_BUTTON), say(query, *draw(await load_home(request), request))]


@router.my_chat_member()
async def blocked_or_back(event: ChatMemberUpdated) -> None:
    """Says nothing: whether the bot is blocked is learnt from sending."""
