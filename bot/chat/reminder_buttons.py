"""Buttons of reminders: of what, in which zone, at what hour."""

from typing import Annotated

from aiogram.filters.callback_data import CallbackData
from pydantic import Field


class MuteReminders(CallbackData, prefix="mute"):
    """`group`: of kinds of reminders (db.reminders.due)."""

    group: str


class ToggleReminders(CallbackData, prefix="remindof"):
    group: str


class ChooseClock(CallbackData, prefix="clock"):
    """What time it is at somebody's: `minutes` from UTC; without them the question, or the school's own zone."""

    minutes: Annotated[int, Field(ge=-24 * 60, le=24 * 60)] | None = None


class ChooseZone(CallbackData, prefix="zone"):
    """`at`: which city of the list (bot.zones)."""

    at: Annotated[int, Field(ge=0, le=999)]


class ChooseHour(CallbackData, prefix="hour"):
    """Without an hour, the question."""

    hour: Annotated[int, Field(ge=8, le=21)] | None = None
