"""Invoices in the chat page: the card sheet and the Stars sheet."""

from bot.sandbox.telegram.people import FIRST_STARS
from tests.browser.chrome import require_browser
from tests.browser.conftest import ANNA, OpenWindow, StartBot
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


def stars(amount: int) -> str:
    return f"{amount:,} ★".replace(",", " ")


async def test_paying_by_stars_shows_the_balance_and_the_bots_refusal(
    open_window: OpenWindow, start_bot: StartBot
) -> None:
    answers = [("answerPreCheckoutQuery", {"ok": False, "error_message": "Sold out"})]
    await start_bot({"/buy": [bill("XTR", FIRST_STARS + 500)], "pre_checkout": answers})
    window = await open_window()
    await window.say("/buy")
    await window.by("invoice-pay").click()
    dialog = window.page.get_by_role("dialog")
    await expect(dialog).to_contain_text(stars(FIRST_STARS))
    await window.by("stars-top-up").click()
    await expect(dialog).to_contain_text(stars(FIRST_STARS + 1000))
    await window.by("pay-confirm").click()
    await expect(window.by("pay-status")).to_contain_text("Sold out")
    await window.by("pay-close").click()
    await expect(window.by("invoice-pay")).to_be_enabled()


async def test_too_few_stars_are_said_in_the_sheet(open_window: OpenWindow, start_bot: StartBot) -> None:
    answers = [("answerPreCheckoutQuery", {"ok": True})]
    await start_bot({"/buy": [bill("XTR", FIRST_STARS + 1)], "pre_checkout": answers})
    window = await open_window()
    await window.say("/buy")
    await window.by("invoice-pay").click()
    await window.by("pay-confirm").click()
    await expect(window.by("pay-status")).to_have_text("Не хватает звёзд.")


async def test_an_invoice_link_in_a_message_opens_the_sheet(
    open_window: OpenWindow, start_bot: StartBot
) -> None:
    bot = await start_bot({"pre_checkout": [("answerPreCheckoutQuery", {"ok": True})]})
    window = await open_window()
    await window.say("hello")
    await bot.got_text("hello")
    link = await bot.call("createInvoiceLink", **bill("XTR", 250)[1])
    await bot.call("sendMessage", chat_id=ANNA, text=f'<a href="{link}">pay here</a>', parse_mode="HTML")
    await window.messages("pay here").locator("a").click()
    await expect(window.page.get_by_role("dialog")).to_contain_text(stars(250))
    await window.by("pay-confirm").click()
    await bot.got(lambda update: "successful_payment" in update.get("message", {}))
    await expect(window.messages("Вы заплатили")).to_contain_text(stars(250))


async def test_paying_with_a_delivery(open_window: OpenWindow, start_bot: StartBot) -> None:
    method, invoice = bill("RUB", 149000)
    options = [
        {"id": "post", "title": "Post", "prices": [{"label": "x", "amount": 5000}]},
        {"id": "van", "title": "Van", "prices": [{"label": "x", "amount": 90000}]},
    ]
    bot = await start_bot(
        {
            "/buy": [(method, {**invoice, "is_flexible": True, "need_shipping_address": True})],
            "shipping": [("answerShippingQuery", {"ok": True, "shipping_options": options})],
            "pre_checkout": [("answerPreCheckoutQuery", {"ok": True})],
        }
    )
    window = await open_window()
    await window.say("/buy")
    await window.by("invoice-pay").click()
    await expect(window.by("pay-confirm")).to_be_disabled()
    await window.by("address-city").fill("Тверь")
    await window.by("shipping-ask").click()
    await window.page.get_by_label("Van").check()
    await expect(window.by("pay-confirm")).to_contain_text("2 390")
    await window.by("pay-confirm").click()
    paid = (await bot.got(lambda update: "successful_payment" in update.get("message", {})))["message"]
    payment = paid["successful_payment"]
    assert (payment["total_amount"], payment["shipping_option_id"]) == (239000, "van")
    assert payment["order_info"]["shipping_address"]["city"] == "Тверь"
