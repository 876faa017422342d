"""The official SDK, as any bot would use it, cannot tell the local YooKassa from the real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from yookassa import Configuration, Payment, Receipt, Refund, Settings
from yookassa.domain.exceptions import BadRequestError, ForbiddenError, NotFoundError, UnauthorizedError

from bot.sandbox.yookassa import DEMO_SECRET_KEY, DEMO_SHOP_ID
from tests.sandbox.provider_world import Provider, payment_body, provider, receipt


@pytest_asyncio.fixture
async def yookassa() -> AsyncIterator[Provider]:
    async with provider() as world:
        Configuration.configure(DEMO_SHOP_ID, DEMO_SECRET_KEY, api_url=f"{world.origin}/v3")
        yield world
        Configuration.account_id = Configuration.secret_key = None


async def sdk(call: Any, *args: Any) -> Any:
    return await asyncio.to_thread(call, *args)


async def test_create_pay_find_and_list(yookassa: Provider) -> None:
    made = await sdk(Payment.create, payment_body(receipt=receipt()), "k1")
    assert (made.status, made.amount.value) == ("pending", Decimal("499.00"))
    assert made.metadata["purchase"] == "ab12"
    await yookassa.ok("POST", f"/sandbox/payments/{made.id}/pay", {"card": "sbp"})
    found = await sdk(Payment.find_one, made.id)
    assert (found.status, found.paid, found.payment_method.type) == ("succeeded", True, "sbp")
    listed = await sdk(Payment.list, {"status": "succeeded", "limit": 5})
    assert [item.id for item in listed.items] == [made.id]
    assert len((await sdk(Receipt.list, {"payment_id": made.id})).items) == 1


async def test_a_repeated_key_is_one_payment(yookassa: Provider) -> None:
    first = await sdk(Payment.create, payment_body(), "k1")
    second = await sdk(Payment.create, payment_body(), "k1")
    assert first.id == second.id
    with pytest.raises(BadRequestError) as refused:
        await sdk(Payment.create, payment_body("500.00"), "k1")
    assert refused.value.content["parameter"] == "Idempotence-Key"


async def test_hold_capture_and_cancel(yookassa: Provider) -> None:
    first, second = [await yookassa.paid(capture=False) for _ in range(2)]
    part = {"amount": {"value": "100.00", "currency": "RUB"}}
    captured = await sdk(Payment.capture, first["id"], part, "c1")
    assert (captured.status, captured.amount.value) == ("succeeded", Decimal("100.00"))
    canceled = await sdk(Payment.cancel, second["id"], "c2")
    assert canceled.cancellation_details.reason == "canceled_by_merchant"


async def test_refunds(yookassa: Provider) -> None:
    paid = await yookassa.paid("100.00")
    asked = {"payment_id": paid["id"], "amount": {"value": "25.00", "currency": "RUB"}}
    refund = await sdk(Refund.create, asked, "r1")
    assert (refund.status, (await sdk(Refund.find_one, refund.id)).amount.value) == (
        "succeeded",
        Decimal("25.00"),
    )
    assert [item.id for item in (await sdk(Refund.list, {"payment_id": paid["id"]})).items] == [refund.id]


async def test_refusals_have_their_classes(yookassa: Provider) -> None:
    with pytest.raises(NotFoundError):
        await sdk(Payment.find_one, "2d4d8203-000f-5000-9000-15fc20582329")
    with pytest.raises(ForbiddenError):
        await sdk(Payment.create, payment_body(save_payment_method=True), "k")
    Configuration.secret_key = "wrong"
    with pytest.raises(UnauthorizedError):
        await sdk(Settings.get_account_settings)


async def test_the_shop_introduces_itself(yookassa: Provider) -> None:
    me = await sdk(Settings.get_account_settings)
    assert (me.account_id, me.test, me.status) == (DEMO_SHOP_ID, True, "enabled")


async def test_the_sdk_shows_a_cut_connection_as_attribute_error(yookassa: Provider) -> None:
    yookassa.faults.set(provider_cut=1.0)
    with pytest.raises(AttributeError):
        await sdk(Payment.create, payment_body(), "k1")
