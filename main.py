"""Command line: what each command is called and takes. What it does is in handlers/commands.py."""

import argparse
import os
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.settings import FixedSettings, Settings, SettingsError, load

DEMO_PORT = 8077


def local_settings() -> Settings:
    """Of the environment only where local state is: for commands that must not touch the shop."""
    return FixedSettings(data_dir=Path(os.environ.get("DATA_DIR") or "var"))


def bot_settings() -> Settings:
    """Raises SettingsError, where there is no bot token too."""
    settings = load()
    if settings.bot_token is None:
        raise SettingsError(
            ["BOT_TOKEN: missing; BotFather gives it. To try without one: python main.py demo"]
        )
    return settings


def version() -> str:
    """From pyproject.toml: a checkout is run as it is, without being installed."""
    about = tomllib.loads(Path(__file__).with_name("pyproject.toml").read_text("utf-8"))
    return str(about["project"]["version"])


def at_least_one(written: str) -> int:
    if not written.isdecimal() or int(written) < 1:
        raise argparse.ArgumentTypeError(f"{written} is no number of processes: 1 or more")
    return int(written)


def parser() -> argparse.ArgumentParser:
    """What it parses has `command`, and `settings`, which reads them for it."""
    root = argparse.ArgumentParser(prog="main.py", description="Lessongate: time-limited access to learning.")
    root.add_argument("--version", action="version", version=f"%(prog)s {version()}")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, about: str, settings: Callable[[], Settings] = load) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=about, description=about)
        command.set_defaults(settings=settings)
        return command

    one = add("run", "Run the bot: updates, callbacks and jobs.", bot_settings)
    one.add_argument("--only", choices=("bot", "worker"), help="run only this half")
    one.add_argument(
        "--processes", type=at_least_one, metavar="N", help="so many on one port (with PUBLIC_URL)"
    )
    one.add_argument("--listening", type=int, help=argparse.SUPPRESS)  # the port as one of those is given it
    one = add("demo", "Chat with the bot in a browser: no token, no server, no provider.", local_settings)
    one.add_argument("--port", type=int, default=DEMO_PORT)
    one.add_argument("--no-browser", action="store_true")
    one.add_argument("--language", choices=("ru", "en"), help="of the school; else the first browser's")
    one = add("sandbox", "The demo's servers and page alone, for any bot and any token.", local_settings)
    one.add_argument("--port", type=int, default=DEMO_PORT)
    one = add("migrate", "Make or adopt the database.")
    one.add_argument("--create", action="store_true", help="make the tables also beside other ones")
    one = add("catalog", "Check or load a catalogue file or course folder, or export one.")
    one.add_argument("action", choices=("check", "load", "export"))
    one.add_argument("file", type=Path)
    one.add_argument("--files", action="store_true", help="check also what the file's addresses lead to")
    add("reconcile", "Compare the database with the providers, once.", bot_settings)
    add("doctor", "Look at all that the bot stands on, and say what to do.", local_settings)
    one = add("backup", "Write a backup of the database.")
    one.add_argument("file", type=Path)
    one = add("restore", "Read a backup into an empty database.")
    one.add_argument("file", type=Path)
    one.add_argument("--replace", action="store_true", help="into one that has rows: they are replaced")
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    asked = parser().parse_args(arguments)
    try:
        settings = asked.settings()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    # Not before: importing all that the bot needs takes seconds, and --help and wrong settings need none of it.
    if asked.command == "catalog" and asked.action == "check":
        from handlers.checking import execute
    else:
        from handlers.commands import execute

    return execute(settings, asked)


if __name__ == "__main__":
    sys.exit(main())
