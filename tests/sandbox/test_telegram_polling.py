"""Long polling: confirmation by offset, waiting, allowed kinds, conflicts."""

import asyncio

from tests.sandbox.telegram_world import ANNA, Bot, World


async def test_updates_come_again_until_confirmed(bot: Bot) -> None:
    anna = bot.person()
    numbers = [(await anna.send(text))["update_id"] for text in ("a", "b", "c")]
    for _ in range(2):
        assert [update["update_id"] for update in await bot.ok("getUpdates")] == numbers
    rest = await bot.ok("getUpdates", offset=numbers[1])
    assert [update["message"]["text"] for update in rest] == ["b", "c"]
    assert [update["update_id"] for update in await bot.ok("getUpdates", limit=1)] == [numbers[1]]
    assert [update["update_id"] for update in await bot.ok("getUpdates", offset=-1)] == [numbers[2]]
    assert (await bot.ok("getWebhookInfo"))["pending_update_count"] == 1


async def test_a_long_poll_ends_with_the_first_update(bot: Bot) -> None:
    poll = asyncio.create_task(bot.updates(timeout=20))
    await asyncio.sleep(0.05)
    assert not poll.done()
    await bot.person().send("wake up")
    assert [update["message"]["text"] for update in await poll] == ["wake up"]


async def test_of_two_pollers_the_older_one_gets_a_conflict(bot: Bot) -> None:
    first = asyncio.create_task(bot.call("getUpdates", timeout=20))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(bot.call("getUpdates", timeout=20))
    answer = await first
    assert answer["error_code"] == 409
    assert "terminated by other getUpdates request" in answer["description"]
    await bot.person().send()
    assert (await second)["ok"]


async def test_polling_and_webhook_exclude_each_other(bot: Bot) -> None:
    poll = asyncio.create_task(bot.call("getUpdates", timeout=20))
    await asyncio.sleep(0.05)
    await bot.ok("setWebhook", url="http://127.0.0.1:9/none")
    assert (await poll)["error_code"] == 409
    answer = await bot.call("getUpdates")
    assert answer["error_code"] == 409
    assert "while webhook is active" in answer["description"]
    await bot.ok("deleteWebhook")
    assert await bot.ok("getUpdates") == []


async def test_allowed_kinds_are_kept_until_changed(bot: Bot) -> None:
    anna = bot.person()
    await bot.ok("getUpdates", allowed_updates=["callback_query"])
    await bot.ok("getUpdates")
    assert (await anna.send())["update_id"] is None
    sent = await bot.ok("sendMessage", chat_id=ANNA, text="x", reply_markup=_button())
    await anna.give("/callbacks", {"message_id": sent["message_id"], "data": "go"})
    assert [update["callback_query"]["data"] for update in await bot.updates()] == ["go"]
    await bot.ok("getUpdates", allowed_updates=[])
    assert (await anna.send())["update_id"] is not None


def _button() -> dict[str, object]:
    return {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}


async def test_a_confirmed_update_can_be_delivered_once_more(world: World, bot: Bot) -> None:
    first = (await bot.person().send("first"))["update_id"]
    await bot.updates()
    assert await bot.updates() == []
    await world.post(f"/sandbox/updates/{first}/redeliver?bot={bot.id}")
    assert [update["update_id"] for update in await bot.updates()] == [first]
    assert await bot.updates() == []


async def test_waiting_for_confirmation(bot: Bot) -> None:
    async def serve() -> None:
        for timeout in (20, 0):
            for update in await bot.updates(timeout):
                await bot.ok("sendMessage", chat_id=ANNA, text=f"re: {update['message']['text']}")

    early = await bot.person().send("early", wait=0.05)
    assert (early["confirmed"], early["replies"]) == (False, [])
    await serve()
    task = asyncio.create_task(serve())
    answer = await bot.person().send("hello", wait=20, replies=1)
    await task
    assert answer["confirmed"]
    assert [reply["text"] for reply in answer["replies"]] == ["re: hello"]


async def test_an_injected_group_message_opens_the_group(world: World, bot: Bot) -> None:
    group = {"id": -100500, "type": "supergroup", "title": "Group"}
    message = {"message_id": 7, "date": 1, "chat": group, "text": "hi", "from": {"id": ANNA, "is_bot": False}}
    assert await bot.refused("sendMessage", chat_id=group["id"], text="x") == "Bad Request: chat not found"
    await world.post(f"/sandbox/updates?bot={bot.id}", {"message": message})
    assert [update["message"] for update in await bot.updates()] == [message]
    assert (await bot.ok("sendMessage", chat_id=group["id"], text="x"))["chat"] == group


async def test_dropped_updates_are_gone(bot: Bot) -> None:
    await bot.person().send()
    await bot.ok("deleteWebhook", drop_pending_updates=True)
    assert await bot.updates() == []
