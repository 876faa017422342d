"""What a bot says of itself: commands by scope and language, names, menu button; and files."""

import aiohttp
import pytest

from tests.sandbox.telegram_world import ANNA, BEN, PNG, Bot, Json, World


def command(name: str, description: str = "x") -> Json:
    return {"command": name, "description": description}


async def menu(bot: Bot, person: int) -> list[str]:
    return [one["command"] for one in (await bot.person(person).chat())["commands"]]


async def test_the_narrowest_scope_and_the_persons_language_win(bot: Bot) -> None:
    private = {"type": "all_private_chats"}
    own = {"type": "chat", "chat_id": ANNA}
    steps: list[tuple[Json, str, str, str]] = [
        ({}, "all", "all", "all"),
        ({"language_code": "ru"}, "all_ru", "all_ru", "all"),
        ({"scope": private}, "private", "private", "private"),
        ({"scope": private, "language_code": "en"}, "private_en", "private", "private_en"),
        ({"scope": own}, "own", "own", "private_en"),
    ]
    for where, name, for_anna, for_ben in steps:
        await bot.ok("setMyCommands", commands=[command(name)], **where)
        assert (await menu(bot, ANNA), await menu(bot, BEN)) == ([for_anna], [for_ben])
        assert await bot.ok("getMyCommands", **where) == [command(name)]
    await bot.ok("deleteMyCommands", scope=own)
    assert await menu(bot, ANNA) == ["private"]


@pytest.mark.parametrize(
    ("commands", "refusal"),
    [
        ([command("Start")], "BOT_COMMAND_INVALID"),
        ([command("a" * 33)], "BOT_COMMAND_INVALID"),
        ([command("старт")], "BOT_COMMAND_INVALID"),
        ([command("a", " ")], "BOT_COMMAND_DESCRIPTION_INVALID"),
        ([command("a", "x" * 257)], "BOT_COMMAND_DESCRIPTION_INVALID"),
        ([command("a")] * 101, "BOT_COMMANDS_TOO_MUCH"),
    ],
)
async def test_commands_telegram_refuses(bot: Bot, commands: list[Json], refusal: str) -> None:
    assert await bot.refused("setMyCommands", commands=commands) == f"Bad Request: {refusal}"


async def test_descriptions_by_language(bot: Bot) -> None:
    for method, name, longest in (
        ("Description", "description", 512),
        ("ShortDescription", "short_description", 120),
    ):
        await bot.ok(f"setMy{method}", **{name: "all"})
        await bot.ok(f"setMy{method}", **{name: "все", "language_code": "ru"})
        assert await bot.ok(f"getMy{method}", language_code="ru") == {name: "все"}
        assert await bot.ok(f"getMy{method}", language_code="en") == {name: "all"}
        assert "too long" in await bot.refused(f"setMy{method}", **{name: "x" * (longest + 1)})


async def test_a_new_name_is_shown(world: World, bot: Bot) -> None:
    await bot.ok("setMyName", name="Уроки")
    assert (await bot.ok("getMe"))["first_name"] == "Уроки"
    assert {"id": bot.id, "username": f"sandbox_{bot.id}_bot", "first_name": "Уроки"} in await world.get(
        "/sandbox/bots"
    )


async def test_the_menu_button(bot: Bot) -> None:
    assert await bot.ok("getChatMenuButton") == {"type": "default"}
    await bot.ok("setChatMenuButton", menu_button={"type": "commands"})
    assert await bot.ok("getChatMenuButton", chat_id=ANNA) == {"type": "commands"}
    assert "MenuButton" in await bot.refused("setChatMenuButton", menu_button={"type": "x"})


async def upload(bot: Bot, method: str, field: str, data: bytes, **values: str) -> Json:
    form = aiohttp.FormData({"chat_id": str(ANNA), field: "attach://it", **values}, quote_fields=False)
    form.add_field("it", data, filename="урок.pdf", content_type="application/pdf")
    async with bot.world.http.post(f"{bot.world.origin}/bot{bot.token}/{method}", data=form) as response:
        answer: Json = await response.json()
        return answer


async def test_documents_photos_and_file_ids(bot: Bot) -> None:
    await bot.person().send()
    sent = (await upload(bot, "sendDocument", "document", b"%PDF", caption="<b>ы</b>", parse_mode="HTML"))[
        "result"
    ]
    document = sent["document"]
    assert (document["file_name"], document["mime_type"]) == ("урок.pdf", "application/pdf")
    assert (sent["caption"], sent["caption_entities"][0]["type"]) == ("ы", "bold")
    again = await bot.ok("sendDocument", chat_id=ANNA, document=document["file_id"])
    assert again["document"] == document
    photo = (await upload(bot, "sendPhoto", "photo", PNG))["result"]["photo"][0]
    assert (photo["width"], photo["height"]) == (3, 2)
    edited = await bot.ok("editMessageCaption", chat_id=ANNA, message_id=sent["message_id"], caption="new")
    assert (edited["caption"], edited["document"]) == ("new", document)
    swapped = await bot.ok(
        "editMessageMedia",
        chat_id=ANNA,
        message_id=sent["message_id"],
        media={"type": "photo", "media": photo["file_id"], "caption": "p"},
    )
    assert (swapped["photo"], swapped["caption"], "document" in swapped) == ([photo], "p", False)


async def test_files_telegram_refuses(bot: Bot) -> None:
    await bot.person().send()
    assert (await upload(bot, "sendPhoto", "photo", b"no picture"))["description"] == (
        "Bad Request: IMAGE_PROCESS_FAILED"
    )
    assert (await upload(bot, "sendDocument", "document", b""))["description"] == (
        "Bad Request: file must be non-empty"
    )
    wrong = await bot.refused("sendPhoto", chat_id=ANNA, photo="AgACnothing")
    assert wrong == "Bad Request: wrong file identifier/HTTP URL specified"
    long = await bot.refused("sendPhoto", chat_id=ANNA, photo="http://127.0.0.1/a.png", caption="я" * 1025)
    assert long == "Bad Request: message caption is too long"


@pytest.mark.parametrize("kind", ["video", "audio", "voice", "animation", "photo"])
async def test_media_by_address_are_handed_on(world: World, bot: Bot, kind: str) -> None:
    await bot.person().send()
    url = f"http://127.0.0.1:9/lesson.{kind}"
    sent = await bot.ok(f"send{kind.title()}", chat_id=ANNA, **{kind: url})
    media = sent[kind][0] if kind == "photo" else sent[kind]
    request = world.http.get(f"{world.origin}/sandbox/files/{media['file_id']}", allow_redirects=False)
    async with request as response:
        assert (response.status, response.headers["Location"]) == (302, url)
