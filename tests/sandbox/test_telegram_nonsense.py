"""Whatever is sent, the answer is an answer: no parameter makes the server fail."""

import random
from typing import Any

from tests.sandbox.telegram_world import ANNA, Bot, World

METHODS = [
    "sendMessage",
    "editMessageText",
    "editMessageMedia",
    "deleteMessages",
    "copyMessage",
    "sendPhoto",
    "sendInvoice",
    "createInvoiceLink",
    "answerPreCheckoutQuery",
    "answerCallbackQuery",
    "refundStarPayment",
    "getStarTransactions",
    "setMyCommands",
    "setMyName",
    "getFile",
    "setChatMenuButton",
    "sendChatAction",
    "getUpdates",
    "sendPoll",
    "stopPoll",
    "sendMediaGroup",
    "sendSticker",
    "sendContact",
    "sendLocation",
    "setMessageReaction",
    "answerShippingQuery",
    "getChatMember",
    "banChatMember",
    "createChatInviteLink",
    "approveChatJoinRequest",
]
NAMES = [
    "text",
    "parse_mode",
    "reply_markup",
    "reply_parameters",
    "entities",
    "caption",
    "message_id",
    "message_ids",
    "from_chat_id",
    "photo",
    "media",
    "prices",
    "currency",
    "title",
    "description",
    "payload",
    "provider_data",
    "offset",
    "limit",
    "allowed_updates",
    "commands",
    "scope",
    "language_code",
    "menu_button",
    "action",
    "callback_query_id",
    "ok",
    "user_id",
    "file_id",
    "link_preview_options",
    "question",
    "options",
    "type",
    "correct_option_ids",
    "latitude",
    "longitude",
    "phone_number",
    "reaction",
    "shipping_options",
    "member_limit",
    "sticker",
]
PATHS = ["/messages", "/callbacks", "/invoices"]
VALUES: tuple[Any, ...] = (
    *(None, "", "x", "[1", "\ud800", "nan", 0, -1, 1, 2**70, 1.5, True),
    *([], {}, [[]], [1], ["x"], [[1]], [{}], [[{}]], [[{"text": 1}]], {"type": []}, {"message_id": "x"}),
    *({"inline_keyboard": 1}, {"inline_keyboard": [[{"text": "a", "url": 5}]]}, {"keyboard": "x"}),
    *(
        [{"type": "bold", "offset": "a", "length": 1}],
        [{"label": "x", "amount": {}}],
        {"type": "photo", "media": 5},
    ),
)


async def test_calls(bot: Bot) -> None:
    await bot.person().send()
    chance = random.Random(1)
    for _ in range(1500):
        method = chance.choice(METHODS)
        params = {name: chance.choice(VALUES) for name in chance.sample(NAMES, 20)}
        answer = await bot.call(method, **{"chat_id": ANNA, **params})
        assert answer.get("error_code", 200) in (200, 400), (method, params)
    await bot.ok("sendMessage", chat_id=ANNA, text="still there")


async def test_people_and_injected_updates(world: World, bot: Bot) -> None:
    chance = random.Random(2)
    names = ["text", "contact", "photo", "caption", "message_id", "data", "action", "as", "link", "reply_to"]
    names += ["poll", "location", "options", "emoji", "address", "shipping_option", "title", "type"]
    for _ in range(500):
        body = {name: chance.choice(VALUES) for name in chance.sample(names, 6)}
        path = chance.choice([*PATHS, "/messages/1/edit", "/messages/1/vote", "/messages/1/reaction"])
        status, _answer = await world.ask("POST", bot.person().path(path), body)
        assert status in (200, 400, 404, 409), (path, body)
        odd = {"chat": chance.choice(VALUES), "from": chance.choice(VALUES), "message": chance.choice(VALUES)}
        kind = chance.choice(["message", "callback_query", "pre_checkout_query", "no_such_kind"])
        status, _answer = await world.ask("POST", f"/sandbox/updates?bot={bot.id}", {kind: odd})
        assert status == 200, (kind, odd)
    assert len(await bot.updates()) == 100
