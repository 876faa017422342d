"""The e-mail and the phone that a person may give, change and remove in /profile, or is asked for where a receipt needs
one. Neither is proven by that.
"""

from aiogram import F
from aiogram.types import CallbackQuery, Message, ReplyKeyboardRemove

from bot.chat import Text
from bot.chat.buttons import AskContact, DeleteContact, SendCode, ShowContact
from bot.chat.conversation import ContactQuestion
from bot.chat.emails import WrongEmailError, read_email
from bot.chat.keyboards import press, rows, share_phone
from bot.chat.phones import WrongPhoneError, read_phone
from bot.chat.replies import Reply, as_list, say, toast
from bot.context import Request
from bot.payments.receipts import takes_phone
from bot.texts import errors
from bot.texts.accounts import connect as connect_words
from bot.texts.accounts import contacts as words
from db.accounts import contacts
from db.connecting import addresses
from db.errors import Refused
from handlers.accounts.codes import send_code
from handlers.accounts.profile import profile
from handlers.conversation import needs_text
from handlers.filters import SignedIn, router_for
from handlers.shop import show_offer

EMAIL, PHONE = "email", "phone"

router = router_for("contacts", SignedIn())


@router.callback_query(ShowContact.filter(F.kind.in_({EMAIL, PHONE})))
async def show_contact(query: CallbackQuery, callback_data: ShowContact, request: Request) -> Reply:
    """What is known can be changed or removed; what is not is asked for."""
    kind = callback_data.kind
    known = await contacts.get_contacts(request.session, request.person.user_id)
    if not (known.typed_email if kind == EMAIL else known.phone):
        return await ask(query, callback_data, request)
    text = (
        words.known_email(known.typed_email or "") if kind == EMAIL else words.known_phone(known.phone or "")
    )
    buttons = (press(words.CHANGE, AskContact(kind=kind)), press(words.REMOVE, DeleteContact(kind=kind)))
    confirm = press(connect_words.CONFIRM, SendCode(typed=True))
    return say(
        query, text, rows(confirm if kind == EMAIL and await can_be_proven(request) else None, buttons)
    )


async def ask(query: CallbackQuery, callback_data: AskContact | ShowContact, request: Request) -> Reply:
    if callback_data.kind == EMAIL:
        await request.state.set_state(ContactQuestion.email)
        return say(query, words.ASK_EMAIL)
    await request.state.set_state(ContactQuestion.phone)
    return say(query, words.ASK_PHONE, share_phone(words.SHARE, words.SKIP))


router.callback_query.register(ask, AskContact.filter(F.kind.in_({EMAIL, PHONE})))


@router.callback_query(DeleteContact.filter(F.kind.in_({EMAIL, PHONE})))
async def delete_contact(query: CallbackQuery, callback_data: DeleteContact, request: Request) -> Reply:
    if callback_data.kind == EMAIL:
        await contacts.delete_email(request.session, request.person.user_id)
    else:
        await contacts.record_phone(request.session, request.person.user_id, None)
    return [toast(query, words.REMOVED), *as_list(await profile(query, request))]


@router.message(ContactQuestion.email, F.text, ~F.text.startswith("/"))
async def take_email(message: Message, request: Request) -> Reply:
    try:
        email = read_email(message.text or "")
    except WrongEmailError as error:
        return say(message, words.email_wrong(error))
    return await keep_email(message, email, request)


async def keep_email(message: Message, email: str, request: Request) -> Reply:
    """As it was typed, at once; where letters can be sent, a code then proves it."""
    session, user_id = request.session, request.person.user_id
    if (await contacts.get_contacts(session, user_id)).email == email:
        return await finish(message, request, connect_words.OWN_ALREADY)
    await contacts.record_email(session, user_id, email, request.now)
    if not await can_be_proven(request):
        return await finish(message, request, words.SAVED)
    try:
        async with session.begin_nested():
            return await send_code(request, email)
    except Refused as refused:
        return [say(message, errors.say(refused)), *as_list(await finish(message, request, words.SAVED))]


async def can_be_proven(request: Request) -> bool:
    sends_mail = request.context.settings.sends_mail
    return sends_mail and await addresses.is_changeable(request.session, request.person.user_id)


needs_text(router, ContactQuestion.email, words.EMAIL_WRONG)


@router.message(ContactQuestion.phone, F.contact)
async def take_contact(message: Message, request: Request) -> Reply:
    """Only one's own: Telegram says whose it is."""
    contact = message.contact
    if contact is None or contact.user_id != request.person.telegram_id:
        return say(message, words.OWN_CONTACT_ONLY, share_phone(words.SHARE, words.SKIP))
    return await keep_phone(message, f"+{contact.phone_number.removeprefix('+')}", request)


@router.message(ContactQuestion.phone, F.text, F.text.func(words.is_skip))
async def skip_phone(message: Message, request: Request) -> Reply:
    return await finish(message, request, words.UNCHANGED)


@router.message(ContactQuestion.phone, F.text, ~F.text.startswith("/"))
async def take_phone(message: Message, request: Request) -> Reply:
    return await keep_phone(message, message.text or "", request)


@router.message(ContactQuestion.phone, ~F.text)
async def phone_is_no_text(message: Message) -> Reply:
    return say(message, words.PHONE_WRONG, share_phone(words.SHARE, words.SKIP))


async def keep_phone(message: Message, written: str, request: Request) -> Reply:
    try:
        phone = read_phone(written)
    except WrongPhoneError:
        return say(message, words.PHONE_WRONG, share_phone(words.SHARE, words.SKIP))
    await contacts.record_phone(request.session, request.person.user_id, phone)
    return await finish(message, request, words.SAVED)


@router.message(ContactQuestion.receipt, F.contact)
async def take_contact_for_receipt(message: Message, request: Request) -> Reply:
    contact = message.contact
    if contact is None or contact.user_id != request.person.telegram_id:
        return say(message, words.OWN_CONTACT_ONLY)
    return await take_answer(message, f"+{contact.phone_number.removeprefix('+')}", request)


@router.message(ContactQuestion.receipt, F.text, ~F.text.startswith("/"))
async def take_receipt_contact(message: Message, request: Request) -> Reply:
    return await take_answer(message, message.text or "", request)


@router.message(ContactQuestion.receipt, ~F.text)
async def receipt_contact_is_no_text(message: Message, request: Request) -> Reply:
    return say(message, not_understood(request))


async def take_answer(message: Message, written: str, request: Request) -> Reply:
    """Kept, and the payment that was begun goes on, unless what it would buy is gone or open forever by now."""
    session, user_id = request.session, request.person.user_id
    try:
        if takes_phone(request.context.settings) and "@" not in written:
            await contacts.record_phone(session, user_id, read_phone(written))
        else:
            await contacts.record_email(session, user_id, read_email(written), request.now)
    except WrongPhoneError:
        return say(message, not_understood(request))
    except WrongEmailError as error:
        return say(message, words.email_wrong(error))
    offer_id = (await request.state.get_data())["offer"]
    await request.state.clear()
    return await show_offer(request, offer_id)


def not_understood(request: Request) -> Text:
    return words.NEITHER if takes_phone(request.context.settings) else words.EMAIL_WRONG


async def finish(message: Message, request: Request, done: Text) -> Reply:
    """The question ends, and the keys below the input go with it."""
    await request.state.clear()
    return [say(message, done, ReplyKeyboardRemove()), *as_list(await profile(message, request))]
