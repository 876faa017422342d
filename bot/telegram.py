"""The way to Telegram: straight, or through TELEGRAM_PROXY."""

from functools import cache
from http import HTTPStatus
from typing import Any, ClassVar, cast

import aiohttp_socks
import orjson
from aiogram import Bot
from aiogram.client.default import Default
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramEntityTooLarge,
    TelegramNetworkError,
    TelegramServerError,
)
from aiogram.methods import EditMessageReplyMarkup, EditMessageText, Response, SendMessage, TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import InputFile, MessageId, TelegramObject
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
        json_dumps=lambda value: orjson.dumps(value).decode(),
    )


PLAIN = (str, int, bool)
# Of the message that Telegram answers these with, nobody reads anything but its number.
NUMBERED = (SendMessage, EditMessageText, EditMessageReplyMarkup)


class Session(AiohttpSession):
    """aiogram's, whose errors are all TelegramAPIErrors: neither the HTML page of a proxy's 502 nor a proxy that is
    away ends the bot.

    pydantic forgets the classes of answers as soon as nobody holds them, and making one anew takes longer than all
    that is done with it.
    """

    _answers: ClassVar[dict[Any, type[Response[Any]]]] = {}

    def __init__(self, **options: Any) -> None:
        super().__init__(json_loads=_read_answer, **options)
        self._defaults: dict[str, Any] = {}

    def build_form_data(self, bot: Bot, method: TelegramMethod[TelegramType]) -> Any:
        """As JSON where there is no file in it: a form is quoted sign by sign, and Russian is all quotes."""
        fields = self._plain_fields(bot, method)
        if fields is None:
            files: dict[str, InputFile] = {}
            given = method.model_dump(warnings=False, exclude_none=True)
            keyboard = given.pop("reply_markup", None)
            prepared = {
                name: self.prepare_value(value, bot=bot, files=files) for name, value in given.items()
            }
            if files:
                return super().build_form_data(bot, method)
            fields = {name: value for name, value in prepared.items() if value or _clears(name, value)}
            if keyboard:
                fields["reply_markup"] = keyboard
        return BytesPayload(orjson.dumps(fields), content_type="application/json")

    def _plain_fields(self, bot: Bot, method: TelegramMethod[Any]) -> dict[str, Any] | None:
        """Of a method whose values need no preparing, as most have none but texts, numbers and a keyboard; None of
        others."""
        fields: dict[str, Any] = {}
        if method.model_extra:
            return None
        for name in _sent(type(method)):
            value = getattr(method, name)
            if isinstance(value, Default):
                value = self._default(bot, value.name)
            elif name == "reply_markup" and isinstance(value, TelegramObject):
                value = value.model_dump(warnings=False, exclude_none=True)
            elif value is not None and type(value) not in PLAIN:
                return None
            if value not in (None, "") or _clears(name, value):
                fields[name] = value
        return fields

    def _default(self, bot: Bot, name: str) -> Any:
        """What a bot has been made with doesn't change."""
        if name not in self._defaults:
            self._defaults[name] = self.prepare_value(bot.default[name], bot=bot, files={})
        return self._defaults[name]

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
        if isinstance(method, NUMBERED) and status_code == HTTPStatus.OK and (number := _number(content)):
            sent = cast(TelegramType, MessageId(message_id=number))
            return Response.model_construct(ok=True, result=sent)
        answer = method.__returning__
        if answer not in self._answers:
            self._answers[answer] = Response[answer]  # type: ignore[valid-type]  # known when it runs
        try:
            return super().check_response(bot, method, status_code, content)
        except ClientDecodeError as error:
            if isinstance(error.data, dict) and error.data.get("ok") is True:
                raise
            about = f"status {status_code}, not the Bot API's answer"
            if status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:  # a proxy's own limit
                raise TelegramEntityTooLarge(method=method, message=about) from error
            raise TelegramServerError(method=method, message=about) from error

    async def close(self) -> None:
        """aiogram waits a quarter of a second besides, for connections that aiohttp by now closes itself."""
        if self._session is not None:
            await self._session.close()


def _read_answer(content: str | bytes) -> Any:
    """With a description where a refusal has none: aiogram, and whoever catches its errors, looks into it."""
    answer = orjson.loads(content)
    if isinstance(answer, dict) and answer.get("ok") is False:
        if not isinstance(answer.get("description"), str):
            answer["description"] = "no description"
        if not isinstance(answer.get("parameters"), dict):
            answer["parameters"] = None
    return answer


@cache
def _sent(kind: type[TelegramMethod[Any]]) -> tuple[str, ...]:
    """Names of the fields that go to Telegram."""
    return tuple(name for name, about in kind.model_fields.items() if not about.exclude)


def _clears(name: str, value: Any) -> bool:
    """A copy has the caption of what it is copied from, unless it is given one: an empty one leaves it out."""
    return name == "caption" and value == ""


def _number(content: str) -> int | None:
    """Of the message in a plain answer; anything else is read in full."""
    try:
        match orjson.loads(content):
            case {"ok": True, "result": {"message_id": int(number)}}:
                return number
    except orjson.JSONDecodeError:
        pass
    return None
