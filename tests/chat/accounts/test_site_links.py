"""A link that the school's site has signed: it names the account, and connects the chat with one press."""

import itertools
from collections.abc import Callable
from datetime import timedelta

import asyncpg
import pytest
from pydantic import SecretStr

from bot.chat.buttons import ConnectByLink
from bot.clock import Clock
from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.site_links import sign
from bot.texts import home
from bot.texts.accounts import connect as words
from bot.texts.accounts import registration
from handlers.app import Application
from tests.app import origin_of, settings_for
from tests.chat.accounts.rows import account_of, counts
from tests.chat_user import ANNA, BEN, ChatUser

SECRET = "a secret of the school's site that is long enough"
Link = Callable[..., str]


@pytest.fixture
def app_settings(sandbox: Sandbox) -> Settings:
    return settings_for(origin_of(sandbox), site_link_secret=SecretStr(SECRET))


@pytest.fixture
async def site(app: Application, sql: asyncpg.Connection) -> int:
    """Anna's account at the school's site."""
    return await make_site_account(sql, "anna@example.org")


async def make_site_account(sql: asyncpg.Connection, email: str) -> int:
    made: int = await sql.fetchval(
        "insert into users (name, email, password_hash, created_at) values ('Anna', $1, 'x', now()) returning id",
        email,
    )
    return made


@pytest.fixture
def link(clock: Clock) -> Link:
    """The command that such a link sends. Of one second and account there is one: each here has its own."""
    tens = itertools.count(0, 10)

    def made(user: int, secret: str = SECRET, minutes: float = 5) -> str:
        ends_at = int((clock.now() + timedelta(minutes=minutes)).timestamp()) - next(tens)
        return f"/start in_{sign(secret, user, ends_at)}"

    return made


async def signs_in_to(sql: asyncpg.Connection, person: int) -> int | None:
    found: int | None = await sql.fetchval(
        "select user_id from authidentities where lower(loginprovider) = 'telegram' and providerkey = $1",
        str(person),
    )
    return found


async def test_a_chat_without_an_account_signs_in_to_the_sites(
    anna: ChatUser, site: int, link: Link, sql: asyncpg.Connection
) -> None:
    await anna.send(link(site))
    assert "a•••@example.org" in anna.last_text
    assert "anna@" not in anna.last_text
    assert anna.buttons == ["Подключить"]
    assert await counts(sql) == (1, 0, 0, 0, 0)
    await anna.click(words.CONNECT)
    await anna.receives("a•••@example.org")
    assert anna.words(home.MY_COURSES) in anna.buttons
    assert await signs_in_to(sql, ANNA) == site
    assert await counts(sql) == (1, 1, 1, 1, 1)
    await anna.send("/profile")
    assert "anna@example.org" in anna.last_text


async def test_what_was_wanted_before_is_done_with_the_account(
    anna: ChatUser, site: int, link: Link, sql: asyncpg.Connection
) -> None:
    await anna.send("/start promo_SPRING")
    await anna.send(link(site))
    await anna.click(words.CONNECT)
    await anna.receives("SPRING")
    assert await sql.fetchval("select user_id from promocodeusages") == site


async def test_a_chat_that_has_registered_is_joined_and_the_others_hear_of_it(
    anna: ChatUser, ben: ChatUser, site: int, link: Link, sql: asyncpg.Connection
) -> None:
    await ben.send(link(site))
    await ben.click(words.CONNECT)
    await anna.register()
    born = await account_of(sql, ANNA)
    await anna.send(link(site))
    assert await account_of(sql, ANNA) == born
    await anna.click(words.CONNECT)
    assert await account_of(sql, ANNA) == site
    assert await sql.fetchval("select from_user_id from bot.merges where into_user_id = $1", site) == born
    await ben.receives("Анна")
    await anna.send("/status")
    assert registration.SIGN_IN not in anna.buttons


async def test_a_link_never_waits_for_registering(
    anna: ChatUser, site: int, link: Link, sql: asyncpg.Connection
) -> None:
    await anna.send(link(site))
    await anna.register()
    assert await account_of(sql, ANNA) != site
    assert await sql.fetchval("select start from bot.chats where telegram_id = $1", ANNA) is None


@pytest.mark.parametrize("kind", ["wrong", "expired", "far", "account"])
async def test_a_link_that_is_wrong_connects_nothing_and_leads_on(
    anna: ChatUser, site: int, link: Link, sql: asyncpg.Connection, kind: str
) -> None:
    said = {
        "wrong": link(site, secret=SECRET[::-1]),
        "expired": link(site, minutes=-1),
        "far": link(site, minutes=11),
        "account": link(site + 1000),
    }
    await anna.send(said[kind])
    assert "a•••" not in "".join(anna.texts)
    assert anna.words(words.CONNECT) not in anna.buttons
    assert anna.words(registration.REGISTER) in anna.buttons
    assert ("десять минут" in anna.texts[-2]) == (kind == "expired")
    assert await counts(sql) == (1, 0, 0, 0, 0)


async def test_it_is_too_late_for_the_button(
    anna: ChatUser, site: int, link: Link, clock: Clock, sql: asyncpg.Connection
) -> None:
    await anna.send(link(site))
    clock.move(301)
    await anna.click(words.CONNECT)
    assert "десять минут" in anna.last_text
    assert await counts(sql) == (1, 0, 0, 0, 0)


async def test_a_link_connects_once(
    anna: ChatUser, ben: ChatUser, site: int, link: Link, sql: asyncpg.Connection
) -> None:
    """Pressed twice, opened again, and forwarded: whoever comes first."""
    sent = link(site)
    for person in (anna, ben):
        await person.send(sent)
    await anna.click(words.CONNECT)
    await ben.click(words.CONNECT)
    assert "used already" in ben.last_text
    await ben.send(sent)
    assert "used already" in ben.texts[-2]
    assert await signs_in_to(sql, BEN) is None
    await anna.press(ConnectByLink(link=await sql.fetchval("select min(id) from bot.site_links")).pack())
    assert await counts(sql) == (1, 1, 1, 1, 1)


async def test_somebody_elses_button_connects_nothing(
    anna: ChatUser, ben: ChatUser, site: int, link: Link, sql: asyncpg.Connection
) -> None:
    await anna.send(link(site))
    opened = await sql.fetchval("select id from bot.site_links")
    await ben.send("/start")
    await ben.press(ConnectByLink(link=opened).pack())
    assert "connects nothing" in ben.last_text
    assert await counts(sql) == (1, 0, 0, 0, 0)


async def test_an_account_that_goes_between_screen_and_button(
    anna: ChatUser, site: int, link: Link, sql: asyncpg.Connection
) -> None:
    await anna.send(link(site))
    await sql.execute("delete from users where id = $1", site)
    await anna.click(words.CONNECT)
    assert "ничего не подключает" in anna.last_text
    assert await counts(sql) == (0, 0, 0, 0, 0)


async def test_who_is_connected_already_is_told_so(anna: ChatUser, site: int, link: Link) -> None:
    await anna.send(link(site))
    await anna.click(words.CONNECT)
    await anna.send(link(site))
    assert "уже" in anna.texts[-2]
    assert anna.words(home.MY_COURSES) in anna.buttons


async def test_a_chat_of_another_account_of_the_site_stays_where_it_is(
    anna: ChatUser, site: int, link: Link, sql: asyncpg.Connection
) -> None:
    other = await make_site_account(sql, "other@example.org")
    await anna.send(link(other))
    await anna.click(words.CONNECT)
    await anna.send(link(site))
    assert "a•••" not in "".join(anna.texts)
    assert "/paysupport" in anna.texts[-2]
    assert await account_of(sql, ANNA) == other


async def test_who_is_signed_out_signs_in_first(
    anna: ChatUser, site: int, link: Link, sql: asyncpg.Connection
) -> None:
    await anna.register()
    born = await account_of(sql, ANNA)
    sent = link(site)
    await anna.send(sent)
    await sql.execute("update sessions set revoked_at = now()")
    await anna.click(words.CONNECT)
    assert await account_of(sql, ANNA) == born
    await anna.send(sent)
    assert anna.buttons == [anna.words(registration.SIGN_IN)]
    await anna.click(registration.SIGN_IN)
    assert await account_of(sql, ANNA) == born
    await anna.send(sent)
    await anna.click(words.CONNECT)
    assert await account_of(sql, ANNA) == site


@pytest.mark.parametrize("held", ["access", "order", "payment"])
async def test_a_link_that_somebody_was_sent_takes_nothing_from_them(
    anna: ChatUser, site: int, link: Link, sql: asyncpg.Connection, held: str
) -> None:
    """Phishing: the account is the attacker's; the victim presses whatever can be pressed."""
    await anna.register()
    born = await account_of(sql, ANNA)
    sent = link(site)
    await anna.send(sent)
    if held == "access":
        await anna.send("/promo SPRING")
        await anna.receives("SPRING")
    else:
        await anna.order(await sql.fetchval("select min(id) from bot.offers where currency = 'RUB'"))
        if held == "payment":
            await anna.pay()
            await anna.receives("✅")
    await anna.click(words.CONNECT)
    assert "/paysupport" in anna.last_text
    await anna.send(sent)
    assert anna.words(words.CONNECT) not in anna.buttons
    assert await account_of(sql, ANNA) == born
    assert await sql.fetchval("select count(*) from bot.merges") == 0
    assert await sql.fetchval("select count(*) from bot.site_links where used_at is not null") == 0
