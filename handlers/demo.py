"""`main.py demo` and `main.py sandbox`: the only place where the bot and the sandbox meet."""

import asyncio
import fcntl
import os
import signal
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from pydantic import SecretStr

from bot.catalogue.loading import load_file
from bot.clock import Clock
from bot.database import open_migrated
from bot.jobs import SCHEDULES
from bot.jobs.moving import ClockMover
from bot.sandbox.app import Sandbox
from bot.sandbox.clock import Now, machine_now
from bot.sandbox.yookassa import DEMO_SECRET_KEY, DEMO_SHOP_ID
from bot.settings import FixedSettings, Settings
from handlers.app import Application, PortInUseError

log = structlog.get_logger(__name__)

TOKEN = "7777777777:demo-of-lessongate"
ADMIN = 7000000003
PAYMENT_TOKEN = "381764678:TEST:demo"  # the sandbox takes any of the form of Telegram's test tokens
SCHOOL = Path(__file__).parents[1] / "bot" / "sandbox" / "school.toml"


class FolderInUseError(Exception):
    """Another demo or sandbox runs over the same folder; the message names it."""


def demo_settings(origin: str, data_dir: Path) -> Settings:
    """Nothing is taken from the environment."""
    return FixedSettings(
        bot_token=SecretStr(TOKEN),
        telegram_api_url=origin,
        data_dir=data_dir,
        admin_ids=(ADMIN,),
        http_port=0,
        yookassa_shop_id=DEMO_SHOP_ID,
        yookassa_secret_key=SecretStr(DEMO_SECRET_KEY),
        yookassa_api_url=f"{origin}/v3",
        telegram_payment_token=SecretStr(PAYMENT_TOKEN),
        support_contact="@lessongate_demo",
    )


async def demo(data_dir: Path, port: int, *, browser: bool) -> None:
    """The bot over the sandbox and an embedded database, both kept in `data_dir`/demo, as is how far its clock was
    moved. Raises FolderInUseError, PortInUseError."""
    folder = data_dir / "demo"
    with _alone_in(folder):
        clock = Clock(folder / "clock")
        sandbox, origin = await _start(folder, port, command="demo", now=clock.now)
        try:
            await _run(sandbox, clock, origin, folder, browser=browser)
        finally:
            await sandbox.stop()


async def _run(sandbox: Sandbox, clock: Clock, origin: str, folder: Path, *, browser: bool) -> None:
    settings = demo_settings(origin, folder)
    async with open_migrated(settings) as (dsn, _direct):
        app = Application(settings, dsn, clock=clock)
        for change in await load_file(app.database, SCHOOL):
            log.debug(str(change))
        await app.bot.set_my_name("Lessongate")
        await app.start()
        sandbox.yookassa.notifications_url = f"http://127.0.0.1:{app.http_port}/yookassa/webhook"
        mover = ClockMover(clock, app.database, app.worker, SCHEDULES, sandbox.yookassa.catch_up)
        sandbox.clock.advance = mover.advance
        _print(f"Lessongate demo: open {origin}", "Ctrl+C stops it; chats and payments are kept.")
        if browser:
            webbrowser.open(origin)
        await app.run_until_signal()


async def sandbox(data_dir: Path, port: int) -> None:
    """The sandbox alone, for any bot and any shop, kept in `data_dir`/sandbox.

    Raises FolderInUseError, PortInUseError.
    """
    with _alone_in(data_dir / "sandbox"):
        await _serve_sandbox(data_dir / "sandbox", port)


async def _serve_sandbox(folder: Path, port: int) -> None:
    world, origin = await _start(folder, port, command="sandbox", any_shop=True)
    _print(
        f"Sandbox: open {origin}",
        f"Bot API server:  {origin}  (any token of the form 123:abc)",
        f"YooKassa API:    {origin}/v3  (any shop id and key)",
        f"Its callbacks:   set their address on {origin}/dashboard",
    )
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await stopping.wait()
    await world.stop()


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Two would write the same chats and payments over one another. The kernel takes the lock back when its holder
    dies, so none is left behind. Raises FolderInUseError."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        hint = "end that one, or name another DATA_DIR"
        raise FolderInUseError(f"{folder} is in use: a demo or sandbox runs over it; {hint}") from None


async def _start(
    folder: Path, port: int, *, command: str, any_shop: bool = False, now: Now = machine_now
) -> tuple[Sandbox, str]:
    sandbox = Sandbox(folder, any_shop=any_shop, now=now)
    try:
        return sandbox, await sandbox.start(port)
    except OSError as error:
        hint = f"python main.py {command} --port {port + 1}"
        raise PortInUseError(f"port {port} can't be used ({error}); try: {hint}") from error


def _print(*lines: str) -> None:
    print("", *(f"  {line}" for line in lines), "", sep="\n", flush=True)
