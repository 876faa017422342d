"""The demo and the sandbox from start to end."""

import asyncio
import signal
import webbrowser
from pathlib import Path

from pydantic import SecretStr

from bot.clock import Clock
from bot.database import open_migrated
from bot.jobs import SCHEDULES
from bot.jobs.moving import ClockMover
from bot.sandbox.app import Sandbox
from bot.sandbox.yookassa import DEMO_SECRET_KEY, DEMO_SHOP_ID
from bot.settings import FixedSettings, Settings
from handlers.app import Application
from handlers.demo.folder import alone_in, empty
from handlers.demo.school import ZONE, School
from handlers.processes import PortInUseError

TOKEN = "7777777777:demo-of-lessongate"
ADMINS = (7000000003, 7000000004)
SIGNALS = (signal.SIGTERM, signal.SIGINT)
SENDER = "Lessongate <school@lessongate.example>"
PAYMENT_TOKEN = "381764678:TEST:demo"  # the sandbox takes any of the form of Telegram's test tokens


def demo_settings(origin: str, data_dir: Path, smtp_url: str) -> Settings:
    """Nothing is taken from the environment."""
    return FixedSettings(
        bot_token=SecretStr(TOKEN),
        telegram_api_url=origin,
        data_dir=data_dir,
        admin_ids=ADMINS,
        http_port=0,
        yookassa_shop_id=DEMO_SHOP_ID,
        yookassa_secret_key=SecretStr(DEMO_SECRET_KEY),
        yookassa_api_url=f"{origin}/v3",
        telegram_payment_token=SecretStr(PAYMENT_TOKEN),
        timezone=ZONE,
        support_contact="@lessongate_demo",
        smtp_url=SecretStr(smtp_url),
        mail_from=SENDER,
        terms_url=f"{origin}/terms",
        privacy_url=f"{origin}/privacy",
    )


async def demo(data_dir: Path, port: int, *, browser: bool, language: str | None = None) -> None:
    """The bot over the sandbox and an embedded database, both kept in `data_dir`/demo, as is how far its clock was
    moved. `language`: the school's; None: the first browser's. Raises FolderInUseError, PortInUseError and
    OtherLanguageError."""
    folder = data_dir / "demo"
    with alone_in(folder):
        while next_language := await _world(folder, port, language, browser=browser):
            _leave_signals()
            empty(folder)
            language, browser = next_language, False


async def _world(folder: Path, port: int, language: str | None, *, browser: bool) -> str | None:
    """From its start to its end; the language of the next one, where the page asked to begin anew."""
    clock = Clock(folder / "clock")
    sandbox = Sandbox(folder, now=clock.now)
    school = School(folder, sandbox, language)
    sandbox.welcome(school)
    origin = await _start(sandbox, port, command="demo")
    try:
        settings = demo_settings(origin, folder, sandbox.mail.url)
        await _run(sandbox, school, clock, settings, browser=browser)
    finally:
        await sandbox.stop()
    return school.next_language


async def _run(sandbox: Sandbox, school: School, clock: Clock, settings: Settings, *, browser: bool) -> None:
    origin = settings.telegram_api_url
    async with open_migrated(settings) as (dsn, _direct):
        app = Application(settings, dsn, clock=clock)
        await school.open(app)
        await app.bot.set_my_name("Lessongate")
        await app.start()
        sandbox.yookassa.notifications_url = f"http://127.0.0.1:{app.http_port}/yookassa/webhook"
        mover = ClockMover(clock, app.database, app.worker, SCHEDULES, sandbox.yookassa.catch_up)
        await mover.restore()
        sandbox.clock.advance = mover.advance
        _print(f"Lessongate demo: open {origin}", "Ctrl+C stops it; chats and payments are kept.")
        if browser:
            webbrowser.open(origin)
        await app.run_until_signal()


async def sandbox(data_dir: Path, port: int) -> None:
    """The sandbox alone, for any bot and any shop, kept in `data_dir`/sandbox.

    Raises FolderInUseError, PortInUseError.
    """
    with alone_in(data_dir / "sandbox"):
        await _serve_sandbox(data_dir / "sandbox", port)


async def _serve_sandbox(folder: Path, port: int) -> None:
    world = Sandbox(folder, any_shop=True)
    origin = await _start(world, port, command="sandbox")
    _print(
        f"Sandbox: open {origin}",
        f"Bot API server:  {origin}  (any token of the form 123:abc)",
        f"YooKassa API:    {origin}/v3  (any shop id and key)",
        f"Mail server:     {world.mail.url}  (read at {origin}/mail)",
        f"Its callbacks:   set their address on {origin}/dashboard",
    )
    stopping = asyncio.Event()
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await stopping.wait()
    await world.stop()


async def _start(world: Sandbox, port: int, *, command: str) -> str:
    """Its origin. Raises PortInUseError."""
    try:
        return await world.start(port)
    except OSError as error:
        hint = f"python main.py {command} --port {port + 1}"
        raise PortInUseError(f"port {port} can't be used ({error}); try: {hint}") from error


def _leave_signals() -> None:
    """The application that heard them is gone; until the next one is up they end the process, as in a first start."""
    for number in SIGNALS:
        asyncio.get_running_loop().remove_signal_handler(number)


def _print(*lines: str) -> None:
    print("", *(f"  {line}" for line in lines), "", sep="\n", flush=True)
