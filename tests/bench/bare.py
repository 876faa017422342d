"""The measured process beside ours: an aiogram bot that answers each message with one of its own, and a handler that
stores each callback. What one would write first: no accounts, no transaction around anything, no defence.

python -P tests/bench/bare.py DSN TELEGRAM_URL, with PYTHONPATH
"""

import asyncio
import json
import sys

import asyncpg
import uvloop
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

from tests.bench.process import SECRET, TOKEN, answer_figures

OF_CHATS = 20_000_000  # what tests/bench/paid.py has between purchases and chats
POOL = 10  # asyncpg's own default
INSERT = "insert into bench_callbacks (event, object_id, body) values ($1, $2, $3)"
TABLE = """
create table if not exists bench_callbacks (
    id bigint generated always as identity primary key, event text not null, object_id text not null,
    body text not null, received_at timestamptz not null default now()
)
"""


async def echo(message: Message) -> None:
    await message.answer(message.text or "")


def application(pool: asyncpg.Pool, telegram: str) -> web.Application:
    async def callback(request: web.Request) -> web.Response:
        body = await request.json()
        await pool.execute(INSERT, body["event"], body["object"]["id"], json.dumps(body))
        if request.path == "/paid":
            chat = int(body["object"]["metadata"]["purchase"]) + OF_CHATS
            await bot.send_message(chat, "Paid")
        return web.Response()

    app = web.Application()
    app.router.add_post("/callback", callback)
    app.router.add_post("/paid", callback)
    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(telegram)))
    dispatcher = Dispatcher()
    dispatcher.message.register(echo)
    # As a bot that must not lose an update has to: answered once it is handled.
    handler = SimpleRequestHandler(dispatcher, bot, handle_in_background=False, secret_token=SECRET)
    handler.register(app, path="/update")
    setup_application(app, dispatcher, bot=bot)
    return app


async def serve(dsn: str, telegram: str) -> None:
    async with asyncpg.create_pool(dsn, min_size=POOL, max_size=POOL) as pool:
        await pool.execute(TABLE)
        runner = web.AppRunner(application(pool, telegram), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        await asyncio.to_thread(answer_figures, runner.addresses[0][1], lambda: 0)
        await runner.cleanup()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(serve(*sys.argv[1:]))
