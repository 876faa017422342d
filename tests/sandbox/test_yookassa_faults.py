"""The provider's bad days: what a client sees, and what was done all the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from tests.sandbox.provider_world import Provider, payment_body, provider


@pytest_asyncio.fixture
async def yookassa() -> AsyncIterator[Provider]:
    async with provider() as world:
        yield world


async def payments(world: Provider) -> int:
    world.faults.reset()
    return len(await world.ok("GET", "/sandbox/payments"))


@pytest.mark.parametrize(
    ("switch", "made"), [("provider_cut", 1), ("provider_cut_before", 0), ("provider_down", 0)]
)
async def test_a_cut_connection_hides_whether_it_was_done(yookassa: Provider, switch: str, made: int) -> None:
    yookassa.faults.set(**{switch: switch == "provider_down" or 1.0})
    with pytest.raises(aiohttp.ClientConnectionError):
        await yookassa.create()
    assert await payments(yookassa) == made


async def test_after_a_cut_the_same_key_finds_the_payment(yookassa: Provider) -> None:
    yookassa.faults.set(provider_cut=1.0)
    with pytest.raises(aiohttp.ClientConnectionError):
        await yookassa.call("POST", "/v3/payments", payment_body(), key="k1")
    yookassa.faults.reset()
    found = await yookassa.ok("POST", "/v3/payments", payment_body(), key="k1")
    assert [item["id"] for item in await yookassa.ok("GET", "/sandbox/payments")] == [found["id"]]


async def test_5xx_says_nothing_of_the_outcome(yookassa: Provider) -> None:
    yookassa.faults.set(provider_5xx=1.0)
    answers = [await yookassa.call("POST", "/v3/payments", payment_body(), key=f"k{n}") for n in range(20)]
    assert {(status, body["code"]) for status, body in answers} == {(500, "internal_server_error")}
    assert 0 < await payments(yookassa) < 20


async def test_502_is_a_page_of_html(yookassa: Provider) -> None:
    yookassa.faults.set(provider_html_502=1.0)
    async with yookassa.http.get("/v3/me") as answer:
        assert (answer.status, answer.content_type) == (502, "text/html")


async def test_a_broken_answer_comes_after_the_work(yookassa: Provider) -> None:
    yookassa.faults.set(provider_broken_json=1.0)
    with pytest.raises(json.JSONDecodeError):
        await yookassa.create()
    assert await payments(yookassa) == 1


async def test_a_slow_answer_outlasts_the_client_and_is_done(yookassa: Provider) -> None:
    yookassa.faults.set(provider_slow=0.3)
    with pytest.raises(asyncio.TimeoutError):
        await yookassa.call(
            "POST", "/v3/payments", payment_body(), key="k1", timeout=aiohttp.ClientTimeout(total=0.05)
        )
    found = await yookassa.ok("POST", "/v3/payments", payment_body(), key="k1")
    yookassa.faults.reset()
    assert [item["id"] for item in await yookassa.ok("GET", "/sandbox/payments")] == [found["id"]]


async def test_pages_and_controls_stay_usable(yookassa: Provider) -> None:
    made = await yookassa.create()
    yookassa.faults.set(provider_down=True)
    assert (await yookassa.ok("POST", f"/sandbox/payments/{made['id']}/pay", {}))["status"] == "succeeded"
    async with yookassa.http.get("/dashboard") as page:
        assert page.status == 200
