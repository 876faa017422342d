"""Answers that the provider should not give: unknown what became of the request, and never a hang."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import pytest
from aiohttp import web

from bot.yookassa.answers import ProviderUnknownError
from tests.http.provider import NOBODY, against, frozen

GOOD: dict[str, Any] = {
    "id": NOBODY,
    "status": "succeeded",
    "paid": True,
    "amount": {"value": "499.00", "currency": "RUB"},
    "test": False,
    "created_at": "2026-11-23T10:51:18.139Z",
}


@pytest.mark.parametrize(
    "changes",
    [{"id": None}, {"id": NOBODY[::-1]}, {"status": None}, {"paid": "true"}, {"test": None}, {"amount": None},
     {"amount": {"value": 499.0, "currency": "RUB"}}, {"amount": {"value": "1e3", "currency": "RUB"}},
     {"amount": {"value": "499.001", "currency": "RUB"}}, {"amount": {"value": "NaN", "currency": "RUB"}},
     {"amount": {"value": "499.00"}}, {"metadata": [1]}, {"recipient": "x"}],
)  # fmt: skip
async def test_an_unexpected_payment_is_unknown(changes: dict[str, Any]) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response({**GOOD, **changes})

    async with against(handler) as shop:
        with pytest.raises(ProviderUnknownError):
            await shop.payment(NOBODY)


@pytest.mark.parametrize(
    ("status", "text"),
    [(200, "[]"), (200, "null"), (200, ""), (200, '"x"'), (200, "[" * 100_000), (404, "<html>"), (404, "[1]"),
     (403, '{"message": "a proxy of ours"}'), (503, '{"code": "x"}'), (301, "{}"), (202, '{"type": "processing"}')],
)  # fmt: skip
async def test_an_answer_that_is_not_the_providers_is_unknown(status: int, text: str) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status, text=text, headers={"Location": "/v3/elsewhere"})

    async with against(handler) as shop:
        with pytest.raises(ProviderUnknownError):
            await shop.payment(NOBODY)


@pytest.mark.parametrize(
    ("extra", "headers", "pause"),
    [({"retry_after": 1800}, {}, 1.8), ({}, {"Retry-After": "7"}, 7.0), ({}, {}, None),
     ({}, {"Retry-After": "soon"}, None), ({}, {"Retry-After": "9" * 20}, 3600), ({"retry_after": 10**400}, {}, 3600)],
)  # fmt: skip
async def test_too_many_requests_is_unknown_with_its_pause(
    extra: dict[str, int], headers: dict[str, str], pause: float | None
) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response(
            {"type": "error", "code": "too_many_requests", **extra}, status=429, headers=headers
        )

    async with against(handler) as shop:
        with pytest.raises(ProviderUnknownError) as unknown:
            await shop.create_payment(frozen(), "k")
    assert unknown.value.retry_after == pause


async def test_a_dripping_answer_ends() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.05)

    async with against(handler) as shop, asyncio.timeout(15):
        with pytest.raises(ProviderUnknownError):
            await shop.account()


async def test_compressed_and_cut_answers() -> None:
    packed = gzip.compress(json.dumps(GOOD).encode())

    async def whole(_: web.Request) -> web.Response:
        return web.Response(
            body=packed, headers={"Content-Encoding": "gzip"}, content_type="application/json"
        )

    async def torn(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{}")
        request.transport.close()
        return web.Response()

    async with against(whole) as shop:
        assert (await shop.payment(NOBODY)).amount == 49900
    async with against(torn) as shop:
        with pytest.raises(ProviderUnknownError):
            await shop.account()


async def test_a_cursor_that_turns_in_a_circle_ends() -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response({"type": "list", "items": [GOOD], "next_cursor": "again"})

    async with against(handler) as shop:
        with pytest.raises(ProviderUnknownError, match="circle"):
            [item async for item in shop.payments()]
