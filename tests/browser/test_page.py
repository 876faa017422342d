"""The sandbox's chat page in a real browser, against a scripted bot: what people read, press and send."""

import base64

import pytest

from tests.browser.chrome import require_browser
from tests.browser.conftest import ANNA, OpenWindow, StartBot
from tests.browser.scripts import GREETING, HTML, inline, say

require_browser()

from playwright.async_api import expect  # noqa: E402  (only once it is known to be there)

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def test_start_button_opens_an_empty_chat(open_window: OpenWindow, start_bot: StartBot) -> None:
    bot = await start_bot(GREETING)
    window = await open_window()
    await expect(window.by("start")).to_be_focused()
    await expect(window.composer).to_be_hidden()
    await window.page.keyboard.press("Enter")
    await bot.got_text("/start")
    await expect(window.messages("Hello", outgoing=False)).to_have_count(1)
    await expect(window.messages("/start", outgoing=True)).to_have_count(1)
    await expect(window.by("start")).to_be_hidden()
    await expect(window.composer).to_be_focused()
    assert await window.composer.evaluate("box => box.clientHeight >= box.scrollHeight")


async def test_formatting_is_rendered_and_foreign_markup_is_text(
    open_window: OpenWindow, start_bot: StartBot
) -> None:
    bot = await start_bot({"/start": [say(HTML, parse_mode="HTML")], "/help": [say("helped")]})
    window = await open_window()
    await window.say("/start")
    message = window.messages("bold", outgoing=False)
    for tag, text in {"strong": "bold both", "em": "both", "u": "under", "s": "gone"}.items():
        await expect(message.locator(tag)).to_have_text(text)
    await expect(message.locator("code").first).to_have_text("SPRING")
    await expect(message.locator("blockquote")).to_have_text("quoted")
    await expect(message.locator("pre")).to_have_text("one\n  two")
    await expect(message.locator("a").first).to_have_attribute("href", "https://example.com/x")
    await expect(message.locator("a").last).to_have_attribute("href", "https://example.org/y")
    await expect(message.locator("img")).to_have_count(0)
    await expect(message).to_contain_text("<img src=x onerror=alert(1)>")
    await message.get_by_role("button", name="/help").click()
    await bot.got_text("/help")
    await expect(window.messages("helped")).to_be_visible()


async def test_a_spoiler_shows_itself_only_when_asked(open_window: OpenWindow, start_bot: StartBot) -> None:
    await start_bot({"/start": [say(HTML, parse_mode="HTML")]})
    window = await open_window()
    await window.say("/start")
    secret = window.messages(outgoing=False).get_by_text("secret", exact=True)
    await expect(secret).to_be_hidden()
    await window.page.locator(".spoiler").press("Enter")
    await expect(secret).to_be_visible()


async def test_inline_buttons_answer_as_toast_or_alert_and_links_open_a_tab(
    open_window: OpenWindow, start_bot: StartBot
) -> None:
    rows = [
        [{"text": "Toast", "callback_data": "toast"}, {"text": "Alert", "callback_data": "alert"}],
        [{"text": "Site", "url": "https://example.com/"}],
    ]
    bot = await start_bot(
        {
            "/start": [say("Choose", reply_markup=inline(*rows))],
            "callback:toast": [("answerCallbackQuery", {"text": "Quick"})],
            "callback:alert": [("answerCallbackQuery", {"text": "Slow", "show_alert": True})],
        }
    )
    window = await open_window()
    await window.say("/start")
    await window.button("Toast").click()
    await bot.got(lambda update: update.get("callback_query", {}).get("data") == "toast")
    await expect(window.by("toast")).to_have_text("Quick")
    await window.button("Alert").click()
    await expect(window.page.get_by_role("dialog")).to_contain_text("Slow")
    await window.page.keyboard.press("Escape")
    await expect(window.page.get_by_role("dialog")).to_have_count(0)
    await expect(window.button("Site")).to_have_attribute("target", "_blank")
    await expect(window.button("Site")).to_have_attribute("rel", "noopener noreferrer")


async def test_the_bot_edits_and_deletes_before_the_readers_eyes(
    open_window: OpenWindow, start_bot: StartBot
) -> None:
    bot = await start_bot(GREETING)
    window = await open_window()
    await window.say("/start")
    await expect(window.messages("Hello")).to_be_visible()
    sent = await bot.call("sendMessage", chat_id=ANNA, text="First")
    await expect(window.messages("First")).to_be_visible()
    markup = inline([{"text": "More", "callback_data": "more"}])
    await bot.call(
        "editMessageText", chat_id=ANNA, message_id=sent["message_id"], text="Second", reply_markup=markup
    )
    await expect(window.messages("Second")).not_to_contain_text("изменено")
    await expect(window.messages("First")).to_have_count(0)
    await expect(window.button("More")).to_be_visible()
    await bot.call("deleteMessage", chat_id=ANNA, message_id=sent["message_id"])
    await expect(window.messages("Second")).to_have_count(0)


async def test_reply_keyboard_shares_the_own_number_only_after_asking(
    open_window: OpenWindow, start_bot: StartBot
) -> None:
    keyboard = {
        "keyboard": [[{"text": "Share", "request_contact": True}], [{"text": "Skip"}]],
        "resize_keyboard": True,
        "one_time_keyboard": True,
        "input_field_placeholder": "Your number?",
    }
    bot = await start_bot(
        {
            "/start": [say("Number?", reply_markup=keyboard)],
            "contact": [say("Thanks", reply_markup={"remove_keyboard": True})],
        }
    )
    window = await open_window()
    await window.say("/start")
    await expect(window.composer).to_have_attribute("placeholder", "Your number?")
    await window.reply_button("Share").click()
    await window.page.keyboard.press("Escape")
    assert not [update for update in bot.updates if "contact" in update.get("message", {})]
    await window.reply_button("Share").click()
    await window.by("contact-confirm").click()
    shared = await bot.got(lambda update: "contact" in update.get("message", {}))
    assert shared["message"]["contact"]["user_id"] == ANNA
    await expect(window.messages("Thanks")).to_be_visible()
    await expect(window.by("reply-button")).to_have_count(0)


async def test_a_one_time_keyboard_hides_and_can_be_called_back(
    open_window: OpenWindow, start_bot: StartBot
) -> None:
    keyboard = {"keyboard": [[{"text": "Yes"}]], "one_time_keyboard": True}
    bot = await start_bot({"/start": [say("Sure?", reply_markup=keyboard)]})
    window = await open_window()
    await window.say("/start")
    await window.reply_button("Yes").click()
    await bot.got_text("Yes")
    await expect(window.reply_button("Yes")).to_be_hidden()
    await window.page.reload()
    await expect(window.messages("Sure?")).to_be_visible()
    await expect(window.reply_button("Yes")).to_be_hidden()
    await window.by("keyboard-toggle").click()
    await expect(window.reply_button("Yes")).to_be_visible()


async def test_arrow_up_edits_the_last_own_message(open_window: OpenWindow, start_bot: StartBot) -> None:
    bot = await start_bot(GREETING)
    window = await open_window()
    await window.say("first try")
    await bot.got_text("first try")
    await expect(window.messages("first try", outgoing=True)).to_be_visible()
    await window.composer.press("ArrowUp")
    await expect(window.composer).to_have_value("first try")
    await window.say("second try")
    edited = await bot.got(lambda update: "edited_message" in update)
    assert edited["edited_message"]["text"] == "second try"
    await expect(window.messages("second try")).to_contain_text("изменено")
    await window.composer.press("ArrowUp")
    await window.composer.press("Escape")
    await expect(window.composer).to_have_value("")


async def test_a_reply_quotes_the_message(open_window: OpenWindow, start_bot: StartBot) -> None:
    bot = await start_bot(GREETING)
    window = await open_window()
    await window.say("/start")
    hello = window.messages("Hello", outgoing=False)
    await hello.hover()
    await hello.get_by_test_id("message-menu").click()
    await window.by("menu-reply").click()
    await window.say("and to you")
    assert (await bot.got_text("and to you"))["message"]["reply_to_message"]["text"] == "Hello"
    await expect(window.messages("and to you").locator(".quote")).to_contain_text("Hello")


async def test_commands_are_listed_filtered_and_sent(open_window: OpenWindow, start_bot: StartBot) -> None:
    bot = await start_bot({"/help": [say("helped")]})
    commands = [
        {"command": "start", "description": "Begin"},
        {"command": "help", "description": "Get help"},
    ]
    await bot.call("setMyCommands", commands=commands)
    window = await open_window()
    await window.begin()
    await window.by("menu").click()
    await expect(window.by("command")).to_have_count(2)
    await window.page.keyboard.press("Escape")
    await expect(window.by("command-list")).to_be_hidden()
    await window.composer.press_sequentially("/he")
    await expect(window.by("command")).to_have_text(["/helpGet help"])
    await window.composer.press("ArrowDown")
    await window.composer.press("Enter")
    await expect(window.messages("helped")).to_be_visible()
    await bot.call("setMyCommands", commands=commands[:1])
    await window.by("menu").click()
    await expect(window.by("command")).to_have_count(1)


@pytest.mark.parametrize("way", ["address", "message"])
async def test_a_deep_link_offers_to_start_with_its_parameter(
    open_window: OpenWindow, start_bot: StartBot, way: str
) -> None:
    bot = await start_bot({"go": [say("Take https://t.me/sandbox_4242_bot?start=promo_X1")]})
    window = await open_window(query="?start=promo_X1" if way == "address" else "")
    if way == "message":
        await window.say("go")
        await window.messages("Take", outgoing=False).locator("a").click()
    await expect(window.page.get_by_text("«promo_X1»")).to_be_visible()
    await window.by("start").click()
    await bot.got_text("/start promo_X1")
    await expect(window.composer).to_be_visible()
    assert "start=" not in window.page.url


async def test_photos_go_both_ways_and_files_can_be_fetched(
    open_window: OpenWindow, start_bot: StartBot
) -> None:
    bot = await start_bot(GREETING)
    window = await open_window()
    await window.by("photo-file").set_input_files(
        {"name": "dot.png", "mimeType": "image/png", "buffer": PIXEL}
    )
    await window.by("caption").fill("a dot")
    await window.by("photo-send").click()
    assert (await bot.got(lambda update: "photo" in update.get("message", {})))["message"][
        "caption"
    ] == "a dot"
    await bot.send_file("sendPhoto", "photo", "chart.png", PIXEL, chat_id=str(ANNA), caption="your chart")
    await bot.send_file("sendDocument", "document", "list.csv", b"a;b\n", chat_id=str(ANNA))
    await expect(window.messages("list.csv")).to_be_visible()
    for text in ("a dot", "your chart"):
        picture = window.messages(text).locator("img")
        await expect(picture).to_have_js_property("complete", True)
        assert await picture.evaluate("picture => picture.naturalWidth") == 1
    async with window.page.expect_download() as fetched:
        await window.messages("list.csv").locator("a").click()
    assert (await (await fetched.value).path()).read_bytes() == b"a;b\n"


async def test_typing_is_shown_and_ends_with_the_message(
    open_window: OpenWindow, start_bot: StartBot
) -> None:
    bot = await start_bot(GREETING)
    window = await open_window()
    await window.say("/start")
    await expect(window.messages("Hello")).to_be_visible()
    await bot.call("sendChatAction", chat_id=ANNA, action="typing")
    await expect(window.by("chat-action")).to_have_text("печатает…")
    await bot.call("sendMessage", chat_id=ANNA, text="done")
    await expect(window.by("chat-action")).to_have_text("бот")
