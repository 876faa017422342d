"""/start: the greeting of who is not signed in, and what a deep link asks for."""

from aiogram import Router
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

from bot.chat.buttons import Register
from bot.chat.commands import CONNECT, COURSES, START
from bot.chat.keyboards import go, press, rows
from bot.chat.replies import Reply, as_list, say
from bot.context import Request
from bot.texts import errors, language
from bot.texts.accounts import connect as connect_words
from bot.texts.accounts import registration as words
from bot.texts.certificates import LINK
from db import chats
from db.catalogue.school import get_school
from db.errors import Refused
from db.lessons import home
from db.shop import courses
from handlers import certificates, mail, payments, promo, shop
from handlers.accounts import site_links, wishes
from handlers.accounts.login import PAID, remember_link, say_sign_in
from handlers.dispatching import AHEAD
from handlers.filters import goes_to, is_
from handlers.home import free_lesson_button, show_home

CONNECTS = "in_"  # begins a link that the school's site has signed

router = Router(name="start")


@router.message(is_(START), flags={AHEAD: lambda _: home.LEARNING_AHEAD})
@router.callback_query(goes_to(START), flags={AHEAD: lambda _: home.LEARNING_AHEAD})
async def start(
    event: Message | CallbackQuery, request: Request, command: CommandObject | None = None
) -> Reply:
    await request.state.clear()
    link = (command.args or "").strip() if command else ""
    if link.startswith(CONNECTS):
        return await connect(request, link.removeprefix(CONNECTS))
    if link.startswith(mail.LINK):
        return await mail.unsubscribe(request, link.removeprefix(mail.LINK))
    if request.person.signed_in:
        return await follow_link(request, link)
    said = await certificates.check(request, number) if (number := certificate_of(link)) else None
    return [said, *as_list(await greet(request, link))]


async def connect(request: Request, token: str) -> Reply:
    """No wish: it never waits for registering. Where it can't be, that is said, with home or the greeting below."""
    try:
        async with request.session.begin_nested():
            return await site_links.open_link(request, token)
    except Refused as refused:
        said = say(request.event, errors.say(refused))
    below = show_home(request.event, request) if request.person.signed_in else greet(request)
    return [said, *as_list(await below)]


def certificate_of(link: str) -> str | None:
    """The number that is to be checked: by anybody, at once, and again once they have registered."""
    return link.removeprefix(LINK) or None if link.startswith(LINK) else None


async def greet(request: Request, link: str = "") -> Reply:
    """Names what is wanted, by this link or one before it. A wish that can't come true is told of and forgotten."""
    event, person, session = request.event, request.person, request.session
    remember_link(person, link)
    try:
        wish = await wishes.describe(request, person.start or "")
    except Refused as refused:
        person.start, person.changed = None, True
        wish = errors.say(refused)
    if person.account is not None:
        return say_sign_in(event, person, wish)
    school, found = await get_school(session, language()), await courses.list_modules(session)
    text = words.greeting(person.first_name, school, found, wish)
    return say(event, text, await greeting_keyboard(request))


async def greeting_keyboard(request: Request) -> InlineKeyboardMarkup:
    by_code = request.context.settings.sends_mail
    return rows(
        press(words.REGISTER, Register()),
        await free_lesson_button(request.session),
        go(words.SEE_COURSES, COURSES),
        go(connect_words.HAVE_ACCOUNT, CONNECT) if by_code else None,
    )


async def follow_link(request: Request, link: str) -> Reply:
    """What a deep link asks for, or home where it asks for nothing. A refusal is told, and leaves the rest standing."""
    event = request.event
    if not link:
        return await show_home(event, request)
    try:
        async with request.session.begin_nested():
            reply, done = await _carry_out(request, link)
    except Refused as refused:
        reply, done = say(event, errors.say(refused)), False
    return reply if done else [*as_list(reply), *await show_home(event, request)]


async def _carry_out(request: Request, link: str) -> tuple[Reply, bool]:
    """What is said, and whether that was all that was wanted."""
    event, session, person = request.event, request.session, request.person
    kind, _, rest = link.partition("_")
    if kind == "promo" and rest:
        refusal = await promo.redeem_code(event, rest, request)
        return refusal, refusal is None  # news of what it gave come by a job
    if kind == "buy" and (offer_id := wishes.read_id(rest)):
        return await shop.show_offer(request, offer_id), True
    if kind == PAID:
        return await payments.show_paid(request), True
    if number := certificate_of(link):
        return await certificates.check(request, number), False
    if kind == "ref" and rest:
        await chats.record_referral(session, person.telegram_id, rest)
    return None, False
