"""Asked last: not signed in, and unknown commands or buttons."""

from aiogram import F, Router
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, ChatMemberUpdated, Message

from bot.chat.buttons import BeginQuestions, CheckPayment, FinishLesson, Go, Pay
from bot.chat.certificate_buttons import RenameCertificate, SendCertificate, ShowCertificate
from bot.chat.commands import COMMANDS, DELETE, LOGOUT, PROMO, Audience
from bot.chat.replies import Reply, as_list, say, toast
from bot.context import Request
from bot.texts.accounts import registration as words
from db.chats import Person
from handlers.accounts.login import remember_button, say_login, sign_in_first
from handlers.accounts.start import greet
from handlers.filters import SignedIn, goes_to, is_
from handlers.home import draw, load_home

LEARNERS = [command for command in COMMANDS if command.audience is Audience.LEARNER]

login_required = Router(name="login_required")
login_required.message.filter(~SignedIn())
login_required.callback_query.filter(~SignedIn())
router = Router(name="fallback")


@login_required.message(is_(PROMO, magic=F.args))
async def code_before_registering(_message: Message, command: CommandObject, request: Request) -> Reply:
    """As a deep link with that code would."""
    return await greet(request, f"promo_{command.args}")


@login_required.message(is_(*LEARNERS))
async def command_before_registering(message: Message, command: CommandObject, person: Person) -> Reply:
    if (name := command.command.casefold()) not in (LOGOUT.name, DELETE.name):
        remember_button(person, Go(command=name).pack())
    return sign_in_first(message, person)


@login_required.callback_query(Pay.filter())
@login_required.callback_query(CheckPayment.filter())
@login_required.callback_query(FinishLesson.filter())
@login_required.callback_query(BeginQuestions.filter())
@login_required.callback_query(ShowCertificate.filter())
@login_required.callback_query(SendCertificate.filter())
@login_required.callback_query(RenameCertificate.filter())
@login_required.callback_query(goes_to(*LEARNERS))
async def button_before_registering(query: CallbackQuery, person: Person) -> Reply:
    return sign_in_first(query, person)


@router.message(F.text.startswith("/"))
async def unknown_command(message: Message) -> Reply:
    return say(message, words.UNKNOWN_COMMAND)


@router.callback_query()
async def stale_button(query: CallbackQuery, request: Request) -> Reply:
    """What it was on is kept; below it, where one can go on from."""
    if not request.person.signed_in:
        return [toast(query, words.STALE_BUTTON), *as_list(say_login(query, request.person))]
    return [toast(query, words.STALE_BUTTON), say(query, *draw(await load_home(request), request))]


@router.my_chat_member()
async def blocked_or_back(event: ChatMemberUpdated) -> None:
    """Says nothing: whether the bot is blocked is learnt from sending."""
