"""Invoices in the chat page: the card sheet and the Stars sheet."""

from tests.browser.chrome import require_browser
from tests.browser.conftest import OpenWindow, StartBot
from tests.browser.scripts import bill

require_browser()

from playwright.async_api import expect  # noqa: E402  (only once it is known to be there)


async def test_paying_by_card_after_a_declined_one(open_window: OpenWindow, start_bot: StartBot) -> None:
    bot = await start_bot(
        {"/buy": [bill("RUB", 149000)], "pre_checkout": [("answerPreCheckoutQuery", {"ok": True})]}
    )
    window = await open_window()
    await window.say("/buy")
    await window.by("invoice-pay").click()
    await window.by("pay-decline").click()
    await expect(window.by("pay-status")).to_contain_text("отклонил")
    await window.by("pay-confirm").click()
    paid = await bot.got(lambda update: "successful_payment" in update.get("message", {}))
    assert paid["message"]["successful_payment"]["total_amount"] == 149000
    await expect(window.page.get_by_role("dialog")).to_have_count(0)
    await expect(window.by("invoice-pay")).to_be_disabled()
    await expect(window.messages("Вы заплатили")).to_contain_text("1 490")


async def test_paying_by_stars_shows_the_balance_and_the_bots_refusal(
    open_window: OpenWindow, start_bot: StartBot
) -> None:
    answers = [("answerPreCheckoutQuery", {"ok": False, "error_message": "Sold out"})]
    await start_bot({"/buy": [bill("XTR", 1500)], "pre_checkout": answers})
    window = await open_window()
    await window.say("/buy")
    await window.by("invoice-pay").click()
    dialog = window.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("1 000 ★")
    await window.by("stars-top-up").click()
    await expect(dialog).to_contain_text("2 000 ★")
    await window.by("pay-confirm").click()
    await expect(window.by("pay-status")).to_contain_text("Sold out")
    await window.by("pay-close").click()
    await expect(window.by("invoice-pay")).to_be_enabled()
