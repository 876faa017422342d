"""The mailbox beside the chat: what came, its code, its links; over a restart, in both languages."""

from email.message import EmailMessage
from urllib.parse import urlsplit

import aiosmtplib
import pytest

from bot.sandbox.app import Sandbox
from tests.browser.chrome import require_browser
from tests.browser.conftest import OpenWindow, StartBot, World
from tests.browser.scripts import GREETING
from tests.browser.test_page_reach import probe

require_browser()

from playwright.async_api import expect  # noqa: E402  (only once it is known to be there)


def letter(text: str = "Ваш код: 012345\nhttps://t.me/tiny_bot?start=promo_SPRING <b>") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "School <school@lessongate.example>"
    message["To"] = "anna@example.com"
    message["Subject"] = "Код <из> школы"
    message.set_content(text)
    return message


async def post(sandbox: Sandbox | None, message: EmailMessage) -> None:
    assert sandbox is not None
    parts = urlsplit(sandbox.mail.url)
    await aiosmtplib.send(message, hostname=parts.hostname, port=parts.port)


@pytest.mark.parametrize(
    ("locale", "title", "back"), [("ru-RU", "Почта", "Все письма"), ("en-GB", "Mail", "All letters")]
)
async def test_a_letter_is_read_its_code_copied_and_its_link_leads_to_the_chat(
    world: World, open_window: OpenWindow, start_bot: StartBot, locale: str, title: str, back: str
) -> None:
    await start_bot(GREETING)
    await post(world.sandbox, letter())
    window = await open_window(locale=locale, viewport={"width": 1200, "height": 800})
    async with window.page.context.expect_page() as opened:
        await window.by("mail").click()
    mailbox = await opened.value
    await expect(mailbox.get_by_role("heading", name=title)).to_be_visible()
    await mailbox.get_by_role("link", name="Код <из> школы").click()
    await expect(mailbox.get_by_test_id("letter-code")).to_have_value("012345")
    await expect(mailbox.get_by_test_id("letter-text")).to_contain_text("<b>")
    await mailbox.get_by_role("link", name=back).click()
    await expect(mailbox.get_by_test_id("letter")).to_have_count(1)
    await mailbox.get_by_role("link", name="Код <из> школы").click()
    await mailbox.get_by_role("link", name="https://t.me").click()
    await expect(mailbox.locator("#start-note")).to_contain_text("promo_SPRING")


async def test_letters_outlast_a_restart_and_bad_days_are_shown(
    world: World, open_window: OpenWindow, start_bot: StartBot
) -> None:
    await start_bot(GREETING)
    assert world.sandbox is not None
    world.sandbox.faults.set(mail_bounce=1)
    await post(world.sandbox, letter())
    await world.stop()
    await world.start()
    await post(world.sandbox, letter("W" * 300))
    window = await open_window(None, "mail", viewport={"width": 360, "height": 740}, is_mobile=True)
    await expect(window.by("letter")).to_have_count(2)
    await expect(window.by("letter").last).to_contain_text("вернулось отправителю")
    assert await probe(window, "overflow") == []
    assert await probe(window, "contrast") == []
    await window.page.goto(f"{world.origin}/mail/2")
    await expect(window.by("letter-code")).to_have_count(0)
    assert await probe(window, "overflow") == []
