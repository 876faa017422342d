"""A bot written with pyTelegramBotAPI's AsyncTeleBot, which sends its parameters as the form of a GET."""

# Its decorators and constructors have no types, and each part of a message may be None by its types.
# mypy: disable-error-code="no-untyped-call, untyped-decorator, union-attr, index, arg-type, attr-defined"

import asyncio
from collections.abc import AsyncIterator

import pytest
from telebot import asyncio_helper
from telebot.async_telebot import AsyncTeleBot
from telebot.asyncio_helper import ApiTelegramException
from telebot.types import (
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LabeledPrice,
    Message,
    PreCheckoutQuery,
)

from tests.sandbox.telegram_world import ANNA, PNG, Bot, World


@pytest.fixture
async def client(world: World, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncTeleBot]:
    monkeypatch.setattr(asyncio_helper, "API_URL", world.origin + "/bot{0}/{1}")
    monkeypatch.setattr(asyncio_helper, "FILE_URL", world.origin + "/file/bot{0}/{1}")
    client = AsyncTeleBot(bot.token)
    yield client
    await client.close_session()


@pytest.fixture
async def polled(client: AsyncTeleBot) -> AsyncIterator[AsyncTeleBot]:
    """The client with the handlers of a small shop, polling."""

    @client.message_handler(commands=["start"])
    async def start(message: Message) -> None:
        markup = InlineKeyboardMarkup([[InlineKeyboardButton("Press", callback_data="press")]])
        await client.reply_to(message, "*Hello*", parse_mode="Markdown", reply_markup=markup)

    @client.callback_query_handler(func=lambda query: query.data == "press")
    async def pressed(query: CallbackQuery) -> None:
        await client.edit_message_text("pressed", query.message.chat.id, query.message.message_id)
        await client.answer_callback_query(query.id, "Done")

    @client.message_handler(commands=["buy"])
    async def buy(message: Message) -> None:
        prices = [LabeledPrice("Module", 250)]
        await client.send_invoice(message.chat.id, "Module", "30 days", "order", "", "XTR", prices)

    @client.pre_checkout_query_handler(func=lambda query: True)
    async def check(query: PreCheckoutQuery) -> None:
        await client.answer_pre_checkout_query(query.id, ok=True)

    @client.message_handler(content_types=["successful_payment"])
    async def paid(message: Message) -> None:
        await client.send_message(message.chat.id, f"paid {message.successful_payment.total_amount}")

    @client.message_handler(func=lambda message: True)
    async def echo(message: Message) -> None:
        await client.reply_to(message, message.text)

    polling = asyncio.create_task(client.polling(non_stop=True, timeout=5, request_timeout=10))
    yield client
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)


async def test_each_message_is_answered_once(bot: Bot, polled: AsyncTeleBot) -> None:
    anna = bot.person()
    (hello,) = (await anna.send("/start", wait=20, replies=1))["replies"]
    assert (hello["text"], hello["entities"][0]["type"]) == ("Hello", "bold")
    for text in ("one", "two"):
        (echo,) = (await anna.send(text, wait=20, replies=1))["replies"]
        assert (echo["text"], echo["reply_to_message"]["text"]) == (text, text)
    said = [message["text"] for message in (await anna.chat())["messages"] if not message.get("outgoing")]
    assert said == ["Hello", "one", "two"]


async def test_buttons_and_payments(bot: Bot, polled: AsyncTeleBot) -> None:
    anna = bot.person()
    (hello,) = (await anna.send("/start", wait=20, replies=1))["replies"]
    press = {"message_id": hello["message_id"], "data": "press"}
    pressed = await anna.give("/callbacks", press, wait=20)
    assert pressed["answer"]["text"] == "Done"
    (invoice,) = (await anna.send("/buy", wait=20, replies=1))["replies"]
    events = await bot.world.events(person=ANNA, bot=bot.id)
    pay = {"message_id": invoice["message_id"], "action": "pay"}
    assert (await anna.give("/invoices", pay))["status"] == "paid"
    while (await events.until("message"))["message"].get("text") != "paid 250":
        pass
    events.close()


async def test_files_and_refusals(bot: Bot, client: AsyncTeleBot) -> None:
    await bot.person().send()
    photo = await client.send_photo(ANNA, PNG, caption="a dot")
    file = await client.get_file(photo.photo[-1].file_id)
    assert await client.download_file(file.file_path) == PNG
    album = await client.send_media_group(ANNA, [InputMediaPhoto(PNG, "one"), InputMediaPhoto(PNG)])
    assert len({message.media_group_id for message in album}) == 1
    poll = await client.send_poll(ANNA, "Which?", ["A", "B"])
    assert [option.text for option in poll.poll.options] == ["A", "B"]
    with pytest.raises(ApiTelegramException, match="method sendDice is not supported by the sandbox"):
        await client.send_dice(ANNA)
    with pytest.raises(ApiTelegramException, match="can't parse entities"):
        await client.send_message(ANNA, "*x", parse_mode="Markdown")


async def test_a_wrong_token_is_unauthorized(bot: Bot, client: AsyncTeleBot) -> None:
    stranger = AsyncTeleBot(f"{bot.id}:other")
    with pytest.raises(ApiTelegramException, match="Unauthorized"):
        await stranger.get_me()
