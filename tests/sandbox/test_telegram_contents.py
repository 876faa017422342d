"""Albums, stickers, contacts, places, reactions, quotes."""

import json

import aiohttp
import pytest

from tests.sandbox.telegram_world import ANNA, PNG, Bot, Json


async def upload(bot: Bot, method: str, files: dict[str, tuple[str, bytes]], **values: object) -> Json:
    """The whole answer to a call with files, sent as a form."""
    form = aiohttp.FormData()
    for name, value in values.items():
        form.add_field(name, value if isinstance(value, str) else json.dumps(value))
    for name, (file_name, data) in files.items():
        form.add_field(name, data, filename=file_name)
    url = f"{bot.world.origin}/bot{bot.token}/{method}"
    async with bot.world.http.post(url, data=form) as response:
        answer: Json = await response.json()
    return answer


async def test_an_album_is_several_messages_of_one_group(bot: Bot) -> None:
    await bot.person().send()
    media = [
        {"type": "photo", "media": "attach://one", "caption": "<b>first</b>", "parse_mode": "HTML"},
        {"type": "video", "media": "https://example.org/v.mp4", "has_spoiler": True},
    ]
    answer = await upload(bot, "sendMediaGroup", {"one": ("1.png", PNG)}, chat_id=str(ANNA), media=media)
    assert answer["ok"], answer
    first, second = answer["result"]
    assert first["media_group_id"] == second["media_group_id"]
    assert (first["photo"][0]["width"], first["caption"]) == (3, "first")
    assert first["caption_entities"] == [{"type": "bold", "offset": 0, "length": 5}]
    assert ("video" in second, second["has_media_spoiler"]) == (True, True)


@pytest.mark.parametrize(
    ("media", "refusal"),
    [
        ([{"type": "photo"}], "too few messages to send as an album"),
        ([{"type": "photo"}] * 11, "too many messages to send as an album"),
        ([{"type": "document"}, {"type": "photo"}], "document can't be mixed with other media types"),
        ([{"type": "photo"}, {"type": "audio"}], "audio can't be mixed with other media types"),
        (["x", "y"], "can't parse InputMedia: expected an Object"),
        (
            [{"type": "animation"}] * 2,
            "can't parse InputMedia: type \"animation\" can't be used in sendMediaGroup",
        ),
        ([{"type": "photo", "media": "nothing"}] * 2, "wrong file identifier/HTTP URL specified"),
    ],
)
async def test_albums_telegram_refuses(bot: Bot, media: list[object], refusal: str) -> None:
    await bot.person().send()
    before = len((await bot.person().chat())["messages"])
    assert await bot.refused("sendMediaGroup", chat_id=ANNA, media=media) == f"Bad Request: {refusal}"
    assert len((await bot.person().chat())["messages"]) == before


async def test_a_sticker_is_sent_and_sent_back(bot: Bot) -> None:
    anna = bot.person()
    await anna.give("/messages", {"sticker": True})
    (update,) = await bot.updates()
    theirs = update["message"]["sticker"]
    assert (theirs["emoji"], theirs["type"]) == ("🙂", "regular")
    back = await bot.ok("sendSticker", chat_id=ANNA, sticker=theirs["file_id"])
    assert back["sticker"]["file_id"] == theirs["file_id"]
    own = await upload(bot, "sendSticker", {"sticker": ("s.webp", b"RIFF")}, chat_id=str(ANNA), emoji="👍")
    assert (own["result"]["sticker"]["emoji"], own["result"]["sticker"]["is_video"]) == ("👍", False)
    refusal = await bot.refused("sendPhoto", chat_id=ANNA, photo=theirs["file_id"])
    assert refusal == "Bad Request: can't use file of type stickers as photo"


async def test_contacts_and_places(bot: Bot) -> None:
    await bot.person().send()
    contact = {"phone_number": "+79000000002", "first_name": "Ben", "vcard": "BEGIN:VCARD"}
    sent = await bot.ok("sendContact", chat_id=ANNA, **contact)
    assert sent["contact"] == contact | {"user_id": 7000000002}
    place = {"latitude": 55.75, "longitude": 37.62}
    sent = await bot.ok("sendLocation", chat_id=ANNA, **place, horizontal_accuracy=10)
    assert sent["location"] == place | {"horizontal_accuracy": 10.0}
    sent = await bot.ok("sendVenue", chat_id=ANNA, **place, title="Here", address="Street 1")
    assert (sent["venue"]["title"], sent["venue"]["location"], sent["location"]) == ("Here", place, place)
    copied = await bot.ok("copyMessage", chat_id=ANNA, from_chat_id=ANNA, message_id=sent["message_id"])
    assert copied["message_id"] > sent["message_id"]
    await bot.updates()
    await bot.person().give("/messages", {"location": place})
    assert (await bot.updates())[0]["message"]["location"] == place


@pytest.mark.parametrize(
    ("method", "values", "refusal"),
    [
        ("sendContact", {"first_name": "x"}, 'parameter "phone_number" is required'),
        ("sendLocation", {"longitude": 1}, "latitude is empty"),
        ("sendLocation", {"latitude": 91, "longitude": 1}, "wrong location specified"),
        ("sendLocation", {"latitude": "nan", "longitude": 1}, "wrong location specified"),
        ("sendVenue", {"latitude": 1, "longitude": 1, "title": "x"}, 'parameter "address" is required'),
    ],
)
async def test_places_telegram_refuses(bot: Bot, method: str, values: Json, refusal: str) -> None:
    await bot.person().send()
    assert await bot.refused(method, chat_id=ANNA, **values) == f"Bad Request: {refusal}"


async def test_reactions_of_both_sides(bot: Bot) -> None:
    anna = bot.person()
    number = (await anna.send())["message"]["message_id"]
    thumb = {"chat_id": ANNA, "message_id": number, "reaction": [{"type": "emoji", "emoji": "👍"}]}
    assert await bot.ok("setMessageReaction", **thumb) is True
    assert (await anna.chat())["messages"][0]["bot_reaction"] == "👍"
    await bot.ok("setMessageReaction", chat_id=ANNA, message_id=number)
    assert (await anna.chat())["messages"][0]["bot_reaction"] is None
    await anna.give(f"/messages/{number}/reaction", {"emoji": "🔥"})
    await bot.ok("getUpdates", offset=-1, allowed_updates=["message_reaction"])
    await anna.give(f"/messages/{number}/reaction", {"emoji": None})
    (update,) = [one for one in await bot.updates() if "message_reaction" in one]
    told = update["message_reaction"]
    assert (told["old_reaction"], told["new_reaction"]) == ([{"type": "emoji", "emoji": "🔥"}], [])
    assert (told["user"]["id"], told["message_id"]) == (ANNA, number)
    assert (await anna.refused(f"/messages/{number}/reaction", {"emoji": "x"}))[0] == 400


@pytest.mark.parametrize(
    ("reaction", "refusal"),
    [
        ([{"type": "emoji", "emoji": "🙂"}], "REACTION_INVALID"),
        ([{"type": "custom_emoji", "custom_emoji_id": "1"}], "REACTION_INVALID"),
        ([{"type": "emoji", "emoji": "👍"}, {"type": "emoji", "emoji": "👎"}], "REACTIONS_TOO_MANY"),
        ([{"type": "paid"}], "can't parse ReactionType: invalid reaction type specified"),
    ],
)
async def test_reactions_telegram_refuses(bot: Bot, reaction: list[Json], refusal: str) -> None:
    number = (await bot.person().send())["message"]["message_id"]
    call = {"chat_id": ANNA, "message_id": number, "reaction": reaction}
    assert await bot.refused("setMessageReaction", **call) == f"Bad Request: {refusal}"
    call["message_id"] = 10**6
    assert "message to react not found" in await bot.refused("setMessageReaction", **{**call, "reaction": []})


async def test_a_reply_quotes_a_part(bot: Bot) -> None:
    number = (await bot.person().send("😀 one two"))["message"]["message_id"]
    reply = {"message_id": number, "quote": "two"}
    sent = await bot.ok("sendMessage", chat_id=ANNA, text="x", reply_parameters=reply, message_effect_id="7")
    assert sent["quote"] == {"text": "two", "position": 7, "is_manual": True}
    assert (sent["reply_to_message"]["text"], sent["effect_id"]) == ("😀 one two", "7")
    wrong = {"message_id": number, "quote": "three"}
    assert "QUOTE_TEXT_INVALID" in await bot.refused(
        "sendMessage", chat_id=ANNA, text="x", reply_parameters=wrong
    )
    other = {"message_id": number, "chat_id": 5}
    assert "of other chats" in await bot.refused(
        "sendMessage", chat_id=ANNA, text="x", reply_parameters=other
    )


async def test_an_edited_caption_leaves_the_rest(bot: Bot) -> None:
    await bot.person().send()
    photo = {"type": "photo", "media": "attach://one", "has_spoiler": True, "show_caption_above_media": True}
    answer = await upload(
        bot, "sendMediaGroup", {"one": ("1.png", PNG)}, chat_id=str(ANNA), media=[photo, photo]
    )
    first = answer["result"][0]
    assert first["show_caption_above_media"] is True
    here = {"chat_id": ANNA, "message_id": first["message_id"]}
    edited = await bot.ok("editMessageCaption", **here, caption="new")
    assert (edited["media_group_id"], edited["has_media_spoiler"]) == (first["media_group_id"], True)
    assert "show_caption_above_media" not in edited
    edited = await bot.ok("editMessageCaption", **here, caption="new", show_caption_above_media=True)
    assert edited["show_caption_above_media"] is True
    there = {"chat_id": ANNA, "from_chat_id": ANNA, "message_id": first["message_id"]}
    await bot.ok("copyMessage", **there, caption="mine", show_caption_above_media=True)
    copied = (await bot.person().chat())["messages"][-1]
    assert (copied["caption"], copied["show_caption_above_media"]) == ("mine", True)
    assert "media_group_id" not in copied
