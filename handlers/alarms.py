"""What needs an admin's eyes: alarms until they are solved, and payments nobody claims, to be assigned."""

import secrets
from datetime import datetime
from typing import Any

from aiogram import F, Router
from aiogram.fsm.context import FSMContext
from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import Alarms, AssignParked, DismissAlert
from bot.chat.conversation import Assignment
from bot.chat.keyboards import press, rows
from bot.chat.replies import say, show
from bot.context import AppContext
from bot.notifications.registry import word_alert
from bot.texts import alerts as words
from db import alerts
from db.accounts import people
from db.chats import list_reachable
from db.jobs import SettleAssignedJob
from db.payments import parked
from db.queue import enqueue
from db.shop import courses
from handlers.filters import Admin

router = Router(name="alarms")
router.message.filter(Admin())
router.callback_query.filter(Admin())


@router.callback_query(Alarms.filter())
async def show_alarms(query: CallbackQuery, session: AsyncSession) -> Any:
    open_ones, unclaimed = await alerts.list_open_alerts(session, 10), await parked.list_parked(session)
    buttons = [press(words.assign_button(one), AssignParked(id=one.id)) for one in unclaimed]
    buttons += [press(words.dismiss_button(one), DismissAlert(id=one.id)) for one in open_ones]
    text = words.alerts([(word_alert(one), one.created_at) for one in open_ones], unclaimed)
    return show(query, text, rows(*buttons) if buttons else None)


@router.callback_query(DismissAlert.filter())
async def dismiss(
    query: CallbackQuery, callback_data: DismissAlert, session: AsyncSession, now: datetime
) -> Any:
    await alerts.mark_dismissed(session, callback_data.id, now)
    return await show_alarms(query, session)


@router.callback_query(AssignParked.filter())
async def ask_whom(
    query: CallbackQuery, callback_data: AssignParked, session: AsyncSession, state: FSMContext
) -> Any:
    one = await parked.get_parked(session, callback_data.id)
    await state.set_state(Assignment.who_and_offer)
    await state.set_data({"parked": one.id})
    return say(query, words.ask_whom(one))


@router.message(Assignment.who_and_offer, F.text, ~F.text.startswith("/"))
async def assign(
    message: Message, session: AsyncSession, state: FSMContext, context: AppContext, now: datetime
) -> Any:
    """It is fetched and settled like any other: the admin says whose it is, the provider whether it is paid."""
    who, _, offer_id = (message.text or "").strip().rpartition(" ")
    if not who or not offer_id.isdecimal() or len(offer_id) > 18:
        return say(message, words.ASSIGN_USAGE)
    user_id = (await people.find_account(session, who.strip())).id
    offer = await courses.get_offer(session, int(offer_id))
    chats = await list_reachable(session, user_id)
    telegram_id = chats[0][0] if chats else 0
    parked_id = (await state.get_data())["parked"]
    key = secrets.token_urlsafe(18)
    attempt_id = await parked.assign_parked(session, parked_id, user_id, telegram_id, offer, key, now)
    await enqueue(session, SettleAssignedJob(attempt=attempt_id), priority=5)
    await alerts.close_parked_alert(session, parked_id, now)
    await state.clear()
    return say(message, words.assigned(offer, user_id))
