"""/reminders: whose hour it is at whose place, and of what nobody wants to hear."""

from dataclasses import replace
from datetime import timedelta

from aiogram import F
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from bot.chat.commands import REMINDERS, START
from bot.chat.keyboards import go, in_rows, press, rows
from bot.chat.reminder_buttons import (
    ChooseClock,
    ChooseHour,
    ChooseZone,
    MuteReminders,
    ToggleReminders,
)
from bot.chat.replies import Method, Reply, show, toast, without_pressed
from bot.context import Request
from bot.texts import home as home_words
from bot.texts import reminders as words
from bot.zones import CITIES, list_cities, list_offsets
from db.reminders.due import Group
from db.reminders.hours import DAY_BEGINS, NIGHT_BEGINS, zone_of
from db.reminders.people import Choices, get_choices, record_choices
from handlers.filters import SignedIn, goes_to, is_, router_for

router = router_for("reminders", SignedIn())

A_ROW = 4  # times, as many as a phone shows whole


@router.message(is_(REMINDERS))
@router.callback_query(goes_to(REMINDERS))
async def reminders(event: Message | CallbackQuery, request: Request) -> Reply:
    """The first time, the question what time it is."""
    chosen = await get_choices(request.session, request.person.user_id)
    return ask_clock(event, request) if chosen.zone is None else show_choices(event, chosen, request)


def show_choices(event: Message | CallbackQuery, chosen: Choices, request: Request) -> Method:
    zone = zone_of(chosen.zone, request.context.settings.zone)
    text = words.choices(
        words.city(str(zone)), request.now.astimezone(zone), chosen.hour, muted_by=len(chosen.muted)
    )
    groups = (
        press(words.group_button(one, muted=one in chosen.muted), ToggleReminders(group=one)) for one in Group
    )
    return show(
        event,
        text,
        rows(
            press(words.CHANGE_HOUR, ChooseHour()),
            press(words.CHANGE_ZONE, ChooseClock()),
            *groups,
            go(home_words.HOME, START),
        ),
    )


def ask_clock(event: Message | CallbackQuery, request: Request) -> Method:
    """By the clocks of all offsets there are now: Telegram does not say where somebody is."""
    now = request.now
    buttons = [
        press(
            words.clock((now + offset).replace(tzinfo=None)),
            ChooseClock(minutes=offset // timedelta(minutes=1)),
        )
        for offset in list_offsets(now)
    ]
    return show(event, words.WHAT_TIME, rows(at_the_school(request), *in_rows(buttons, A_ROW)))


def at_the_school(request: Request) -> InlineKeyboardButton | None:
    """Most people live by the school's clock: one tap for its city."""
    zone = request.context.settings.zone
    if str(zone) not in CITIES:
        return None
    local = request.now.astimezone(zone).replace(tzinfo=None)
    return press(words.clock_of(local, str(zone)), ChooseZone(at=CITIES.index(str(zone))))


@router.callback_query(ChooseClock.filter())
async def choose_clock(query: CallbackQuery, callback_data: ChooseClock, request: Request) -> Reply:
    found = [] if callback_data.minutes is None else list_cities(callback_data.minutes, request.now)
    if not found:  # the question; or clocks have changed since it was asked
        return ask_clock(query, request)
    buttons = [press(words.city(zone), ChooseZone(at=place)) for place, zone in found]
    return show(query, words.WHICH_CITY, rows(*buttons, press(words.NOT_HERE, ChooseClock())))


@router.callback_query(ChooseZone.filter())
async def choose_zone(query: CallbackQuery, callback_data: ChooseZone, request: Request) -> Reply:
    if callback_data.at >= len(CITIES):
        return ask_clock(query, request)
    chosen = await get_choices(request.session, request.person.user_id)
    return await record(query, replace(chosen, zone=CITIES[callback_data.at]), request)


@router.callback_query(ChooseHour.filter())
async def choose_hour(query: CallbackQuery, callback_data: ChooseHour, request: Request) -> Reply:
    if callback_data.hour is None:
        return show(query, words.WHICH_HOUR, hour_keyboard())
    chosen = await get_choices(request.session, request.person.user_id)
    return await record(query, replace(chosen, hour=callback_data.hour), request)


def hour_keyboard() -> InlineKeyboardMarkup:
    hours = [press(f"{hour}:00", ChooseHour(hour=hour)) for hour in range(DAY_BEGINS, NIGHT_BEGINS)]
    return rows(*in_rows(hours, A_ROW), go(words.BACK, REMINDERS))


@router.callback_query(ToggleReminders.filter(F.group.in_(set(Group))))
async def toggle(query: CallbackQuery, callback_data: ToggleReminders, request: Request) -> Reply:
    chosen = await get_choices(request.session, request.person.user_id)
    muted = set(chosen.muted) ^ {callback_data.group}
    return await record(query, replace(chosen, muted=tuple(sorted(muted))), request)


@router.callback_query(MuteReminders.filter(F.group.in_(set(Group))))
async def mute(query: CallbackQuery, callback_data: MuteReminders, request: Request) -> Reply:
    """Under a reminder, which keeps its other buttons."""
    chosen = await get_choices(request.session, request.person.user_id)
    muted = {*chosen.muted, callback_data.group}
    await keep(replace(chosen, muted=tuple(sorted(muted))), request)
    return [toast(query, words.MUTED, alert=True), *without_pressed(query)]


async def record(query: CallbackQuery, chosen: Choices, request: Request) -> Method:
    await keep(chosen, request)
    return show_choices(query, chosen, request)


async def keep(chosen: Choices, request: Request) -> None:
    school = request.context.settings.zone
    await record_choices(request.session, request.person.user_id, chosen, school, request.now)
