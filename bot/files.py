"""Files that people sent, fetched from Telegram; by jobs only (docs/design.md#reply-after-commit)."""

from contextlib import aclosing

import aiohttp
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest, TelegramNotFound

from bot.context import AppContext
from bot.retry import RetryJobError

TIMEOUT = 60  # seconds
CHUNK = 65_536


class FileRefusedError(Exception):
    """Telegram does not hand it out (any more), or it is larger than wanted."""


async def fetch_file(context: AppContext, file_id: str, most: int) -> bytes:
    """Of at most `most` bytes, whatever Telegram has said of its size. Raises FileRefusedError; RetryJobError while
    Telegram can't be reached."""
    try:
        found = await context.bot.get_file(file_id)
        if found.file_path is None or (found.file_size or 0) > most:
            raise FileRefusedError
        return await _download(context, found.file_path, most)
    except (TelegramBadRequest, TelegramNotFound) as error:
        raise FileRefusedError from error
    except aiohttp.ClientResponseError as error:
        status = error.status
    except (TelegramAPIError, aiohttp.ClientError, TimeoutError) as error:
        raise RetryJobError(type(error).__name__) from None
    # Not from the error: its address bears the bot's token.
    raise FileRefusedError if 400 <= status < 500 else RetryJobError(f"status {status}")


async def _download(context: AppContext, path: str, most: int) -> bytes:
    session = context.bot.session
    url = session.api.file_url(context.bot.token, path)
    fetched = bytearray()
    async with aclosing(session.stream_content(url, timeout=TIMEOUT, chunk_size=CHUNK)) as chunks:
        async for chunk in chunks:
            fetched += chunk
            if len(fetched) > most:
                raise FileRefusedError
    return bytes(fetched)
