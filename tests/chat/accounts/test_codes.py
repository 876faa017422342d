"""An e-mail address is proven by a code: it connects the account that has it, or becomes the person's own."""

import asyncpg
import pytest
from pydantic import SecretStr

from bot.clock import Clock
from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.texts.accounts import connect as words
from bot.texts.accounts import contacts, registration
from tests.app import origin_of, settings_for
from tests.callbacks import becomes
from tests.chat.accounts.mailbox import Mailbox
from tests.chat.accounts.rows import account_of, counts
from tests.chat_user import ANNA, BEN, ChatUser

SITE = (
    "insert into users (name, email, password_hash, created_at) values ('Anna', $1, 'x', now()) returning id"
)


@pytest.fixture
def app_settings(sandbox: Sandbox) -> Settings:
    sender = "school@lessongate.example"
    return settings_for(origin_of(sandbox), smtp_url=SecretStr(sandbox.mail.url), mail_from=sender)


@pytest.fixture
def mailbox(sandbox: Sandbox) -> Mailbox:
    return Mailbox(sandbox)


async def test_a_chat_without_an_account_signs_in_to_the_sites(
    anna: ChatUser, mailbox: Mailbox, sql: asyncpg.Connection
) -> None:
    site = await sql.fetchval(SITE, "anna@school.example")
    await anna.send("/start")
    await anna.click(words.HAVE_ACCOUNT)
    await anna.send(" Anna@School.EXAMPLE ")
    await anna.receives("anna@school.example")
    code = await mailbox.code()
    assert mailbox.to == ["anna@school.example"]
    assert await sql.fetchval("select position($1 in c::text) from bot.email_codes c", code) == 0
    await anna.send(f"{code[:3]} {code[3:]}")
    assert "a•••@school.example" in anna.last_text
    assert await counts(sql) == (1, 0, 0, 0, 0)
    await anna.click(words.CONNECT)
    assert await account_of(sql, ANNA) == site
    assert await counts(sql) == (1, 1, 1, 1, 1)
    assert await sql.fetchval("select count(*) from bot.email_codes") == 0
    await becomes(lambda: sql.fetchval("select count(*) = 2 from bot.outbox where state = 'sent'"))
    assert mailbox.to == ["anna@school.example"] * 2  # the account's own address hears of it
    assert "Анна" in mailbox.sandbox.mail.mailbox.letters()[0].text


async def test_a_code_merges_what_a_link_alone_would_not(
    anna: ChatUser, mailbox: Mailbox, sql: asyncpg.Connection
) -> None:
    site = await sql.fetchval(SITE, "anna@school.example")
    await anna.register()
    await anna.send("/promo SPRING")
    await anna.receives("SPRING")
    await anna.send("/profile")
    await anna.click(words.SCHOOL_ACCOUNT)
    await anna.send("anna@school.example")
    await anna.send(await mailbox.code())
    assert "Python с нуля" in anna.last_text
    await anna.click(words.CONNECT)
    assert await account_of(sql, ANNA) == site
    assert await sql.fetchval("select user_id from usermoduleaccess") == site


async def test_an_address_nobody_has_becomes_the_accounts_own(
    anna: ChatUser, mailbox: Mailbox, sql: asyncpg.Connection, clock: Clock
) -> None:
    await anna.register()
    await anna.send("/profile")
    await anna.click(contacts.EMAIL)
    await anna.send("anna@example.com")
    assert await sql.fetchval("select value from bot.contacts where proven_at is null") == "anna@example.com"
    await anna.send(await mailbox.code())
    assert await sql.fetchval("select email from users") == "anna@example.com"
    assert await sql.fetchval("select count(*) from bot.contacts") == 0
    assert "anna@example.com" in anna.last_text
    assert "не подтвержд" not in anna.last_text
    clock.move(60)
    await anna.send("/connect")
    await anna.send("anna@example.org")
    await anna.send(await mailbox.code(2))
    assert await sql.fetchval("select email from users") == "anna@example.org"
    await becomes(lambda: sql.fetchval("select count(*) = 3 from bot.outbox where state = 'sent'"))
    assert mailbox.to[-1] == "anna@example.com"  # the one before hears of it


async def test_a_stranger_registers_with_the_address_that_was_proven(
    anna: ChatUser, mailbox: Mailbox, sql: asyncpg.Connection
) -> None:
    await anna.send("/connect")
    await anna.send("anna@example.com")
    await anna.send(await mailbox.code())
    assert anna.buttons == [anna.words(registration.REGISTER)]
    assert await counts(sql) == (0, 0, 0, 0, 0)
    await anna.click(registration.REGISTER)
    await anna.receives(registration.REGISTERED)
    assert await sql.fetchval("select email from users") == "anna@example.com"


async def test_the_account_of_another_chat_is_found_by_its_proven_address(
    anna: ChatUser, ben: ChatUser, mailbox: Mailbox, sql: asyncpg.Connection, clock: Clock
) -> None:
    """Both were born in Telegram; the one with the address stays."""
    for number, person in enumerate((anna, ben), 1):
        await person.register()
        await person.send("/connect")
        await person.send("anna@example.com")
        await person.send(await mailbox.code(number))
        clock.move(60)
    first = await account_of(sql, ANNA)
    assert "a•••@example.com" in ben.last_text
    await ben.click(words.CONNECT)
    assert await account_of(sql, BEN) == first
    await anna.receives("Ben")


async def test_a_code_may_come_after_something_else(
    anna: ChatUser, mailbox: Mailbox, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.send("/connect")
    await anna.send("anna@example.com")
    code = await mailbox.code()
    await anna.send("/lessons")
    await anna.send(code)
    assert await sql.fetchval("select email from users") == "anna@example.com"
