"""A person's card: who they are and what is open to them; their payments, gifts and progress, a page each."""

from collections.abc import Awaitable, Callable, Sequence

from aiogram import F
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup

from bot.chat.admin_buttons import (
    BeginGrant,
    EndAllSessions,
    RefundPurchase,
    ShowConnections,
    ShowPerson,
    ShowWaiting,
)
from bot.chat.history_buttons import ShowHistory
from bot.chat.keyboards import in_rows, press, rows
from bot.chat.replies import Reply, say, show, toast
from bot.chat.rights import Right, may
from bot.chat.support_buttons import WriteToPerson
from bot.context import Request
from bot.texts import support as support_words
from bot.texts.access import grants as grant_words
from bot.texts.access import unlocking as unlocking_words
from bot.texts.accounts import link as link_words
from bot.texts.accounts import people as words
from db import promo
from db.access import changes, grants
from db.accounts import people, record, sessions
from db.accounts.people import AccountSummary
from db.acts import ActKind
from db.connecting import moving
from db.lessons.progress import list_progress
from db.lessons.unlocking import list_waiting
from db.payments import purchases
from db.payments.purchases import PurchaseStatus, PurchaseSummary
from handlers.filters import role_router

MAX_LISTED = 10  # payments, grants and promo codes, each
MAX_LAST = 3  # payments on the first page
MAX_REFUNDS = 4  # buttons

router = role_router("card", Right.PEOPLE, Right.LESSONS)
sign_out_router = role_router("sign_out", Right.PEOPLE)

Buttons = list[InlineKeyboardButton | Sequence[InlineKeyboardButton]]


@router.callback_query(ShowPerson.filter(F.page < len(words.PAGES)))
async def show_card(query: CallbackQuery, callback_data: ShowPerson, request: Request) -> Reply:
    """Raises PersonUnknown."""
    place = say if callback_data.stays else show
    return place(query, *await draw_card(request, callback_data.id, callback_data.page))


async def draw_card(request: Request, user_id: int, page: int) -> tuple[str, InlineKeyboardMarkup]:
    """For who has no right to people's data only how they learn. Raises PersonUnknown."""
    who = await people.get_account_summary(request.session, user_id)
    if not has(request, Right.PEOPLE):
        text, buttons = await _progress(request, who.without_contacts)
        return text, rows(*buttons)
    text, buttons = await PAGES[page](request, who)
    turns = [
        press(title, ShowPerson(id=who.id, page=number))
        for number, title in enumerate(words.PAGES)
        if number != page
    ]
    return text, rows(*buttons, *in_rows(turns, 2))


def has(request: Request, right: Right) -> bool:
    return may(request.person, request.context.settings, right)


async def _main(request: Request, who: AccountSummary) -> tuple[str, Buttons]:
    session, now = request.session, request.now
    access = await changes.list_access(session, who.id)
    live = await sessions.count_sessions(session, who.id, now)
    text = words.card(
        who,
        await people.list_chats(session, who.id),
        await record.get_sign_in_ways(session, who.id),
        access,
        await record.list_merges(session, who.id),
        await purchases.list_purchases(session, who.id, MAX_LAST),
        await purchases.list_sums(session, who.id),
        live,
        now,
    )
    buttons: Buttons = [press(words.GRANT, BeginGrant(action="grant", user=who.id))]
    if any(one.ends_at is None or one.ends_at > now for one in access):
        extend = press(words.EXTEND, BeginGrant(action="extend", user=who.id))
        buttons.append((extend, press(words.SHORTEN, BeginGrant(action="revoke", user=who.id))))
    if await list_waiting(session, who.id, now, 1):
        buttons.append(press(unlocking_words.UNLOCK, ShowWaiting(user=who.id)))
    if has(request, Right.LINK) and await moving.list_undoable(session, who.id, now, 1):
        buttons.append(press(link_words.CONNECTIONS, ShowConnections(user=who.id)))
    if who.telegram_id is not None:
        buttons.append(press(support_words.WRITE_TO, WriteToPerson(user=who.id)))
    if has(request, Right.HISTORY):
        buttons.append(press(words.HISTORY, ShowHistory(user=who.id)))
    if live:
        buttons.append(press(words.END_SESSIONS, EndAllSessions(user=who.id)))
    return text, buttons


async def _payments(request: Request, who: AccountSummary) -> tuple[str, Buttons]:
    found = await purchases.list_purchases(request.session, who.id, MAX_LISTED)
    refunds: Buttons = [
        press(words.refund_button(one), RefundPurchase(purchase=one.id))
        for one in found
        if has(request, Right.MONEY) and _is_refundable(one)
    ]
    sums = await purchases.list_sums(request.session, who.id)
    return words.payments(who, found, sums), refunds[:MAX_REFUNDS]


def _is_refundable(one: PurchaseSummary) -> bool:
    return one.ours and one.status == PurchaseStatus.SUCCEEDED and one.refunded < one.amount


async def _gifts(request: Request, who: AccountSummary) -> tuple[str, Buttons]:
    granted = await grants.list_history(request.session, who.id, MAX_LISTED)
    used = await promo.list_uses(request.session, who.id, MAX_LISTED)
    return words.gifts(who, [grant_words.entry(one) for one in granted], used), []


async def _progress(request: Request, who: AccountSummary) -> tuple[str, Buttons]:
    session, now = request.session, request.now
    buttons: Buttons = []
    if not has(request, Right.PEOPLE):  # who sees no other page
        if await list_waiting(session, who.id, now, 1):
            buttons.append(press(unlocking_words.UNLOCK, ShowWaiting(user=who.id)))
        if who.telegram_id is not None:
            buttons.append(press(support_words.WRITE_TO, WriteToPerson(user=who.id)))
    return words.progress(who, await list_progress(session, who.id, now)), buttons


Draw = Callable[[Request, AccountSummary], Awaitable[tuple[str, Buttons]]]
PAGES: tuple[Draw, ...] = (_main, _payments, _gifts, _progress)  # as `words.PAGES` calls them


@sign_out_router.callback_query(EndAllSessions.filter(~F.sure))
async def ask_end_sessions(query: CallbackQuery, callback_data: EndAllSessions, request: Request) -> Reply:
    who = await people.get_account_summary(request.session, callback_data.user)
    count = await sessions.count_sessions(request.session, who.id, request.now)
    sure = press(words.END_SURE, EndAllSessions(user=who.id, sure=True))
    return show(
        query, words.ask_end_sessions(who, count), rows(sure, press(words.KEEP, ShowPerson(id=who.id)))
    )


@sign_out_router.callback_query(EndAllSessions.filter(F.sure))
async def end_sessions(query: CallbackQuery, callback_data: EndAllSessions, request: Request) -> Reply:
    """Whichever there are by now."""
    who = await people.get_account_summary(request.session, callback_data.user)
    count = await sessions.end_all(request.session, who.id, request.now)
    if count:
        await request.record_act(ActKind.SIGN_OUT, user_id=who.id, sessions=count)
    return [toast(query, words.sessions_ended(count)), show(query, *await draw_card(request, who.id, 0))]
