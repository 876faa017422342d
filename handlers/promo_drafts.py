"""What an admin has said so far of promo codes that are to be made; kept with the conversation, ends with it."""

from dataclasses import dataclass, field

from bot.chat.arguments import MAX_COUNT, Arguments
from bot.chat.commands import PROMO_NEW
from bot.chat.conversation import PromoMaking
from bot.context import Request
from db import promo, promo_codes
from db.errors import PromoExists
from db.promo_codes import MAX_BATCH
from db.shop.offers import list_all_products
from handlers.conversation import Drafts, new_draft_id

MADE_UP = "*"  # in place of a code: one is made up; with a number behind it, so many for one use each


@dataclass(slots=True)
class PromoDraft:
    """`id`: which question a button belongs to. `count`: people for one code, or codes of a batch."""

    batch: bool = False
    code: str | None = None
    product_id: int | None = None
    days: int | None = None
    count: int | None = None
    id: int = field(default_factory=new_draft_id)


DRAFTS = Drafts(PromoDraft, PromoMaking)
save, get_draft = DRAFTS.save, DRAFTS.get


async def read_command(asked: Arguments, draft: PromoDraft, request: Request) -> None:
    """What is right before the first slip is kept. Raises WrongArguments, ProductUnknown, PromoExists."""
    code, count = asked.new_code(), None
    draft.batch = code.startswith(MADE_UP) and code != MADE_UP
    if draft.batch:
        count = Arguments(PROMO_NEW, code[1:]).whole("MAX", 1, MAX_BATCH)
    clash = None if draft.batch else await _choose_or_clash(request, draft, code)
    draft.product_id = await _product(asked, request) if asked.left else None
    draft.days = asked.days() if asked.left else None
    draft.count = count or (asked.whole("MAX", 1, MAX_COUNT) if asked.left else None)
    asked.end()
    if clash is not None:
        raise clash


async def _choose_or_clash(request: Request, draft: PromoDraft, code: str) -> PromoExists | None:
    try:
        await choose_code(request, draft, code)
    except PromoExists as clash:
        return clash
    return None


async def choose_code(request: Request, draft: PromoDraft, code: str) -> None:
    """Raises PromoExists."""
    if code == MADE_UP:
        (code,) = await promo_codes.generate_codes(request.session, 1)
    elif await promo.find_promo(request.session, code) is not None:
        raise PromoExists(code)
    draft.code = code


async def _product(asked: Arguments, request: Request) -> int:
    """Raises WrongArguments, ProductUnknown."""
    return asked.product(await list_all_products(request.session))
