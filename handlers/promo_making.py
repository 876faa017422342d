"""Promo codes are made: at once where /promo_new says all, else step by step; one, or a batch for one use each.

What was said so far is kept with the conversation, as of grants (`handlers/access/granting.py`).
"""

from collections.abc import Sequence
from typing import Any

from aiogram import F
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, InlineKeyboardButton, Message

from bot.chat.arguments import MAX_COUNT, Arguments, Problem, WrongArguments
from bot.chat.commands import PROMO_NEW
from bot.chat.conversation import PromoMaking
from bot.chat.keyboards import in_rows, press, rows
from bot.chat.paging import Page
from bot.chat.products import find_products
from bot.chat.promo_buttons import (
    BeginPromo,
    ChoosePromoCount,
    ChoosePromoDays,
    ChoosePromoProduct,
    ConfirmPromo,
    DropPromo,
    GeneratePromo,
    ShowPromoProducts,
)
from bot.chat.promo_links import promo_link
from bot.chat.replies import Reply, show
from bot.chat.rights import Right
from bot.context import Request
from bot.texts import errors
from bot.texts import promo_codes as words
from bot.texts.format import days as in_days
from bot.texts.format import label
from db import promo, promo_codes
from db.access.limits import MAX_DAYS
from db.acts import ActKind
from db.errors import ProductUnknown, PromoExists
from db.normal import clean_text
from db.promo_codes import MAX_BATCH
from db.shop.offers import get_product_name, list_all_products
from handlers.filters import goes_to, is_, role_router
from handlers.promo_batches import batch_keyboard, send_later
from handlers.promo_codes import A_PAGE, Event, card_keyboard
from handlers.promo_drafts import DRAFTS, MADE_UP, PromoDraft, choose_code, get_draft, read_command, save

COLUMNS = 3  # of numbers
DAYS = (7, 14, 30, 90, 180, 365)
COUNTS = (10, 30, 50, 100, 300, 1000)

router = role_router("promo_making", Right.PROMO)


# --- begun ---


@router.message(is_(PROMO_NEW))
async def create(message: Message, command: CommandObject, request: Request) -> Reply:
    """At once where all is said; else what is missing is asked for."""
    draft = PromoDraft()
    asked = Arguments(PROMO_NEW, command.args)
    try:
        if asked.left:
            await read_command(asked, draft, request)
    except (WrongArguments, ProductUnknown, PromoExists) as wrong:
        return await ask_next(message, request, draft, errors.slip(wrong, PROMO_NEW))
    if None in (draft.product_id, draft.days, draft.count):
        return await ask_next(message, request, draft)
    return await make(message, request, draft)


@router.callback_query(goes_to(PROMO_NEW))
async def begin(query: CallbackQuery, request: Request) -> Reply:
    return await ask_next(query, request, PromoDraft())


@router.callback_query(BeginPromo.filter())
async def begin_kind(query: CallbackQuery, callback_data: BeginPromo, request: Request) -> Reply:
    return await ask_next(query, request, PromoDraft(batch=callback_data.batch))


# --- what is still to be said ---


async def ask_next(event: Event, request: Request, draft: PromoDraft, problem: str = "") -> Reply:
    if draft.code is None and not draft.batch:
        return await ask_code(event, request, draft, problem)
    if draft.product_id is None:
        return await ask_product(event, request, draft, problem)
    if draft.days is None:
        return await ask_days(event, request, draft, problem)
    if draft.count is None:
        return await ask_count(event, request, draft, problem)
    await save(request, draft, PromoMaking.preview)
    confirm = press(words.CONFIRM_MANY if draft.batch else words.CONFIRM, ConfirmPromo(draft=draft.id))
    return show(event, await _so_far(request, draft, problem), rows(confirm, _drop(draft)))


async def _so_far(request: Request, draft: PromoDraft, problem: str, question: object = "") -> str:
    name = await get_product_name(request.session, draft.product_id)
    text = words.so_far(draft.code, name, draft.days, draft.count, batch=draft.batch)
    return "\n\n".join(str(part) for part in (problem, text, question) if str(part))


def _drop(draft: PromoDraft) -> InlineKeyboardButton:
    return press(words.DROP, DropPromo(draft=draft.id))


async def ask_code(event: Event, request: Request, draft: PromoDraft, problem: str) -> Reply:
    await save(request, draft, PromoMaking.code)
    text = await _so_far(request, draft, problem, words.ASK_CODE)
    return show(event, text, rows(press(words.GENERATE, GeneratePromo(draft=draft.id)), _drop(draft)))


@router.callback_query(GeneratePromo.filter())
async def generate(query: CallbackQuery, callback_data: GeneratePromo, request: Request) -> Reply:
    draft = await get_draft(request, callback_data.draft)
    await choose_code(request, draft, MADE_UP)
    return await ask_next(query, request, draft)


@router.message(PromoMaking.code, F.text, ~F.text.startswith("/"))
async def take_code(message: Message, request: Request) -> Reply:
    draft = await get_draft(request)
    asked = Arguments(PROMO_NEW, message.text)
    try:
        code = asked.new_code()
        asked.end()
        await choose_code(request, draft, code)
    except (WrongArguments, PromoExists) as wrong:
        return await ask_code(message, request, draft, errors.slip(wrong))
    return await ask_next(message, request, draft)


async def ask_product(
    event: Event, request: Request, draft: PromoDraft, problem: str, only: Sequence[int] = (), page: int = 0
) -> Reply:
    found = await list_all_products(request.session)
    found = [one for one in found if one.id in only] or found
    await save(request, draft, PromoMaking.product)
    place = Page(page, len(found), A_PAGE)
    buttons = [
        press(label(one.name), ChoosePromoProduct(draft=draft.id, product=one.id))
        for one in found[place.slice]
    ]
    turn = place.navigation_buttons(lambda number: ShowPromoProducts(draft=draft.id, page=number))
    text = await _so_far(request, draft, problem, words.ASK_PRODUCT if found else words.NO_PRODUCTS)
    return show(event, text, rows(*buttons, turn, _drop(draft)))


@router.callback_query(ShowPromoProducts.filter())
async def turn_products(query: CallbackQuery, callback_data: ShowPromoProducts, request: Request) -> Reply:
    draft = await get_draft(request, callback_data.draft)
    return await ask_product(query, request, draft, "", page=callback_data.page)


@router.callback_query(ChoosePromoProduct.filter())
async def choose_product(query: CallbackQuery, callback_data: ChoosePromoProduct, request: Request) -> Reply:
    draft = await get_draft(request, callback_data.draft)
    draft.product_id = callback_data.product
    return await ask_next(query, request, draft)


@router.message(PromoMaking.product, F.text, ~F.text.startswith("/"))
async def take_product(message: Message, request: Request) -> Reply:
    draft = await get_draft(request)
    written = clean_text(message.text or "")
    found = find_products(written.split(), await list_all_products(request.session))
    if len(found) != 1:
        wrong = WrongArguments(PROMO_NEW, Problem.SEVERAL if found else Problem.UNKNOWN, "PRODUCT", written)
        only = [one.id for one in found]
        return await ask_product(message, request, draft, errors.slip(wrong), only)
    draft.product_id = found[0].id
    return await ask_next(message, request, draft)


async def ask_days(event: Event, request: Request, draft: PromoDraft, problem: str) -> Reply:
    await save(request, draft, PromoMaking.days)
    buttons = [
        press(in_days(days), ChoosePromoDays(draft=draft.id, choice=at)) for at, days in enumerate(DAYS)
    ]
    text = await _so_far(request, draft, problem, words.ASK_DAYS)
    return show(event, text, rows(*in_rows(buttons, COLUMNS), _drop(draft)))


@router.callback_query(ChoosePromoDays.filter(F.choice < len(DAYS)))
async def choose_days(query: CallbackQuery, callback_data: ChoosePromoDays, request: Request) -> Reply:
    draft = await get_draft(request, callback_data.draft)
    draft.days = DAYS[callback_data.choice]
    return await ask_next(query, request, draft)


@router.message(PromoMaking.days, F.text, ~F.text.startswith("/"))
async def take_days(message: Message, request: Request) -> Reply:
    draft = await get_draft(request)
    try:
        draft.days = _number(message, "DAYS", MAX_DAYS)
    except WrongArguments as wrong:
        return await ask_days(message, request, draft, errors.slip(wrong))
    return await ask_next(message, request, draft)


async def ask_count(event: Event, request: Request, draft: PromoDraft, problem: str) -> Reply:
    await save(request, draft, PromoMaking.count)
    buttons = [
        press(str(count), ChoosePromoCount(draft=draft.id, choice=at)) for at, count in enumerate(COUNTS)
    ]
    text = await _so_far(request, draft, problem, words.ASK_CODES if draft.batch else words.ASK_PEOPLE)
    return show(event, text, rows(*in_rows(buttons, COLUMNS), _drop(draft)))


@router.callback_query(ChoosePromoCount.filter(F.choice < len(COUNTS)))
async def choose_count(query: CallbackQuery, callback_data: ChoosePromoCount, request: Request) -> Reply:
    draft = await get_draft(request, callback_data.draft)
    draft.count = COUNTS[callback_data.choice]
    return await ask_next(query, request, draft)


@router.message(PromoMaking.count, F.text, ~F.text.startswith("/"))
async def take_count(message: Message, request: Request) -> Reply:
    draft = await get_draft(request)
    try:
        draft.count = _number(message, "MAX", MAX_BATCH if draft.batch else MAX_COUNT)
    except WrongArguments as wrong:
        return await ask_count(message, request, draft, errors.slip(wrong))
    return await ask_next(message, request, draft)


def _number(message: Message, argument: str, high: int) -> int:
    """Raises WrongArguments."""
    asked = Arguments(PROMO_NEW, message.text)
    number = asked.whole(argument, 1, high)
    asked.end()
    return number


# --- made ---


@router.callback_query(ConfirmPromo.filter())
async def confirm(query: CallbackQuery, callback_data: ConfirmPromo, request: Request) -> Reply:
    draft = await get_draft(request, callback_data.draft)
    try:
        return await make(query, request, draft)
    except PromoExists as exists:  # made by somebody else since
        draft.code = None
        return await ask_next(query, request, draft, errors.slip(exists))


async def make(event: Event, request: Request, draft: PromoDraft) -> Reply:
    """Raises what `create_promo` raises."""
    assert draft.product_id is not None
    assert draft.days is not None
    assert draft.count is not None
    said: dict[str, Any] = {"days": draft.days, "count": draft.count}
    if draft.batch:
        batch = await promo_codes.create_batch(
            request.session, draft.product_id, draft.days, draft.count, request.now
        )
        await request.record_act(ActKind.PROMO_BATCH, product=batch.product, batch=batch.id, **said)
        await send_later(request, batch.id)
        reply = show(event, words.made_batch(batch), batch_keyboard(batch))
    else:
        assert draft.code is not None
        made = await promo.create_promo(
            request.session, draft.code, draft.product_id, draft.days, draft.count
        )
        await request.record_act(
            ActKind.PROMO_NEW, product=made.product, code=made.code, code_id=made.id, **said
        )
        link = promo_link(made.code, request.context.username)
        reply = show(event, words.made(made, link), card_keyboard(made, link))
    await request.state.clear()
    return reply


@router.callback_query(DropPromo.filter())
async def drop(query: CallbackQuery, callback_data: DropPromo, request: Request) -> Reply:
    """Of a draft that is over, only the message is closed."""
    await DRAFTS.drop(request, callback_data.draft)
    return show(query, words.DROPPED)
