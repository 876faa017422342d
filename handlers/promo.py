"""Promo codes: redeemed by `/promo CODE`, by the button and then the code as text, or by a deep link
(`handlers/accounts/start.py`). Admins make them in `handlers/promo_making.py` and look after them in
`handlers/promo_codes.py`.
"""

from aiogram import F
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, Message

from bot.chat.commands import PROMO
from bot.chat.conversation import Promo
from bot.chat.replies import Reply, say
from bot.context import Request
from bot.notifications.events import PromoRedeemed
from bot.notifications.notify import notify
from bot.texts import errors
from bot.texts import promo as words
from db import promo
from db.cooldowns import Guess, count_try, delete_tries
from db.errors import PromoUnknown
from handlers.conversation import needs_text
from handlers.filters import SignedIn, goes_to, is_, router_for

router = router_for("promo", SignedIn())


@router.message(is_(PROMO))
@router.callback_query(goes_to(PROMO))
async def redeem_or_ask(
    event: Message | CallbackQuery, request: Request, command: CommandObject | None = None
) -> Reply:
    if command and command.args:
        return await redeem_code(event, command.args, request)
    await request.state.set_state(Promo.code)
    return say(event, words.ASK)


@router.message(Promo.code, F.text, ~F.text.startswith("/"))
async def take_code(message: Message, request: Request) -> Reply:
    return await redeem_code(message, message.text or "", request)


needs_text(router, Promo.code, words.TEXT_PLEASE)


async def redeem_code(event: Message | CallbackQuery, code: str, request: Request) -> Reply:
    """Silent where it worked: news of it come by a job. Raises what `db.promo.redeem` raises, and TooManyTries; the
    question stays open then: the next text is taken as a code again."""
    session, person, now = request.session, request.person, request.now
    timings = request.context.timings
    await count_try(
        session, person.telegram_id, Guess.PROMO, now, most=timings.tries, wait=timings.tries_wait
    )
    try:
        redeemed = await promo.redeem(session, person.user_id, code, now)
    except PromoUnknown as unknown:
        return say(event, errors.say(unknown))  # not raised: the try is to be committed
    await delete_tries(session, person.telegram_id, Guess.PROMO)
    await request.state.clear()
    await notify(
        session,
        person.user_id,
        PromoRedeemed(
            code=redeemed.code,
            product=redeemed.product,
            module=redeemed.module,
            module_id=redeemed.change.module_id,
            days=redeemed.days,
            ends_at=redeemed.change.after,
        ),
    )
    return None
