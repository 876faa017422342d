"""The chat page's surroundings: people, windows, restarts, faults, history."""

from datetime import timedelta

import pytest

from bot.clock import Clock
from tests.browser.chrome import require_browser
from tests.browser.conftest import ANNA, BEN, OLGA, OpenWindow, StartBot, World
from tests.browser.scripts import GREETING, say

require_browser()

from playwright.async_api import expect  # noqa: E402  (only once it is known to be there)


async def test_two_windows_are_two_people_with_drafts_and_unread_badges(
    open_window: OpenWindow, start_bot: StartBot
) -> None:
    bot = await start_bot(GREETING)
    anna, ben = await open_window(ANNA), await open_window(BEN)
    await anna.say("/start")
    await expect(anna.messages("Hello")).to_be_visible()
    await expect(ben.by(f"person-{ANNA}").get_by_test_id("unread")).to_have_text("1")
    await expect(ben.messages()).to_have_count(0)
    await ben.say("I am Ben")
    assert (await bot.got_text("I am Ben"))["message"]["from"]["id"] == BEN
    await ben.composer.fill("not sent yet")
    await ben.by(f"person-{ANNA}").click()
    await expect(ben.messages("Hello")).to_be_visible()
    await expect(ben.composer).to_have_value("")
    await expect(ben.by(f"person-{BEN}")).to_contain_text("not sent yet")
    await ben.page.go_back()
    await expect(ben.composer).to_have_value("not sent yet")
    await expect(ben.by(f"person-{ANNA}").get_by_test_id("unread")).to_have_count(0)


async def test_a_new_person_can_write(open_window: OpenWindow, start_bot: StartBot) -> None:
    bot = await start_bot(GREETING)
    window = await open_window()
    await expect(window.by(f"person-{OLGA}")).to_contain_text("админ")
    await window.by("new-person").click()
    await expect(window.page.locator(".person")).to_have_count(5)
    await window.say("I am new")
    sender = (await bot.got_text("I am new"))["message"]["from"]["id"]
    assert sender not in (ANNA, BEN, OLGA)
    assert window.page.url.endswith(f"#{sender}")


async def test_reconnects_after_a_restart_and_loses_no_text(
    open_window: OpenWindow, start_bot: StartBot, world: World
) -> None:
    bot = await start_bot(GREETING)
    window = await open_window()
    await window.say("/start")
    await expect(window.messages("Hello")).to_be_visible()
    await world.stop()
    await expect(window.by("connection-lost")).to_contain_text("Нет связи")
    await window.say("while you were away")
    await expect(window.by("toast").last).to_contain_text("Не отправлено")
    banner = await window.by("connection-lost").bounding_box()
    note = await window.by("toast").last.bounding_box()
    assert banner
    assert note
    assert note["y"] >= banner["y"] + banner["height"]
    await expect(window.composer).to_have_value("while you were away")
    await world.start()
    await expect(window.by("connection-lost")).to_be_hidden()
    await expect(window.messages("Hello")).to_be_visible()
    await window.composer.press("Enter")
    await bot.got_text("while you were away")
    await bot.call("sendMessage", chat_id=ANNA, text="live again")
    await expect(window.messages("live again")).to_be_visible()
    window.complaints.clear()  # refused connections are what this test made


async def test_blocking_the_bot_and_letting_it_in_again(open_window: OpenWindow, start_bot: StartBot) -> None:
    bot = await start_bot(GREETING)
    window = await open_window()
    await window.say("/start")
    await expect(window.messages("Hello")).to_be_visible()
    await window.by("chat-menu").click()
    await window.by("block").click()
    await expect(window.composer).to_be_hidden()
    await bot.got(lambda update: "my_chat_member" in update)
    await window.by("unblock").click()
    await expect(window.composer).to_be_visible()


async def test_fault_switches_reach_the_server_and_stay_visible(
    open_window: OpenWindow, start_bot: StartBot, world: World
) -> None:
    await start_bot(GREETING)
    window = await open_window()
    await window.by("faults").click()
    await expect(window.by("preset-well")).to_have_attribute("aria-pressed", "true")
    await window.by("preset-callbacks_forged").click()
    await expect(window.by("preset-callbacks_forged")).to_have_attribute("aria-pressed", "true")
    assert world.sandbox is not None
    assert world.sandbox.faults.preset() == "callbacks_forged"
    await window.by("fault-details").click()
    await window.by("fault-callback_lost").fill("25")
    await window.by("fault-callback_lost").press("Tab")
    await expect(window.by("preset-callbacks_forged")).to_have_attribute("aria-pressed", "false")
    await expect(window.by("faults")).to_have_class("row-button on")
    assert world.sandbox.faults.get("callback_lost") == 0.25
    await window.by("preset-well").click()
    await expect(window.by("fault-callback_lost")).to_have_value("0")
    assert world.sandbox.faults.get("callback_lost") == 0


async def test_the_clock_is_shown_and_moved_where_it_can_be(
    open_window: OpenWindow, start_bot: StartBot, world: World
) -> None:
    await start_bot(GREETING)
    window = await open_window()
    await window.say("/start")
    await expect(window.messages("Hello")).to_be_visible()
    await expect(window.by("clock")).to_be_hidden()
    assert world.sandbox is not None
    clock = Clock()

    async def advance(duration: timedelta) -> None:
        clock.move(int(duration.total_seconds()))

    world.sandbox.clock.now, world.sandbox.clock.advance = clock.now, advance
    await window.page.reload()
    later = clock.now() + timedelta(days=366)
    await window.by("clock").click()
    await window.by("clock-days").fill("366")
    await window.by("clock-move").click()
    await expect(window.by("clock-time")).to_contain_text(str(later.year))
    await window.page.keyboard.press("Escape")
    await expect(window.page.locator("#message-list")).not_to_contain_text("Сегодня")


async def test_a_method_the_sandbox_lacks_is_loud(open_window: OpenWindow, start_bot: StartBot) -> None:
    bot = await start_bot(GREETING)
    window = await open_window()
    await window.say("/start")
    await expect(window.messages("Hello")).to_be_visible()
    with pytest.raises(AssertionError, match="makeCoffee"):
        await bot.call("makeCoffee")
    await expect(window.page.get_by_role("alert")).to_contain_text("makeCoffee")


async def test_new_messages_do_not_tear_the_reader_from_the_past(
    open_window: OpenWindow, start_bot: StartBot
) -> None:
    bot = await start_bot({"/start": [say(f"line {number}\n" * 8) for number in range(6)]})
    window = await open_window(viewport={"width": 800, "height": 600})
    await window.say("/start")
    await expect(window.messages("line 5")).to_be_in_viewport()
    await window.page.locator("#messages").evaluate("box => (box.scrollTop = 0)")
    await expect(window.by("to-bottom")).to_be_visible()
    await bot.call("sendMessage", chat_id=ANNA, text="news")
    await expect(window.by("to-bottom")).to_have_text("1")
    await expect(window.messages("news")).not_to_be_in_viewport()
    await window.by("to-bottom").click()
    await expect(window.messages("news")).to_be_in_viewport()


async def test_without_a_bot_the_page_says_how_to_bring_one(
    open_window: OpenWindow, start_bot: StartBot, world: World
) -> None:
    window = await open_window()
    await expect(window.page.get_by_text(world.origin)).to_be_visible()
    await start_bot(GREETING)
    await expect(window.by("bot-name")).to_have_text("Sandbox 4242")
    await window.by("start").click()
    await expect(window.messages("Hello")).to_be_visible()
