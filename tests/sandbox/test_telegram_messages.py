"""Messages of bots and people, and everything Telegram refuses about them."""

import json

import aiohttp
import pytest

from tests.sandbox.telegram_world import ANNA, BEN, Bot, World

KEYBOARD = {
    "inline_keyboard": [[{"text": "Да", "callback_data": "yes"}, {"text": "No", "callback_data": "no"}]]
}


async def test_a_conversation(bot: Bot) -> None:
    anna = bot.person()
    sent = await anna.send("/start promo")
    (update,) = await bot.updates()
    assert update["update_id"] == sent["update_id"]
    assert update["message"]["from"]["first_name"] == "Анна"
    assert update["message"]["chat"] == {**update["message"]["chat"], "id": ANNA, "type": "private"}
    assert update["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    answer = await bot.ok("sendMessage", chat_id=ANNA, text="Привет", reply_markup=KEYBOARD)
    shown = (await anna.chat())["messages"]
    assert [(message["text"], message.get("outgoing", False)) for message in shown] == [
        ("/start promo", True),
        ("Привет", False),
    ]
    assert shown[1]["message_id"] == answer["message_id"] == shown[0]["message_id"] + 1
    assert shown[1]["reply_markup"] == KEYBOARD


@pytest.mark.parametrize("encoding", ["query", "form", "json", "multipart"])
async def test_parameters_come_in_every_encoding(world: World, bot: Bot, encoding: str) -> None:
    await bot.person().send()
    url = f"{world.origin}/bot{bot.token}/SENDMESSAGE"
    values = {"chat_id": str(ANNA), "text": "Ж", "reply_markup": json.dumps(KEYBOARD)}
    match encoding:
        case "query":
            request = world.http.get(url, params=values)
        case "form":
            request = world.http.post(url, data=values)
        case "json":
            request = world.http.post(url, json={**values, "reply_markup": KEYBOARD})
        case _:
            form = aiohttp.FormData(values, default_to_multipart=True)
            request = world.http.post(url, data=form)
    async with request as response:
        result = (await response.json())["result"]
    assert (result["text"], result["reply_markup"]) == ("Ж", KEYBOARD)


async def test_nobody_can_be_written_to_before_they_wrote(bot: Bot) -> None:
    assert await bot.refused("sendMessage", chat_id=BEN, text="x") == (
        "Forbidden: bot can't initiate conversation with a user"
    )
    assert await bot.refused("sendMessage", chat_id=5, text="x") == "Bad Request: chat not found"
    assert await bot.refused("sendMessage", text="x") == "Bad Request: chat_id is empty"


async def test_a_person_who_blocked_the_bot_gets_nothing_until_writing_again(bot: Bot) -> None:
    anna = bot.person()
    await anna.send()
    await anna.give("/block", {"blocked": True})
    assert (
        await bot.refused("sendMessage", chat_id=ANNA, text="x") == "Forbidden: bot was blocked by the user"
    )
    assert (await anna.chat())["blocked"]
    await anna.send("again")
    assert (await bot.ok("sendMessage", chat_id=ANNA, text="x"))["text"] == "x"
    kinds = [next(name for name in update if name != "update_id") for update in await bot.updates()]
    assert kinds == ["message", "my_chat_member", "my_chat_member", "message"]


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", "message text is empty"),
        (" \n ", "message text is empty"),
        ("<b> </b>", "message text is empty"),
        ("я" * 4097, "message is too long"),
        ("<b>x", "can't parse entities: Can't find end tag corresponding to start tag \"b\""),
    ],
)
async def test_texts_telegram_refuses(bot: Bot, text: str, refusal: str) -> None:
    await bot.person().send()
    assert (
        await bot.refused("sendMessage", chat_id=ANNA, text=text, parse_mode="HTML")
        == f"Bad Request: {refusal}"
    )


async def test_the_longest_text_is_counted_after_its_tags(bot: Bot) -> None:
    await bot.person().send()
    text = f"<b>{'я' * 4096}</b>"
    assert len((await bot.ok("sendMessage", chat_id=ANNA, text=text, parse_mode="HTML"))["text"]) == 4096


async def test_an_edit_replaces_text_and_takes_the_keyboard_away(bot: Bot) -> None:
    anna = bot.person()
    await anna.send()
    number = (await bot.ok("sendMessage", chat_id=ANNA, text="one", reply_markup=KEYBOARD))["message_id"]
    await bot.ok("editMessageText", chat_id=ANNA, message_id=number, text="<i>two</i>", parse_mode="HTML")
    message = (await anna.chat())["messages"][-1]
    assert message["text"] == "two"
    assert message["entities"] == [{"type": "italic", "offset": 0, "length": 3}]
    assert "reply_markup" not in message
    assert message["edit_date"] >= message["date"]
    await bot.ok("editMessageReplyMarkup", chat_id=ANNA, message_id=number, reply_markup=KEYBOARD)
    assert (await anna.chat())["messages"][-1]["reply_markup"] == KEYBOARD


async def test_edits_telegram_refuses(bot: Bot) -> None:
    anna = bot.person()
    own = (await anna.send())["message"]["message_id"]
    number = (await bot.ok("sendMessage", chat_id=ANNA, text="one"))["message_id"]

    async def refused(message_id: int, text: str) -> str:
        return await bot.refused("editMessageText", chat_id=ANNA, message_id=message_id, text=text)

    for _ in range(2):
        assert "message is not modified" in await refused(number, "one")
        await bot.ok("editMessageText", chat_id=ANNA, message_id=number, text="two")
        await bot.ok("editMessageText", chat_id=ANNA, message_id=number, text="one")
    assert await refused(own, "x") == "Bad Request: message can't be edited"
    assert await refused(99999, "x") == "Bad Request: message to edit not found"
    caption = await bot.refused("editMessageCaption", chat_id=ANNA, message_id=number, caption="x")
    assert caption == "Bad Request: there is no caption in the message to edit"


async def test_delete_copy_forward_and_reply(bot: Bot) -> None:
    anna = bot.person()
    own = (await anna.send("look"))["message"]["message_id"]
    reply = await bot.ok("sendMessage", chat_id=ANNA, text="a", reply_parameters={"message_id": own})
    assert reply["reply_to_message"]["text"] == "look"
    copy = await bot.ok("copyMessage", chat_id=ANNA, from_chat_id=ANNA, message_id=own)
    forward = await bot.ok("forwardMessage", chat_id=ANNA, from_chat_id=ANNA, message_id=own)
    assert forward["forward_origin"]["sender_user"]["id"] == ANNA
    await bot.ok("deleteMessage", chat_id=ANNA, message_id=own)
    assert [message["message_id"] for message in (await anna.chat())["messages"]] == [
        reply["message_id"],
        copy["message_id"],
        forward["message_id"],
    ]
    again = await bot.refused("deleteMessage", chat_id=ANNA, message_id=own)
    assert again == "Bad Request: message to delete not found"
    gone = await bot.refused("sendMessage", chat_id=ANNA, text="a", reply_parameters={"message_id": own})
    assert gone == "Bad Request: message to be replied not found"


BAD_KEYBOARDS = {
    "data of 65 bytes": ([[{"text": "x", "callback_data": "я" * 32 + "x"}]], "BUTTON_DATA_INVALID"),
    "no data": ([[{"text": "x", "callback_data": ""}]], "BUTTON_DATA_INVALID"),
    "no action": ([[{"text": "x"}]], "Text buttons are unallowed in the inline keyboard"),
    "no text": ([[{"text": "", "callback_data": "x"}]], 'Field "text" must be a non-empty String'),
    "a script": ([[{"text": "x", "url": "javascript:alert(1)"}]], "BUTTON_URL_INVALID"),
    "101 buttons": ([[{"text": "x", "callback_data": "x"}]] * 101, "REPLY_MARKUP_TOO_LONG"),
    "flat": ([{"text": "x", "callback_data": "x"}], "an Array of Arrays of buttons is expected"),
}


@pytest.mark.parametrize("name", BAD_KEYBOARDS)
async def test_keyboards_telegram_refuses(bot: Bot, name: str) -> None:
    await bot.person().send()
    rows, refusal = BAD_KEYBOARDS[name]
    markup = {"inline_keyboard": rows}
    assert refusal in await bot.refused("sendMessage", chat_id=ANNA, text="x", reply_markup=markup)
    assert len((await bot.person().chat())["messages"]) == 1


async def test_longest_keyboard_and_data(bot: Bot) -> None:
    await bot.person().send()
    rows = [[{"text": "x", "callback_data": "я" * 32}]] * 99 + [[{"text": "x", "url": "http://127.0.0.1/a"}]]
    sent = await bot.ok("sendMessage", chat_id=ANNA, text="x", reply_markup={"inline_keyboard": rows})
    assert sent["reply_markup"]["inline_keyboard"] == rows


async def test_a_reply_keyboard_stays_until_removed(bot: Bot) -> None:
    anna = bot.person()
    await anna.send()
    keyboard = {"keyboard": [[{"text": "Телефон", "request_contact": True}]], "resize_keyboard": True}
    sent = await bot.ok("sendMessage", chat_id=ANNA, text="x", reply_markup=keyboard)
    assert "reply_markup" not in sent
    await bot.ok("sendMessage", chat_id=ANNA, text="y")
    assert (await anna.chat())["reply_keyboard"] == keyboard
    await bot.ok("sendMessage", chat_id=ANNA, text="z", reply_markup={"remove_keyboard": True})
    assert (await anna.chat())["reply_keyboard"] is None


async def test_a_lacking_method_is_refused_loudly(
    world: World, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    events = await world.events(bot=bot.id)
    answer = await bot.call("sendDice", chat_id=ANNA)
    assert (answer["error_code"], answer["ok"]) == (400, False)  # 404 would read as a wrong token
    assert answer["description"] == "Bad Request: method sendDice is not supported by the sandbox"
    assert "sendDice" in caplog.text
    assert (await events.until("problem"))["method"] == "sendDice"
    events.close()
    calls = await world.get("/sandbox/calls?method=sendDice")
    assert [call["ok"] for call in calls if call["bot"] == bot.id] == [False]


async def test_tokens(world: World, bot: Bot) -> None:
    for token, code in (("x:abcd", 404), ("12", 404), (f"{bot.id}:other", 401)):
        status, answer = await world.ask("GET", f"/bot{token}/getMe")
        assert (status, answer["error_code"]) == (code, code)


@pytest.mark.parametrize("name", ["logOut", "close"])
async def test_leaving_is_refused(bot: Bot, name: str) -> None:
    assert "not in the sandbox" in await bot.refused(name)
