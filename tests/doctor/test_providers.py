"""The doctor asks Telegram and YooKassa: tokens, keys, webhooks, receipts."""

import asyncio

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from tests.doctor.installation import ADMIN, Installation, advice, problems
from tests.sandbox.provider_world import serve


async def test_a_token_telegram_does_not_know(installation: Installation) -> None:
    async with installation.bot() as bot:
        await bot.get_me()
    [problem] = problems(await installation.findings(bot_token=SecretStr("7777777777:somebody-elses")))
    assert "does not know BOT_TOKEN" in problem


async def test_no_token_at_all(installation: Installation) -> None:
    [problem] = problems(await installation.findings(bot_token=None))
    assert "BOT_TOKEN is missing" in problem


async def test_a_foreign_webhook_takes_the_updates(installation: Installation) -> None:
    async with installation.bot() as bot:
        await bot.set_webhook("https://elsewhere.example.com/hook")
    [problem] = problems(await installation.findings())
    assert "https://elsewhere.example.com/hook" in problem
    assert "stop the program behind it" in problem


async def test_updates_that_are_not_asked_for_and_deliveries_that_fail(installation: Installation) -> None:
    origin, runner = await serve(web.Application())
    async with installation.bot() as bot, aiohttp.ClientSession(installation.origin) as client:
        await bot.set_webhook(f"{origin}/telegram/webhook", allowed_updates=["message", "my_chat_member"])
        chat = f"/sandbox/chats/{ADMIN}/messages?bot={bot.id}"
        async with client.post(chat, json={"text": "hello"}) as answer:
            assert answer.status == 200
        async with asyncio.timeout(20):
            while not (await bot.get_webhook_info()).last_error_message:  # noqa: ASYNC110  # the sandbox tells nobody
                await asyncio.sleep(0.01)
    found = await installation.findings(public_url=origin, webhook_secret=SecretStr("a-secret-of-sixteen"))
    await runner.cleanup()
    [kinds, delivery] = problems(found)
    assert "not delivered: edited_message, callback_query, pre_checkout_query" in kinds
    assert "404 Not Found" in delivery
    assert any("/paid, tried from here: status 404" in line for line in advice(found))


async def test_admins_that_cannot_be_told_of_anything(installation: Installation) -> None:
    assert any("ADMIN_IDS is empty" in line for line in advice(await installation.findings(admin_ids=())))
    found = await installation.findings(admin_ids=(ADMIN, 424242))
    assert any(line.startswith("! admins (advice): 424242 can't be written to") for line in advice(found))


async def test_a_shop_that_demands_receipts_and_has_none_configured(installation: Installation) -> None:
    installation.shop(receipts_required=True)
    [problem] = problems(await installation.findings())
    assert "the shop demands receipts" in problem
    assert "YOOKASSA_VAT_CODE" in problem
    assert problems(await installation.findings(yookassa_vat_code=1)) == []


async def test_yookassas_own_receipts_refuse_a_tax_system(installation: Installation) -> None:
    installation.shop(receipts_required=True)
    [problem] = problems(await installation.findings(yookassa_vat_code=1, yookassa_tax_system=2))
    assert "empty YOOKASSA_TAX_SYSTEM" in problem
    installation.shop(own_register=True)
    assert problems(await installation.findings(yookassa_vat_code=1, yookassa_tax_system=2)) == []


async def test_a_wrong_key(installation: Installation) -> None:
    [problem] = problems(await installation.findings(yookassa_secret_key=SecretStr("wrong")))
    assert "refuses the credentials: 401" in problem


async def test_the_key_of_another_shop_that_is_switched_off(installation: Installation) -> None:
    answer = {"account_id": "200600", "status": "disabled", "test": False}
    app = web.Application()

    async def me(_: web.Request) -> web.Response:
        return web.json_response(answer)

    app.router.add_get("/v3/me", me)
    origin, runner = await serve(app)
    found = problems(await installation.findings(yookassa_api_url=f"{origin}/v3"))
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
    installation: Installation, test_shop: bool, kind: str, said: str | None
) -> None:
    installation.shop(test=test_shop)
    found = await installation.findings(telegram_payment_token=SecretStr(f"381764678:{kind}:1"))
    assert [said in line for line in problems(found) if said] == ([True] if said else [])
    assert any("a test shop" in line for line in advice(found)) == test_shop
    assert len(problems(found)) == (1 if said else 0)


@pytest.mark.parametrize(
    ("port", "said"), [(8081, "Telegram never calls port 8081"), (88, "YooKassa never calls port 88")]
)
async def test_ports_that_are_never_called(installation: Installation, port: int, said: str) -> None:
    found = await installation.findings(
        public_url=f"https://bot.invalid:{port}", webhook_secret=SecretStr("a-secret-of-sixteen")
    )
    assert [said in line for line in problems(found)] == [True]


async def test_what_telegram_demands_is_told(installation: Installation) -> None:
    found = await installation.findings(support_contact=None, terms_url=None, privacy_url=None)
    told = {line.split(" ")[1] for line in advice(found)}
    assert {"SUPPORT_CONTACT", "TERMS_URL", "PRIVACY_URL"} <= told
