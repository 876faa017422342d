"""Access is given or taken step by step: who, which course, how many days, a preview, a confirmation.

What was said so far is kept with the conversation (`handlers/access/drafts.py`); whatever a command says at once is not
asked for.
"""

from collections.abc import Sequence

from aiogram import F
from aiogram.types import CallbackQuery, InlineKeyboardButton, Message

from bot.chat import Text
from bot.chat.admin_buttons import (
    AskReason,
    BeginGrant,
    ChooseDays,
    ChoosePerson,
    ChooseProduct,
    DropGrant,
    ShowGrantProducts,
)
from bot.chat.arguments import Problem, WrongArguments
from bot.chat.commands import GRANT, REVOKE, Command
from bot.chat.conversation import Granting
from bot.chat.grants import read_days
from bot.chat.keyboards import in_rows, press, rows
from bot.chat.paging import Page
from bot.chat.products import find_products
from bot.chat.replies import Reply, say, show
from bot.chat.rights import Right
from bot.context import Request
from bot.texts import arguments, errors
from bot.texts.access import granting as words
from bot.texts.accounts import people as people_words
from bot.texts.format import days as in_days
from bot.texts.format import label
from db.accounts import people
from db.accounts.search import Found
from db.acts import MAX_REASON
from db.errors import AccessNotOwned, PersonAmbiguous, PersonNotRegistered, PersonUnknown, Refused
from db.normal import clean_text
from db.shop.offers import get_product_name
from handlers.access import many
from handlers.access.drafts import (
    DAYS,
    DRAFTS,
    Action,
    Draft,
    drop_button,
    get_draft,
    list_fitting_products,
    make_plan,
    preview_keyboard,
    register_first,
    save,
    shown_end,
)
from handlers.accounts.who import IS_NAMED, find_named, only_one
from handlers.filters import goes_to, role_router

Event = Message | CallbackQuery
PRODUCTS_A_PAGE = 8
COLUMNS = 3  # of numbers of days

router = role_router("granting", Right.GRANTS)


# --- who ---


@router.callback_query(goes_to(GRANT, REVOKE))
async def begin(query: CallbackQuery, place: Command, request: Request) -> Reply:
    action = Action.REVOKE if place is REVOKE else Action.GRANT
    return await ask_next(query, request, Draft(action))


@router.callback_query(BeginGrant.filter(F.action.in_(set(Action))))
async def begin_with(query: CallbackQuery, callback_data: BeginGrant, request: Request) -> Reply:
    """From somebody's card, which stays."""
    draft = Draft(Action(callback_data.action), user_id=callback_data.user)
    return await ask_next(query.model_copy(update={"message": None}), request, draft)


async def ask_who(event: Event, request: Request, draft: Draft, found: Found | None = None) -> Reply:
    await save(request, draft, Granting.who)
    text = words.so_far(
        draft.action, None, await get_product_name(request.session, draft.product_id), draft.days
    )
    buttons: list[InlineKeyboardButton] = []
    if found is None:
        text += f"\n\n{words.ASK_WHO}"
    else:
        text += "\n\n" + words.people(found.people, more=found.more)
        buttons = [
            press(people_words.choice(one), ChoosePerson(draft=draft.id, user=one.id)) for one in found.people
        ]
    return show(event, text, rows(*buttons, drop_button(draft)))


async def ask_who_again(event: Event, request: Request, draft: Draft, refused: Refused) -> Reply:
    await save(request, draft, Granting.who)
    if isinstance(refused, PersonAmbiguous) and refused.user_ids:
        found = [await people.get_account_summary(request.session, one) for one in refused.user_ids[:8]]
        return await ask_who(event, request, draft, Found(found))
    return say(event, errors.say(refused), rows(drop_button(draft)))


@router.message(Granting.who, IS_NAMED)
async def take_who(message: Message, request: Request) -> Reply:
    draft = await get_draft(request)
    try:
        found = await find_named(request.session, message)
    except (PersonUnknown, PersonNotRegistered, PersonAmbiguous) as refused:
        return await ask_who_again(message, request, draft, refused)
    if (one := only_one(found)) is None:
        return await ask_who(message, request, draft, found)
    draft.user_id, draft.people = one.id, ()
    return await ask_next(message, request, draft)


@router.callback_query(ChoosePerson.filter())
async def choose_person(query: CallbackQuery, callback_data: ChoosePerson, request: Request) -> Reply:
    draft = await get_draft(request, callback_data.draft)
    draft.user_id, draft.people = callback_data.user, ()
    return await ask_next(query, request, draft)


# --- what is still to be said ---


async def ask_next(
    event: Event, request: Request, draft: Draft, problem: str = "", products: Sequence[int] = ()
) -> Reply:
    """`problem`: what of a command was not understood; `products`: those it may have meant."""
    if request.person.account is None:
        return register_first(event)
    if draft.user_id is None and not draft.people:
        return await ask_who(event, request, draft)
    if draft.product_id is None:
        return await ask_product(event, request, draft, problem, products)
    if draft.days is None and not draft.whole:
        return await ask_days(event, request, draft, problem)
    return await preview(event, request, draft)


async def _so_far(request: Request, draft: Draft, problem: str) -> str:
    who = await people.get_account_summary(request.session, draft.user_id) if draft.user_id else None
    text = words.so_far(
        draft.action,
        who or len(draft.people),
        await get_product_name(request.session, draft.product_id),
        draft.days,
    )
    return f"{problem}\n\n{text}" if problem else text


# --- which course ---


async def ask_product(
    event: Event, request: Request, draft: Draft, problem: str = "", only: Sequence[int] = (), page: int = 0
) -> Reply:
    found = await list_fitting_products(request, draft)
    if draft.action is Action.REVOKE and not found:
        assert draft.user_id is not None
        raise AccessNotOwned(draft.user_id)
    found = [one for one in found if one.id in only] or found
    if len(found) == 1 and not problem:
        draft.product_id = found[0].id
        return await ask_next(event, request, draft)
    await save(request, draft, Granting.product)
    place = Page(page, len(found), PRODUCTS_A_PAGE)
    buttons = [
        press(label(one.name), ChooseProduct(draft=draft.id, product=one.id)) for one in found[place.slice]
    ]
    turn = place.navigation_buttons(lambda number: ShowGrantProducts(draft=draft.id, page=number))
    text = await _so_far(request, draft, problem)
    text += f"\n\n{words.ASK_PRODUCT if found else words.NO_PRODUCTS}"
    return show(event, text, rows(*buttons, turn, drop_button(draft)))


@router.callback_query(ShowGrantProducts.filter())
async def turn_products(query: CallbackQuery, callback_data: ShowGrantProducts, request: Request) -> Reply:
    draft = await get_draft(request, callback_data.draft)
    return await ask_product(query, request, draft, page=callback_data.page)


@router.callback_query(ChooseProduct.filter())
async def choose_product(query: CallbackQuery, callback_data: ChooseProduct, request: Request) -> Reply:
    draft = await get_draft(request, callback_data.draft)
    draft.product_id = callback_data.product
    return await ask_next(query, request, draft)


@router.message(Granting.product, F.text, ~F.text.startswith("/"))
async def take_product(message: Message, request: Request) -> Reply:
    draft = await get_draft(request)
    written = clean_text(message.text or "")
    found = find_products(written.split(), await list_fitting_products(request, draft))
    if len(found) != 1:
        problem = arguments.problem(
            WrongArguments(
                draft.action.command, Problem.SEVERAL if found else Problem.UNKNOWN, "PRODUCT", written
            )
        )
        return await ask_product(message, request, draft, f"⚠️ {problem}", [one.id for one in found])
    draft.product_id = found[0].id
    return await ask_next(message, request, draft)


# --- how many days ---


async def ask_days(event: Event, request: Request, draft: Draft, problem: str = "") -> Reply:
    await save(request, draft, Granting.days)
    revokes = draft.action is Action.REVOKE
    buttons = [press(in_days(days), ChooseDays(draft=draft.id, choice=at)) for at, days in enumerate(DAYS)]
    whole = press(words.ALL_LEFT, ChooseDays(draft=draft.id, choice=len(DAYS))) if revokes else None
    question = words.ASK_DAYS_TAKEN if revokes else words.ASK_DAYS
    text = f"{await _so_far(request, draft, problem)}\n\n{question}"
    return show(event, text, rows(*in_rows(buttons, COLUMNS), whole, drop_button(draft)))


@router.callback_query(ChooseDays.filter(F.choice <= len(DAYS)))
async def choose_days(query: CallbackQuery, callback_data: ChooseDays, request: Request) -> Reply:
    draft = await get_draft(request, callback_data.draft)
    draft.whole = callback_data.choice == len(DAYS)
    draft.days = None if draft.whole else DAYS[callback_data.choice]
    return await ask_next(query, request, draft)


@router.message(Granting.days, F.text, ~F.text.startswith("/"))
async def take_days(message: Message, request: Request) -> Reply:
    draft = await get_draft(request)
    try:
        draft.days, reason = read_days(draft.action.command, clean_text(message.text or "").split())
    except WrongArguments as wrong:
        return await ask_days(message, request, draft, f"⚠️ {arguments.problem(wrong)}")
    draft.reason = reason or draft.reason
    return await ask_next(message, request, draft)


# --- the preview ---


async def preview(event: Event, request: Request, draft: Draft, note: Text = "") -> Reply:
    if draft.people:
        return await many.preview(event, request, draft, note)
    plan = await make_plan(request, draft)
    draft.shown = shown_end(plan)
    await save(request, draft, Granting.preview)
    who = await people.get_account_summary(request.session, plan.user_id)
    text = words.preview(draft.action, plan, who, draft.reason, request.now)
    return show(event, f"{note}\n\n{text}" if note else text, preview_keyboard(draft, closes=plan.closes))


@router.callback_query(AskReason.filter())
async def ask_reason(query: CallbackQuery, callback_data: AskReason, request: Request) -> Reply:
    draft = await get_draft(request, callback_data.draft)
    await save(request, draft, Granting.reason)
    return say(query, words.ASK_REASON, rows(drop_button(draft)))


@router.message(Granting.reason, F.text, ~F.text.startswith("/"))
async def take_reason(message: Message, request: Request) -> Reply:
    draft = await get_draft(request)
    draft.reason = clean_text(message.text or "")
    if len(draft.reason) > MAX_REASON:
        wrong = WrongArguments(draft.action.command, Problem.TOO_LONG, "REASON", high=MAX_REASON)
        return say(message, f"⚠️ {arguments.problem(wrong)}")
    return await ask_next(message, request, draft)


@router.callback_query(DropGrant.filter())
async def drop(query: CallbackQuery, callback_data: DropGrant, request: Request) -> Reply:
    """Of a draft that is over, only the message is closed."""
    await DRAFTS.drop(request, callback_data.draft)
    return show(query, words.DROPPED)
