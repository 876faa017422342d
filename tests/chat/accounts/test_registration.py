"""The doorstep: greeting, registration, signing in, deep links."""

import asyncio
import hashlib
from datetime import UTC, datetime

import asyncpg
import pytest

from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.texts.accounts import registration as words
from handlers.app import Application
from tests.app import origin_of, second_app, settings_for, update_of
from tests.chat.accounts.rows import counts
from tests.chat_user import ANNA, BEN, ChatUser


async def test_a_stranger_is_greeted_and_sees_courses_without_registering(
    anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    assert "Анна Соколова" in await anna.send("/start")
    assert "Python с нуля" in anna.last_text
    assert "Ben Carter" in await ben.send("/start")
    assert anna.words(words.REGISTER) in anna.buttons
    await anna.click(words.SEE_COURSES)
    await anna.receives("Английский")
    await anna.click("Python с нуля")
    await anna.receives("Пять коротких уроков")
    assert await counts(sql) == (0, 0, 0, 0, 0)


async def test_registering_makes_account_identity_device_and_session(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    started = datetime.now(UTC)
    await anna.register("Anna.Sokolova@Example.COM")
    user = await sql.fetchrow("select * from users")
    assert (user["email"], user["name"], user["phone"]) == (
        "anna.sokolova@example.com",
        "Анна Соколова",
        None,
    )
    assert user["password_hash"] is None
    assert started <= user["created_at"] <= user["last_seen"] <= datetime.now(UTC)
    identity = await sql.fetchrow("select * from authidentities")
    assert tuple(identity)[1:] == (user["id"], "telegram", str(ANNA))
    device = await sql.fetchrow("select * from devices")
    assert (device["device_key"], device["platform"]) == (f"telegram:{ANNA}", "telegram")
    assert await sql.fetchval(
        "select (user_id, device_id) = ($1, $2) from users_devices", user["id"], device["id"]
    )
    session = await sql.fetchrow("select * from sessions")
    assert (session["user_id"], session["device_id"], session["revoked_at"]) == (
        user["id"],
        device["id"],
        None,
    )
    assert len(session["refresh_token_hash"]) == len(hashlib.sha256().hexdigest())
    assert (session["expires_at"] - session["created_at"]).days == 365
    assert await counts(sql) == (1, 1, 1, 1, 1)


async def test_the_phone_is_kept_when_shared(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register(phone=True)
    phone = await sql.fetchval("select phone from users")
    assert phone.startswith("+7900")
    assert anna.reply_keyboard is None


@pytest.mark.parametrize(
    "contact",
    [
        {"phone_number": "+79990000000", "first_name": "Ben", "user_id": BEN},
        {"phone_number": "+79990000000", "first_name": "Nobody"},
    ],
)
async def test_only_ones_own_contact_is_taken(
    anna: ChatUser, sql: asyncpg.Connection, contact: dict[str, object]
) -> None:
    await anna.send("/start")
    await anna.click(words.REGISTER)
    await anna.send(anna.email)
    await anna.share_contact(contact)
    await anna.receives(words.OWN_CONTACT_ONLY)
    assert await counts(sql) == (0, 0, 0, 0, 0)
    await anna.click(words.SHARE)
    await anna.receives(lambda: words.registered(anna.email))
    assert "9990000000" not in await sql.fetchval("select phone from users")


@pytest.mark.parametrize("skip", ["Skip", "пропустить ", "SKIP"])
async def test_skipping_in_either_language(anna: ChatUser, sql: asyncpg.Connection, skip: str) -> None:
    await anna.send("/start")
    await anna.click(words.REGISTER)
    await anna.send(anna.email)
    await anna.send(skip)
    await anna.receives(lambda: words.registered(anna.email))
    assert await sql.fetchval("select phone from users") is None


@pytest.mark.parametrize(
    "text",
    ["anna", "anna@", "@example.com", "a b@example.com", "a@b@example.com", "x" * 4000, "🙂"],
)
async def test_what_is_no_email_is_asked_again(anna: ChatUser, sql: asyncpg.Connection, text: str) -> None:
    await anna.send("/start")
    await anna.click(words.REGISTER)
    await anna.send(text)
    await anna.receives(words.EMAIL_WRONG)
    await anna.send(anna.email)
    await anna.receives(words.ASK_PHONE)


@pytest.mark.parametrize("kept", ["anna@example.com", "Anna@Example.com"])
async def test_an_email_with_an_account_is_never_linked(
    anna: ChatUser, sql: asyncpg.Connection, kept: str
) -> None:
    """Whatever its letter case, here and in the other application's rows."""
    await sql.execute("insert into users (email, created_at) values ($1, now())", kept)
    await anna.send("/start")
    await anna.click(words.REGISTER)
    await anna.send("ANNA@example.COM")
    heard = await anna.receives(lambda: words.email_taken("anna@example.com", "@school_support"))
    assert "@school_support" in heard
    assert await counts(sql) == (1, 0, 0, 0, 0)
    await anna.send("another@example.com")
    await anna.click(words.SKIP)
    await anna.receives(lambda: words.registered("another@example.com"))
    assert await counts(sql) == (2, 1, 1, 1, 1)


async def test_an_email_taken_meanwhile_is_not_linked_either(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.send("/start")
    await anna.click(words.REGISTER)
    await anna.send("anna@example.com")
    await sql.execute("insert into users (email, created_at) values ('ANNA@example.com', now())")
    await anna.click(words.SKIP)
    await anna.receives(lambda: words.email_taken("anna@example.com", "@school_support"))
    assert await counts(sql) == (1, 0, 0, 0, 0)
    assert anna.reply_keyboard is None
    await anna.send("another@example.com")
    await anna.receives(words.ASK_PHONE)


class TestConsent:
    @pytest.fixture
    def app_settings(self, sandbox: Sandbox) -> Settings:
        return settings_for(
            origin_of(sandbox),
            terms_url="https://school.example/terms",
            privacy_url="https://school.example/privacy",
            terms_version="2026-03",
        )

    async def test_is_asked_first_and_recorded_with_time_and_version(
        self, anna: ChatUser, sql: asyncpg.Connection
    ) -> None:
        started = datetime.now(UTC)
        await anna.send("/start")
        await anna.click(words.REGISTER)
        await anna.receives(words.ASK_CONSENT)
        assert anna.links == ["https://school.example/terms", "https://school.example/privacy"]
        assert await sql.fetchval("select count(*) from bot.consents") == 0
        await anna.click(words.AGREE)
        await anna.receives(words.ASK_EMAIL)
        given = await sql.fetch("select * from bot.consents order by document")
        assert [(row["telegram_id"], row["document"], row["version"], row["url"]) for row in given] == [
            (ANNA, "privacy", "2026-03", "https://school.example/privacy"),
            (ANNA, "terms", "2026-03", "https://school.example/terms"),
        ]
        assert all(started <= row["given_at"] <= datetime.now(UTC) for row in given)

    async def test_is_given_once(self, anna: ChatUser, sql: asyncpg.Connection) -> None:
        await anna.send("/start")
        await anna.click(words.REGISTER)
        await anna.click(words.AGREE)
        first = await sql.fetch("select * from bot.consents order by id")
        await anna.click(words.AGREE)
        await anna.send("/start")
        await anna.click(words.REGISTER)
        await anna.receives(words.ASK_EMAIL)
        assert await sql.fetch("select * from bot.consents order by id") == first

    async def test_an_email_is_not_taken_before_it(self, anna: ChatUser, sql: asyncpg.Connection) -> None:
        await anna.send("/start")
        await anna.click(words.REGISTER)
        await anna.send("anna@example.com")
        assert await counts(sql) == (0, 0, 0, 0, 0)
        assert anna.words(words.ASK_PHONE) not in anna.texts


async def test_two_starts_and_two_finishes_from_two_processes_make_one_account(
    anna: ChatUser, app: Application, school_database: str, sql: asyncpg.Connection
) -> None:
    async with second_app(app, school_database) as other:
        await anna.send("hello")
        starts = [update_of(anna, text="/start") for _ in range(4)]
        await asyncio.gather(*(each.processor.process(one) for one in starts for each in (app, other)))
        await anna.click(words.REGISTER)
        await anna.send(anna.email)
        ends = [update_of(anna, text="Skip") for _ in range(4)]
        await asyncio.gather(*(each.processor.process(one) for one in ends for each in (app, other)))
    assert await counts(sql) == (1, 1, 1, 1, 1)


async def test_the_same_update_delivered_twice_to_two_processes_acts_once(
    anna: ChatUser, app: Application, school_database: str, sql: asyncpg.Connection
) -> None:
    await anna.register()
    async with second_app(app, school_database) as other:
        one = update_of(anna, text="/promo SPRING")
        await asyncio.gather(*(each.processor.process(one) for _ in range(3) for each in (app, other)))
        await app.processor.process(one)
    await anna.receives("SPRING")
    assert [text for text in anna.texts if "SPRING" in text and "/" not in text] == [anna.last_text]
    assert await sql.fetchval("select count(*) from promocodeusages") == 1
