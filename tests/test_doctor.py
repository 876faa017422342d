"""The doctor against the sandbox and real databases: what is wrong is named and hides nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiohttp import web
from pydantic import SecretStr

from bot.doctor import Finding, Severity, examine
from bot.sandbox.app import Sandbox
from bot.sandbox.yookassa import DEMO_SECRET_KEY, DEMO_SHOP_ID
from bot.settings import FixedSettings, Settings, SettingsError
from tests.process import command
from tests.sandbox.provider_world import serve

ROOT = Path(__file__).parent.parent
TOKEN = "7777777777:doctor-of-the-tests"
ADMIN = 7000000003
NOWHERE = "http://127.0.0.1:9"


class World:
    """A sandbox, a database, and settings that fit them."""

    def __init__(self, sandbox: Sandbox, origin: str, dsn: str) -> None:
        self.sandbox = sandbox
        self.origin = origin
        self.dsn = dsn

    def settings(self, **changed: Any) -> Settings:
        given: dict[str, Any] = {
            "bot_token": SecretStr(TOKEN),
            "telegram_api_url": self.origin,
            "database_url": self.dsn,
            "admin_ids": (ADMIN,),
            "yookassa_shop_id": DEMO_SHOP_ID,
            "yookassa_secret_key": SecretStr(DEMO_SECRET_KEY),
            "yookassa_api_url": f"{self.origin}/v3",
            "support_contact": "@support",
            "terms_url": "https://example.com/terms",
            "privacy_url": "https://example.com/privacy",
        }
        return FixedSettings(**(given | changed))

    async def findings(self, **changed: Any) -> list[Finding]:
        return await examined(self.settings(**changed))

    def shop(self, **changes: Any) -> None:
        provider = self.sandbox.yookassa.provider
        provider.change_settings(provider.demo, changes)

    def bot(self) -> Bot:
        return Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(self.origin)))


@asynccontextmanager
async def given(settings: Settings) -> AsyncIterator[tuple[str, str]]:
    assert settings.dsn is not None
    yield settings.dsn, settings.direct_dsn or settings.dsn


async def examined(settings: Settings | SettingsError) -> list[Finding]:
    return [finding async for finding in examine(settings, given)]


def problems(findings: list[Finding]) -> list[str]:
    return [str(one) for one in findings if one.severity is Severity.PROBLEM]


def advice(findings: list[Finding]) -> list[str]:
    return [str(one) for one in findings if one.severity is Severity.ADVICE]


@pytest.fixture
async def world(dsn: str) -> AsyncIterator[World]:
    sandbox = Sandbox(None, pace=0.01)
    origin = await sandbox.start()
    yield World(sandbox, origin, dsn)
    await sandbox.stop()


async def test_where_all_is_well_there_is_no_problem(world: World) -> None:
    world.shop(test=False)
    found = await world.findings()
    assert problems(found) == []
    shown = [str(one) for one in found if one.severity is Severity.OK]
    assert "ok Telegram: the token is that of @sandbox_7777777777_bot" in shown
    assert f"ok YooKassa: shop {DEMO_SHOP_ID} is enabled" in shown
    assert "ok database: the shared tables are as agreed" in shown
    assert "ok support and documents: set" in shown


async def test_each_wrong_setting_is_a_line_and_nothing_else_is_tried() -> None:
    found = await examined(SettingsError(["BOT_TOKEN: not a token", "HTTP_PORT: too large"]))
    assert len(problems(found)) == 2
    assert problems(found)[0].startswith("! settings: BOT_TOKEN: not a token → ")
    assert "nothing else" in advice(found)[0]


# --- the database ---


async def test_an_empty_database_wants_migrating(world: World, empty_database: str) -> None:
    [problem] = problems(await world.findings(database_url=empty_database))
    assert "schema empty" in problem
    assert problem.endswith("→ run: python main.py migrate")


async def test_a_difference_from_the_contract_is_told_by_table_and_column(
    world: World, connection: asyncpg.Connection
) -> None:
    await connection.execute("ALTER TABLE users ALTER COLUMN email DROP NOT NULL")
    [problem] = problems(await world.findings())
    assert "users.email: expected NOT NULL, found NULL allowed" in problem


async def test_a_missing_index_is_only_advised(world: World, connection: asyncpg.Connection) -> None:
    await connection.execute("DROP INDEX ix_purchases_user_id")
    found = await world.findings()
    assert problems(found) == []
    assert any("CREATE INDEX CONCURRENTLY ix_purchases_user_id" in line for line in advice(found))


async def test_newer_code_was_here(world: World, connection: asyncpg.Connection) -> None:
    await connection.execute("UPDATE bot.alembic_version SET version_num = '9999'")
    [problem] = problems(await world.findings())
    assert "update the program" in problem


async def test_a_database_that_is_not_there_is_named_as_such(world: World) -> None:
    [problem] = problems(await world.findings(database_url=world.dsn.replace("/test_", "/no_test_")))
    assert "does not exist" in problem
    assert "create that database" in problem


async def test_everything_down_is_found_in_one_go(world: World) -> None:
    found = await world.findings(
        database_url="postgresql://app@127.0.0.1:9/app",
        telegram_api_url=NOWHERE,
        yookassa_api_url=f"{NOWHERE}/v3",
    )
    assert [line.split(":")[0] for line in problems(found)] == ["! database", "! Telegram", "! YooKassa"]


# --- Telegram ---


async def test_a_token_telegram_does_not_know(world: World) -> None:
    async with world.bot() as bot:
        await bot.get_me()
    [problem] = problems(await world.findings(bot_token=SecretStr("7777777777:somebody-elses")))
    assert "does not know BOT_TOKEN" in problem


async def test_no_token_at_all(world: World) -> None:
    [problem] = problems(await world.findings(bot_token=None))
    assert "BOT_TOKEN is missing" in problem


async def test_a_foreign_webhook_takes_the_updates(world: World) -> None:
    async with world.bot() as bot:
        await bot.set_webhook("https://elsewhere.example.com/hook")
    [problem] = problems(await world.findings())
    assert "https://elsewhere.example.com/hook" in problem
    assert "stop the program behind it" in problem


async def test_updates_that_are_not_asked_for_and_deliveries_that_fail(world: World) -> None:
    origin, runner = await serve(web.Application())
    async with world.bot() as bot, aiohttp.ClientSession(world.origin) as client:
        await bot.set_webhook(f"{origin}/telegram/webhook", allowed_updates=["message", "my_chat_member"])
        chat = f"/sandbox/chats/{ADMIN}/messages?bot={bot.id}"
        async with client.post(chat, json={"text": "hello"}) as answer:
            assert answer.status == 200
        async with asyncio.timeout(20):
            while not (await bot.get_webhook_info()).last_error_message:  # noqa: ASYNC110  # the sandbox tells nobody
                await asyncio.sleep(0.01)
    found = await world.findings(public_url=origin, webhook_secret=SecretStr("a-secret-of-sixteen"))
    await runner.cleanup()
    [kinds, delivery] = problems(found)
    assert "not delivered: edited_message, callback_query, pre_checkout_query" in kinds
    assert "404 Not Found" in delivery
    assert any("/paid, tried from here: status 404" in line for line in advice(found))


async def test_admins_that_cannot_be_told_of_anything(world: World) -> None:
    assert any("ADMIN_IDS is empty" in line for line in advice(await world.findings(admin_ids=())))
    found = await world.findings(admin_ids=(ADMIN, 424242))
    assert any(line.startswith("! admins (advice): 424242 can't be written to") for line in advice(found))


# --- the provider ---


async def test_a_shop_that_demands_receipts_and_has_none_configured(world: World) -> None:
    world.shop(receipts_required=True)
    [problem] = problems(await world.findings())
    assert "the shop demands receipts" in problem
    assert "YOOKASSA_VAT_CODE" in problem
    assert problems(await world.findings(yookassa_vat_code=1)) == []


async def test_yookassas_own_receipts_refuse_a_tax_system(world: World) -> None:
    world.shop(receipts_required=True)
    [problem] = problems(await world.findings(yookassa_vat_code=1, yookassa_tax_system=2))
    assert "empty YOOKASSA_TAX_SYSTEM" in problem
    world.shop(own_register=True)
    assert problems(await world.findings(yookassa_vat_code=1, yookassa_tax_system=2)) == []


async def test_a_wrong_key(world: World) -> None:
    [problem] = problems(await world.findings(yookassa_secret_key=SecretStr("wrong")))
    assert "refuses the credentials: 401" in problem


async def test_the_key_of_another_shop_that_is_switched_off(world: World) -> None:
    answer = {"account_id": "200600", "status": "disabled", "test": False}
    app = web.Application()

    async def me(_: web.Request) -> web.Response:
        return web.json_response(answer)

    app.router.add_get("/v3/me", me)
    origin, runner = await serve(app)
    found = problems(await world.findings(yookassa_api_url=f"{origin}/v3"))
    await runner.cleanup()
    assert "the key is that of shop 200600" in found[0]
    assert "the shop is disabled" in found[1]
    assert len(found) == 2


@pytest.mark.parametrize(
    ("test_shop", "kind", "said"),
    [
        (True, "LIVE", "a LIVE token beside a test shop"),
        (False, "TEST", "a TEST token beside the live shop"),
        (True, "TEST", None),
        (False, "LIVE", None),
    ],
)
async def test_invoices_and_links_are_both_for_tests_or_both_for_money(
    world: World, test_shop: bool, kind: str, said: str | None
) -> None:
    world.shop(test=test_shop)
    found = await world.findings(telegram_payment_token=SecretStr(f"381764678:{kind}:1"))
    assert [said in line for line in problems(found) if said] == ([True] if said else [])
    assert any("a test shop" in line for line in advice(found)) == test_shop
    assert len(problems(found)) == (1 if said else 0)


# --- being reached ---


@pytest.mark.parametrize(
    ("port", "said"), [(8081, "Telegram never calls port 8081"), (88, "YooKassa never calls port 88")]
)
async def test_ports_that_are_never_called(world: World, port: int, said: str) -> None:
    found = await world.findings(
        public_url=f"https://bot.invalid:{port}", webhook_secret=SecretStr("a-secret-of-sixteen")
    )
    assert [said in line for line in problems(found)] == [True]


async def test_what_telegram_demands_is_told(world: World) -> None:
    found = await world.findings(support_contact=None, terms_url=None, privacy_url=None)
    told = {line.split(" ")[1] for line in advice(found)}
    assert {"SUPPORT_CONTACT", "TERMS_URL", "PRIVACY_URL"} <= told


# --- the command ---


async def run_doctor(settings: Settings, folder: Path) -> tuple[int | None, str]:
    ended = await command(
        folder,
        "doctor",
        BOT_TOKEN=TOKEN,
        TELEGRAM_API_URL=settings.telegram_api_url,
        DATABASE_URL=settings.dsn or "",
        ADMIN_IDS=str(ADMIN),
        YOOKASSA_SHOP_ID=settings.yookassa_shop_id or "",
        YOOKASSA_SECRET_KEY=DEMO_SECRET_KEY,
        YOOKASSA_API_URL=settings.yookassa_api_url,
    )
    return ended.status, ended.output


async def test_the_exit_status_is_zero_only_where_all_is_well(world: World, tmp_path: Path) -> None:
    status, output = await run_doctor(world.settings(), tmp_path)
    assert (status, [line for line in output.splitlines() if line[:2] not in ("ok", "! ")]) == (0, [])
    world.shop(receipts_required=True)
    status, output = await run_doctor(world.settings(), tmp_path)
    assert status == 1
    assert "! YooKassa: the shop demands receipts" in output
