"""Bots in the manner of python-telegram-bot's own examples: echo, deep links, buttons, conversations, files, errors."""

import asyncio
import base64
from typing import Any

import pytest
from aiohttp import web
from telegram import (
    Bot as PtbBot,
)
from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    Update,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter
from telegram.ext import (
    CallbackQueryHandler,
    CommandHandler,
    ConversationHandler,
    MessageHandler,
    filters,
)
from telegram.helpers import create_deep_linked_url, escape_markdown

from tests.sandbox.ptb_world import Context, built, polling, replied, said
from tests.sandbox.telegram_world import ANNA, BEN, PNG, Bot, World, webhook

# What the library will change in its own next release says nothing of the sandbox.
pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")


async def test_an_echo_and_a_greeting(bot: Bot) -> None:
    async def start(update: Update, context: Context) -> None:
        assert update.message
        assert update.effective_user
        await update.message.reply_html(f"Hi {update.effective_user.mention_html()}!")

    async def echo(update: Update, context: Context) -> None:
        assert update.message
        await update.message.reply_text(update.message.text or "", do_quote=True)

    text = MessageHandler(filters.TEXT & ~filters.COMMAND, echo)
    async with polling(bot, CommandHandler("start", start), text):
        assert await replied(bot.person(), "/start") == "Hi Анна Соколова!"
        (echoed,) = await said(bot.person(), "*not bold*")
    assert (echoed["text"], echoed["reply_to_message"]["text"]) == ("*not bold*", "*not bold*")


async def test_deep_links_lead_to_their_parameter(bot: Bot) -> None:
    async def start(update: Update, context: Context) -> None:
        assert update.message
        link = create_deep_linked_url(context.bot.username, "second-level")
        button = InlineKeyboardButton("Go on", url=link)
        await update.message.reply_text("first", reply_markup=InlineKeyboardMarkup.from_button(button))

    async def deeper(update: Update, context: Context) -> None:
        assert update.message
        link = create_deep_linked_url(context.bot.username, "third", group=True)
        text = f"[{escape_markdown(context.args[0], 2)}]({link})" if context.args else ""
        await update.message.reply_text(text, parse_mode=ParseMode.MARKDOWN_V2)

    second = CommandHandler("start", deeper, filters.Regex("second-level"))
    async with polling(bot, second, CommandHandler("start", start)):
        (first,) = await said(bot.person(), "/start")
        url = first["reply_markup"]["inline_keyboard"][0][0]["url"]
        assert url.startswith("https://t.me/sandbox_")
        (linked,) = await said(bot.person(), f"/start {url.partition('start=')[2]}")
    assert linked["text"] == "second-level"
    assert linked["entities"][0]["url"].endswith("?startgroup=third")


async def test_buttons_change_their_message(bot: Bot) -> None:
    async def start(update: Update, context: Context) -> None:
        assert update.message
        rows = [[InlineKeyboardButton(f"Option {n}", callback_data=str(n)) for n in (1, 2)]]
        await update.message.reply_text("Choose", reply_markup=InlineKeyboardMarkup(rows))

    async def chosen(update: Update, context: Context) -> None:
        query = update.callback_query
        assert query
        await query.answer()
        await query.edit_message_text(f"Option {query.data}")

    anna = bot.person()
    async with polling(bot, CommandHandler("start", start), CallbackQueryHandler(chosen)):
        (message,) = await said(anna, "/start")
        press = {"message_id": message["message_id"], "data": "2"}
        answer = await anna.give("/callbacks", press, wait=20, replies=1)
    assert [reply["text"] for reply in answer["replies"]] == ["Option 2"]
    assert answer["answer"]["text"] == ""


KIND, PHOTO, PLACE = range(3)


async def test_a_conversation_of_text_photo_and_place(bot: Bot) -> None:
    async def start(update: Update, context: Context) -> int:
        assert update.message
        keyboard: list[list[str | KeyboardButton]] = [
            ["Boy", "Girl"],
            [KeyboardButton("Where", request_location=True)],
        ]
        markup = ReplyKeyboardMarkup(keyboard, one_time_keyboard=True, input_field_placeholder="Who?")
        await update.message.reply_text("Who are you?", reply_markup=markup)
        return KIND

    async def kind(update: Update, context: Context) -> int:
        assert update.message
        context.user_data["kind"] = update.message.text  # type: ignore[index] # never None in a chat
        await update.message.reply_text("A photo?", reply_markup=ReplyKeyboardRemove())
        return PHOTO

    async def photo(update: Update, context: Context) -> int:
        assert update.message
        file = await update.message.photo[-1].get_file()
        data = await file.download_as_bytearray()
        await update.message.reply_text(f"{len(data)} bytes. Where?")
        return PLACE

    async def place(update: Update, context: Context) -> int:
        assert update.message
        assert update.message.location
        await update.message.reply_text(f"{context.user_data} {update.message.location.latitude}")
        return ConversationHandler.END

    states: Any = {
        KIND: [MessageHandler(filters.Regex("^(Boy|Girl)$"), kind)],
        PHOTO: [MessageHandler(filters.PHOTO, photo)],
        PLACE: [MessageHandler(filters.LOCATION, place)],
    }
    anna = bot.person()
    async with polling(bot, ConversationHandler([CommandHandler("start", start)], states, [])):
        assert await replied(anna, "/start") == "Who are you?"
        assert (await anna.chat())["reply_keyboard"]["keyboard"][0][1]["text"] == "Girl"
        assert await replied(anna, "Girl") == "A photo?"
        assert (await anna.chat())["reply_keyboard"] is None
        answer = await anna.give("/messages", {"photo": _base64(PNG)}, wait=20, replies=1)
        assert answer["replies"][0]["text"] == f"{len(PNG)} bytes. Where?"
        spot = {"location": {"latitude": 55.5, "longitude": 37.5}}
        answer = await anna.give("/messages", spot, wait=20, replies=1)
    assert answer["replies"][0]["text"] == "{'kind': 'Girl'} 55.5"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


async def test_a_message_sent_later(bot: Bot) -> None:
    """The timer example, with a task of the application's instead of APScheduler, which is an extra."""

    async def later(context: Context, chat: int) -> None:
        await asyncio.sleep(0.05)
        await context.bot.send_message(chat, "Beep!")

    async def timer(update: Update, context: Context) -> None:
        assert update.message
        context.application.create_task(later(context, update.message.chat_id))
        await update.message.reply_text("set")

    async with polling(bot, CommandHandler("set", timer)):
        answers = await said(bot.person(), "/set", replies=2)
    assert [answer["text"] for answer in answers] == ["set", "Beep!"]


async def test_state_of_users_and_chats(bot: Bot) -> None:
    async def count(update: Update, context: Context) -> None:
        assert update.message
        total, own = context.bot_data, context.user_data
        total["n"] = total.get("n", 0) + 1
        own["n"] = own.get("n", 0) + 1  # type: ignore[index,union-attr] # never None in a chat
        await update.message.reply_text(f"{own} of {total}")

    async with polling(bot, MessageHandler(filters.ALL, count)):
        await replied(bot.person(BEN), "x")
        assert await replied(bot.person(), "x") == "{'n': 1} of {'n': 2}"


async def test_everything_a_bot_sends_is_read_back(bot: Bot) -> None:
    await bot.person().send()
    async with built(bot).bot as client:
        await client.send_chat_action(ANNA, ChatAction.TYPING)
        files = [InputMediaDocument(b"a", filename="a.txt"), InputMediaDocument(b"b", caption="*b*")]
        album = await client.send_media_group(ANNA, files, parse_mode=ParseMode.MARKDOWN)
        assert {message.media_group_id for message in album} == {album[0].media_group_id}
        sticker = await client.send_sticker(ANNA, b"RIFF", emoji="👍")
        assert sticker.sticker
        assert sticker.sticker.emoji == "👍"
        contact = await client.send_contact(ANNA, "+1", "Ann", "Lee")
        assert contact.contact
        assert contact.contact.last_name == "Lee"
        venue = await client.send_venue(ANNA, 1.5, 2.5, "There", "Street")
        assert venue.venue
        assert venue.venue.location.longitude == 2.5
        assert await client.set_message_reaction(ANNA, venue.message_id, "🔥")
        assert (await client.get_chat_member(ANNA, ANNA)).status == "member"


async def test_refusals_are_read_as_what_they_are(world: World, bot: Bot) -> None:
    async with built(bot).bot as client:
        with pytest.raises(Forbidden):
            await client.send_message(BEN, "x")
        # python-telegram-bot writes the first letter large and all others small.
        with pytest.raises(BadRequest, match="Method senddice is not supported by the sandbox"):
            await client.send_dice(ANNA)
        with pytest.raises(BadRequest, match=r'Parameter "message_thread_id" of sendmessage'):
            await client.send_message(ANNA, "x", message_thread_id=5)
        await bot.person().send()
        with pytest.raises(BadRequest, match=r"character '\.' is reserved"):
            await client.send_message(ANNA, "a.", parse_mode=ParseMode.MARKDOWN_V2)
    with pytest.raises(InvalidToken):
        await PtbBot(f"{bot.id}:other", base_url=f"{world.origin}/bot").initialize()


async def test_a_flood_wait_is_understood() -> None:
    world = await World().start()
    try:
        bot = await world.new_bot()
        async with built(bot).bot as client:
            await world.faults(telegram_429=1)
            with pytest.raises(RetryAfter):
                await client.get_me()
    finally:
        await world.close()


async def test_a_webhook_of_ones_own(bot: Bot) -> None:
    """The custom webhook example: another web server puts updates into the application's queue."""

    async def hello(update: Update, context: Context) -> None:
        assert update.message
        await update.message.reply_text("hello")

    app = built(bot)
    app.add_handler(MessageHandler(filters.ALL, hello))
    async with webhook() as hook, app:

        async def take(update: Any) -> web.Response | None:
            await app.update_queue.put(Update.de_json(update, app.bot))
            return None

        hook.answer = take
        await app.bot.set_webhook(hook.url, allowed_updates=Update.ALL_TYPES)
        await app.start()
        assert await replied(bot.person(), "/start") == "hello"
        await app.stop()
        await app.bot.delete_webhook()
