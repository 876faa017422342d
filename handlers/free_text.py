"""Words that nobody has asked for: about a payment, a promo code, an e-mail address, or anything else."""

import re

from aiogram import F, Router
from aiogram.types import Message

from bot.chat.buttons import CheckPayment
from bot.chat.commands import CONNECT, PROFILE, PURCHASES, START
from bot.chat.complaints import is_payment_complaint
from bot.chat.conversation import Promo
from bot.chat.emails import WrongEmailError, read_email
from bot.chat.keyboards import go, press, rows
from bot.chat.replies import Reply, as_list, say
from bot.chat.support_buttons import WriteToSchool
from bot.context import Request
from bot.texts import free_text as words
from bot.texts import home as home_words
from bot.texts import support as support_words
from bot.texts.accounts import connect as connect_words
from db import promo
from db.connecting import codes
from db.cooldowns import Guess, count_try, delete_tries, is_cooling
from db.errors import TooManyTries
from db.normal import clean_text
from db.payments import purchases
from db.payments.purchases import PurchaseStatus, PurchaseSummary
from handlers import payments
from handlers.accounts.codes import CODE as SIX_DIGITS
from handlers.accounts.codes import take_code
from handlers.accounts.login import PAID, remember_link, say_sign_in, unregistered
from handlers.accounts.start import greet
from handlers.home import load_home, next_button
from handlers.promo import redeem_code

CODE = re.compile(r"[\w-]{3,64}")  # another application may make longer ones than we do

router = Router(name="free_text")


@router.message(F.text, ~F.text.startswith("/"))
async def hear(message: Message, request: Request) -> Reply:
    text, person = clean_text(message.text or ""), request.person
    if person.state == Promo.retyped.state:
        await request.state.clear()
    if person.account is not None and not person.signed_in:
        if is_payment_complaint(text):
            remember_link(person, PAID)
        elif CODE.fullmatch(text) and looks_like_code(text):
            remember_link(person, f"promo_{text}")
        return say_sign_in(message, person)
    if is_payment_complaint(text):
        return await answer_complaint(message, request)
    if SIX_DIGITS.fullmatch(text) and await codes.is_awaited(
        request.session, person.telegram_id, request.now
    ):
        return await take_code(message, request)
    if is_email(text):
        return about_email(message, request)
    if CODE.fullmatch(text) and (tried := await try_code(message, text, request)) is not None:
        return tried
    return await i_am_a_bot(message, request)


def is_email(text: str) -> bool:
    try:
        return bool(read_email(text))
    except WrongEmailError:
        return False


def about_email(message: Message, request: Request) -> Reply:
    if request.person.account is None:
        by_code = request.context.settings.sends_mail
        keyboard = rows(go(connect_words.HAVE_ACCOUNT, CONNECT)) if by_code else unregistered()
        return say(message, words.EMAIL_UNREGISTERED, keyboard)
    return say(message, words.EMAIL, rows(go(home_words.PROFILE, PROFILE)))


# --- payments ---


async def answer_complaint(message: Message, request: Request) -> Reply:
    """The open order is checked at once; where none is open, what was paid last is named."""
    contact, person = request.context.settings.support_contact, request.person
    if person.account is None:
        return say(message, words.nothing_open(None, contact), unregistered())
    unpaid = await list_unpaid(request)
    if unpaid:
        return await check(message, unpaid, request)
    found = await purchases.list_purchases(request.session, person.user_id)
    paid = next((one for one in found if one.status == PurchaseStatus.SUCCEEDED), None)
    keyboard = rows(next_button(await load_home(request), stays=True), go(words.MY_PAYMENTS, PURCHASES))
    return say(message, words.nothing_open(paid, contact), keyboard)


async def list_unpaid(request: Request) -> list[PurchaseSummary]:
    person = request.person
    return await purchases.list_unpaid(request.session, person.user_id) if person.signed_in else []


async def check(message: Message, unpaid: list[PurchaseSummary], request: Request) -> Reply:
    """Of the likeliest one at once, by a job that shows it; of each other by a button."""
    first, *rest = unpaid
    others = [press(words.order(one), CheckPayment(purchase=one.id)) for one in rest]
    return [
        *as_list(await payments.ask_about(request, first.id, None)),
        say(message, words.ANOTHER_ORDER, rows(*others)) if others else None,
    ]


# --- promo codes ---


async def try_code(message: Message, code: str, request: Request) -> Reply:
    """None where the word is no promo code, and was hardly meant as one.

    What looks like a code is tried and counted as a code is. Another word may be one as well; so that nobody can guess
    codes by chatting, only a few such words are looked up in a while. Neither is while wrong codes have to cool off.
    """
    session, person, now = request.session, request.person, request.now
    most, wait = request.context.timings.tries, request.context.timings.tries_wait
    if await is_cooling(session, person.telegram_id, Guess.PROMO, now, most=most, wait=wait):
        return None
    if looks_like_code(code):
        return await redeem(message, code, request)
    try:
        await count_try(session, person.telegram_id, Guess.WORD, now, most=most, wait=wait)
    except TooManyTries:
        return None
    if await promo.find_promo(session, code) is None:
        return None
    await delete_tries(session, person.telegram_id, Guess.WORD)
    return await redeem(message, code, request)


def looks_like_code(word: str) -> bool:
    """In capitals, or with digits or dashes among its letters."""
    letters = [sign for sign in word if sign.isalpha()]
    mixed = len(letters) < len(word)
    return bool(letters) and (mixed or word == word.upper())


async def redeem(message: Message, code: str, request: Request) -> Reply:
    """Before registering as a deep link with that code would. A wrong one may be corrected by editing the message."""
    if request.person.account is None:
        return await greet(request, f"promo_{code}")
    refused = as_list(await redeem_code(message, code, request))
    if not refused:
        return refused
    await request.ask(Promo.retyped, answer=message.message_id)
    return [*refused, *as_list(await i_am_a_bot(message, request))]


# --- anything else ---


async def i_am_a_bot(message: Message, request: Request) -> Reply:
    """Also to a picture, a sticker, a voice message."""
    unpaid, person = await list_unpaid(request), request.person
    text = words.i_am_a_bot(request.context.settings.support_contact, unpaid=bool(unpaid))
    write = press(support_words.WRITE, WriteToSchool()) if request.context.settings.admin_ids else None
    if person.account is None:
        return say(message, text, rows(write, *unregistered().inline_keyboard))
    checks = [press(words.CHECK_PAYMENT, CheckPayment(purchase=one.id)) for one in unpaid[:1]]
    return say(message, text, rows(*checks, write, go(home_words.HOME, START)))


router.message.register(i_am_a_bot)
