"""News of money and access reach by mail whom Telegram does not: once, at a proven address, until they say no."""

from datetime import timedelta

import aiohttp
import asyncpg
import pytest
from pydantic import SecretStr

from bot.jobs.moving import ClockMover
from bot.notifications.events import AccessGranted
from bot.notifications.notify import notify
from bot.sandbox.app import Sandbox
from bot.sandbox.mail import Letter
from bot.settings import Settings
from bot.texts import mail as words
from bot.texts import pages
from db.engine import Pool
from handlers.app import Application
from tests.app import origin_of, settings_for
from tests.callbacks import becomes
from tests.chat.accounts.rows import account_of
from tests.chat.mail.conftest import SENDER, Post
from tests.chat_user import ChatUser

PYTHON = "select min(product_id) from products"
PUBLIC = f"https://{'a-school-with-a-long-name.' * 4}example.com:8443"
MAILS = "select state from bot.outbox where channel = 'mail' order by id"


async def prove(sql: asyncpg.Connection, person: ChatUser, email: str = "anna@example.com") -> None:
    await sql.execute("update users set email = $2 where id = $1", await account_of(sql, person.id), email)


@pytest.fixture
async def learner(anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection) -> ChatUser:
    await anna.register()
    await olga.register()
    await prove(sql, anna)
    return anna


async def grant(
    olga: ChatUser, person: ChatUser, sql: asyncpg.Connection, days: int = 30, command: str = "grant"
) -> None:
    await olga.send(f"/{command} {person.id} {await sql.fetchval(PYTHON)} {days}")


async def mailed(post: Post, count: int = 1) -> Letter:
    """The newest, once there are so many."""

    async def there() -> bool:
        return len(post.letters) == count

    await becomes(there)
    return post.letters[0]


async def news_done(sql: asyncpg.Connection) -> None:
    """All that was to be told was told, or is put off for long."""
    await becomes(
        lambda: sql.fetchval(
            "select not exists (select from bot.pgqueuer where execute_after < now() + interval '1 minute')"
        )
    )


async def test_who_has_blocked_the_bot_is_written_to_once(
    post: Post, learner: ChatUser, olga: ChatUser, sql: asyncpg.Connection, app: Application
) -> None:
    await learner.block()
    await grant(olga, learner, sql)
    letter = await mailed(post)
    assert (letter.sender, letter.to) == (SENDER, "anna@example.com")
    module = await sql.fetchval("select name from modules order by id limit 1")
    with app.context.localizer.use_locale("ru"):
        assert letter.subject == str(words.SUBJECTS["access_granted"]).format(module=module)
    link = f"https://t.me/{app.context.username}?start=unsub_"
    assert module in letter.text
    assert '<html lang="ru">' in letter.html
    assert link in letter.text
    assert f'href="{link}' in letter.html
    assert letter.headers["list-unsubscribe"].startswith(f"<{link}")
    assert "list-unsubscribe-post" not in letter.headers
    await grant(olga, learner, sql, command="revoke")
    await mailed(post, 2)
    await news_done(sql)
    assert await sql.fetch(MAILS) == [("sent",), ("sent",)]


async def test_who_is_reached_gets_no_letter(
    post: Post, learner: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    await grant(olga, learner, sql)
    await learner.receives("🎁")
    await news_done(sql)
    assert await sql.fetch(MAILS) == []


async def test_an_account_of_two_chats_is_written_to_where_both_are_shut(
    post: Post, learner: ChatUser, ben: ChatUser, sql: asyncpg.Connection, app: Application
) -> None:
    account = await account_of(sql, learner.id)
    await ben.send("/start")
    await sql.execute(
        "insert into authidentities (user_id, loginprovider, providerkey) values ($1, 'telegram', $2)",
        account,
        str(ben.id),
    )

    async def tell(days: int) -> None:
        event = AccessGranted(module="M", module_id=1, days=days, ends_at=None)
        async with app.database.transaction(Pool.TALK) as session:
            await notify(session, account, event)

    await learner.block()
    await tell(1)
    await ben.receives("🎁")
    await news_done(sql)
    assert await sql.fetch(MAILS) == []
    await ben.block()
    await tell(2)
    await mailed(post)
    await news_done(sql)
    assert await sql.fetch(MAILS) == [("sent",)]


@pytest.mark.parametrize("email", [None, "typed"])
async def test_an_unproven_address_gets_nothing(
    post: Post, anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection, email: str | None
) -> None:
    await anna.register()
    await olga.register()
    if email:
        await sql.execute(
            "insert into bot.contacts (user_id, kind, value, created_at) values ($1, 'email', 'a@b.example', now())",
            await account_of(sql, anna.id),
        )
    await anna.block()
    await grant(olga, anna, sql)
    await becomes(
        lambda: sql.fetchval("select blocked_at is not null from bot.chats where telegram_id = $1", anna.id)
    )
    await news_done(sql)
    assert await sql.fetch(MAILS) == []


async def test_a_telegram_that_is_away_for_an_hour(
    post: Post,
    learner: ChatUser,
    olga: ChatUser,
    sql: asyncpg.Connection,
    app: Application,
    mover: ClockMover,
) -> None:
    """A letter then, and not a second one; nor any where it comes back in time."""
    event = AccessGranted(module="M", module_id=1, days=1, ends_at=None)
    account = await account_of(sql, learner.id)

    async def tell_while_away() -> None:
        post.sandbox.faults.set(telegram_5xx=1_000_000)
        async with app.database.transaction(Pool.TALK) as session:
            await notify(session, account, event)
        await becomes(lambda: sql.fetchval("select exists (select from bot.outbox where state = 'waiting')"))

    await tell_while_away()
    await sql.execute("update bot.pgqueuer set execute_after = now() where entrypoint = 'send_outbox'")
    await mailed(post)
    post.sandbox.faults.reset()
    await learner.receives("🎁")
    await tell_while_away()
    post.sandbox.faults.reset()
    await learner.receives("🎁")
    await becomes(lambda: sql.fetchval("select exists (select from bot.outbox where error = 'delivered')"))
    await mover.advance(timedelta(hours=2))
    assert len(post.letters) == 1


async def test_the_link_turns_them_off_and_the_profile_on_again(
    post: Post, learner: ChatUser, ben: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    await learner.block()
    await grant(olga, learner, sql)
    letter = await mailed(post)
    token = letter.text.rpartition("unsub_")[2].split()[0]
    await learner.block(False)
    await ben.send("/start unsub_" + token[:-1] + ("A" if token[-1] != "A" else "B"))
    assert ben.last_text == ben.words(words.UNSUBSCRIBE_UNKNOWN)
    await learner.send(f"/start unsub_{token}")
    assert learner.last_text == learner.words(words.UNSUBSCRIBED)
    await learner.block()
    await grant(olga, learner, sql)
    await news_done(sql)
    assert len(post.letters) == 1
    await learner.block(False)
    await learner.send("/profile")
    await learner.click(words.NEWS_OFF)
    assert learner.words(words.NEWS_ON) in learner.buttons
    await learner.block()
    await grant(olga, learner, sql)
    await mailed(post, 2)
    await ben.send(f"/start unsub_{token}")  # whoever has the letter may
    assert ben.last_text == ben.words(words.UNSUBSCRIBED_OTHER)


async def test_who_turned_them_off_while_one_waited_does_not_get_it(
    post: Post, learner: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    post.sandbox.faults.set(mail_4xx=1_000_000)
    await learner.block()
    await grant(olga, learner, sql)
    await becomes(lambda: sql.fetchval("select tries > 1 from bot.outbox"))
    await learner.block(False)
    await learner.send("/profile")
    await learner.click(words.NEWS_ON)
    post.sandbox.faults.reset()
    await becomes(lambda: sql.fetchval("select state = 'dropped' and error = 'not wanted' from bot.outbox"))
    assert post.letters == []


class TestOneClick:
    """Where the bot has an address of its own."""

    @pytest.fixture
    def app_settings(self, sandbox: Sandbox) -> Settings:
        return settings_for(
            origin_of(sandbox),
            smtp_url=SecretStr(sandbox.mail.url),
            mail_from=SENDER,
            public_url=PUBLIC,
            webhook_secret=SecretStr("s" * 20),
        )

    async def test_a_get_asks_and_a_post_does_it(
        self, post: Post, app: Application, sql: asyncpg.Connection, http: aiohttp.ClientSession
    ) -> None:
        account = await sql.fetchval(
            "insert into users (email, password_hash, created_at) values ('anna@example.com', 'x', now()) returning id"
        )
        letter = await told_without_a_chat(post, app, account)
        url = letter.headers["list-unsubscribe"].strip("<>")
        assert letter.headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
        token = url.removeprefix(f"{PUBLIC}/unsubscribe/")
        refused = "select unsubscribed_at is not null from bot.mail_subscriptions"
        here = f"http://127.0.0.1:{app.http_port}/unsubscribe/"
        headers = {"Accept-Language": "en"}
        for given in (token, "x" * 32):
            async with http.get(here + given, headers=headers) as answer:
                with app.context.localizer.use_locale("en"):
                    assert (answer.status, await answer.text()) == (200, pages.ask_unsubscribe())
        async with http.post(here + "x" * 32, data={"List-Unsubscribe": "One-Click"}) as answer:
            assert answer.status == 200
        assert await sql.fetchval(refused) is False
        for _ in range(2):
            async with http.post(here + token, data={"List-Unsubscribe": "One-Click"}) as answer:
                assert answer.status == 200
        assert await sql.fetchval(refused) is True
        for wrong in ("short", "x" * 65, "x" * 31 + "%00", ".." * 16):
            async with http.post(here + wrong) as answer:
                assert answer.status == 404


async def told_without_a_chat(post: Post, app: Application, account: int) -> Letter:
    event = AccessGranted(module="M & <b>", module_id=1, days=1, ends_at=None)
    async with app.database.transaction(Pool.TALK) as session:
        await notify(session, account, event)
    letter = await mailed(post)
    assert "M & <b>" in letter.text
    assert "M &amp; &lt;b&gt;" in letter.html
    return letter
