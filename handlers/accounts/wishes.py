"""What a deep link would do, said before it is done: a promo code's days, an offer's price."""

from bot.context import Request
from bot.texts.accounts import registration as words
from db import promo
from db.cooldowns import Guess, count_try, is_cooling
from db.errors import PromoUnknown, PromoUsedUp
from db.promo import PromoOff
from db.shop import courses

MAX_DIGITS = 18  # of an id: more may not fit into a bigint


def read_id(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= MAX_DIGITS else None


async def describe(request: Request, link: str) -> str:
    """HTML; empty for a link that promises nothing. Raises what redeeming or buying would raise, and TooManyTries."""
    kind, _, rest = link.partition("_")
    if kind == "promo" and rest:
        return await _describe_promo(request, rest)
    if kind == "buy" and (offer_id := read_id(rest)):
        return words.wants_offer(await courses.get_offer(request.session, offer_id))
    return ""


async def _describe_promo(request: Request, code: str) -> str:
    """A wrong code is a wrong try; while tries cool off, a right one is told no more than a wrong one."""
    session, person, now, timings = request.session, request.person, request.now, request.context.timings
    user_id = person.account.id if person.account else None
    most, wait = timings.tries, timings.tries_wait
    try:
        found = await promo.get_preview(session, code, user_id, person.telegram_id)
    except (PromoUnknown, PromoUsedUp, PromoOff):
        await count_try(session, person.telegram_id, Guess.PROMO, now, most=most, wait=wait)
        raise
    if await is_cooling(session, person.telegram_id, Guess.PROMO, now, most=most, wait=wait):
        await count_try(session, person.telegram_id, Guess.PROMO, now, most=most, wait=wait)
    return words.wants_promo(found)
