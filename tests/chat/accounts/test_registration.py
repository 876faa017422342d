"""The doorstep: greeting, registration, signing in, deep links."""

import asyncio
import hashlib
import re
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from aiogram.filters.callback_data import CallbackData

from bot.chat.buttons import Agree, Register, SignIn
from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.texts import home
from bot.texts import home as home_words
from bot.texts.accounts import registration as words
from handlers.app import Application
from tests.app import origin_of, second_app, settings_for, update_of
from tests.chat.accounts.rows import DELETE_ACCOUNTS, counts
from tests.chat_user import ANNA, BEN, ChatUser


async def test_a_stranger_is_greeted_and_sees_courses_without_registering(
    anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    assert "Анна!" in await anna.send("/start")
    assert "Python с нуля" in anna.last_text
    assert "Ben!" in await ben.send("/start")
    assert anna.words(words.REGISTER) in anna.buttons
    await anna.click(words.SEE_COURSES)
    await anna.receives("Английский")
    await anna.click("Python с нуля")
    await anna.receives("Пять коротких уроков")
    assert await counts(sql) == (0, 0, 0, 0, 0)


async def test_registering_is_one_tap_and_makes_account_identity_device_and_session(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    started = datetime.now(UTC)
    await anna.send("/start")
    await anna.click(words.REGISTER)
    await anna.receives(words.REGISTERED)
    assert anna.words(words.REGISTER) not in anna.transcript()
    user = await sql.fetchrow("select * from users")
    assert (user["email"], user["name"], user["phone"]) == (
        f"telegram-{ANNA}@telegram.invalid",
        "Анна Соколова",
        None,
    )
    born = await sql.fetchrow("select * from bot.telegram_accounts")
    assert tuple(born) == (user["id"], ANNA, user["created_at"])
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


async def test_a_placeholder_that_is_taken_gets_random_letters(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    taken = f"Telegram-{ANNA}@Telegram.invalid"
    await sql.execute("insert into users (email, created_at) values ($1, now())", taken)
    await anna.register()
    email = await sql.fetchval("select email from users where name is not null")
    assert re.fullmatch(rf"telegram-{ANNA}-[0-9a-f]{{8}}@telegram\.invalid", email)
    await anna.send("/profile")
    assert ".invalid" not in anna.last_text


async def test_the_free_lesson_needs_no_account(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.send("/start")
    await anna.click(home_words.FREE_LESSON)
    await anna.receives("Первая программа")
    assert await counts(sql) == (0, 0, 0, 0, 0)


async def test_who_has_no_name_with_a_letter_is_greeted_without(
    ben: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    for name in ("\U0001f600" * 64, "\u2800", "\u200b\u2060", "!?", "12"):
        call(sandbox, BEN, name)
        assert (await ben.send("/start")).startswith("👋 Hello! "), name
    await ben.register()
    assert await sql.fetchval("select name from users") == "12"


async def test_a_name_is_greeted_as_it_is_read(ben: ChatUser, sandbox: Sandbox) -> None:
    for name, shown in (
        ("\u202eЁлка\u200b", "Ёлка"),
        ("محمد", "\u2068محمد\u2069"),
        ("<b>Q</b>", "<b>Q</b>"),
    ):
        call(sandbox, BEN, name)
        assert (await ben.send("/start")).startswith(f"👋 Hello, {shown}! ")


def call(sandbox: Sandbox, telegram_id: int, name: str) -> None:
    person = sandbox.telegram.context.people.get(telegram_id)
    person.first_name, person.last_name = name, ""


class TestOldButtons:
    """A Register button outlives what it was shown for."""

    async def test_who_is_registered_gets_home(self, anna: ChatUser, sql: asyncpg.Connection) -> None:
        await anna.register()
        await anna.press(Register().pack())
        assert anna.words(home.MY_COURSES) in anna.buttons
        assert await counts(sql) == (1, 1, 1, 1, 1)

    async def test_who_is_signed_out_is_signed_in(self, anna: ChatUser, sql: asyncpg.Connection) -> None:
        await anna.register()
        await anna.send("/logout")
        await anna.press(Register().pack())
        await anna.receives(words.SIGNED_IN)
        assert await counts(sql) == (1, 1, 1, 1, 2)

    @pytest.mark.parametrize("button", [Register(), SignIn(), Agree(documents="")])
    async def test_whose_account_is_deleted_may_register_anew(
        self, anna: ChatUser, sql: asyncpg.Connection, button: CallbackData
    ) -> None:
        await anna.register()
        await sql.execute(DELETE_ACCOUNTS)
        await anna.press(button.pack())
        if isinstance(button, SignIn):
            await anna.click(words.REGISTER)
        await anna.receives(words.REGISTERED)
        assert await counts(sql) == (1, 1, 1, 1, 1)


class TestConsent:
    @pytest.fixture
    def app_settings(self, sandbox: Sandbox) -> Settings:
        return settings_for(
            origin_of(sandbox),
            terms_url="https://school.example/terms",
            privacy_url="https://school.example/privacy",
            terms_version="2026-03",
        )

    async def test_is_given_and_recorded_with_the_tap_that_registers(
        self, anna: ChatUser, sql: asyncpg.Connection
    ) -> None:
        started = datetime.now(UTC)
        await anna.send("/start")
        asked = await anna.click(words.REGISTER)
        assert "версия 2026-03" in asked
        entities = anna.messages[-1]["entities"]
        assert [one["url"] for one in entities if one["type"] == "text_link"] == [
            "https://school.example/terms",
            "https://school.example/privacy",
        ]
        assert anna.buttons == [anna.words(words.AGREE)]
        assert await sql.fetchval("select count(*) from bot.consents") == 0
        assert await counts(sql) == (0, 0, 0, 0, 0)
        await anna.click(words.AGREE)
        await anna.receives(words.REGISTERED)
        assert await counts(sql) == (1, 1, 1, 1, 1)
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
        await anna.press(Agree(documents="older").pack())
        assert await sql.fetch("select * from bot.consents order by id") == first
        await sql.execute(DELETE_ACCOUNTS)
        await anna.register()
        assert await sql.fetch("select * from bot.consents order by id") == first


async def test_two_starts_and_many_taps_in_two_processes_make_one_account(
    anna: ChatUser, app: Application, school_database: str, sql: asyncpg.Connection
) -> None:
    async with second_app(app, school_database) as other:
        await anna.send("hello")
        starts = [update_of(anna, text="/start") for _ in range(4)]
        await asyncio.gather(*(each.processor.process(one) for one in starts for each in (app, other)))
        taps = [tap_of(anna, Register()) for _ in range(4)]
        await asyncio.gather(*(each.processor.process(one) for one in taps for each in (app, other)))
    assert await counts(sql) == (1, 1, 1, 1, 1)


def tap_of(person: ChatUser, button: CallbackData) -> dict[str, Any]:
    update = update_of(person)
    message = update.pop("message")
    query = {
        "id": str(update["update_id"]),
        "from": message["from"],
        "chat_instance": "1",
        "data": button.pack(),
    }
    return update | {"callback_query": query | {"message": {**message, "text": "👋"}}}


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
