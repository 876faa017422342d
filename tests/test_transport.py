"""What Telegram, or a proxy before it, may answer besides the Bot API's JSON."""

import pytest
from aiogram import Bot
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramServerError,
)
from aiogram.methods import GetMe

from bot.telegram import Session
from bot.updates.polling import GetRawUpdates


@pytest.fixture
async def bot() -> Bot:
    return Bot("1:token", session=Session())


@pytest.mark.parametrize(
    ("status", "content"),
    [(502, "<html>502 Bad Gateway</html>"), (200, ""), (200, "[]"), (504, '{"message": "upstream"}')],
)
async def test_a_page_of_a_proxy_is_a_failure_of_the_server(bot: Bot, status: int, content: str) -> None:
    with pytest.raises(TelegramServerError):
        bot.session.check_response(bot, GetRawUpdates(), status, content)


@pytest.mark.parametrize(
    ("status", "content", "error"),
    [
        (400, '{"ok": false, "error_code": 400}', TelegramBadRequest),
        (400, '{"ok": false, "error_code": 400, "description": 7, "parameters": []}', TelegramBadRequest),
        (502, '{"ok": false, "error_code": 502}', TelegramServerError),
        (413, '{"ok": false, "error_code": 413}', TelegramEntityTooLarge),
        (413, "<html>413 Request Entity Too Large</html>", TelegramEntityTooLarge),
        (418, '{"ok": false, "description": null}', TelegramAPIError),
    ],
)
async def test_a_refusal_has_words_whatever_it_lacks(
    bot: Bot, status: int, content: str, error: type[TelegramAPIError]
) -> None:
    with pytest.raises(TelegramAPIError) as refused:
        bot.session.check_response(bot, GetMe(), status, content)
    assert type(refused.value) is error
    assert isinstance(refused.value.message, str)


async def test_what_telegram_did_is_not_taken_for_a_failure(bot: Bot) -> None:
    with pytest.raises(ClientDecodeError):
        bot.session.check_response(bot, GetMe(), 200, '{"ok": true, "result": {"id": "new"}}')
