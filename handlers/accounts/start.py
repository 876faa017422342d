"""/start, registration and signing in. A deep link is remembered until the person is signed in."""

from datetime import timedelta

from aiogram import F, Router
from aiogram.filters import CommandObject
from aiogram.fsm.context import FSMContext
from aiogram.types import CallbackQuery, Message, ReplyKeyboardRemove
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import Agree, CheckPayment, Go, Register, SignIn
from bot.chat.commands import BUY, COURSES, LESSONS, PROMO, PURCHASES, START, STATUS
from bot.chat.conversation import Registration
from bot.chat.emails import WrongEmailError, read_email
from bot.chat.keyboards import go, open_url, press, rows, share_phone
from bot.chat.replies import Reply, as_list, say
from bot.context import AppContext, Request
from bot.texts import errors
from bot.texts.accounts import registration as words
from db import chats
from db.accounts import registration
from db.chats import Person
from db.cooldowns import Guess, count_try, delete_tries
from db.errors import EmailTaken, Refused
from db.shop import courses
from handlers import payments, promo, shop
from handlers.filters import is_
from handlers.home import show_home

router = Router(name="start")


@router.message(is_(START))
@router.callback_query(Go.filter(F.command == START.name))
async def start(
    event: Message | CallbackQuery, request: Request, command: CommandObject | None = None
) -> Reply:
    person, context = request.person, request.context
    await request.state.clear()
    link = (command.args or "").strip() if command else ""
    if person.signed_in:
        return await follow_link(request, link)
    remember(person, link)
    if person.account is not None:
        return say_sign_in(event, person)
    modules = await courses.list_modules(request.session)
    text = words.greeting(person.name, [module.name for module in modules], context.settings.asks_consent)
    keyboard = rows(press(words.REGISTER, Register()), go(words.SEE_COURSES, COURSES))
    return say(event, text, keyboard)


def home(event: Message | CallbackQuery, person: Person) -> Reply:
    """Where a signed-in person starts from."""
    return say(
        event,
        words.home(person.name),
        rows(
            (go(words.MY_LESSONS, LESSONS), go(words.MY_ACCESS, STATUS)),
            (go(words.SEE_COURSES, COURSES), go(words.HAVE_CODE, PROMO)),
        ),
    )


def remember(person: Person, link: str) -> None:
    """A deep link is remembered through registration or signing in and then followed; a plain /start forgets none.

    Who has no account yet has paid nothing that could be asked about."""
    if link and (link != "paid" or person.account is not None):
        person.start = link[:64]
        person.changed = True


async def follow_link(request: Request, link: str) -> Reply:
    """What a deep link asks for, or home where it asks for nothing. A refusal leaves the rest standing."""
    event, session, person = request.event, request.session, request.person
    kind, _, rest = link.partition("_")
    try:
        async with session.begin_nested():
            if kind == "promo" and rest:
                return await promo.redeem_code(event, rest, request)
            if kind == "buy" and rest.isdecimal() and len(rest) < 19:
                return await shop.show_offer(event, int(rest), session, request.context)
            if kind == "ref" and rest:
                await chats.record_referral(session, person.telegram_id, rest)
            elif kind == "check" and rest.isdecimal() and len(rest) < 19 and isinstance(event, CallbackQuery):
                asked = CheckPayment(purchase=int(rest))
                return await payments.check(event, asked, session, person, request.context, request.now)
            elif link == PURCHASES.name:
                return await payments.list_purchases(event, session, person)
            elif kind == "paid":
                return await payments.show_unpaid(event, session, person)
    except Refused as refused:
        return say(event, errors.say(refused))
    return await show_home(event, request)


@router.callback_query(Register.filter())
async def register(
    query: CallbackQuery, session: AsyncSession, person: Person, state: FSMContext, context: AppContext
) -> Reply:
    if person.account is not None:
        return home(query, person) if person.signed_in else say_sign_in(query, person)
    settings = context.settings
    if settings.asks_consent and not await registration.has_consented(
        session, person.telegram_id, settings.terms_version
    ):
        assert settings.terms_url
        assert settings.privacy_url
        links = (open_url(words.TERMS, settings.terms_url), open_url(words.PRIVACY, settings.privacy_url))
        return say(query, words.ASK_CONSENT, rows(links, press(words.AGREE, Agree())))
    return await ask_email(query, state)


@router.callback_query(Agree.filter())
async def agree(query: CallbackQuery, request: Request) -> Reply:
    session, person, settings = request.session, request.person, request.context.settings
    if settings.terms_url and settings.privacy_url:
        documents = {"terms": settings.terms_url, "privacy": settings.privacy_url}
        await registration.record_consent(
            session, person.telegram_id, documents, settings.terms_version, request.now
        )
    if person.account is not None:
        return home(query, person) if person.signed_in else say_sign_in(query, person)
    return await ask_email(query, request.state)


async def ask_email(event: Message | CallbackQuery, state: FSMContext) -> Reply:
    await state.set_state(Registration.email)
    return say(event, words.ASK_EMAIL)


@router.message(Registration.email, F.text, ~F.text.startswith("/"))
async def take_email(message: Message, request: Request) -> Reply:
    """Whether an address has an account is told a few times only. Raises TooManyTries."""
    session, state, context = request.session, request.state, request.context
    await count_try(
        session,
        request.person.telegram_id,
        Guess.EMAIL,
        request.now,
        most=context.timings.tries,
        wait=context.timings.tries_wait,
    )
    try:
        email = read_email(message.text or "")
    except WrongEmailError as error:
        return say(message, words.email_wrong(error))
    if not await registration.is_email_free(session, email):
        return say(message, words.email_taken(email, context.settings.support_contact))
    await state.set_data({"email": email})
    await state.set_state(Registration.phone)
    return say(message, words.ASK_PHONE, share_phone(words.SHARE, words.SKIP))


@router.message(Registration.email, ~F.text)
async def email_is_no_text(message: Message) -> Reply:
    return say(message, words.EMAIL_WRONG)


@router.message(Registration.phone, F.contact)
async def take_phone(message: Message, request: Request) -> Reply:
    contact = message.contact
    if contact is None or contact.user_id != request.person.telegram_id:
        return say(message, words.OWN_CONTACT_ONLY, share_phone(words.SHARE, words.SKIP))
    digits = "".join(sign for sign in contact.phone_number if sign.isdecimal())
    return await finish(message, request, f"+{digits}")


@router.message(Registration.phone, F.text, F.text.func(words.is_skip))
async def skip_phone(message: Message, request: Request) -> Reply:
    return await finish(message, request, None)


@router.message(Registration.phone, ~F.text | ~F.text.startswith("/"))
async def neither(message: Message) -> Reply:
    return say(message, words.SHARE_OR_SKIP, share_phone(words.SHARE, words.SKIP))


async def finish(message: Message, request: Request, phone: str | None) -> Reply:
    session, person, state, context = request.session, request.person, request.state, request.context
    email = (await state.get_data()).get("email")
    if not email:
        return await ask_email(message, state)
    keep = timedelta(days=context.settings.session_days)
    try:
        await registration.create_account(
            session,
            person.telegram_id,
            name=person.name,
            email=email,
            phone=phone,
            now=request.now,
            keep=keep,
        )
    except EmailTaken:
        await state.set_state(Registration.email)
        text = words.email_taken(email, context.settings.support_contact)
        return say(message, text, ReplyKeyboardRemove())
    await delete_tries(session, person.telegram_id, Guess.EMAIL)
    await state.clear()
    done = say(message, words.registered(email), ReplyKeyboardRemove())
    return [done, *as_list(await enter(request))]


@router.callback_query(SignIn.filter())
async def sign_in(query: CallbackQuery, request: Request) -> Reply:
    person = request.person
    if person.account is None:
        return say(query, words.NOT_REGISTERED, rows(press(words.REGISTER, Register())))
    if not person.signed_in:
        keep = timedelta(days=request.context.settings.session_days)
        await registration.sign_in(
            request.session, person.user_id, person.telegram_id, now=request.now, keep=keep
        )
    return await enter(request)


async def enter(request: Request) -> Reply:
    """Just signed in: what the deep link asked for, or home."""
    person = request.person
    link, person.start = person.start or "", None
    person.changed = True
    if person.account is None:
        person.account = await registration.get_account(request.session, person.telegram_id)
    return await follow_link(request, link)


def say_sign_in(event: Message | CallbackQuery, person: Person) -> Reply:
    text = words.welcome_back(person.name) if person.has_signed_in else words.first_visit(person.name)
    return say(event, text, rows(press(words.SIGN_IN, SignIn())))


def say_register(event: Message | CallbackQuery) -> Reply:
    return say(event, words.NOT_REGISTERED, rows(press(words.REGISTER, Register()), go(words.BUY, BUY)))
