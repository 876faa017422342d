"""The adapter over real HTTP: exact amounts, unchanged bytes, and never "failed" where it is unknown."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from bot.sandbox.yookassa import DEMO_SECRET_KEY, DEMO_SHOP_ID
from bot.yookassa.answers import ProviderPayment, ProviderRefusedError, ProviderUnknownError, minor_units
from bot.yookassa.client import YooKassa
from tests.http.provider import NOBODY, PATIENT, QUICK, Handler, against, frozen
from tests.sandbox.provider_world import Provider, provider


@pytest_asyncio.fixture
async def world() -> AsyncIterator[Provider]:
    async with provider() as started:
        yield started


@pytest_asyncio.fixture
async def shop(world: Provider) -> AsyncIterator[YooKassa]:
    adapter = YooKassa(DEMO_SHOP_ID, DEMO_SECRET_KEY, f"{world.origin}/v3", timeouts=(2.0, 10.0))
    yield adapter
    await adapter.close()


async def test_a_payment_from_link_to_money(world: Provider, shop: YooKassa) -> None:
    made = await shop.create_payment(frozen("1234.05"), "k1")
    assert (made.status, made.paid, made.amount, made.currency) == ("pending", False, 123405, "RUB")
    assert (made.test, made.recipient, made.refunded) == (True, DEMO_SHOP_ID, 0)
    assert made.link == f"{world.origin}/checkout/{made.id}"
    assert made.metadata == {"purchase": "ab12"}
    await world.ok("POST", f"/sandbox/payments/{made.id}/pay", {})
    paid = await shop.payment(made.id)
    assert (paid.status, paid.paid, paid.link) == ("succeeded", True, None)
    assert paid.method_title == "Bank card *4444"
    assert paid.captured_at is not None
    assert paid.created_at is not None
    assert paid.created_at <= paid.captured_at <= datetime.now(UTC)


async def test_a_declined_payment_tells_why(world: Provider, shop: YooKassa) -> None:
    made = await shop.create_payment(frozen(), "k1")
    await world.ok("POST", f"/sandbox/payments/{made.id}/decline", {"reason": "insufficient_funds"})
    assert (await shop.payment(made.id)).cancellation == "insufficient_funds"


async def test_refunds(world: Provider, shop: YooKassa) -> None:
    paid = await world.paid("100.00")
    body = json.dumps({"payment_id": paid["id"], "amount": {"value": "40.01", "currency": "RUB"}})
    made = await shop.create_refund(body, "r1")
    assert await shop.create_refund(body, "r1") == made
    assert (made.payment_id, made.status, made.amount) == (paid["id"], "succeeded", 4001)
    assert await shop.refund(made.id) == made
    assert [item async for item in shop.refunds(payment_id=paid["id"])] == [made]
    assert [item async for item in shop.refunds(payment_id=NOBODY)] == []
    assert (await shop.payment(paid["id"])).refunded == 4001


async def test_lists_run_over_all_pages_with_their_filters(world: Provider, shop: YooKassa) -> None:
    start = datetime.now(UTC) - timedelta(minutes=1)
    for _ in range(3):
        await world.paid()
    for _ in range(205):
        await world.create()
    await world.paid()
    assert len([item async for item in shop.payments()]) == 209
    succeeded = [item async for item in shop.payments(status="succeeded", created_from=start)]
    assert {item.status for item in succeeded if isinstance(item, ProviderPayment)} == {"succeeded"}
    assert len(succeeded) == 4
    assert [item async for item in shop.payments(created_to=start)] == []
    assert len([item async for item in shop.payments(captured_from=start, captured_to=None)]) == 4


async def test_the_account_is_introduced(world: Provider, shop: YooKassa) -> None:
    account = await shop.account()
    assert (account.account_id, account.test, account.fiscalization) == (DEMO_SHOP_ID, True, False)
    assert "bank_card" in account.methods
    await world.ok("PUT", "/sandbox/yookassa", {"receipts_required": True, "test": False})
    account = await shop.account()
    assert (account.test, account.fiscalization) == (False, True)


async def test_refusals_carry_the_providers_words(world: Provider, shop: YooKassa) -> None:
    with pytest.raises(ProviderRefusedError) as refused:
        await shop.create_payment(frozen("0.50"), "k1")
    assert (refused.value.status, refused.value.code) == (400, "invalid_request")
    assert refused.value.parameter == "amount.value"
    with pytest.raises(ProviderRefusedError) as refused:
        await shop.payment(NOBODY)
    assert refused.value.status == 404
    stranger = YooKassa(DEMO_SHOP_ID, "wrong", f"{world.origin}/v3")
    with pytest.raises(ProviderRefusedError) as refused:
        await stranger.account()
    assert (refused.value.status, refused.value.code) == (401, "invalid_credentials")
    await stranger.close()


@pytest.mark.parametrize(
    "switch",
    ["provider_5xx", "provider_html_502", "provider_cut", "provider_cut_before", "provider_broken_json"],
)
async def test_after_any_failure_the_same_request_makes_one_payment(
    world: Provider, shop: YooKassa, switch: str
) -> None:
    world.faults.set(**{switch: 1.0})
    for _ in range(3):
        with pytest.raises(ProviderUnknownError):
            await shop.create_payment(frozen(), "k1")
    world.faults.reset()
    made = await shop.create_payment(frozen(), "k1")
    assert [item["id"] for item in await world.ok("GET", "/sandbox/payments")] == [made.id]


async def test_a_provider_out_of_reach_is_unknown(world: Provider, shop: YooKassa) -> None:
    world.faults.set(provider_down=True)
    with pytest.raises(ProviderUnknownError, match="no answer"):
        await shop.account()
    nowhere = YooKassa("1", "k", "http://127.0.0.1:9/v3")
    with pytest.raises(ProviderUnknownError, match="no answer"):
        await nowhere.account()
    await nowhere.close()


async def test_a_slow_provider_is_unknown_and_then_found(world: Provider) -> None:
    impatient = YooKassa(DEMO_SHOP_ID, DEMO_SECRET_KEY, f"{world.origin}/v3", timeouts=QUICK)
    world.faults.set(provider_slow=1.0)
    with pytest.raises(ProviderUnknownError):
        await impatient.create_payment(frozen(), "k1")
    world.faults.reset()
    made = await impatient.create_payment(frozen(), "k1")
    assert (await impatient.payment(made.id)).id == made.id
    await impatient.close()


async def test_the_frozen_bytes_go_out_unchanged_each_time() -> None:
    got: list[tuple[bytes, str, str]] = []

    async def hear(request: web.Request) -> web.Response:
        got.append((await request.read(), request.headers["Idempotence-Key"], request.content_type))
        return web.Response(status=500)

    body = '{"b" :1,  "a": "Курс \\u20bd"}\n'
    async with against(hear, PATIENT) as shop:
        for _ in range(2):
            with pytest.raises(ProviderUnknownError):
                await shop.create_payment(body, "k-1")
    assert got == [(body.encode(), "k-1", "application/json")] * 2


async def test_two_shops_in_one_process_keep_their_settings() -> None:
    def answer(name: str) -> Handler:
        async def handler(_: web.Request) -> web.Response:
            return web.json_response({"account_id": name, "status": "enabled", "test": True})

        return handler

    async with against(answer("1"), PATIENT) as one, against(answer("2"), PATIENT) as two:
        answers = await asyncio.gather(*(shop.account() for shop in (one, two) * 10))
    assert [account.account_id for account in answers] == ["1", "2"] * 10


async def test_netrc_does_not_replace_the_credentials(
    shop: YooKassa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login thief password stolen\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert (await shop.account()).account_id == DEMO_SHOP_ID


@pytest.mark.parametrize(
    "bad",
    ["../refunds/2d4d8203-000f-5000-9000-15fc2", "", "2d4d8203", NOBODY + "\n", NOBODY[:-1] + "/", "ё" * 36],
)
async def test_only_an_id_is_put_into_a_path(shop: YooKassa, bad: str) -> None:
    for call in (shop.payment, shop.refund):
        with pytest.raises(ValueError, match="not an id"):
            await call(bad)
    with pytest.raises(ValueError, match="not an id"):
        shop.refunds(payment_id=bad)


@pytest.mark.parametrize("key", ["", "x" * 65, "a b", "a\r\nX: y"])
async def test_only_a_key_is_put_into_the_header(shop: YooKassa, key: str) -> None:
    with pytest.raises(ValueError, match="not an idempotence key"):
        await shop.create_payment(frozen(), key)


async def test_slow_calls_run_side_by_side_and_leave_the_loop_free() -> None:
    under_way = most = 0

    async def count(_: web.Request) -> web.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.1)
        under_way -= 1
        return web.json_response({"account_id": "1", "status": "enabled", "test": True})

    async with against(count, PATIENT) as many:
        await asyncio.gather(*(many.account() for _ in range(24)))
    assert most == 8


@pytest.mark.parametrize(
    ("text", "minor"), [("0.01", 1), ("0.1", 10), ("10", 1000), ("9007199254740993.01", None)]
)
def test_minor_units_are_exact(text: str, minor: int | None) -> None:
    if minor is None:
        with pytest.raises(ValueError):
            minor_units(text)
    else:
        assert minor_units(text) == minor
    assert minor_units("900719925474099.31") == 90071992547409931
