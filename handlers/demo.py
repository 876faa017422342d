"""`main.py demo` and `main.py sandbox`: the only place where the bot and the sandbox meet."""

import asyncio
import signal
import webbrowser
from pathlib import Path

import structlog
from pydantic import SecretStr

from bot.catalogue.loading import load_file
from bot.database import open_migrated
from bot.sandbox.app import Sandbox
from bot.sandbox.yookassa import DEMO_SECRET_KEY, DEMO_SHOP_ID
from bot.settings import FixedSettings, Settings
from handlers.app import Application, PortInUseError

log = structlog.get_logger(__name__)

PORT = 8077
TOKEN = "7777777777:demo-of-lessongate"
ADMIN = 7000000003
PAYMENT_TOKEN = "381764678:TEST:demo"  # the sandbox takes any of the form of Telegram's test tokens
SCHOOL = Path(__file__).parents[1] / "bot" / "sandbox" / "school.toml"


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
    """The bot over the sandbox and an embedded database, both kept in `data_dir`/demo. Raises PortInUseError."""
    folder = data_dir / "demo"
    sandbox, origin = await _start(folder, port, command="demo")
    try:
        settings = demo_settings(origin, folder)
        async with open_migrated(settings) as (dsn, _direct):
            app = Application(settings, dsn)
            for change in await load_file(app.database, SCHOOL):
                log.debug(str(change))
            await app.bot.set_my_name("Lessongate")
            await app.start()
            sandbox.yookassa.notifications_url = f"http://127.0.0.1:{app.http_port}/yookassa/webhook"
            _print(f"Lessongate demo: open {origin}", "Ctrl+C stops it; chats and payments are kept.")
            if browser:
                webbrowser.open(origin)
            await app.run_until_signal()
    finally:
        await sandbox.stop()


async def sandbox(data_dir: Path, port: int) -> None:
    """The sandbox alone, for any bot and any shop, kept in `data_dir`/sandbox. Raises PortInUseError."""
    world, origin = await _start(data_dir / "sandbox", port, command="sandbox", any_shop=True)
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


async def _start(folder: Path, port: int, *, command: str, any_shop: bool = False) -> tuple[Sandbox, str]:
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    sandbox = Sandbox(folder, any_shop=any_shop)
    try:
        return sandbox, await sandbox.start(port)
    except OSError as error:
        hint = f"python main.py {command} --port {port + 1}"
        raise PortInUseError(f"port {port} can't be used ({error}); try: {hint}") from error


def _print(*lines: str) -> None:
    print("", *(f"  {line}" for line in lines), "", sep="\n", flush=True)
