"""`catalog check` without what a bot needs: an editor may call it after every change."""

import asyncio
import sys
from argparse import Namespace

from bot import logs
from bot.catalogue.checking import check_file
from bot.catalogue.errors import CatalogueError
from bot.settings import Settings


def execute(settings: Settings, asked: Namespace) -> int:
    """Holds `asked.file` against itself, and against the shop's settings where it has a bot; the exit status."""
    logs.set_up(settings.log_format, settings.log_level, settings.secrets())
    try:
        notes = check_file(asked.file, settings if settings.bot_token else None)
        if asked.files:
            from bot.catalogue.loading import check_addresses  # with all that a bot needs

            notes += asyncio.run(check_addresses(asked.file))
    except (CatalogueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(*notes, "ok", sep="\n")
    return 0
