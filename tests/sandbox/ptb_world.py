"""Running a bot written with python-telegram-bot in the sandbox."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from telegram import Update
from telegram.ext import Application, ApplicationBuilder, BaseHandler, CallbackContext, ExtBot

from tests.sandbox.telegram_world import Bot, Json, Person

Context = CallbackContext[ExtBot[None], dict[Any, Any], dict[Any, Any], dict[Any, Any]]
Handler = BaseHandler[Any, Context, Any]
Callback = Callable[[Update, Context], Awaitable[Any]]


def built(bot: Bot) -> Application[Any, Any, Any, Any, Any, Any]:
    origin = bot.world.origin
    builder = ApplicationBuilder().token(bot.token).base_url(f"{origin}/bot")
    return builder.base_file_url(f"{origin}/file/bot").job_queue(None).build()


@asynccontextmanager
async def polling(bot: Bot, *handlers: Handler) -> AsyncIterator[Application[Any, Any, Any, Any, Any, Any]]:
    """The application with these handlers, asking for every kind of update; its errors fail the test."""
    app, errors = built(bot), list[BaseException | None]()

    async def failed(update: object, context: Context) -> None:
        errors.append(context.error)

    app.add_handlers(handlers)
    app.add_error_handler(failed)
    async with app:
        assert app.updater
        await app.updater.start_polling(timeout=5, allowed_updates=Update.ALL_TYPES)
        await app.start()
        try:
            yield app
        finally:
            await app.updater.stop()
            await app.stop()
    assert errors == []


async def said(person: Person, text: str, replies: int = 1) -> list[Json]:
    """What the bot answers to that text."""
    answer = await person.send(text, wait=20, replies=replies)
    found: list[Json] = answer["replies"]
    return found


async def replied(person: Person, text: str) -> str:
    (message,) = await said(person, text)
    return str(message["text"])
