"""Any command and any button ends a question that is open."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiogram import F, Router
from aiogram.dispatcher.event.bases import UNHANDLED
from aiogram.fsm.state import State
from aiogram.types import CallbackQuery, Message, TelegramObject

from bot.chat import Text
from bot.chat.conversation import Assignment, Promo
from bot.chat.replies import Reply, as_list, say
from bot.texts import free_text as words

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


def needs_text(router: Router, question: State, answer: Text | Callable[[], str]) -> None:
    """Whatever is no text, a picture for one, is answered so, and the question stays open."""

    @router.message(question, ~F.text)
    async def ask_for_text(message: Message) -> Reply:
        return say(message, answer() if callable(answer) else answer)
