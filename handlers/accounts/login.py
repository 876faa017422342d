"""What is asked of who is not signed in: one tap to register or to sign in, after which what they wanted is done.

A wish waits in the chat's row: what a deep link says, or a button that was pressed too early.
"""

from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

from bot.chat.buttons import Register, SignIn
from bot.chat.commands import COURSES
from bot.chat.keyboards import go, press, rows
from bot.chat.replies import Reply, say
from bot.texts.accounts import registration as words
from db.chats import Person

MAX_WISH = 128  # characters: what is typed may be a longer code than a link takes
PAID = "paid"  # the link that asks what became of a payment
PRESSED = "press:"  # no link begins so: Telegram lets no colon into one


def remember_link(person: Person, link: str) -> None:
    """A plain /start forgets none. Who has no account yet has paid nothing that could be asked about."""
    if link and (link != PAID or person.account is not None) and not link.startswith(PRESSED):
        _remember(person, link[:MAX_WISH])


def remember_button(person: Person, data: str) -> None:
    _remember(person, PRESSED + data)


def _remember(person: Person, wish: str) -> None:
    person.start = wish
    person.changed = True


def sign_in_first(event: Message | CallbackQuery, person: Person) -> Reply:
    """A pressed button is pressed again once the person is signed in."""
    if isinstance(event, CallbackQuery) and event.data:
        remember_button(person, event.data)
    return say_login(event, person)


def say_login(event: Message | CallbackQuery, person: Person) -> Reply:
    return (
        say_sign_in(event, person)
        if person.account is not None
        else say(event, words.NOT_REGISTERED, unregistered())
    )


def say_sign_in(event: Message | CallbackQuery, person: Person, wish: str = "") -> Reply:
    greet = words.welcome_back if person.has_signed_in else words.first_visit
    return say(event, greet(person.first_name, wish), rows(press(words.SIGN_IN, SignIn())))


def unregistered() -> InlineKeyboardMarkup:
    return rows(press(words.REGISTER, Register()), go(words.SEE_COURSES, COURSES))
