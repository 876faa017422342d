"""Three people who have an account at the school's site come to the bot with phones, in both languages: by a code sent
to their address, by a link that the site has signed, and by the owner's hand.

Pictures are saved under tests/browser/screenshots.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import asyncpg
import pytest
from pydantic import SecretStr

from bot.catalogue.loading import load_file
from bot.clock import Clock
from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.site_links import sign
from handlers.app import Application
from handlers.demo.school import SCHOOLS
from tests.app import origin_of, settings_for
from tests.browser.chrome import require_browser
from tests.browser.conftest import ANNA, BEN, HELEN, OLGA, Window
from tests.kept import Lent

require_browser()

from playwright.async_api import expect  # noqa: E402  (only once it is known to be there)

from tests.browser.film import Film  # noqa: E402
from tests.browser.newcomer import ENGLISH, RUSSIAN, Labels, ask  # noqa: E402

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}
SECRET = "a secret of the school's site that is long enough"
PAID_AT_THE_SITE = """
with account as (
    insert into users (name, email, password_hash, created_at)
    values ($1, $1 || '@example.org', 'of the site', now() - interval '90 days') returning id
), bought as (
    insert into purchases (user_id, product_id, amount_cents, provider, status, provider_payment_id, days, currency,
                           created_at, purchased_at)
    select account.id, product_id, 99000, 'yookassa', 'succeeded', $1, 30, 'RUB', now(), now()
    from account, products join modules on modules.id = module_id where modules.name = $2 limit 1
    returning user_id, product_id
), opened as (
    insert into usermoduleaccess (user_id, module_id, ends_at)
    select user_id, module_id, now() + interval '30 days' from bought join products using (product_id)
)
select id from account
"""  # as the other application writes it


@dataclass(frozen=True)
class Words:
    locale: str
    labels: Labels
    owner: int
    course: str
    promo_course: str
    days: str
    connect: str
    have_account: str
    connected: str
    one_more: str
    by_the_school: str
    mail: str
    code_letter: str
    news_letter: str
    join: str
    joined: str


WORDS = {
    "ru": Words(
        "ru-RU", RUSSIAN, OLGA, "Финансы для себя", "Python с нуля", "30 дней", "Подключить", "У меня есть аккаунт",
        "чат подключён к аккаунту", "ещё один чат", "Школа подключила", "Почта", "Код для подтверждения",
        "подключили чат", "Объединить", "Объединено",
    ),
    "en": Words(
        "en-GB", ENGLISH, HELEN, "Money sense", "Python from scratch", "30 days", "Connect", "I have an account",
        "This chat signs in to the account", "One more Telegram chat", "The school has connected", "Mail",
        "The code to confirm", "chat was connected", "Join them", "Joined.",
    ),
}  # fmt: skip
Visit = Callable[[int], Awaitable[Window]]


@pytest.fixture(params=WORDS)
def language(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def lent_school(lent: Lent) -> Lent:
    """Without the school that other tests have: the one in the test's language is loaded."""
    return lent


@pytest.fixture
def app_settings(sandbox: Sandbox) -> Settings:
    return settings_for(
        origin_of(sandbox),
        admin_ids=(OLGA, HELEN),
        smtp_url=SecretStr(sandbox.mail.url),
        mail_from="school@lessongate.example",
        site_link_secret=SecretStr(SECRET),
    )


@pytest.fixture
async def visit(browser: Browser, sandbox: Sandbox, language: str) -> AsyncIterator[Visit]:
    """Somebody's own phone, in their chat with the bot."""
    windows: list[Window] = []
    async with AsyncExitStack() as stack:

        async def visit_as(person: int) -> Window:
            context = await browser.new_context(locale=WORDS[language].locale, **PHONE)
            stack.push_async_callback(context.close)
            window = Window(await context.new_page())
            windows.append(window)
            await window.page.goto(f"{origin_of(sandbox)}/#{person}")
            return window

        yield visit_as
        assert [label for window in windows for label in await window.cut_labels()] == []
    assert [complaint for window in windows for complaint in window.complaints] == []


async def test_three_people_of_the_site(
    app: Application,
    sandbox: Sandbox,
    http: aiohttp.ClientSession,
    sql: asyncpg.Connection,
    clock: Clock,
    visit: Visit,
    language: str,
) -> None:
    words, film = WORDS[language], Film(f"site-{language}")
    await load_file(app.database, SCHOOLS[language])
    first = ANNA if language == "ru" else BEN
    second, third = [await join_telegram(http, sandbox, language) for _ in range(2)]
    accounts = [
        await sql.fetchval(PAID_AT_THE_SITE, name, words.course) for name in ("first", "second", "third")
    ]

    by_code = await visit(first)
    await connect_by_code(by_code, "first@example.org", words, film)
    await see_access(by_code, words, film, "05-code-status")

    ends_at = int((clock.now() + timedelta(minutes=5)).timestamp())
    by_link = await visit(second)
    await connect_by_link(by_link, sign(SECRET, accounts[1], ends_at), words, film)
    await see_access(by_link, words, film, "08-link-status")

    theirs, owner = await visit(third), await visit(words.owner)
    await come_by_oneself(theirs, words)
    await connect_by_owner(owner, f"/link third@example.org {third}", words, film)
    await hear_of_it(theirs, words, film)
    await see_access(theirs, words, film, "13-owner-status")
    await expect(theirs.messages(words.promo_course, outgoing=False).last).to_be_visible()


async def join_telegram(http: aiohttp.ClientSession, sandbox: Sandbox, language: str) -> int:
    async with http.post(f"{origin_of(sandbox)}/sandbox/people", json={"language_code": language}) as answer:
        return int((await answer.json())["id"])


async def connect_by_code(window: Window, email: str, words: Words, film: Film) -> None:
    await ask(window, "/start")
    await expect(window.button(words.have_account)).to_be_visible()
    await ask(window, "/connect")
    await film.shoot(window.page, "01-asked")
    await ask(window, email)
    letter = await open_letter(window, words.code_letter, words)
    await film.shoot(letter, "02-letter")
    code = await letter.get_by_test_id("letter-code").input_value()
    await letter.close()
    await ask(window, code)
    await expect(window.messages("f•••@example.org", outgoing=False)).to_be_visible()
    await film.shoot(window.page, "03-preview")
    await press_connect(window, words, film, "04-connected")


async def open_letter(window: Window, subject: str, words: Words) -> Page:
    """Where the menu of the chat leads: to everybody's mailbox. The list shows by itself what has come."""
    await window.by("chat-menu").tap()
    async with window.page.expect_popup() as opening:
        await window.page.get_by_role("menuitem", name=words.mail).tap()
    mailbox = await opening.value
    Window(mailbox, window.complaints)
    await mailbox.get_by_role("link", name=subject).first.tap(timeout=60_000)
    await expect(mailbox.get_by_test_id("letter-text")).to_be_visible()
    return mailbox


async def press_connect(window: Window, words: Words, film: Film, picture: str) -> None:
    await window.button(words.connect).last.tap()
    await expect(window.messages(words.connected, outgoing=False).last).to_be_visible()
    await film.shoot(window.page, picture)


async def connect_by_link(window: Window, token: str, words: Words, film: Film) -> None:
    await ask(window, f"/start in_{token}")
    await expect(window.messages("s•••@example.org", outgoing=False)).to_be_visible()
    await film.shoot(window.page, "06-link-preview")
    await press_connect(window, words, film, "07-link-connected")


async def come_by_oneself(window: Window, words: Words) -> None:
    """Registers in Telegram, as if there were no other account, and has something there."""
    await window.by("start").tap()
    await window.button(words.labels.register).tap()
    await expect(window.messages(words.labels.registered, outgoing=False)).to_be_visible()
    await ask(window, "/promo SPRING")
    await expect(window.messages(words.promo_course, outgoing=False).last).to_be_visible()


async def connect_by_owner(window: Window, command: str, words: Words, film: Film) -> None:
    await ask(window, command)
    await expect(window.messages("third@example.org", outgoing=False).last).to_be_visible()
    await film.shoot(window.page, "09-owner-preview")
    await window.button(words.join).last.tap()
    await expect(window.messages(words.joined, outgoing=False).last).to_be_visible()
    await film.shoot(window.page, "10-owner-joined")


async def hear_of_it(window: Window, words: Words, film: Film) -> None:
    """In the chat, and at the address of the account."""
    await expect(window.messages(words.by_the_school, outgoing=False).last).to_be_visible(timeout=60_000)
    await film.shoot(window.page, "11-heard")
    letter = await open_letter(window, words.news_letter, words)
    await expect(letter.get_by_text("third@example.org")).to_be_visible()
    await film.shoot(letter, "12-letter")
    await letter.close()


async def see_access(window: Window, words: Words, film: Film, picture: str) -> None:
    """What was bought at the site is open here."""
    await ask(window, "/status")
    shown = window.messages(words.course, outgoing=False).last
    await expect(shown).to_contain_text(words.days)
    await film.shoot(window.page, picture)
