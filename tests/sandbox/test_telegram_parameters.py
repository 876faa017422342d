"""No parameter of the Bot API is ignored in silence: it is read, refused, or documented as without effect."""

import inspect
import re
from pathlib import Path

import aiogram.methods
import pytest

from bot.sandbox.telegram.methods.limits import BY_METHOD, EVERYWHERE
from bot.sandbox.telegram.methods.registry import find_method, known_methods
from tests.sandbox.telegram_world import ANNA, Bot

ROOT = Path(__file__).parents[2]
# What these read counts for every method that sends or edits.
SHARED_MODULES = ("outbox", "text", "methods/messages")
SHARED = "".join((ROOT / f"bot/sandbox/telegram/{name}.py").read_text() for name in SHARED_MODULES)
# They say nothing without the description of a poll, which is refused.
EMPTY = {"description_parse_mode", "description_entities"}


def served() -> dict[str, set[str]]:
    """The parameters of each method that the sandbox has, as aiogram knows them."""
    known = (getattr(aiogram.methods, name) for name in aiogram.methods.__all__)
    classes = {one.__name__: one for one in known if hasattr(one, "model_fields")}
    return {name: set(one.model_fields) for name, one in classes.items() if find_method(name)}


def source(method: str) -> str:
    """Where its parameters are read."""
    module = inspect.getmodule(find_method(method))
    assert module
    return inspect.getsource(module) + SHARED


def test_every_parameter_is_read_refused_or_documented() -> None:
    text = (ROOT / "docs/sandbox.md").read_text()
    without_effect = set(re.findall(r"`(\w+)`", text.split("## Without effect")[1].split("\n## ")[0]))
    settled = without_effect | EVERYWHERE.keys() | EMPTY
    forgotten = {
        (method, name)
        for method, names in served().items()
        for name in names - settled - BY_METHOD.get(method.lower(), {}).keys()
        if f'"{name}"' not in source(method)
    }
    assert forgotten == set()
    assert without_effect <= {name for names in served().values() for name in names}


@pytest.mark.parametrize(
    ("method", "parameter", "value"),
    [
        ("sendMessage", "message_thread_id", 7),
        ("sendMessage", "business_connection_id", "x"),
        ("sendInvoice", "max_tip_amount", 100),
        ("sendPoll", "open_period", 60),
    ],
)
async def test_what_cannot_be_honoured_is_refused(
    bot: Bot, method: str, parameter: str, value: object
) -> None:
    refusal = await bot.refused(method, chat_id=ANNA, **{parameter: value})
    start = f'Bad Request: parameter "{parameter}" of {method} is not supported by the sandbox: '
    assert refusal.startswith(start)


async def test_what_asks_for_nothing_is_welcome(bot: Bot) -> None:
    await bot.person().send()
    nothing = {"message_thread_id": 0, "business_connection_id": "", "suggested_post_parameters": None}
    await bot.ok("sendMessage", chat_id=ANNA, text="x", no_such_parameter=1, **nothing)


def test_the_document_names_every_method() -> None:
    text = (ROOT / "docs/sandbox.md").read_text()
    listed = set(re.findall(r"`(\w+)`", text.split("### Methods")[1].split("\n## ")[0]))
    assert {name.lower() for name in listed} == set(known_methods())
