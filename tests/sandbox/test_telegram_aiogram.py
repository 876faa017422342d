"""A bot written with aiogram takes the local Telegram for the real one, polling and by webhook."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiogram import Bot as AiogramBot
from aiogram import Dispatcher, F, Router
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramRetryAfter,
)
from aiogram.filters import Command
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllPrivateChats,
    BufferedInputFile,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LabeledPrice,
    Message,
    PreCheckoutQuery,
)
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

from tests.sandbox.telegram_world import ANNA, BEN, PNG, Bot, World

SECRET = "hook-secret"


@pytest.fixture
async def client(world: World, bot: Bot) -> AsyncIterator[AiogramBot]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(world.origin))
    async with AiogramBot(
        bot.token, session=session, default=DefaultBotProperties(parse_mode=ParseMode.HTML)
    ) as client:
        yield client


def dispatcher() -> Dispatcher:
    router = Router()

    @router.message(Command("start"))
    async def start(message: Message) -> None:
        button = InlineKeyboardButton(text="Нажми", callback_data="press")
        await message.answer(
            "<b>Привет</b> 😀", reply_markup=InlineKeyboardMarkup(inline_keyboard=[[button]])
        )

    @router.message(Command("buy"))
    async def buy(message: Message) -> None:
        prices = [LabeledPrice(label="Модуль", amount=250)]
        await message.answer_invoice("Модуль", "30 дней", "order", currency="XTR", prices=prices)

    @router.callback_query(F.data == "press")
    async def pressed(query: CallbackQuery) -> None:
        assert isinstance(query.message, Message)
        await query.message.edit_text("нажато")
        await query.answer("Готово")

    @router.pre_checkout_query()
    async def check(query: PreCheckoutQuery) -> None:
        await query.answer(ok=True)

    @router.message(F.successful_payment)
    async def paid(message: Message) -> Message | object:
        assert message.successful_payment
        return message.answer(f"оплачено {message.successful_payment.total_amount}")

    dispatcher = Dispatcher()
    dispatcher.include_router(router)
    return dispatcher


@asynccontextmanager
async def polling(client: AiogramBot) -> AsyncIterator[None]:
    dp = dispatcher()
    serving = dp.start_polling(client, polling_timeout=1, handle_signals=False, close_bot_session=False)
    task = asyncio.create_task(serving)
    try:
        yield
    finally:
        await dp.stop_polling()
        await task


@asynccontextmanager
async def by_webhook(client: AiogramBot) -> AsyncIterator[None]:
    app, dp = web.Application(), dispatcher()
    SimpleRequestHandler(dp, client, handle_in_background=False, secret_token=SECRET).register(app, "/hook")
    setup_application(app, dp)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    await client.set_webhook(url, secret_token=SECRET, allowed_updates=dp.resolve_used_update_types())
    try:
        yield
    finally:
        await client.delete_webhook()
        await runner.cleanup()


@pytest.mark.parametrize("transport", [polling, by_webhook])
async def test_a_whole_conversation(bot: Bot, client: AiogramBot, transport: object) -> None:
    assert callable(transport)
    anna = bot.person()
    async with transport(client):
        (greeting,) = (await anna.send("/start", wait=20, replies=1))["replies"]
        assert greeting["entities"] == [{"type": "bold", "offset": 0, "length": 6}]
        press = {"message_id": greeting["message_id"], "data": "press"}
        pressed = await anna.give("/callbacks", press, wait=20)
        assert pressed["answer"]["text"] == "Готово"
        (invoice,) = (await anna.send("/buy", wait=20, replies=1))["replies"]
        pay = {"message_id": invoice["message_id"], "action": "pay"}
        events = await bot.world.events(person=ANNA, bot=bot.id)
        assert (await anna.give("/invoices", pay))["status"] == "paid"
        while (await events.until("message"))["message"].get("text") != "оплачено 250":
            pass
        events.close()
    shown = {message["message_id"]: message for message in (await anna.chat())["messages"]}
    assert shown[greeting["message_id"]]["text"] == "нажато"


async def test_every_method_answers_in_aiograms_types(bot: Bot, client: AiogramBot) -> None:
    await bot.person().send("look")
    me = await client.get_me()
    assert (me.id, me.is_bot) == (bot.id, True)
    scope = BotCommandScopeAllPrivateChats()
    await client.set_my_commands([BotCommand(command="x", description="y")], scope=scope, language_code="ru")
    assert [one.command for one in await client.get_my_commands(scope, "ru")] == ["x"]
    await client.set_my_description("d")
    assert (await client.get_my_description()).description == "d"
    assert (await client.get_my_short_description()).short_description == ""
    assert (await client.get_my_name()).name
    assert (await client.get_chat(ANNA)).first_name == "Анна"
    assert (await client.get_chat_menu_button()).type == "default"
    assert (await client.get_webhook_info()).pending_update_count == 1
    photo = await client.send_photo(ANNA, BufferedInputFile(PNG, "я.png"), caption="<i>к</i>")
    assert photo.photo
    downloaded = await client.download(photo.photo[-1].file_id)
    assert downloaded
    assert downloaded.read() == PNG
    document = await client.send_document(ANNA, BufferedInputFile(b"x", "урок.txt"))
    assert document.document
    assert document.document.file_name == "урок.txt"
    assert (await client.copy_message(ANNA, ANNA, document.message_id)).message_id
    await client.send_chat_action(ANNA, "typing")
    await client.delete_message(ANNA, document.message_id)
    assert (await client.get_my_star_balance()).amount == 0
    assert (await client.get_star_transactions()).transactions == []


async def test_refusals_become_aiograms_exceptions(world: World, bot: Bot, client: AiogramBot) -> None:
    with pytest.raises(TelegramForbiddenError):
        await client.send_message(BEN, "x")
    await bot.person().send()
    with pytest.raises(TelegramBadRequest, match="can't parse entities"):
        await client.send_message(ANNA, "<b>x")
    with pytest.raises(TelegramBadRequest, match="method sendDice is not supported by the sandbox"):
        await client.send_dice(ANNA)
    poll = asyncio.create_task(client.get_updates(offset=10**9, timeout=20))
    await asyncio.sleep(0.05)
    await client.get_updates(offset=10**9)
    with pytest.raises(TelegramConflictError):
        await poll


async def test_a_flood_wait_names_its_seconds() -> None:
    world = await World().start()
    try:
        bot = await world.new_bot()
        session = AiohttpSession(api=TelegramAPIServer.from_base(world.origin))
        async with AiogramBot(bot.token, session=session) as client:
            await world.faults(telegram_429=1)
            with pytest.raises(TelegramRetryAfter) as caught:
                await client.get_me()
            assert caught.value.retry_after == 1
            assert (await client.get_me()).id == bot.id
    finally:
        await world.close()
