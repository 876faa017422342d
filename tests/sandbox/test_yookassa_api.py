"""The local YooKassa is as strict as the real one (docs/facts.md#yookassa)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.sandbox.provider_world import Provider, payment_body, provider


@pytest_asyncio.fixture
async def yookassa() -> AsyncIterator[Provider]:
    async with provider() as world:
        yield world


async def test_a_new_payment_awaits_the_payer(yookassa: Provider) -> None:
    made = await yookassa.create("990.50")
    assert made["status"] == "pending"
    assert (made["paid"], made["test"], made["refundable"]) == (False, True, False)
    assert made["amount"] == {"value": "990.50", "currency": "RUB"}
    assert made["metadata"] == {"purchase": "ab12"}
    assert made["recipient"]["account_id"] == "100500"
    assert len(made["id"]) == 36
    assert made["confirmation"]["confirmation_url"] == f"{yookassa.origin}/checkout/{made['id']}"
    assert await yookassa.ok("GET", f"/v3/payments/{made['id']}") == made


async def test_a_paid_payment_shows_fee_and_method(yookassa: Provider) -> None:
    paid = await yookassa.paid("1000.00")
    assert (paid["status"], paid["paid"], paid["refundable"]) == ("succeeded", True, True)
    assert paid["income_amount"]["value"] == "965.00"
    assert paid["payment_method"]["title"] == "Bank card *4444"
    assert paid["captured_at"] >= paid["created_at"]
    assert "confirmation" not in paid


@pytest.mark.parametrize(
    ("login", "password"), [("100500", "wrong"), ("999", "test_sandbox_secret"), ("", ""), ("100500", "ключ")]
)
async def test_wrong_credentials_are_refused(yookassa: Provider, login: str, password: str) -> None:
    headers = {"Authorization": aiohttp.encode_basic_auth(login, password)}
    status, body = await yookassa.call("GET", "/v3/me", headers=headers)
    assert (status, body["type"], body["code"]) == (401, "error", "invalid_credentials")


@pytest.mark.parametrize("header", ["", "Basic", "Basic !!!", "Bearer abc", "Basic " + "YWJj"])
async def test_a_broken_authorization_header_is_refused(yookassa: Provider, header: str) -> None:
    status, body = await yookassa.call("GET", "/v3/me", headers={"Authorization": header})
    assert (status, body["code"]) == (401, "invalid_credentials")


async def test_any_shop_may_open_one_where_that_is_allowed() -> None:
    async with provider(any_shop=True) as world:
        mine = {"Authorization": aiohttp.encode_basic_auth("42", "mine")}
        stranger = {"Authorization": aiohttp.encode_basic_auth("42", "other")}
        assert (await world.ok("GET", "/v3/me", headers=mine))["account_id"] == "42"
        assert (await world.call("GET", "/v3/me", headers=stranger))[0] == 401
        made = await world.ok("POST", "/v3/payments", payment_body(), headers=mine)
        assert (await world.call("GET", f"/v3/payments/{made['id']}"))[0] == 404
        assert (await world.ok("GET", "/v3/payments"))["items"] == []


async def test_a_repeated_key_gives_the_first_answer_and_one_payment(yookassa: Provider) -> None:
    first = await yookassa.ok("POST", "/v3/payments", payment_body(), key="k1")
    await yookassa.ok("POST", f"/sandbox/payments/{first['id']}/pay", {})
    assert await yookassa.ok("POST", "/v3/payments", payment_body(), key="k1") == first
    assert len((await yookassa.ok("GET", "/v3/payments"))["items"]) == 1


async def test_a_key_with_another_body_is_refused(yookassa: Provider) -> None:
    await yookassa.ok("POST", "/v3/payments", payment_body(), key="k1")
    status, body = await yookassa.call("POST", "/v3/payments", payment_body("500.00"), key="k1")
    assert (status, body["code"], body["parameter"]) == (400, "invalid_request", "Idempotence-Key")
    assert body["description"] == "Idempotence key duplicated"


async def test_a_key_is_forgotten_after_a_day(yookassa: Provider) -> None:
    first = await yookassa.ok("POST", "/v3/payments", payment_body(), key="k1")
    yookassa.clock.turn(hours=24, minutes=1)
    second = await yookassa.ok("POST", "/v3/payments", payment_body(), key="k1")
    assert second["id"] != first["id"]


async def test_a_refused_request_leaves_its_key_free(yookassa: Provider) -> None:
    assert (await yookassa.call("POST", "/v3/payments", payment_body("0.10"), key="k1"))[0] == 400
    assert (await yookassa.call("POST", "/v3/payments", payment_body(), key="k1"))[0] == 200


@pytest.mark.parametrize("key", ["", "x" * 65, "blank key", "ключ", "semi;colon"])
async def test_a_malformed_key_is_refused(yookassa: Provider, key: str) -> None:
    headers = {"Idempotence-Key": key}
    async with yookassa.http.post("/v3/payments", json=payment_body(), headers=headers) as answer:
        assert answer.status == 400
        assert (await answer.json())["parameter"] == "Idempotence-Key"


async def test_a_missing_key_is_refused(yookassa: Provider) -> None:
    async with yookassa.http.post("/v3/payments", json=payment_body()) as answer:
        assert (answer.status, (await answer.json())["parameter"]) == (400, "Idempotence-Key")


REDIRECT = {"type": "redirect", "return_url": "https://example.com"}
BAD_BODIES: list[tuple[str, Any, str]] = [
    ("amount", None, "amount"),
    ("amount", {"value": "1", "currency": "RUB"}, "amount.value"),
    ("amount", {"value": 499.0, "currency": "RUB"}, "amount.value"),
    ("amount", {"value": "1e3", "currency": "RUB"}, "amount.value"),
    ("amount", {"value": "-5.00", "currency": "RUB"}, "amount.value"),
    ("amount", {"value": "0.99", "currency": "RUB"}, "amount.value"),
    ("amount", {"value": "700000.01", "currency": "RUB"}, "amount.value"),
    ("amount", {"value": "10.00", "currency": "USD"}, "amount.currency"),
    ("capture", "yes", "capture"),
    ("description", "x" * 129, "description"),
    ("metadata", {str(n): "1" for n in range(17)}, "metadata"),
    ("metadata", {"k" * 33: "1"}, "metadata"),
    ("metadata", {"k": "v" * 513}, "metadata.k"),
    ("metadata", {"k": 5}, "metadata.k"),
    ("confirmation", None, "confirmation"),
    ("confirmation", {"type": "embedded"}, "confirmation.type"),
    ("confirmation", {"type": "redirect"}, "confirmation.return_url"),
    (
        "confirmation",
        {"type": "redirect", "return_url": "javascript://%0aalert(1)"},
        "confirmation.return_url",
    ),
    ("confirmation", {**REDIRECT, "return_url": "https://a/" + "x" * 2048}, "confirmation.return_url"),
    ("confirmation", {**REDIRECT, "locale": "fr_FR"}, "confirmation.locale"),
    ("merchant_customer_id", "x" * 201, "merchant_customer_id"),
    ("payment_method_data", {"type": "cowrie_shells"}, "payment_method_data.type"),
]


@pytest.mark.parametrize(("name", "value", "parameter"), BAD_BODIES)
async def test_limits_of_a_payment(yookassa: Provider, name: str, value: Any, parameter: str) -> None:
    status, body = await yookassa.call("POST", "/v3/payments", payment_body(**{name: value}))
    assert (status, body["code"], body["parameter"]) == (400, "invalid_request", parameter)
    assert (await yookassa.ok("GET", "/v3/payments"))["items"] == []


async def test_card_and_sbp_have_their_own_limits(yookassa: Provider) -> None:
    card, sbp = {"type": "bank_card"}, {"type": "sbp"}
    big = "350000.01"
    assert (await yookassa.call("POST", "/v3/payments", payment_body(big, payment_method_data=card)))[
        0
    ] == 400
    assert (await yookassa.call("POST", "/v3/payments", payment_body(big, payment_method_data=sbp)))[0] == 200
    held = payment_body(payment_method_data=sbp, capture=False)
    assert (await yookassa.call("POST", "/v3/payments", held))[1]["parameter"] == "capture"


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"amount": NaN}', b"\xff", b"[" * 100_000])
async def test_a_body_that_is_no_json_object_is_refused(yookassa: Provider, raw: bytes) -> None:
    headers = {"Idempotence-Key": "k", "Content-Type": "application/json"}
    async with yookassa.http.post("/v3/payments", data=raw, headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, "invalid_request")


async def test_another_content_type_is_refused(yookassa: Provider) -> None:
    headers = {"Idempotence-Key": "k", "Content-Type": "text/plain"}
    async with yookassa.http.post("/v3/payments", data=json.dumps(payment_body()), headers=headers) as answer:
        assert answer.status == 415


async def test_what_does_not_exist(yookassa: Provider) -> None:
    assert (await yookassa.call("GET", "/v3/payments/2d4d8203-000f-5000-9000-15fc20582329"))[0] == 404
    assert (await yookassa.call("GET", "/v3/nothing"))[0] == 404
    assert (await yookassa.call("DELETE", "/v3/payments"))[0] == 405
    status, body = await yookassa.call("POST", "/v3/payments", payment_body(save_payment_method=True))
    assert (status, body["code"]) == (403, "forbidden")


async def test_a_list_is_paged_newest_first(yookassa: Provider) -> None:
    made = [(await yookassa.create())["id"] for _ in range(7)]
    seen: list[str] = []
    query = {"limit": "3"}
    while True:
        answer = await yookassa.ok("GET", "/v3/payments", params=query)
        seen += [item["id"] for item in answer["items"]]
        if "next_cursor" not in answer:
            break
        await yookassa.create()  # what comes later must not shift the pages
        query["cursor"] = answer["next_cursor"]
    assert seen == made[::-1]


async def test_lists_are_filtered(yookassa: Provider) -> None:
    early = await yookassa.paid()
    yookassa.clock.turn(minutes=10)
    late = await yookassa.create()

    async def listed(**query: str) -> list[str]:
        answer = await yookassa.ok("GET", "/v3/payments", params=query)
        return [item["id"] for item in answer["items"]]

    assert await listed(status="succeeded") == [early["id"]]
    assert await listed(payment_method="bank_card") == [early["id"]]
    assert await listed(**{"created_at.gte": late["created_at"]}) == [late["id"]]
    assert await listed(**{"created_at.lt": late["created_at"]}) == [early["id"]]
    assert await listed(**{"captured_at.lte": late["created_at"]}) == [early["id"]]
    assert await listed(**{"captured_at.gt": early["captured_at"]}) == []


@pytest.mark.parametrize(
    "query",
    [{"limit": "0"}, {"limit": "101"}, {"cursor": "x"}, {"created_at.gte": "today"}, {"order_id": "1"}],
)
async def test_a_bad_list_parameter_is_refused(yookassa: Provider, query: dict[str, str]) -> None:
    status, body = await yookassa.call("GET", "/v3/payments", params=query)
    assert (status, body["parameter"]) == (400, next(iter(query)))
