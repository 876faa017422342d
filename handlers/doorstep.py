"""The last two stops: what only learners may do asks to come in first, and what nobody knows gets a clear word."""

from typing import Any

from aiogram import F, Router
from aiogram.fsm.context import FSMContext
from aiogram.types import CallbackQuery, ChatMemberUpdated, Message

from bot.chat.buttons import Go, Pay
from bot.chat.commands import COMMANDS, Audience
from bot.chat.replies import say, toast
from bot.context import AppContext
from bot.texts import registration as words
from db.chats import Person
from handlers.filters import SignedIn, is_
from handlers.start import remember, say_register, say_sign_in

LEARNERS = [command for command in COMMANDS if command.audience is Audience.LEARNER]

login_required = Router(name="doorstep")
login_required.message.filter(~SignedIn())
login_required.callback_query.filter(~SignedIn())
fallback = Router(name="fallback")


@login_required.callback_query(Pay.filter())
async def pay_before_registering(
    query: CallbackQuery, callback_data: Pay, person: Person, state: FSMContext
) -> Any:
    """The wish to buy is remembered through registration, as a deep link would be."""
    remember(person, f"buy_{callback_data.offer}")
    return come_in(query, person)


@login_required.message(is_(*LEARNERS))
@login_required.callback_query(Go.filter(F.command.in_({command.name for command in LEARNERS})))
async def come_in_first(event: Message | CallbackQuery, person: Person) -> Any:
    return come_in(event, person)


def come_in(event: Message | CallbackQuery, person: Person) -> Any:
    return say_sign_in(event, person) if person.account is not None else say_register(event)


@fallback.message(F.text.startswith("/"))
async def unknown_command(message: Message, context: AppContext) -> Any:
    return say(message, words.unknown_command())


@fallback.message()
async def no_command(message: Message) -> Any:
    return say(message, words.no_words())


@fallback.callback_query()
async def stale_button(query: CallbackQuery) -> Any:
    return toast(query, words.stale_button(), alert=True)


@fallback.my_chat_member()
async def blocked_or_back(event: ChatMemberUpdated) -> None:
    """Handled without a word: sending tells us who has blocked the bot."""
