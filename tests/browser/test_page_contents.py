"""What messages carry in the chat page: polls, stickers, albums, places, reactions."""

import json

from tests.browser.chrome import require_browser
from tests.browser.conftest import ANNA, OpenWindow, StartBot
from tests.browser.scripts import GREETING, say
from tests.browser.test_page import PIXEL

require_browser()

from playwright.async_api import expect  # noqa: E402  (only once it is known to be there)

POLL = {"question": "Which?", "options": ["One", "Two", "Three"], "is_anonymous": False}
QUIZ = {
    "question": "2 + 2?",
    "options": ["3", "4"],
    "type": "quiz",
    "correct_option_id": 1,
    "explanation": "Count",
}


async def test_a_vote_shows_the_results_and_can_be_taken_back(
    open_window: OpenWindow, start_bot: StartBot
) -> None:
    bot = await start_bot({"/poll": [("sendPoll", POLL)]})
    window = await open_window()
    await window.say("/poll")
    await window.by("poll-option").filter(has_text="Two").click()
    answer = await bot.got(lambda update: "poll_answer" in update)
    assert answer["poll_answer"]["option_ids"] == [1]
    await expect(window.by("poll-result").nth(1)).to_contain_text("100 %")
    await expect(window.by("poll-result").nth(0)).to_contain_text("0 %")
    await window.page.reload()
    await expect(window.by("poll-result").nth(1).locator(".poll-mine")).to_be_visible()
    await window.by("poll-retract").click()
    await expect(window.by("poll-option")).to_have_count(3)


async def test_several_answers_are_sent_together(open_window: OpenWindow, start_bot: StartBot) -> None:
    bot = await start_bot({"/poll": [("sendPoll", {**POLL, "allows_multiple_answers": True})]})
    window = await open_window()
    await window.say("/poll")
    await expect(window.by("poll-vote")).to_be_disabled()
    for text in ("Three", "One"):
        await window.by("poll-option").filter(has_text=text).click()
    await window.by("poll-vote").click()
    answer = await bot.got(lambda update: "poll_answer" in update)
    assert answer["poll_answer"]["option_ids"] == [0, 2]


async def test_a_quiz_tells_right_from_wrong(open_window: OpenWindow, start_bot: StartBot) -> None:
    await start_bot({"/quiz": [("sendPoll", QUIZ)]})
    window = await open_window()
    await window.say("/quiz")
    await expect(window.messages("2 + 2?", outgoing=False)).not_to_contain_text("Count")
    await window.by("poll-option").filter(has_text="3").click()
    await expect(window.page.locator(".poll-result.wrong")).to_contain_text("3")
    await expect(window.page.locator(".poll-result.right")).to_contain_text("4")
    await expect(window.messages("2 + 2?", outgoing=False)).to_contain_text("Count")
    await expect(window.by("poll-retract")).to_have_count(0)


async def test_a_poll_is_stopped_before_the_readers_eyes(
    open_window: OpenWindow, start_bot: StartBot
) -> None:
    bot = await start_bot(GREETING)
    window = await open_window()
    await window.say("/start")
    await expect(window.messages("Hello")).to_be_visible()
    sent = await bot.call("sendPoll", chat_id=ANNA, **POLL)
    await expect(window.by("poll-option")).to_have_count(3)
    await bot.call("stopPoll", chat_id=ANNA, message_id=sent["message_id"])
    await expect(window.by("poll-result")).to_have_count(3)
    await expect(window.messages("Which?")).to_contain_text("Итоги")


async def test_the_bot_asks_for_a_poll_and_a_place(open_window: OpenWindow, start_bot: StartBot) -> None:
    rows = [
        [{"text": "Poll", "request_poll": {"type": "quiz"}}],
        [{"text": "Place", "request_location": True}],
    ]
    bot = await start_bot({"/start": [say("Send", reply_markup={"keyboard": rows})]})
    window = await open_window()
    await window.say("/start")
    await window.reply_button("Poll").click()
    await window.by("poll-question").fill("Mine?")
    await window.by("poll-options").fill("yes\nno\n")
    await window.by("poll-right").fill("2")
    await window.by("form-send").click()
    poll = (await bot.got(lambda update: "poll" in update.get("message", {})))["message"]["poll"]
    assert (poll["question"], poll["type"], poll["correct_option_id"]) == ("Mine?", "quiz", 1)
    await window.reply_button("Place").click()
    await window.by("form-send").click()
    await bot.got(lambda update: "location" in update.get("message", {}))
    await expect(window.messages("55.7539", outgoing=True)).to_be_visible()


async def test_stickers_albums_contacts_and_places_are_shown(
    open_window: OpenWindow, start_bot: StartBot
) -> None:
    place = {"latitude": 55.5, "longitude": 37.5}
    bot = await start_bot(
        {
            "/start": [
                ("sendContact", {"phone_number": "+7900", "first_name": "Igor"}),
                ("sendVenue", {**place, "title": "Museum", "address": "Street 1"}),
            ]
        }
    )
    window = await open_window()
    await window.say("/start")
    await expect(window.messages("Igor")).to_contain_text("+7900")
    await expect(window.messages("Museum")).to_contain_text("Street 1")
    sticker = await bot.send_file("sendSticker", "sticker", "s.png", PIXEL, chat_id=str(ANNA))
    picture = window.page.locator(f'[data-message-id="{sticker["message_id"]}"] img')
    await expect(picture).to_have_js_property("naturalWidth", 1)
    media = json.dumps(
        [{"type": "photo", "media": "attach://one", "caption": text} for text in ("first", "second")]
    )
    await bot.send_file("sendMediaGroup", "one", "1.png", PIXEL, chat_id=str(ANNA), media=media)
    for text in ("first", "second"):
        await expect(window.messages(text).locator("img")).to_have_js_property("naturalWidth", 1)


async def test_reactions_of_both_sides_are_shown(open_window: OpenWindow, start_bot: StartBot) -> None:
    bot = await start_bot(GREETING)
    window = await open_window()
    await window.say("/start")
    own = window.messages("/start", outgoing=True)
    number = int(await own.get_attribute("data-message-id") or 0)
    thumb = [{"type": "emoji", "emoji": "🔥"}]
    await bot.call("setMessageReaction", chat_id=ANNA, message_id=number, reaction=thumb)
    await expect(own.get_by_test_id("reactions")).to_have_text("🔥")
    hello = window.messages("Hello", outgoing=False)
    await hello.hover()
    await hello.get_by_test_id("message-menu").click()
    await window.by("menu-react").click()
    await expect(hello.get_by_test_id("reactions")).to_have_text("👍")
    await expect(hello).not_to_contain_text("изменено")
