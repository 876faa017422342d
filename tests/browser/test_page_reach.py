"""Who can use the chat page: on a phone, by keyboard alone, in light and dark, in both languages."""

from pathlib import Path

import pytest

from tests.browser.chrome import require_browser
from tests.browser.conftest import ANNA, BEN, OpenWindow, StartBot, Window
from tests.browser.scripts import GREETING, HTML, bill, inline, say

require_browser()

from playwright.async_api import expect  # noqa: E402  (only once it is known to be there)

PROBES = Path(__file__).parent


RICH = {
    "/start": [
        say(HTML, parse_mode="HTML"),
        say("W" * 300 + " /help", reply_markup=inline([{"text": "B" * 60, "callback_data": "b"}] * 3)),
        bill("XTR", 1),
        ("sendPoll", {"question": "Q" * 200, "options": ["O" * 100, "short"]}),
        ("sendPoll", {"question": "closed", "options": ["O" * 100, "short"], "is_closed": True}),
        say("keys", reply_markup={"keyboard": [[{"text": "long button text"} for _ in range(4)]]}),
    ]
}


async def test_a_phone_of_360_px_needs_no_sideways_scrolling(
    open_window: OpenWindow, start_bot: StartBot
) -> None:
    bot = await start_bot(RICH)
    await bot.call("setMyCommands", commands=[{"command": "start", "description": "d" * 200}])
    window = await open_window(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    await window.say("/start")
    await expect(window.messages("keys")).to_be_visible()
    assert await probe(window, "overflow") == []
    await window.by("menu").tap()
    assert await probe(window, "overflow") == []
    await window.page.keyboard.press("Escape")
    await window.by("invoice-pay").tap()
    assert await probe(window, "overflow") == []
    await window.by("pay-close").tap()
    await window.by("chat-menu").tap()
    await window.by("menu-groups").tap()
    await window.by("group-title").fill("T" * 128)
    await window.by("group-create").tap()
    await expect(window.by("group")).to_have_count(1)
    assert await probe(window, "overflow") == []
    await window.page.keyboard.press("Escape")
    await window.by("back").tap()
    await expect(window.by(f"person-{BEN}")).to_be_visible()
    assert await probe(window, "overflow") == []
    await window.by("faults").tap()
    assert await probe(window, "overflow") == []


async def test_everything_can_be_done_with_the_keyboard_alone(
    open_window: OpenWindow, start_bot: StartBot
) -> None:
    bot = await start_bot(
        {
            "hello": [say("Pick", reply_markup=inline([{"text": "Deep", "callback_data": "deep"}]))],
            "callback:deep": [("answerCallbackQuery", {"text": "Reached", "show_alert": True})],
        }
    )
    window = await open_window(ANNA)
    keys = window.page.keyboard
    await focus_by_tab(window, f"person-{BEN}")
    await keys.press("Enter")
    await expect(window.by("start")).to_be_focused()
    await keys.press("Enter")
    await expect(window.composer).to_be_focused()
    await keys.type("hello")
    await keys.press("Enter")
    assert (await bot.got_text("hello"))["message"]["from"]["id"] == BEN
    await expect(window.button("Deep")).to_be_visible()
    await focus_by_tab(window, "inline-button", back=True)
    outline = await window.button("Deep").evaluate("node => getComputedStyle(node).outlineStyle")
    assert outline != "none"
    await keys.press("Enter")
    await expect(window.page.get_by_role("dialog")).to_contain_text("Reached")
    await keys.press("Escape")
    await expect(window.button("Deep")).to_be_focused()
    await focus_by_tab(window, "attach")
    await keys.press("Enter")
    await keys.press("ArrowDown")
    await expect(window.by("attach-contact")).to_be_focused()
    await keys.press("Enter")
    await expect(window.by("contact-confirm")).to_be_focused()
    await keys.press("Enter")
    await bot.got(lambda update: "contact" in update.get("message", {}))


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_stands_out_from_its_ground(
    open_window: OpenWindow, start_bot: StartBot, scheme: str
) -> None:
    """WCAG AA: 4.5:1 for text, 3:1 for large text; measured on what the browser computed."""
    await start_bot(RICH)
    window = await open_window(color_scheme=scheme)
    await window.say("/start")
    await expect(window.messages("keys")).to_be_visible()
    assert await probe(window, "contrast") == []
    await window.by("invoice-pay").click()
    assert await probe(window, "contrast") == []


async def test_the_page_speaks_both_languages(open_window: OpenWindow, start_bot: StartBot) -> None:
    await start_bot(GREETING)
    english = await open_window(None, locale="de-DE")
    await expect(english.by("start")).to_have_text("Start")
    await expect(english.page.locator(".person").first).to_contain_text("Ben")
    window = await open_window()
    await expect(window.by("start")).to_have_text("Запустить")
    await window.by("language").click()
    await expect(window.by("start")).to_have_text("Start")
    await window.page.reload()
    await expect(window.by("start")).to_have_text("Start")
    assert (
        await window.page.evaluate("import('/static/words.js').then((words) => words.missingWords())") == []
    )


async def probe(window: Window, name: str) -> list[str]:
    """What a script of this folder finds wrong in the page, one line each."""
    found: list[str] = await window.page.evaluate((PROBES / f"{name}.js").read_text())
    return found


async def focus_by_tab(window: Window, test_id: str, *, back: bool = False) -> None:
    for _ in range(60):
        if await window.page.evaluate("document.activeElement?.dataset?.testid") == test_id:
            return
        await window.page.keyboard.press("Shift+Tab" if back else "Tab")
    pytest.fail(f"the keyboard never reaches {test_id}")


async def test_a_buttons_label_is_one_line_with_an_ellipsis(
    open_window: OpenWindow, start_bot: StartBot
) -> None:
    short, long = {"text": "B", "callback_data": "b"}, {"text": "long words " * 6, "callback_data": "c"}
    keyboard = {"keyboard": [[{"text": "B"}], [{"text": "long words " * 6}, {"text": "B"}]]}
    await start_bot(
        {
            "/start": [
                say("inline", reply_markup=inline([short], [long, short])),
                say("reply", reply_markup=keyboard),
            ]
        }
    )
    window = await open_window(viewport={"width": 390, "height": 740})
    await window.say("/start")
    await expect(window.by("reply-button")).to_have_count(3)
    for kind in ("inline-button", "reply-button"):
        keys = await window.by(kind).evaluate_all(
            "keys => keys.map((key) => [key.offsetHeight, key.firstChild.scrollWidth > key.firstChild.clientWidth])"
        )
        assert len({height for height, _cut in keys}) == 1, kind
        assert [cut for _height, cut in keys] == [False, True, False], kind
