"""A measured process: the bot, whose receiving half alone runs, or, asked to, its worker as well.

python -m tests.bench.server DSN TELEGRAM_URL [worker]

Prints its port as JSON, then a line of figures for each line that it reads; ends when its standard input does.
"""

import asyncio
import sys

import structlog
from pydantic import SecretStr
from sqlalchemy import Engine, event

from bot.settings import FixedSettings, Settings
from bot.timings import Timings
from handlers.app import Application, fast_loop, settle_memory
from tests.bench.process import SECRET, TOKEN, answer_figures

# A few people write as much as a whole school: what is measured is the answer, not its refusal.
UNLIMITED = Timings(burst=10**9)


def settings(telegram: str) -> Settings:
    return FixedSettings(
        bot_token=SecretStr(TOKEN),
        telegram_api_url=telegram,
        public_url="http://127.0.0.1:1",  # never called: the client knows the port
        webhook_secret=SecretStr(SECRET),
        http_port=0,
        yookassa_shop_id="100500",
        yookassa_secret_key=SecretStr("live_bench"),
        yookassa_api_url=f"{telegram}/v3",
        admin_ids=(7,),
        support_contact="@bench",
        log_level="WARNING",
    )


async def serve(dsn: str, telegram: str, worker: str = "") -> None:
    sent = 0

    def count(*_: object) -> None:
        nonlocal sent
        sent += 1

    event.listen(Engine, "before_cursor_execute", count)
    app = Application(settings(telegram), dsn, timings=UNLIMITED)
    app.context.username = "bench_bot"
    settle_memory()
    await app.start()
    working = asyncio.create_task(app.worker.run()) if worker else None
    await asyncio.to_thread(answer_figures, app.http_port, lambda: sent)
    if working is not None:
        app.worker.stop()
        await working
    await app.close()


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.stdlib.LoggerFactory())
    with asyncio.Runner(loop_factory=fast_loop()) as loop:
        loop.run(serve(*sys.argv[1:]))
