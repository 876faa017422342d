"""What somebody might try who is not the account's person. What a link alone may not do is in test_site_links.py, codes
that are guessed or forwarded in test_code_limits.py; and many at once in tests/db/connecting/test_at_once.py."""

from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.clock import Clock
from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.texts.accounts import connect as words
from db.connecting.codes import KEY
from db.engine import Pool
from db.server_keys import ensure_server_key
from handlers.app import Application
from tests.app import origin_of, second_app, settings_for, update_of
from tests.chat.accounts.mailbox import Mailbox, wrong
from tests.chat.accounts.rows import account_of, counts
from tests.chat_user import ANNA, BEN, ChatUser

SITE = (
    "insert into users (name, email, password_hash, created_at) values ('Anna', $1, 'x', now()) returning id"
)
OURS, NOBODYS = "anna@school.example", "nemo@school.example"
heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)


@pytest.fixture
def app_settings(sandbox: Sandbox) -> Settings:
    sender = "school@lessongate.example"
    return settings_for(origin_of(sandbox), smtp_url=SecretStr(sandbox.mail.url), mail_from=sender)


@pytest.fixture
def mailbox(sandbox: Sandbox) -> Mailbox:
    return Mailbox(sandbox)


@pytest.fixture
async def other(app: Application, school_database: str) -> AsyncIterator[Application]:
    async with second_app(app, school_database) as other:
        yield other


@pytest.fixture(autouse=True)
def _hearing() -> Iterator[None]:
    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if (notes := heard.get()) is not None:
            notes.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield
    event.remove(Engine, "before_cursor_execute", note)


async def statements(other: Application, person: ChatUser, text: str) -> list[str]:
    token = heard.set([])
    try:
        await other.processor.process(update_of(person, text=text))
        return heard.get() or []
    finally:
        heard.reset(token)


async def test_an_address_that_is_typed_opens_nothing(
    anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    """In every place that takes one, without its code."""
    site = await sql.fetchval(SITE, OURS)
    await ben.send(OURS)
    await ben.register()
    for way in (("/profile", "contact:email"), ("/connect", "")):
        await ben.send(way[0])
        if way[1]:
            await ben.press(way[1])
        await ben.send(OURS)
        await ben.send("000000")
    await ben.press("connectcode")
    assert await account_of(sql, BEN) != site
    assert await sql.fetchval("select count(*) from users where email = $1", OURS) == 1
    await anna.send("/start")
    assert "a•••" not in "".join([*anna.texts, *ben.texts])


async def test_words_and_letters_tell_nobody_which_addresses_have_accounts(
    anna: ChatUser, mailbox: Mailbox, sql: asyncpg.Connection, clock: Clock
) -> None:
    await sql.fetchval(SITE, OURS)
    said = []
    for number, address in enumerate((OURS, NOBODYS), 1):
        await anna.send("/connect")
        before = len(anna.texts)
        await anna.send(address)
        code = await mailbox.code(number)
        await anna.send(wrong(code))
        said.append([text.replace(address, "ADDRESS") for text in anna.texts[before:]])
        clock.move(60)
    assert said[0] == said[1]
    first, second = mailbox.sandbox.mail.mailbox.letters()
    assert first.subject == second.subject
    assert first.text.replace(mailbox.codes[1], "") == second.text.replace(mailbox.codes[0], "")


async def test_the_same_is_done_for_every_address(
    anna: ChatUser, ben: ChatUser, other: Application, sql: asyncpg.Connection, mailbox: Mailbox
) -> None:
    """So that time tells nothing either: the same statements in the same order."""
    await sql.fetchval(SITE, OURS)
    async with other.database.transaction(Pool.TALK) as session:
        await ensure_server_key(session, KEY)  # made once, whoever is first
    for person in (anna, ben):
        await person.send("/connect")
    known, unknown = await statements(other, anna, OURS), await statements(other, ben, NOBODYS)
    assert known == unknown
    assert "bot.email_codes" in str(known)
    assert not any("users" in one and "email" in one for one in known)
    await mailbox.code(2)
    assert await statements(other, anna, "000000") == await statements(other, ben, "000000")


async def test_a_code_of_both_accounts_counts_once(
    anna: ChatUser, ben: ChatUser, mailbox: Mailbox, sql: asyncpg.Connection, clock: Clock
) -> None:
    """Farming: used in an account of Telegram's and in the site's, then merged, and tried again."""
    await sql.fetchval(SITE, OURS)
    for number, person in enumerate((anna, ben), 1):
        if person is ben:
            await ben.register()
            await ben.send("/promo SPRING")
            await ben.receives("SPRING")
        await person.send("/connect")
        await person.send(OURS)
        await person.send(await mailbox.code(number if person is anna else 2))
        if person is ben:
            await ben.click(words.CONNECT)
        else:
            await anna.click(words.CONNECT)
            await anna.send("/promo SPRING")
            await anna.receives("SPRING")
            clock.move(60)
    assert await account_of(sql, ANNA) == await account_of(sql, BEN)
    ends = await sql.fetchval("select max(ends_at) from usermoduleaccess")
    assert ends <= clock.now() + timedelta(days=14)
    for person in (anna, ben):
        await person.send("/promo SPRING")
    assert await sql.fetchval("select max(ends_at) from usermoduleaccess") == ends


async def test_who_is_not_the_admin_links_nobody(ben: ChatUser, sql: asyncpg.Connection) -> None:
    site = await sql.fetchval(SITE, OURS)
    await ben.register()
    born = await account_of(sql, BEN)
    await ben.send(f"/link #{site} {BEN}")
    for data in (f"join:{born}:{site}", f"movechat:{BEN}:{site}", f"connections:{site}", "separate:1"):
        await ben.press(data)
    assert await account_of(sql, BEN) == born
    assert (await counts(sql))[0] == 2
