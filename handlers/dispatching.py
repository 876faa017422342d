"""Which handlers an event can be for at all: a table says it, before any filter is asked.

Routers and filters mean what they mean in aiogram, and are asked in their order. Left out are only those handlers that
wait for a command, a button or a state of the conversation which this event has not.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from aiogram import Dispatcher, Router
from aiogram.dispatcher.event.bases import UNHANDLED, MiddlewareType, NextMiddlewareType, SkipHandler
from aiogram.dispatcher.event.handler import FilterObject, HandlerObject
from aiogram.dispatcher.event.telegram import TelegramEventObserver
from aiogram.filters import Command
from aiogram.filters.callback_data import CallbackQueryFilter
from aiogram.fsm.state import State
from aiogram.types import CallbackQuery, Message, TelegramObject, Update

from db.ahead import Ahead
from handlers.filters import goes_to

Names = frozenset[str]
AHEAD = "ahead"  # a handler's flag: what it asks first, of the event (db/ahead.py)


class DirectFilter(FilterObject):
    """aiogram asks what is no coroutine in a thread, which takes longer than all that is done with the answer."""

    async def call(self, *args: Any, **kwargs: Any) -> Any:
        if self.awaitable:
            return await super().call(*args, **kwargs)
        return self.callback(*args, **self._prepare_kwargs(kwargs))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A handler, and what it waits for: commands or buttons, states; None for any and none."""

    handler: HandlerObject
    names: Names | None
    states: Names | None

    def may_take(self, names: Names, state: str | None) -> bool:
        return (self.names is None or not self.names.isdisjoint(names)) and (
            self.states is None or state in self.states
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Handlers of one router, whose filters `observer` asks; each with its middlewares around it."""

    observer: TelegramEventObserver
    handlers: list[tuple[HandlerObject, NextMiddlewareType[TelegramObject]]]

    async def trigger(self, event: TelegramObject, data: dict[str, Any]) -> Any:
        """As aiogram's, which puts the middlewares together for each event."""
        for handler, wrapped in self.handlers:
            passed, found = await handler.check(event, **data | {"handler": handler})
            if passed:
                with suppress(SkipHandler):
                    return await wrapped(event, found)
        return UNHANDLED


class Table:
    """Of one kind of update."""

    def __init__(self, observers: list[TelegramEventObserver]) -> None:
        self._waiting = [(one, [_waiting(handler) for handler in one.handlers]) for one in observers]
        everybody = [one for _, waiting in self._waiting for one in waiting]
        self._names = frozenset(name for one in everybody for name in one.names or ())
        self._states = frozenset(state for one in everybody for state in one.states or ())
        self._places: dict[tuple[Names, str | None], list[Place]] = {}
        self._ahead: dict[str, Callable[[Any], Ahead]] = {
            name: one.handler.flags[AHEAD]
            for one in everybody
            if AHEAD in one.handler.flags
            for name in one.names or ()
        }

    def ahead(self, event: TelegramObject) -> Ahead | None:
        for name in _names(event):
            if (asks := self._ahead.get(name)) is not None:
                with suppress(ValueError, TypeError):  # of a button's data
                    return asks(event)
        return None

    def places(self, event: TelegramObject, state: str | None) -> list[Place]:
        """Where the event may be taken, in the routers' order."""
        names = self._names.intersection(_names(event))  # what nobody waits for fills no memory
        key = names, state if state in self._states else None
        if (found := self._places.get(key)) is None:
            found = self._places[key] = list(self._find(*key))
        return found

    def _find(self, names: Names, state: str | None) -> Iterator[Place]:
        for observer, waiting in self._waiting:
            if handlers := [one.handler for one in waiting if one.may_take(names, state)]:
                wrap, around = observer.middleware.wrap_middlewares, list(_middlewares(observer))
                yield Place(observer, [(one, wrap(around, one.call)) for one in handlers])


class TableDispatcher(Dispatcher):
    """aiogram's own conversation state is off: it would be read on a connection of its own, ours is in the update's
    transaction (`bot.chat.conversation`)."""

    def __init__(self, *routers: Router) -> None:
        super().__init__(disable_fsm=True)
        self.include_routers(*routers)
        self._asking: dict[str, NextMiddlewareType[TelegramObject]] = {}
        self._tables: dict[str, Table] = {}

    def ahead(self, update: Update) -> Ahead | None:
        """What the handler that the update is probably for is going to ask first, as its flag `AHEAD` says."""
        return self._table(update.event_type).ahead(update.event)

    async def propagate_event(self, update_type: str, event: TelegramObject, **kwargs: Any) -> Any:
        if (asking := self._asking.get(update_type)) is None:
            asking = self._asking[update_type] = self._through_middlewares(update_type)
        return await asking(event, kwargs | {"event_router": self})

    def _through_middlewares(self, update_type: str) -> NextMiddlewareType[TelegramObject]:
        """Put together once: all are there before the first update."""
        table, observer = self._table(update_type), self.observers[update_type]

        async def ask(event: TelegramObject, **data: Any) -> Any:
            for place in table.places(event, data["raw_state"]):
                passed, found = await place.observer.check_root_filters(event, **data)
                answer = await place.trigger(event, found) if passed else UNHANDLED
                if answer is not UNHANDLED:
                    return answer
            return UNHANDLED

        return observer.middleware.wrap_middlewares(observer.outer_middleware, ask)

    def _table(self, update_type: str) -> Table:
        """Made once: all routers are there before the first update."""
        if (found := self._tables.get(update_type)) is None:
            observers = [router.observers[update_type] for router in self.sub_routers]
            assert not any([*one.outer_middleware] for one in observers), "the dispatcher has them"
            found = self._tables[update_type] = Table(observers)
        return found


def _middlewares(observer: TelegramEventObserver) -> Iterator[MiddlewareType[TelegramObject]]:
    """Of its router and those that this one is in, the outermost first."""
    for router in reversed(tuple(observer.router.chain_head)):
        yield from router.observers[observer.event_name].middleware


def _waiting(handler: HandlerObject) -> Waiting:
    filters = handler.filters or []
    names, states = None, None
    for one in filters:
        match one.callback:
            case Command(commands=commands) if all(isinstance(command, str) for command in commands):
                names = frozenset(map(str, commands))
            case CallbackQueryFilter(callback_data=data):
                names = frozenset({data.__prefix__})
            case goes_to(places=places):
                names = frozenset(places)
            case State(state=str(state)):
                states = frozenset({state})
    direct: list[FilterObject] = [DirectFilter(one.magic or one.callback) for one in filters]
    return Waiting(HandlerObject(handler.callback, filters=direct, flags=handler.flags), names, states)


def _names(event: TelegramObject) -> tuple[str, ...]:
    """The command; of a button its data and what they begin with."""
    if isinstance(event, CallbackQuery):
        data = event.data or ""
        return data, data.partition(":")[0]
    written = (event.text or event.caption or "").split(maxsplit=1) if isinstance(event, Message) else []
    if not written or not written[0].startswith("/"):
        return ()
    return (written[0][1:].partition("@")[0].casefold(),)
