"""Any command and any button ends a question that is open."""

import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Generic, Protocol, TypeVar

from aiogram import F, Router
from aiogram.dispatcher.event.bases import UNHANDLED
from aiogram.fsm.state import State, StatesGroup
from aiogram.types import CallbackQuery, Message, TelegramObject
from pydantic import TypeAdapter, ValidationError

from bot.chat import Text
from bot.chat.conversation import Assignment, Promo
from bot.chat.replies import Reply, as_list, say
from bot.context import Request
from bot.texts import free_text as words
from db.errors import DraftGone

# What an admin looks up to answer which account and offer a payment belongs to.
LOOK_UPS = ("/offers", "/user", "offers:", "products:", "go:offers", "offask:")


async def end_question(
    handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
    event: TelegramObject,
    data: dict[str, Any],
) -> Any:
    """Middleware. A handler that opens or closes a question itself has done so; what was lost is said."""
    person = data["person"]
    if person.state == Promo.retyped.state and _ends(person.state, event):
        person.state, person.data, person.changed = None, {}, True
    before, gathered = person.state, person.data
    answer = await handler(event, data)
    if before is None or person.asked or not _ends(before, event):
        return answer
    person.state, person.data, person.changed = None, {}, True
    if before != Assignment.who_and_offer.state or not gathered or answer is UNHANDLED:
        return answer
    assert isinstance(event, Message | CallbackQuery)
    return [*as_list(answer), say(event, words.QUESTION_ENDED)]


def _ends(state: str, event: TelegramObject) -> bool:
    if isinstance(event, CallbackQuery):
        written = event.data or ""
    else:
        written = event.text or "" if isinstance(event, Message) else ""
        if not written.startswith("/"):
            return False
    return state != Assignment.who_and_offer.state or not written.startswith(LOOK_UPS)


def needs_text(router: Router, question: State, answer: Text) -> None:
    """Whatever is no text, a picture for one, is answered so, and the question stays open."""

    @router.message(question, ~F.text)
    async def ask_for_text(message: Message) -> Reply:
        return say(message, answer)


def new_draft_id() -> int:
    """By which a button tells which question it belongs to."""
    return secrets.randbelow(2**40) + 1


class HasId(Protocol):
    @property
    def id(self) -> int: ...


D = TypeVar("D", bound=HasId)


class Drafts(Generic[D]):
    """What was said so far in a conversation of several questions: kept with it, and ends with it."""

    def __init__(self, kind: type[D], questions: type[StatesGroup]) -> None:
        self._adapter = TypeAdapter(kind)
        self._states = questions.__all_states_names__

    async def save(self, request: Request, draft: D, question: State) -> None:
        await request.ask(question, draft=self._adapter.dump_python(draft, mode="json"))

    async def get(self, request: Request, draft_id: int | None = None) -> D:
        """The one that is open, where it is `draft_id`. Raises DraftGone."""
        try:
            draft = self._adapter.validate_python((await request.state.get_data())["draft"])
        except (KeyError, ValidationError) as error:
            raise DraftGone from error
        if request.person.state not in self._states or draft_id not in (None, draft.id):
            raise DraftGone
        return draft

    async def drop(self, request: Request, draft_id: int) -> None:
        """Does nothing to another one that is open by now."""
        with suppress(DraftGone):
            await self.get(request, draft_id)
            await request.state.clear()
