"""An e-mail address is proven by a code: /connect for the address of an account at the school, /profile for one's own.

Until the code has come back nothing is looked up, and nothing is said, of whoever has the address
(docs/design.md#codes).
"""

import re
import secrets

from aiogram import F
from aiogram.types import CallbackQuery, Message

from bot.chat.buttons import ConnectByCode, Register, SendCode
from bot.chat.commands import CONNECT
from bot.chat.conversation import ConnectQuestion
from bot.chat.emails import WrongEmailError, read_email
from bot.chat.keyboards import go, press, rows
from bot.chat.replies import Reply, as_list, say
from bot.context import Request
from bot.mail.connected import tell_address_changed
from bot.mail.wording import EMAIL_CODE
from bot.texts import errors, language
from bot.texts.accounts import connect as words
from bot.texts.accounts import contacts as contact_words
from bot.texts.accounts import registration as registration_words
from db import outbox
from db.accounts import contacts
from db.connecting import addresses, codes
from db.connecting.codes import DIGITS, Checked
from db.connecting.moving import Proof
from db.errors import Refused
from db.normal import number_form
from db.outbox import Channel, Outgoing
from handlers.accounts.profile import profile
from handlers.accounts.site_links import ask
from handlers.conversation import needs_text
from handlers.filters import NotSignedOut, goes_to, is_, router_for

CODE = re.compile(rf"[0-9]{{{DIGITS}}}")

router = router_for("codes", NotSignedOut())


async def ask_address(event: Message | CallbackQuery, request: Request) -> Reply:
    """Or how else the account can be connected, where no letters can be sent."""
    settings = request.context.settings
    if not settings.sends_mail:
        by_link = settings.site_link_secret is not None
        return say(event, words.without_mail(by_link=by_link, contact=settings.support_contact))
    await request.state.set_state(ConnectQuestion.email)
    return say(event, words.ASK_ADDRESS)


router.message.register(ask_address, is_(CONNECT))
router.callback_query.register(ask_address, goes_to(CONNECT))


@router.message(ConnectQuestion.email, F.text, ~F.text.startswith("/"))
async def take_address(message: Message, request: Request) -> Reply:
    try:
        return await send_code(request, read_email(message.text or ""))
    except WrongEmailError as error:
        return say(message, contact_words.email_wrong(error))


needs_text(router, ConnectQuestion.email, contact_words.EMAIL_WRONG)


@router.callback_query(SendCode.filter())
async def send_again(query: CallbackQuery, callback_data: SendCode, request: Request) -> Reply:
    person, session = request.person, request.session
    if not request.context.settings.sends_mail:
        return await ask_address(query, request)
    if callback_data.typed and person.signed_in:
        email = (await contacts.get_contacts(session, person.user_id)).typed_email
    else:
        email = await codes.get_address(session, person.telegram_id)
    return await send_code(request, email) if email else await ask_address(query, request)


async def send_code(request: Request, email: str) -> Reply:
    """`email` in its normal form. Raises CodeTooSoon, TooManyTries."""
    context, telegram_id = request.context, request.person.telegram_id
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    ends_at = await codes.record_code(
        request.session, telegram_id, email, code, context.timings.codes, request.now
    )
    letter = Outgoing(
        channel=Channel.MAIL,
        recipient=email,
        kind=EMAIL_CODE,
        occasion=str(telegram_id),
        language=language(),
        payload={"code": code},
        expires_at=ends_at,
        asked_by=telegram_id,
    )
    await outbox.put(request.session, letter, request.now)
    await request.state.set_state(ConnectQuestion.code)
    buttons = (press(words.SEND_AGAIN, SendCode()), go(words.OTHER_ADDRESS, CONNECT))
    return say(request.event, words.code_sent(email), rows(*buttons))


async def take_code(message: Message, request: Request) -> Reply:
    written = re.sub(r"[\s-]", "", number_form(message.text or ""))
    if not CODE.fullmatch(written):
        return say(message, words.SIX_DIGITS)
    context, telegram_id = request.context, request.person.telegram_id
    checked = await codes.check_code(
        request.session, telegram_id, written, context.timings.codes, request.now
    )
    again = rows(press(words.SEND_AGAIN, SendCode()))
    match checked.result:
        case Checked.RIGHT:
            await request.state.clear()
            return await _go_on(request, checked.email)
        case Checked.WRONG:
            return say(message, words.code_wrong(checked.left), again)
        case Checked.EXPIRED:
            return say(message, words.CODE_EXPIRED, again)
        case Checked.USED_UP:
            return say(message, words.CODE_USED_UP, again)
        case Checked.NONE:
            await request.state.clear()
            return say(message, words.NO_CODE)


router.message.register(take_code, ConnectQuestion.code, F.text, ~F.text.startswith("/"))


needs_text(router, ConnectQuestion.code, words.SIX_DIGITS)


async def _go_on(request: Request, email: str) -> Reply:
    """A refusal is told; the code is used up all the same."""
    try:
        async with request.session.begin_nested():
            return await go_on(request, email)
    except Refused as refused:
        return say(request.event, errors.say(refused))


async def go_on(request: Request, email: str) -> Reply:
    """The address is proven: of another account, which is named before it is connected; of nobody, so that it becomes
    one's own."""
    session, person, event = request.session, request.person, request.event
    owner = await addresses.find_owner(session, email)
    if owner is None and person.account is None:
        return say(event, words.nobody_has(email), rows(press(registration_words.REGISTER, Register())))
    if owner is None:
        before = (await contacts.get_contacts(session, person.user_id)).email
        await addresses.use_address(session, person.user_id, email)
        await codes.delete_code(session, person.telegram_id)
        if before:
            await tell_address_changed(session, request.context, person.user_id, before)
        return [say(event, words.ADDRESS_PROVEN), *as_list(await profile(event, request))]
    if person.account is not None and owner == person.user_id:
        await codes.delete_code(session, person.telegram_id)
        return [say(event, words.OWN_ALREADY), *as_list(await profile(event, request))]
    return await ask(request, owner, Proof.CODE, ConnectByCode())
