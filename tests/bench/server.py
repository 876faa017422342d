"""The measured process: our HTTP side on one port, bare handlers on another. Ends when its standard input does.

python -m tests.bench.server DSN TELEGRAM_URL    prints {"ours": port, "bare": port}
"""

import asyncio
import json
import sys
from typing import Any

import aiohttp
import asyncpg
import structlog
from aiohttp import web
from pydantic import SecretStr
from sqlalchemy import Engine, event

from bot.settings import FixedSettings, Settings
from bot.timings import Timings
from db.dsn import asyncpg_arguments
from handlers.app import Application, fast_loop

TOKEN = "7777777777:bench"
SECRET = "bench-of-the-tests"
# A few people write as much as a whole school: what is measured is the answer, not its refusal.
UNLIMITED = Timings(burst=10**9)
POOL = 10  # asyncpg's own default
INSERT = "insert into bench_callbacks (event, object_id, body) values ($1, $2, $3)"


def settings(telegram: str) -> Settings:
    return FixedSettings(
        bot_token=SecretStr(TOKEN),
        telegram_api_url=telegram,
        public_url="http://127.0.0.1:1",  # never called: the client knows the port
        webhook_secret=SecretStr(SECRET),
        http_port=0,
        admin_ids=(7,),
        support_contact="@bench",
        log_level="WARNING",
    )


class Bare:
    """What one would write first: no accounts, no transaction around anything, no defence."""

    def __init__(self, pool: asyncpg.Pool, client: aiohttp.ClientSession) -> None:
        self._pool = pool
        self._client = client
        self.statements = 0
        event.listen(Engine, "before_cursor_execute", self._count)

    def _count(self, *_: object) -> None:
        self.statements += 1

    async def callback(self, request: web.Request) -> web.Response:
        body = await request.json()
        await self._pool.execute(INSERT, body["event"], body["object"]["id"], json.dumps(body))
        return web.Response()

    async def update(self, request: web.Request) -> web.Response:
        message = (await request.json())["message"]
        answer: dict[str, Any] = {"chat_id": message["chat"]["id"], "text": "/start /help /courses"}
        async with self._client.post("sendMessage", json=answer) as response:
            await response.read()
        return web.Response()

    async def counted(self, _: web.Request) -> web.Response:
        return web.json_response(self.statements)

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.post("/callback", self.callback),
                web.post("/update", self.update),
                web.get("/statements", self.counted),
            ]
        )
        return app


async def serve(dsn: str, telegram: str) -> None:
    app = Application(settings(telegram), dsn, timings=UNLIMITED)
    app.context.username = "bench_bot"
    await app.start()
    async with (
        asyncpg.create_pool(**asyncpg_arguments(dsn), min_size=POOL, max_size=POOL) as pool,
        aiohttp.ClientSession(f"{telegram}/bot{TOKEN}/") as client,
    ):
        runner = web.AppRunner(Bare(pool, client).app(), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(json.dumps({"ours": app.http_port, "bare": runner.addresses[0][1]}), flush=True)
        await asyncio.to_thread(sys.stdin.read)
        await runner.cleanup()
    await app.close()


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.stdlib.LoggerFactory())
    with asyncio.Runner(loop_factory=fast_loop()) as loop:
        loop.run(serve(*sys.argv[1:]))
