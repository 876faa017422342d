"""What a reminder shows in the chat: one button that does it, and one that mutes its kind."""

from aiogram.types import InlineKeyboardButton
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import Continue, ShowOffer
from bot.chat.commands import REVIEW
from bot.chat.keyboards import go_below, press, rows
from bot.chat.reminder_buttons import MuteReminders
from bot.context import AppContext
from bot.notifications.notification import Notification
from bot.payments.offering import payment_methods
from bot.texts import home as home_words
from bot.texts import reminders as words
from db.access.changes import end_after, get_access
from db.reminders.due import Group, Kind, Reminder
from db.shop import courses


async def word(session: AsyncSession, one: Reminder, context: AppContext) -> Notification:
    """In the language in use."""
    mute = press(words.MUTE, MuteReminders(group=one.group))
    return Notification(words.text(one), rows(await _act(session, one, context), mute))


async def _act(session: AsyncSession, one: Reminder, context: AppContext) -> InlineKeyboardButton | None:
    if one.group is Group.ACCESS:
        return await _renew(session, one, context)
    if one.kind is Kind.REVIEW:
        return go_below(words.REVIEW, REVIEW)
    assert one.lesson_id is not None
    label = home_words.next_lesson(one.number, one.title)
    return press(label, Continue(lesson=one.lesson_id, stays=True))


async def _renew(session: AsyncSession, one: Reminder, context: AppContext) -> InlineKeyboardButton | None:
    """What was bought last, if it can be paid, with its price and its end."""
    assert one.module_id is not None
    offers = await courses.list_offers(session, one.module_id)
    able = [offer for offer in offers if payment_methods(offer, context.settings)]
    if not able:
        return None
    access = await get_access(session, one.user_id, one.module_id)
    offer = courses.choose_renewal(able, await courses.get_last_terms(session, one.user_id, one.module_id))
    return press(words.renew(offer, end_after(access, offer.days, context.now())), ShowOffer(id=offer.id))
