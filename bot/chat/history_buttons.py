"""Buttons of the history. Each holds what is looked for, so that an old one still leads where it says."""

from typing import Annotated

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.chat.buttons import Option

ALL, ELSEWHERE = -1, -2
MaybeId = Annotated[int, Field(ge=0, le=2**63 - 1)]


class ShowHistory(CallbackData, prefix="acts"):
    """`kind` and `period`: places in the lists that are offered. `user` (an account) and `before` (an act): 0 where
    there is none. `admin`: a Telegram id, ALL of them, 0 for the command line, ELSEWHERE for the other
    application."""

    user: MaybeId = 0
    admin: Annotated[int, Field(ge=ELSEWHERE, le=2**63 - 1)] = ALL
    kind: Option = 0
    period: Option = 0
    before: MaybeId = 0


class ChooseFilter(CallbackData, prefix="actsby"):
    """Shows what there is to choose from: `what` is kind, period or admin."""

    what: str
    user: MaybeId = 0
    admin: Annotated[int, Field(ge=ELSEWHERE, le=2**63 - 1)] = ALL
    kind: Option = 0
    period: Option = 0
