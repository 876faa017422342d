"""The way to Telegram: straight, or through TELEGRAM_PROXY."""

from typing import Any, ClassVar

import aiohttp_socks
import orjson
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import ClientDecodeError, TelegramNetworkError, TelegramServerError
from aiogram.methods import Response, TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import InputFile
from aiohttp.payload import BytesPayload

from bot.settings import Settings

PROXY_ERRORS = (
    aiohttp_socks.ProxyError,
    aiohttp_socks.ProxyConnectionError,
    aiohttp_socks.ProxyTimeoutError,
)


def open_session(settings: Settings) -> "Session":
    """Names are always looked up by the proxy, so socks5:// and socks5h:// mean the same."""
    proxy = settings.telegram_proxy.get_secret_value() if settings.telegram_proxy else None
    return Session(
        api=TelegramAPIServer.from_base(settings.telegram_api_url),
        proxy=proxy.replace("socks5h://", "socks5://", 1) if proxy else None,
    )


class Session(AiohttpSession):
    """aiogram's, whose errors are all TelegramAPIErrors: neither the HTML page of a proxy's 502 nor a proxy that is
    away ends the bot.

    pydantic forgets the classes of answers as soon as nobody holds them, and making one anew takes longer than all
    that is done with it.
    """

    _answers: ClassVar[dict[Any, type[Response[Any]]]] = {}

    def build_form_data(self, bot: Bot, method: TelegramMethod[TelegramType]) -> Any:
        """As JSON where there is no file in it: a form is quoted sign by sign, and Russian is all quotes."""
        files: dict[str, InputFile] = {}
        fields = {
            name: prepared
            for name, value in method.model_dump(warnings=False).items()
            if (prepared := self.prepare_value(value, bot=bot, files=files))
        }
        if files:
            return super().build_form_data(bot, method)
        return BytesPayload(orjson.dumps(fields), content_type="application/json")

    async def make_request(
        self, bot: Bot, method: TelegramMethod[TelegramType], timeout: int | None = None
    ) -> TelegramType:
        """Raises TelegramNetworkError for failures of the proxy, too."""
        try:
            return await super().make_request(bot, method, timeout)
        except PROXY_ERRORS as error:
            raise TelegramNetworkError(method=method, message=f"TELEGRAM_PROXY: {error}") from error

    def check_response(
        self, bot: Bot, method: TelegramMethod[TelegramType], status_code: int, content: str
    ) -> Response[TelegramType]:
        """Raises ClientDecodeError only where Telegram did what was asked and its answer can't be read."""
        answer = method.__returning__
        if answer not in self._answers:
            self._answers[answer] = Response[answer]  # type: ignore[valid-type]  # known when it runs
        try:
            return super().check_response(bot, method, status_code, content)
        except ClientDecodeError as error:
            if isinstance(error.data, dict) and error.data.get("ok") is True:
                raise
            about = f"status {status_code}, not the Bot API's answer"
            raise TelegramServerError(method=method, message=about) from error

    async def close(self) -> None:
        """aiogram waits a quarter of a second besides, for connections that aiohttp by now closes itself."""
        if self._session is not None:
            await self._session.close()
