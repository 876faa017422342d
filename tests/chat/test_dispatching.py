"""A table says which handlers are asked: who answers is who would in aiogram, which asks all of them."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from aiogram import Bot, Dispatcher, F, Router
from aiogram.filters import Command
from aiogram.fsm.state import State
from aiogram.types import CallbackQuery, Chat, Message, User

from bot.chat.buttons import Go, ShowLesson
from bot.chat.commands import STATUS
from handlers.dispatching import TableDispatcher
from handlers.filters import goes_to

ASKED = State("asked", group_name="test")
SOMEBODY = User(id=1, is_bot=False, first_name="Anna")


def routers() -> list[Router]:
    """Of each kind of filter one; the second one's are for nobody, but for presses."""
    first, second, third = (Router(name=name) for name in ("first", "second", "third"))

    async def nobody(_: Message) -> bool:
        return False

    second.message.filter(nobody)
    first.message.register(answering("command"), Command("status", "terms", ignore_case=True))
    first.message.register(answering("state"), ASKED, F.text, ~F.text.startswith("/"))
    second.message.register(answering("never"), F.text)
    third.message.register(answering("hello"), F.text == "hello")
    third.message.register(answering("other command"), F.text.startswith("/"))
    first.callback_query.register(answering("status"), goes_to(STATUS))
    second.callback_query.register(answering("lesson"), ShowLesson.filter(F.id == 3))
    third.callback_query.register(answering("place"), Go.filter())
    return [first, second, third]


def answering(name: str) -> Any:
    async def answer(*_: Any) -> str:
        return name

    return answer


def event_of(written: str) -> Message | CallbackQuery:
    if ":" in written:
        return CallbackQuery(id="1", from_user=SOMEBODY, chat_instance="1", data=written)
    chat = Chat(id=1, type="private")
    return Message(message_id=1, date=datetime.now(UTC), chat=chat, from_user=SOMEBODY, text=written)


async def test_the_same_handler_answers() -> None:
    bot = Bot("7:bench")
    plain, table = Dispatcher(disable_fsm=True), TableDispatcher(*routers())
    plain.include_routers(*routers())
    written = ("/status", " /Status@ now", "/terms", "/unknown", "hello", "other", "/", "")
    pressed = ("go:status", "go:terms", "go:", "lesson:3", "lesson:4", "lesson:", "nothing:1", ":")
    answers = set()
    for event in map(event_of, (*written, *pressed)):
        kind = "message" if isinstance(event, Message) else "callback_query"
        for state in (None, ASKED.state, "unknown"):
            expected, found = [
                await one.propagate_event(kind, event, bot=bot, raw_state=state) for one in (plain, table)
            ]
            assert found == expected, event
            answers.add(found)
    assert {"command", "state", "hello", "other command", "status", "lesson", "place"} < answers
    await bot.session.close()


async def test_a_filter_is_asked_where_its_event_is_handled() -> None:
    """Not in a thread: that would take longer than the answer."""
    router, threads = Router(), []

    def note(_: Message) -> bool:
        threads.append(threading.current_thread())
        return True

    router.message.register(answering("noted"), note, F.text)
    assert (
        await TableDispatcher(router).propagate_event("message", event_of("hello"), raw_state=None) == "noted"
    )
    assert threads == [threading.current_thread()]


async def test_a_router_with_a_middleware_around_its_filters_is_refused() -> None:
    """It would not be asked: such ones stand at the dispatcher."""
    router = Router()
    router.message.outer_middleware(answering("never"))
    with pytest.raises(AssertionError):
        await TableDispatcher(router).propagate_event("message", event_of("hello"), raw_state=None)
