"""Open alerts, which admins dismiss, and parked payments, which they assign to an account and an offer."""

import secrets

from aiogram import F
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.admin_buttons import ShowPerson
from bot.chat.buttons import AssignParked, DismissAlert, ShowAlerts
from bot.chat.conversation import Assignment
from bot.chat.keyboards import press, rows
from bot.chat.replies import Reply, say, show
from bot.chat.rights import Right
from bot.context import Request
from bot.notifications.registry import word_alert
from bot.texts import alerts as words
from db import alerts
from db.accounts import people
from db.accounts.search import find_account
from db.acts import ActKind
from db.chats import list_reachable
from db.jobs import SettleAssignedJob
from db.normal import clean_text, number_form
from db.payments import parked
from db.queue import enqueue
from db.shop import courses
from handlers.filters import role_router

MAX_ALERTS = 10

router = role_router("alerts", Right.MONEY)


@router.callback_query(ShowAlerts.filter())
async def show_alerts(query: CallbackQuery, session: AsyncSession) -> Reply:
    return show(query, *await alerts_page(session))


async def alerts_page(session: AsyncSession) -> tuple[str, InlineKeyboardMarkup | None]:
    unclaimed = await parked.list_parked(session)
    buttons = [[press(words.assign_button(one), AssignParked(id=one.id))] for one in unclaimed]
    shown = []
    for number, one in enumerate(await alerts.list_open_alerts(session, MAX_ALERTS), 1):
        user_id = await alerts.find_person(session, one.kind, one.subject, one.facts)
        who = await people.get_account_summary(session, user_id) if user_id is not None else None
        shown.append((word_alert(one, who), one.created_at))
        card = [press(words.card_button(number, who), ShowPerson(id=who.id, stays=True))] if who else []
        buttons.append([*card, press(words.dismiss_button(number), DismissAlert(id=one.id))])
    text = words.alerts(shown, unclaimed)
    return text, rows(*buttons) if buttons else None


@router.callback_query(DismissAlert.filter())
async def dismiss(query: CallbackQuery, callback_data: DismissAlert, request: Request) -> Reply:
    dismissed = await alerts.mark_dismissed(request.session, callback_data.id, request.now)
    if dismissed is not None:
        await request.record_act(ActKind.ALERT, alarm=dismissed.kind, subject=dismissed.subject)
    return show(query, *await alerts_page(request.session))


@router.callback_query(AssignParked.filter())
async def ask_whom(query: CallbackQuery, callback_data: AssignParked, request: Request) -> Reply:
    one = await parked.get_parked(request.session, callback_data.id)
    await request.ask(Assignment.who_and_offer, parked=one.id)
    return say(query, words.ask_whom(one))


@router.message(Assignment.who_and_offer, F.text, ~F.text.startswith("/"))
async def assign(message: Message, request: Request) -> Reply:
    """The admin says whose payment it is; a job asks the provider whether it is paid, and settles it like any other.

    Raises PersonUnknown and its like, OfferGone, ParkedGone.
    """
    session, now = request.session, request.now
    who, _, written = clean_text(message.text or "").rpartition(" ")
    offer_id = number_form(written)
    if not who or not offer_id.isdecimal() or len(offer_id) > 18:
        return say(message, words.ASSIGN_USAGE)
    learner = await find_account(session, who, to_change=True)
    offer = await courses.get_offer(session, int(offer_id))
    chats = await list_reachable(session, learner.id)
    telegram_id = chats[0][0] if chats else 0
    parked_id = request.person.data["parked"]
    key = secrets.token_urlsafe(18)
    money = await parked.get_parked(session, parked_id)
    attempt_id = await parked.assign_parked(session, parked_id, learner.id, telegram_id, offer, key, now)
    await enqueue(session, SettleAssignedJob(attempt=attempt_id), priority=5)
    await alerts.close_parked_alert(session, parked_id, now)
    await request.record_act(
        ActKind.ASSIGN,
        user_id=learner.id,
        amount=money.amount,
        currency=money.currency,
        payment=money.payment_id,
        product=offer.product,
    )
    await request.state.clear()
    return say(message, words.assigned(offer, learner))
