"""Which methods of the Bot API the sandbox has."""

from collections.abc import Callable
from typing import Any, TypeVar

from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.params import Params

Method = Callable[[Context, Account, Params], Any]
AnyMethod = TypeVar("AnyMethod", bound=Method)
_METHODS: dict[str, Method] = {}


def method(name: str) -> Callable[[AnyMethod], AnyMethod]:
    """Serve that method by the decorated function; an awaitable result is awaited."""

    def keep(function: AnyMethod) -> AnyMethod:
        _METHODS[name.lower()] = function
        return function

    return keep


def known_methods() -> list[str]:
    """In lower case."""
    return sorted(_METHODS)


def find_method(name: str) -> Method | None:
    """Names are case-insensitive, as in the real server."""
    return _METHODS.get(name.lower())
