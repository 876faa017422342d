"""`main.py run` with short pauses, as a process to be killed: the same composition root, another Pace."""

import asyncio

from bot import logs
from bot.settings import load
from bot.timings import Timings, seconds
from handlers.app import fast_loop, serve

PACE = Timings(
    asks=seconds(1, 2, 4, 8),
    heartbeat=seconds(4)[0],
    dequeue=seconds(1)[0],
    job_retry=seconds(0.2)[0],
    job_retry_most=seconds(5)[0],
    restart=seconds(0.2)[0],
    restart_most=seconds(2)[0],
)


def main() -> None:
    settings = load()
    logs.set_up(settings.log_format, settings.log_level, settings.secrets())
    with asyncio.Runner(loop_factory=fast_loop()) as runner:
        runner.run(serve(settings, timings=PACE))


if __name__ == "__main__":
    main()
