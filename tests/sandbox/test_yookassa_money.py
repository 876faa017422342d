"""YooKassa's stand-in: money held, paid, canceled and returned, and receipts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.sandbox.provider_world import Provider, payment_body, provider, receipt


@pytest_asyncio.fixture
async def yookassa() -> AsyncIterator[Provider]:
    async with provider() as world:
        yield world


async def test_without_capture_money_is_only_held(yookassa: Provider) -> None:
    held = await yookassa.paid("500.00", capture=None)
    assert (held["status"], held["paid"]) == ("waiting_for_capture", True)
    assert "captured_at" not in held
    part = {"amount": {"value": "300.00", "currency": "RUB"}}
    taken = await yookassa.ok("POST", f"/v3/payments/{held['id']}/capture", part)
    assert (taken["status"], taken["amount"]["value"]) == ("succeeded", "300.00")


async def test_a_capture_repeated_with_its_key_is_one_capture(yookassa: Provider) -> None:
    held = await yookassa.paid(capture=False)
    path = f"/v3/payments/{held['id']}/capture"
    first = await yookassa.ok("POST", path, {}, key="c1")
    assert await yookassa.ok("POST", path, {}, key="c1") == first
    assert (await yookassa.call("POST", path, {}, key="c2"))[0] == 400


async def test_only_held_money_can_be_canceled(yookassa: Provider) -> None:
    pending = await yookassa.create()
    assert (await yookassa.call("POST", f"/v3/payments/{pending['id']}/cancel"))[0] == 400
    held = await yookassa.paid(capture=False)
    canceled = await yookassa.ok("POST", f"/v3/payments/{held['id']}/cancel")
    assert canceled["cancellation_details"] == {"party": "merchant", "reason": "canceled_by_merchant"}


async def test_an_unpaid_link_runs_out_after_an_hour(yookassa: Provider) -> None:
    made = await yookassa.create()
    yookassa.clock.turn(minutes=59)
    assert (await yookassa.ok("GET", f"/v3/payments/{made['id']}"))["status"] == "pending"
    yookassa.clock.turn(minutes=2)
    gone = await yookassa.ok("GET", f"/v3/payments/{made['id']}")
    assert gone["cancellation_details"] == {"party": "yoo_money", "reason": "expired_on_confirmation"}
    assert (await yookassa.call("POST", f"/sandbox/payments/{made['id']}/pay", {}))[0] == 400


async def test_held_money_returns_when_it_is_not_captured(yookassa: Provider) -> None:
    held = await yookassa.paid(capture=False)
    yookassa.clock.turn(days=7, minutes=1)
    gone = await yookassa.ok("GET", f"/v3/payments/{held['id']}")
    assert gone["cancellation_details"]["reason"] == "expired_on_capture"


@pytest.mark.parametrize(
    ("card", "reason"),
    [("5555555555554600", "insufficient_funds"), ("5555 5555 5555 4592", "3d_secure_failed")],
)
async def test_declining_cards_cancel_for_their_reason(yookassa: Provider, card: str, reason: str) -> None:
    made = await yookassa.create()
    declined = await yookassa.ok("POST", f"/sandbox/payments/{made['id']}/pay", {"card": card})
    assert (declined["status"], declined["paid"]) == ("canceled", False)
    assert declined["cancellation_details"] == {"party": "payment_network", "reason": reason}


def refund_body(payment: dict[str, Any], value: str, **more: Any) -> dict[str, Any]:
    return {"payment_id": payment["id"], "amount": {"value": value, "currency": "RUB"}, **more}


async def test_refunds_in_parts_up_to_the_whole(yookassa: Provider) -> None:
    paid = await yookassa.paid("100.00")
    path = f"/v3/payments/{paid['id']}"
    first = await yookassa.ok("POST", "/v3/refunds", refund_body(paid, "40.00"), key="r1")
    assert await yookassa.ok("POST", "/v3/refunds", refund_body(paid, "40.00"), key="r1") == first
    assert (await yookassa.ok("GET", path))["refunded_amount"]["value"] == "40.00"
    assert (await yookassa.call("POST", "/v3/refunds", refund_body(paid, "60.01")))[1][
        "parameter"
    ] == "amount.value"
    await yookassa.ok("POST", "/v3/refunds", refund_body(paid, "60.00"))
    whole = await yookassa.ok("GET", path)
    assert (whole["refunded_amount"]["value"], whole["refundable"], whole["status"]) == (
        "100.00",
        False,
        "succeeded",
    )
    listed = await yookassa.ok("GET", "/v3/refunds", params={"payment_id": paid["id"]})
    assert [item["amount"]["value"] for item in listed["items"]] == ["60.00", "40.00"]
    assert await yookassa.ok("GET", f"/v3/refunds/{first['id']}") == first


async def test_what_is_not_paid_is_not_refunded(yookassa: Provider) -> None:
    pending = await yookassa.create()
    assert (await yookassa.call("POST", "/v3/refunds", refund_body(pending, "1.00")))[0] == 400
    unknown = {"id": "2d4d8203-000f-5000-9000-15fc20582329"}
    assert (await yookassa.call("POST", "/v3/refunds", refund_body(unknown, "1.00")))[0] == 404
    long = refund_body(await yookassa.paid(), "1.00", description="x" * 251)
    assert (await yookassa.call("POST", "/v3/refunds", long))[1]["parameter"] == "description"


async def test_a_pending_refund_reserves_its_sum_until_it_is_decided(yookassa: Provider) -> None:
    await yookassa.ok("PUT", "/sandbox/yookassa", {"refunds": "pending"})
    paid = await yookassa.paid("100.00")
    waiting = await yookassa.ok("POST", "/v3/refunds", refund_body(paid, "100.00"))
    assert waiting["status"] == "pending"
    assert (await yookassa.ok("GET", f"/v3/payments/{paid['id']}"))["refunded_amount"]["value"] == "0.00"
    assert (await yookassa.call("POST", "/v3/refunds", refund_body(paid, "1.00")))[0] == 400
    await yookassa.ok("POST", f"/sandbox/refunds/{waiting['id']}/cancel", {"reason": "insufficient_funds"})
    decided = await yookassa.ok("GET", f"/v3/refunds/{waiting['id']}")
    assert decided["cancellation_details"]["reason"] == "insufficient_funds"
    again = await yookassa.ok("POST", "/v3/refunds", refund_body(paid, "100.00"))
    await yookassa.ok("POST", f"/sandbox/refunds/{again['id']}/succeed")
    assert (await yookassa.ok("GET", f"/v3/payments/{paid['id']}"))["refunded_amount"]["value"] == "100.00"


async def test_a_shop_that_owes_receipts_demands_them(yookassa: Provider) -> None:
    await yookassa.ok("PUT", "/sandbox/yookassa", {"receipts_required": True})
    status, body = await yookassa.call("POST", "/v3/payments", payment_body())
    assert (status, body["description"]) == (400, "Receipt is missing or illegal")
    paid = await yookassa.paid(receipt=receipt())
    assert paid["receipt_registration"] == "succeeded"
    listed = await yookassa.ok("GET", "/v3/receipts", params={"payment_id": paid["id"]})
    assert listed["items"][0]["status"] == "succeeded"
    assert (await yookassa.ok("GET", "/v3/me"))["fiscalization"]["enabled"] is True
    assert (await yookassa.call("POST", "/v3/refunds", refund_body(paid, "1.00")))[1][
        "parameter"
    ] == "receipt"
    await yookassa.ok("POST", "/v3/refunds", refund_body(paid, "1.00", receipt=receipt("1.00")))


@pytest.mark.parametrize(
    "changes",
    [{"vat_code": 13}, {"vat_code": True}, {"quantity": 0}, {"quantity": "NaN"}, {"description": "x" * 129},
     {"measure": None}, {"payment_mode": "gift"}, {"quantity": 2}],
)  # fmt: skip
async def test_a_receipt_that_breaks_a_rule_is_illegal(yookassa: Provider, changes: dict[str, Any]) -> None:
    status, body = await yookassa.call("POST", "/v3/payments", payment_body(receipt=receipt(**changes)))
    assert (status, body["description"]) == (400, "Receipt is missing or illegal")


async def test_receipts_of_the_provider_want_an_email_and_no_tax_system(yookassa: Provider) -> None:
    by_phone = {**receipt(), "customer": {"phone": "79000000000"}}
    taxed = {**receipt(), "tax_system_code": 2}
    for asked in (by_phone, taxed):
        assert (await yookassa.call("POST", "/v3/payments", payment_body(receipt=asked)))[0] == 400
    await yookassa.ok("PUT", "/sandbox/yookassa", {"own_register": True})
    for asked in (by_phone, taxed):
        assert (await yookassa.call("POST", "/v3/payments", payment_body(receipt=asked)))[0] == 200


async def test_a_telegram_invoice_is_a_payment_like_any_other(yookassa: Provider) -> None:
    paid = yookassa.shop.charge_by_invoice(
        amount_minor=49900, currency="RUB", description="Курс", email="a@example.com", receipt=receipt()
    )
    found = await yookassa.ok("GET", f"/v3/payments/{paid}")
    assert (found["status"], found["amount"]["value"], found["metadata"]) == ("succeeded", "499.00", {})
    await yookassa.ok("POST", "/v3/refunds", refund_body(found, "499.00"))


async def test_records_keys_and_settings_outlast_a_restart(tmp_path: Path) -> None:
    async with provider(tmp_path / "sandbox.db") as world:
        await world.ok("PUT", "/sandbox/yookassa", {"notifications_url": "http://127.0.0.1:9/hook"})
        await world.ok("PUT", "/sandbox/yookassa", {"notifications_url": None, "test": False})
        first = await world.ok("POST", "/v3/payments", payment_body(), key="k1")
        paid = await world.paid("100.00")
        await world.ok("POST", "/v3/refunds", refund_body(paid, "30.00"))
        before = await world.ok("GET", f"/v3/payments/{paid['id']}")
        await world.restart()
        assert await world.ok("GET", f"/v3/payments/{paid['id']}") == before
        again = await world.ok("POST", "/v3/payments", payment_body(), key="k1")
        assert again["id"] == first["id"]
        assert again["confirmation"]["confirmation_url"].startswith(world.origin)
        assert (await world.ok("GET", "/v3/me"))["test"] is False
        assert (await world.create())["id"] != first["id"]
