"""aiogram's classes are built when they are first used (bot/__init__.py), and all of them can be."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from contextlib import suppress
from pathlib import Path

import aiogram.methods
import aiogram.types
from pydantic import BaseModel, ValidationError

from bot.chat.replies import Redraw

ROOT = Path(__file__).parents[1]
IMPORTED = "import handlers.app; from aiogram.types import Message; print(Message.__pydantic_complete__)"


async def test_none_is_built_before_it_is_used() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", IMPORTED, stdout=PIPE, cwd=ROOT)
    assert (await process.communicate())[0] == b"False\n"


def test_each_can_be_built() -> None:
    named = [getattr(module, name) for module in (aiogram.types, aiogram.methods) for name in module.__all__]
    named.append(Redraw)  # one of ours that stands on one of theirs
    classes = [one for one in named if isinstance(one, type) and issubclass(one, BaseModel)]
    assert len(classes) > 400
    for one in classes:
        if one is not aiogram.methods.TelegramMethod:  # abstract
            with suppress(ValidationError):
                one.model_validate({})
            assert one.__pydantic_complete__, one
