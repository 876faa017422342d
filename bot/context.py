"""Dependencies of handlers and jobs (`AppContext`, one per app), and of one update (`Request`)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiogram import Bot
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State
from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import utc_now
from bot.lessons.messages import RichMessages
from bot.settings import Settings
from bot.texts import Localizer
from bot.timings import Timings
from bot.yookassa.client import YooKassa
from db.acts import ActKind, record_act
from db.chats import Person
from db.engine import Database


@dataclass(slots=True)
class AppContext:
    """`provider` is None where paying by YooKassa link is not offered; `username` is empty until Telegram
    has said it. `disabled_buttons`: the server has refused none so far. `now`: every rule's time; nothing else asks a
    clock (docs/design.md#time-is-an-argument)."""

    settings: Settings
    database: Database
    bot: Bot
    localizer: Localizer
    provider: YooKassa | None
    timings: Timings
    username: str = ""
    rich: RichMessages = field(default_factory=RichMessages)
    disabled_buttons: bool = True
    now: Callable[[], datetime] = utc_now


@dataclass(frozen=True, slots=True)
class Request:
    """One message or pressed button: who sent it, and the transaction it is handled in."""

    event: Message | CallbackQuery
    session: AsyncSession
    person: Person
    state: FSMContext
    context: AppContext
    now: datetime

    async def ask(self, question: State, **data: Any) -> None:
        """What is written next answers this question; `data` is kept with it."""
        await self.state.set_state(question)
        await self.state.set_data(data)

    async def record_act(
        self, kind: ActKind, *, user_id: int | None = None, reason: str = "", **facts: Any
    ) -> int:
        """What the admin who has sent this does (db/acts.py): its id."""
        admin = self.person.telegram_id
        return await record_act(
            self.session, admin, kind, self.now, user_id=user_id, reason=reason, facts=facts
        )
