"""What people can do in a chat, and what the page is told live."""

import asyncio
import base64

import pytest

from bot.sandbox.telegram.people import NAMES
from tests.sandbox.telegram_world import ANNA, BEN, OLGA, PNG, Bot, Person, World

BUTTON = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}


async def ready(bot: Bot) -> tuple[Person, int]:
    """Anna with a message that has a button, and that message's id."""
    anna = bot.person()
    await anna.send()
    await bot.updates()
    sent = await bot.ok("sendMessage", chat_id=ANNA, text="press", reply_markup=BUTTON)
    return anna, sent["message_id"]


async def test_the_first_people(world: World) -> None:
    people = {person["id"]: person for person in await world.get("/sandbox/people")}
    assert [people[number]["first_name"] for number in (ANNA, BEN, OLGA)] == ["Анна", "Ben", "Ольга"]
    assert (people[BEN]["username"], people[BEN]["language_code"]) == ("", "en")
    assert people[OLGA]["role"] == "admin"


async def test_a_new_person(world: World, bot: Bot) -> None:
    given = {"first_name": "<b>Ы</b>", "username": "@y", "phone": "+79001112233"}
    person = await world.post("/sandbox/people", given)
    assert person["id"] > 2**33
    assert (person["first_name"], person["username"]) == ("<b>Ы</b>", "y")
    nameless = await world.post("/sandbox/people")
    assert (nameless["first_name"], nameless["last_name"]) in NAMES["ru"]
    foreign = await world.post("/sandbox/people", {"language_code": "de"})
    assert (foreign["first_name"], foreign["last_name"]) in NAMES["en"]
    assert nameless["phone"].startswith("+7900")
    await bot.person(person["id"]).send()
    (update,) = await bot.updates()
    assert update["message"]["from"]["first_name"] == "<b>Ы</b>"


async def test_pressing_a_button(world: World, bot: Bot) -> None:
    anna, number = await ready(bot)
    events = await world.events(person=ANNA, bot=bot.id)

    async def serve() -> None:
        (update,) = await bot.updates(timeout=20)
        query = update["callback_query"]
        assert (query["data"], query["message"]["message_id"], query["from"]["id"]) == ("go", number, ANNA)
        for text in ("Готово", "too late"):
            await bot.ok("answerCallbackQuery", callback_query_id=query["id"], text=text, show_alert=True)
        await bot.updates()

    task = asyncio.create_task(serve())
    answer = await anna.give("/callbacks", {"message_id": number, "data": "go"}, wait=20)
    await task
    assert answer["confirmed"]
    assert answer["answer"] == {"text": "Готово", "show_alert": True, "url": None}
    event = await events.until("callback_answer")
    assert (event["callback_query_id"], event["text"]) == (answer["callback_query_id"], "Готово")
    events.close()


async def test_buttons_that_are_not_there(bot: Bot) -> None:
    anna, number = await ready(bot)
    status, _ = await anna.refused("/callbacks", {"message_id": number, "data": "other"})
    assert status == 409
    status, _ = await anna.refused("/callbacks", {"message_id": 99999, "data": "go"})
    assert status == 404
    await anna.give("/callbacks", {"message_id": number, "data": "other", "force": True})
    (update,) = await bot.updates()
    assert update["callback_query"]["data"] == "other"


async def test_answers_to_unknown_queries(world: World, bot: Bot) -> None:
    anna, number = await ready(bot)
    pressed = await anna.give("/callbacks", {"message_id": number, "data": "go"})
    other = await world.new_bot()
    too_old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    query = pressed["callback_query_id"]
    assert await other.refused("answerCallbackQuery", callback_query_id=query) == too_old
    assert await bot.refused("answerCallbackQuery", callback_query_id="123") == too_old
    long = await bot.refused("answerCallbackQuery", callback_query_id=query, text="я" * 201)
    assert long == "Bad Request: MESSAGE_TOO_LONG"


@pytest.mark.parametrize(
    "contact", [None, {"phone_number": "+4912345", "first_name": "Someone", "user_id": BEN}]
)
async def test_sharing_a_contact(bot: Bot, contact: dict[str, object] | None) -> None:
    await bot.person().give("/messages", {"contact": contact or "own"})
    (update,) = await bot.updates()
    own = {"phone_number": "79000000001", "first_name": "Анна", "last_name": "Соколова", "user_id": ANNA}
    assert update["message"]["contact"] == (contact or own)


async def test_a_photo_reaches_the_bot_and_the_page(world: World, bot: Bot) -> None:
    given = {"photo": base64.b64encode(PNG).decode(), "caption": "см. /help"}
    await bot.person().give("/messages", given)
    (update,) = await bot.updates()
    (size,) = update["message"]["photo"]
    assert (size["width"], size["height"], size["file_size"]) == (3, 2, len(PNG))
    assert update["message"]["caption_entities"] == [{"type": "bot_command", "offset": 4, "length": 5}]
    path = (await bot.ok("getFile", file_id=size["file_id"]))["file_path"]
    for url in (f"/file/bot{bot.token}/{path}", f"/sandbox/files/{size['file_id']}"):
        async with world.http.get(world.origin + url) as response:
            assert await response.read() == PNG


async def test_a_file_reaches_the_bot_as_it_is(world: World, bot: Bot) -> None:
    data = base64.b64encode("Анна;1".encode("cp1251")).decode()
    await bot.person().give("/messages", {"document": {"name": "a.csv", "data": data}, "caption": "/grant"})
    (update,) = await bot.updates()
    sent = update["message"]["document"]
    assert (sent["file_name"], sent["mime_type"], sent["file_size"]) == ("a.csv", "text/csv", 6)
    assert update["message"]["caption"] == "/grant"
    path = (await bot.ok("getFile", file_id=sent["file_id"]))["file_path"]
    async with world.http.get(f"{world.origin}/file/bot{bot.token}/{path}") as response:
        assert await response.read() == "Анна;1".encode("cp1251")
    for wrong in ({"name": "a.csv", "data": "!"}, {"name": "a.csv", "data": ""}):
        assert (await bot.person().refused("/messages", {"document": wrong}))[0] == 400


async def test_editing_ones_message(bot: Bot) -> None:
    anna, foreign = await ready(bot)
    number = (await anna.send("/first"))["message"]["message_id"]
    await anna.give(f"/messages/{number}/edit", {"text": "second"})
    _, edited = await bot.updates()
    assert edited["edited_message"]["text"] == "second"
    assert "entities" not in edited["edited_message"]
    assert (await anna.refused(f"/messages/{foreign}/edit", {"text": "x"}))[0] == 400


@pytest.mark.parametrize(
    "body", [{}, {"text": " "}, {"text": "x" * 4097}, {"photo": "!"}, {"photo": "eHg="}, {"contact": 5}]
)
async def test_messages_nobody_can_send(bot: Bot, body: dict[str, object]) -> None:
    status, error = await bot.person().refused("/messages", body)
    assert (status, bool(error)) == (400, True)
    assert await bot.updates() == []


async def test_unknown_people_bots_and_broken_bodies(world: World, bot: Bot) -> None:
    assert (await bot.person(5).refused("/messages", {"text": "x"}))[0] == 404
    assert (await world.ask("GET", f"/sandbox/chats/{ANNA}?bot=1"))[0] == 404
    url = f"{world.origin}/sandbox/chats/{ANNA}/messages?bot={bot.id}"
    async with world.http.post(url, data=b"{oops") as response:
        assert (response.status, await response.json()) == (400, {"error": "the body is no JSON"})


async def test_the_page_is_told_everything(world: World, bot: Bot) -> None:
    events = await world.events(person=ANNA, bot=bot.id)
    elsewhere = await world.events(person=BEN, bot=bot.id)
    _, number = await ready(bot)
    await bot.ok("sendChatAction", chat_id=ANNA, action="typing")
    await bot.ok("editMessageText", chat_id=ANNA, message_id=number, text="new")
    await bot.ok("deleteMessage", chat_id=ANNA, message_id=number)
    await bot.ok("setMyCommands", commands=[{"command": "x", "description": "y"}])
    seen = [await events.next() for _ in range(6)]
    assert [event["type"] for event in seen] == [
        "message",
        "message",
        "action",
        "edited",
        "deleted",
        "commands",
    ]
    assert {event.get("person", ANNA) for event in seen} == {ANNA}
    assert (seen[0]["message"]["outgoing"], seen[3]["message"]["text"], seen[4]["message_id"]) == (
        True,
        "new",
        number,
    )
    assert (await elsewhere.next())["type"] == "commands"
    events.close()
    elsewhere.close()


async def test_the_page_and_its_files(world: World) -> None:
    for path, mime in (
        ("/", "text/html"),
        ("/static/app.js", "javascript"),
        ("/static/style.css", "text/css"),
        ("/favicon.ico", "image/svg+xml"),
    ):
        async with world.http.get(world.origin + path) as response:
            assert response.status == 200
            assert mime in response.content_type
            assert path == "/favicon.ico" or response.headers["Cache-Control"] == "no-store"
    async with world.http.get(world.origin + "/static/..%2fapp.py") as response:
        assert response.status == 404
