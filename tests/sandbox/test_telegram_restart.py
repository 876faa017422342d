"""What outlasts the sandbox's own end, asked for or not."""

import asyncio
import signal
import sys
from pathlib import Path

import aiohttp

from bot.sandbox.app import Sandbox
from bot.sandbox.store import Store
from tests.sandbox.telegram_world import ANNA, BEN, PATIENCE, Bot, World, until, webhook

SERVER = """
import asyncio, sys
from pathlib import Path
from bot.sandbox.app import Sandbox

async def main():
    print(await Sandbox(Path(sys.argv[1])).start(), flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_everything_is_there_after_a_restart(kept_world: World) -> None:
    world = kept_world
    bot = await world.new_bot()
    anna = bot.person()
    await anna.send("first")
    keyboard = {"keyboard": [[{"text": "x"}]]}
    await bot.ok("sendMessage", chat_id=ANNA, text="hi", reply_markup=keyboard)
    await bot.ok("setMyCommands", commands=[{"command": "x", "description": "y"}])
    await bot.person(BEN).give("/block", {"blocked": True})
    person = await world.post("/sandbox/people", {"first_name": "Новая"})
    before = await anna.chat()
    await world.restart()
    assert await anna.chat() == before
    assert before["reply_keyboard"] == keyboard
    assert person in await world.get("/sandbox/people")
    assert [next(kind for kind in update if kind != "update_id") for update in await bot.updates()] == [
        "message",
        "my_chat_member",
    ]
    assert await bot.refused("sendMessage", chat_id=BEN, text="x") != ""
    second = await bot.ok("sendMessage", chat_id=ANNA, text="on")
    assert second["message_id"] == before["messages"][-1]["message_id"] + 1


async def test_buttons_and_stars_survive(kept_world: World) -> None:
    bot = await kept_world.new_bot()
    anna = bot.person()
    await anna.send()
    button = {"inline_keyboard": [[{"text": "x", "callback_data": "x"}]]}
    number = (await bot.ok("sendMessage", chat_id=ANNA, text="x", reply_markup=button))["message_id"]
    query = (await anna.give("/callbacks", {"message_id": number, "data": "x"}))["callback_query_id"]
    await kept_world.restart()
    await bot.ok("answerCallbackQuery", callback_query_id=query)


async def test_undelivered_updates_reach_the_webhook_after_a_restart(kept_world: World) -> None:
    bot = await kept_world.new_bot()
    async with webhook() as hook:
        await bot.ok("setWebhook", url=hook.url, secret_token="s")
        await bot.person().send("taken", wait=20)
    for text in ("one", "two", "three"):
        await bot.person().send(text)
    await kept_world.stop()
    async with webhook() as hook:
        kept_world.sandbox = Sandbox(kept_world.folder, pace=0.01)
        account = next(one for one in kept_world.sandbox.telegram.context.accounts.all() if one.id == bot.id)
        account.webhook.url = hook.url  # the bot's server listens on another port now
        await kept_world.start()
        await hook.took(3)
        assert hook.texts() == ["one", "two", "three"]
        assert hook.headers[0]["X-Telegram-Bot-Api-Secret-Token"] == "s"
        await bot.ok("deleteWebhook")


async def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path: Path) -> None:
    world = World()
    process, world.origin = await _served(tmp_path)
    bot = await world.new_bot()
    acknowledged: list[str] = []

    async def chatter() -> None:
        while True:
            text = f"message {len(acknowledged)}"
            await bot.person().send(text)
            acknowledged.append(text)

    task = asyncio.create_task(chatter())
    await until(lambda: len(acknowledged) >= 50)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    ended = (await asyncio.gather(task, return_exceptions=True))[0]
    assert isinstance(ended, aiohttp.ClientError)
    process, world.origin = await _served(tmp_path)
    try:
        found = await _all_texts(bot)
        shown = [message["text"] for message in (await bot.person().chat())["messages"]]
    finally:
        process.kill()
        await process.wait()
        await world.http.close()
    assert found == shown
    assert found[: len(acknowledged)] == acknowledged
    assert len(found) - len(acknowledged) in (0, 1)  # the last one may be kept without our having been told


async def _served(folder: Path) -> tuple[asyncio.subprocess.Process, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVER, str(folder), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        return process, (await process.stdout.readline()).decode().strip()


async def _all_texts(bot: Bot) -> list[str]:
    texts: list[str] = []
    while batch := await bot.updates():
        texts += [update["message"]["text"] for update in batch]
    return texts


def test_the_store_keeps_order_and_counts(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db")
    for key in ("b", "a", "c"):
        store.put("kind", key, {"key": key})
    store.put("kind", "b", {"key": "b", "changed": "😀"})
    store.delete("kind", "a")
    assert (store.next_id("x"), store.next_id("x"), store.next_id("y")) == (1, 2, 1)
    store.close()
    again = Store(tmp_path / "s.db")
    assert again.all("kind") == [{"key": "b", "changed": "😀"}, {"key": "c"}]
    assert (again.get("kind", "a"), again.get("other", "b")) == (None, None)
    assert again.next_id("x") == 3
    again.close()
