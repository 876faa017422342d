"""What a code is not good for, and what is no address; mail that does not go."""

import asyncpg
import pytest
from pydantic import SecretStr

from bot.clock import Clock
from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.texts.accounts import connect as words
from bot.texts.accounts import contacts
from tests.app import origin_of, settings_for
from tests.callbacks import becomes
from tests.chat.accounts.mailbox import Mailbox, wrong
from tests.chat.accounts.rows import counts
from tests.chat_user import ChatUser

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


async def test_five_wrong_codes_end_it(anna: ChatUser, mailbox: Mailbox, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.send("/connect")
    await anna.send("anna@example.com")
    code = await mailbox.code()
    await anna.send("abc")
    for left in ("4", "3", "2", "1"):
        await anna.send(wrong(code))
        assert left in anna.last_text
    await anna.send(wrong(code))
    await anna.send(code)
    await anna.receives(words.CODE_USED_UP)
    assert await sql.fetchval("select email from users") != "anna@example.com"


async def test_a_code_is_good_for_ten_minutes_and_the_newest_only(
    anna: ChatUser, mailbox: Mailbox, sql: asyncpg.Connection, clock: Clock
) -> None:
    await anna.register()
    await anna.send("/connect")
    await anna.send("anna@example.com")
    first = await mailbox.code()
    await anna.click(words.SEND_AGAIN)
    assert "секунд" in anna.last_text
    clock.move(60)
    await anna.click(words.SEND_AGAIN)
    second = await mailbox.code(2)
    if first != second:
        await anna.send(first)
        assert "4" in anna.last_text
    clock.move(601)
    await anna.send(second)
    await anna.receives(words.CODE_EXPIRED)
    await anna.send("/connect")
    await anna.send("anna@example.com")
    await anna.send(await mailbox.code(3))
    assert await sql.fetchval("select email from users") == "anna@example.com"


async def test_a_code_is_worth_something_in_its_own_chat_only(
    anna: ChatUser, ben: ChatUser, mailbox: Mailbox, sql: asyncpg.Connection
) -> None:
    """Forwarded: the attacker has asked for it, and the owner of the address has told it."""
    await sql.fetchval(SITE, "anna@school.example")
    for person, address in ((anna, "anna@school.example"), (ben, "ben@example.com")):
        await person.send("/connect")
        await person.send(address)
    anna_code, ben_code = await mailbox.code(1), await mailbox.code(2)
    await ben.send(anna_code)
    if anna_code != ben_code:
        assert "4 tries" in ben.last_text
    await ben.press("connectcode")
    assert await counts(sql) == (1, 0, 0, 0, 0)


async def test_letters_to_an_address_and_of_a_chat_are_counted(
    anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection, clock: Clock
) -> None:
    """By whoever asks for them; and the same for an account's address as for nobody's."""
    await sql.fetchval(SITE, "anna@school.example")
    for _ in range(5):
        await ben.send("/connect")
        await ben.send("anna@school.example")
        clock.move(61)
    for person in (anna, ben):
        await person.send("/connect")
        await person.send("anna@school.example")
    assert "Слишком много попыток" in anna.last_text
    assert "Too many tries" in ben.last_text
    await ben.send("other@example.com")
    assert "Too many tries" in ben.last_text
    assert await sql.fetchval("select count(*) from bot.outbox") == 5
    clock.move(86400)
    await anna.send("anna@school.example")
    await anna.receives("anna@school.example")


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("  ANNA@Example.COM\u200b ", "anna@example.com"),
        ("anna@xn--80atdl2c.xn--p1ai", "anna@школа.рф"),
        ("mailto:anna@example.com", "anna@example.com"),
        ("a" * 64 + "@" + ".".join(["b" * 63, "c" * 63, "d" * 57, "ru"]), "a" * 64 + "@b"),
    ],
)
async def test_addresses_as_people_write_them(
    anna: ChatUser, mailbox: Mailbox, sql: asyncpg.Connection, written: str, form: str
) -> None:
    await anna.register()
    await anna.send("/connect")
    await anna.send(written)
    await anna.send(await mailbox.code())
    assert str(await sql.fetchval("select email from users")).startswith(form)


@pytest.mark.parametrize(
    "written", ["аnna@example.com", "anna@exаmple.com", "anna@example", "anna", "a" * 250 + "@b.ru"]
)
async def test_what_is_no_address_or_only_looks_like_one(
    anna: ChatUser, sql: asyncpg.Connection, written: str
) -> None:
    """The first two have a Cyrillic letter."""
    await anna.register()
    await anna.send("/connect")
    await anna.send(written)
    assert await sql.fetchval("select count(*) from bot.email_codes") == 0
    assert await sql.fetchval("select count(*) from bot.outbox") == 0
    await anna.send("anna@example.com")  # the question is open still
    await anna.receives("anna@example.com")


async def test_an_account_that_two_rows_claim_is_left_alone(
    anna: ChatUser, mailbox: Mailbox, sql: asyncpg.Connection
) -> None:
    for address in ("anna@school.example", "ANNA@school.example"):
        await sql.fetchval(SITE, address)
    await anna.send("/connect")
    await anna.send("anna@school.example")
    await anna.send(await mailbox.code())
    assert "/paysupport" in anna.last_text
    assert await counts(sql) == (2, 0, 0, 0, 0)


async def test_an_account_that_goes_before_the_button(
    anna: ChatUser, mailbox: Mailbox, sql: asyncpg.Connection
) -> None:
    site = await sql.fetchval(SITE, "anna@school.example")
    await anna.send("/connect")
    await anna.send("anna@school.example")
    await anna.send(await mailbox.code())
    await sql.execute("delete from users where id = $1", site)
    await anna.click(words.CONNECT)
    assert "/connect" in anna.last_text
    assert await counts(sql) == (0, 0, 0, 0, 0)


async def test_a_proof_serves_for_ten_minutes(
    anna: ChatUser, mailbox: Mailbox, sql: asyncpg.Connection, clock: Clock
) -> None:
    await sql.fetchval(SITE, "anna@school.example")
    await anna.send("/connect")
    await anna.send("anna@school.example")
    await anna.send(await mailbox.code())
    clock.move(601)
    await anna.click(words.CONNECT)
    assert await counts(sql) == (1, 0, 0, 0, 0)


async def test_an_account_of_the_site_keeps_its_address(
    anna: ChatUser, mailbox: Mailbox, sql: asyncpg.Connection, clock: Clock
) -> None:
    """The site's sign-in is not changed from here."""
    await sql.fetchval(SITE, "anna@school.example")
    await anna.send("/connect")
    await anna.send("anna@school.example")
    await anna.send(await mailbox.code())
    await anna.click(words.CONNECT)
    clock.move(60)
    await anna.send("/connect")
    await anna.send("other@example.com")
    await anna.send(await mailbox.code(2))
    assert await sql.fetchval("select email from users") == "anna@school.example"
    await anna.send("/profile")
    await anna.click(contacts.EMAIL)
    await anna.send("receipts@example.com")
    assert await sql.fetchval("select value from bot.contacts") == "receipts@example.com"


async def test_a_mail_server_that_is_down_is_said_and_nothing_is_half_done(
    anna: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection, mailbox: Mailbox
) -> None:
    await anna.register()
    sandbox.faults.set(mail_4xx=2)
    await anna.send("/connect")
    await anna.send("anna@example.com")
    await anna.receives("📭")
    await anna.send(await mailbox.code())
    assert await sql.fetchval("select email from users") == "anna@example.com"


async def test_the_code_is_nowhere_once_it_is_sent(
    anna: ChatUser, mailbox: Mailbox, sql: asyncpg.Connection
) -> None:
    await anna.send("/connect")
    await anna.send("anna@example.com")
    code = await mailbox.code()
    await becomes(lambda: sql.fetchval("select state = 'sent' from bot.outbox"))
    tables = await sql.fetch(
        "select oid::regclass::text as name from pg_class where relkind = 'r'"
        " and relnamespace in ('public'::regnamespace, 'bot'::regnamespace)"
    )
    for (name,) in tables:
        assert not await sql.fetchval(f"select count(*) from {name} t where t::text ~ $1", rf"\m{code}\M"), (
            name
        )
