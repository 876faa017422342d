"""The doorstep: greeting, registration, signing in, deep links."""

import asyncio
import hashlib
from datetime import UTC, datetime

import asyncpg
import pytest

from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.texts import shop as shop_words
from bot.texts.accounts import registration as words
from handlers.app import Application
from tests.app import origin_of, second_app, settings_for, update_of
from tests.chat_user import ANNA, BEN, ChatUser

COUNTS = """
select (select count(*) from users), (select count(*) from authidentities), (select count(*) from devices),
       (select count(*) from users_devices), (select count(*) from sessions)
"""


async def counts(sql: asyncpg.Connection) -> tuple[int, ...]:
    """Accounts, identities, devices, links of devices, sessions."""
    return tuple(await sql.fetchrow(COUNTS))


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
    ["anna", "anna@", "@example.com", "anna@example", "a b@example.com", "a@b@example.com", "x" * 4000, "🙂"],
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


async def test_a_deep_link_with_a_promo_code_waits_for_registration(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.send("/start promo_SPRING")
    assert await sql.fetchval("select count(*) from promocodeusages") == 0
    await anna.click(words.REGISTER)
    await anna.send(anna.email)
    await anna.click(words.SKIP)
    await anna.receives("SPRING")
    assert await sql.fetchval("select count(*) from promocodeusages") == 1
    assert await sql.fetchval("select start from bot.chats where telegram_id = $1", ANNA) is None


async def test_a_deep_link_to_an_offer_waits_for_registration(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    offer = await sql.fetchval("select min(id) from bot.offers")
    await anna.send(f"/start buy_{offer}")
    await anna.send("/start")
    await anna.click(words.REGISTER)
    await anna.send(anna.email)
    await anna.click(words.SKIP)
    assert anna.words(lambda: shop_words.pay_by("link")) in anna.buttons


async def test_a_referral_is_kept_and_the_first_one_counts(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.send("/start ref_from-a-friend")
    await anna.click(words.REGISTER)
    await anna.send(anna.email)
    await anna.click(words.SKIP)
    await anna.receives(lambda: words.home("Анна Соколова"))
    await anna.send("/start ref_somebody_else")
    assert (
        await sql.fetchval("select referral from bot.chats where telegram_id = $1", ANNA) == "from-a-friend"
    )


async def test_a_deep_link_that_is_refused_leaves_the_registration_standing(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.send("/start promo_NEVER")
    await anna.click(words.REGISTER)
    await anna.send(anna.email)
    await anna.click(words.SKIP)
    assert "NEVER" in anna.last_text
    assert await counts(sql) == (1, 1, 1, 1, 1)


@pytest.mark.parametrize(
    "payload",
    [
        "buy_0",
        "buy_-1",
        "buy_99999999999999999999",
        "buy_9223372036854775807",
        "buy_" + "9" * 18,
        "buy_x",
        "buy_²",
        "buy_",
        "promo_",
        "promo_'; drop table users; --",
        "ref_" + "я" * 60,
        "x" * 64,
        "<b>",
        "paid",
        "_",
    ],
)
async def test_any_payload_gets_an_answer(
    anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection, payload: str
) -> None:
    """Before registering, and after."""
    await ben.send(f"/start {payload}")
    assert ben.new_texts
    await anna.register()
    before = await counts(sql)
    await anna.send(f"/start {payload}")
    assert anna.new_texts
    assert await counts(sql) == before


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


async def test_an_identity_without_device_or_session_is_signed_in_by_one_tap(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    """As the other application may have made it."""
    user = await sql.fetchval(
        "insert into users (email, name, created_at) values ('a@example.com', 'A', now()) returning id"
    )
    await sql.execute(
        "insert into authidentities (user_id, loginprovider, providerkey) values ($1, 'telegram', $2)",
        user,
        str(ANNA),
    )
    await anna.send("/start")
    await anna.click(words.SIGN_IN)
    await anna.receives(lambda: words.home("Анна Соколова"))
    assert await counts(sql) == (1, 1, 1, 1, 1)
    await anna.click(words.SIGN_IN)
    assert await counts(sql) == (1, 1, 1, 1, 1)


async def test_a_revoked_session_sees_nothing_but_hears_of_its_payment(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    offer = await sql.fetchval("select min(id) from bot.offers where currency = 'RUB'")
    await anna.order(offer)
    await sql.execute("update sessions set revoked_at = now()")
    for command in (
        "/status",
        "/lessons",
        "/purchases",
        "/promo SPRING",
        "/progress",
        "/profile",
        "/devices",
    ):
        await anna.send(command)
        await anna.receives(lambda: words.welcome_back("Анна Соколова"))
        assert len(anna.new_texts) == 1
    assert await sql.fetchval("select count(*) from promocodeusages") == 0
    await anna.pay()
    await anna.receives("✅")
    assert await sql.fetchval("select count(*) from usermoduleaccess") == 1
    await anna.click(words.SIGN_IN)
    await anna.receives(lambda: words.home("Анна Соколова"))
    assert await sql.fetchval("select count(*) from sessions where revoked_at is null") == 1


async def test_an_expired_session_is_none(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await sql.execute("update sessions set expires_at = now() - interval '1 second'")
    await anna.send("/purchases")
    await anna.receives(lambda: words.welcome_back("Анна Соколова"))


async def test_use_moves_the_sessions_end_at_most_every_five_minutes(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    before = await sql.fetchval("select expires_at from sessions")
    await anna.send("/purchases")
    assert await sql.fetchval("select expires_at from sessions") == before
    await sql.execute("update users set last_seen = now() - interval '6 minutes'")
    await anna.send("/purchases")
    assert await sql.fetchval("select expires_at from sessions") > before
    assert await sql.fetchval("select last_seen > now() - interval '1 minute' from users")
