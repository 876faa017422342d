"""YooKassa over its SDK: the only file that knows the SDK, and where its defects are worked around.

The SDK has no time-out, keeps its settings in class attributes, rewrites request bodies, turns network
failures into AttributeError and lets .netrc override the credentials. So only its lowest layer is used
(headers, user agent, errors), with a client of our own that is given everything and sends bytes unchanged.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

import requests
from yookassa.client import ApiClient
from yookassa.domain.common import UserAgent
from yookassa.domain.exceptions import ApiError

from bot.raw_json import Unreadable
from bot.retry import MAX_ASKED
from bot.yookassa.answers import (
    ProviderPayment,
    ProviderRefund,
    ProviderRefusedError,
    ProviderUnknownError,
    ShopAccount,
    account_of,
    page_of,
    payment_of,
    read,
    refund_of,
)
from db.payments.methods import YOOKASSA_ID

T = TypeVar("T")
Query = Mapping[str, str]
Timeouts = tuple[float, float]  # seconds: to connect, and between two bytes of the answer
LIVE_URL = "https://api.yookassa.ru/v3"
PAGE = "100"
MAX_BYTES = 16 * 1024 * 1024
CHUNK = 64 * 1024
SPARE_SECONDS = 5.0
# Ids come from callbacks, that is from anybody; the SDK would put "../refunds/x" into the path.
KEY = re.compile(r"[0-9a-zA-Z+_.-]{1,64}")
# A proxy's 408 and a 429 say nothing of what became of the request.
NOT_REFUSALS = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


class YooKassa:
    """One shop. Calls run in threads, since the SDK blocks; an abandoned await leaves its request running.

    Calls raise ProviderRefusedError and ProviderUnknownError, and ValueError for an id or key that must not be sent.
    """

    def __init__(
        self,
        shop_id: str,
        secret_key: str,
        api_url: str = LIVE_URL,
        *,
        threads: int = 8,
        timeouts: Timeouts = (3.05, 35.0),
    ) -> None:
        # The provider works on a request for up to 30 seconds: the second time-out must be longer.
        self._client = partial(_Client, shop_id, secret_key, api_url.rstrip("/"), timeouts, UserAgent())
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="yookassa")
        self._slots = asyncio.Semaphore(threads)
        self._timeout = sum(timeouts) + SPARE_SECONDS

    async def create_payment(self, body: str, key: str) -> ProviderPayment:
        """`body` is the frozen JSON text: the same bytes go out each time, as the key demands."""
        return await self._post("/payments", body, key, payment_of)

    async def payment(self, payment_id: str) -> ProviderPayment:
        found = await self._get(f"/payments/{_checked_id(payment_id)}", {}, payment_of)
        return _checked_answer(payment_id, found, found.id)

    def payments(
        self,
        *,
        status: str | None = None,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        captured_from: datetime | None = None,
        captured_to: datetime | None = None,
    ) -> AsyncIterator[ProviderPayment | Unreadable]:
        """Newest first; `from` is included, `to` is not. One that can't be read hides no other."""
        return self._list(
            "/payments",
            {
                "status": status,
                "created_at.gte": _to_iso(created_from),
                "created_at.lt": _to_iso(created_to),
                "captured_at.gte": _to_iso(captured_from),
                "captured_at.lt": _to_iso(captured_to),
            },
            payment_of,
        )

    async def create_refund(self, body: str, key: str) -> ProviderRefund:
        return await self._post("/refunds", body, key, refund_of)

    async def refund(self, refund_id: str) -> ProviderRefund:
        found = await self._get(f"/refunds/{_checked_id(refund_id)}", {}, refund_of)
        return _checked_answer(refund_id, found, found.id)

    def refunds(
        self,
        *,
        payment_id: str | None = None,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        status: str | None = None,
    ) -> AsyncIterator[ProviderRefund | Unreadable]:
        """Newest first; `from` is included, `to` is not. One that can't be read hides no other."""
        return self._list(
            "/refunds",
            {
                "payment_id": None if payment_id is None else _checked_id(payment_id),
                "created_at.gte": _to_iso(created_from),
                "created_at.lt": _to_iso(created_to),
                "status": status,
            },
            refund_of,
        )

    async def account(self) -> ShopAccount:
        return await self._get("/me", {}, account_of)

    async def close(self) -> None:
        """Takes no more calls; those under way end by themselves."""
        self._threads.shutdown(wait=False)

    async def _list(
        self, path: str, filters: Mapping[str, str | None], parse: Callable[[Mapping[str, Any]], T]
    ) -> AsyncIterator[T | Unreadable]:
        query = {name: value for name, value in filters.items() if value is not None} | {"limit": PAGE}
        seen: set[str] = set()
        while True:
            items, cursor = await self._get(path, query, page_of(parse))
            for item in items:
                yield item
            if cursor is None:
                return
            if not isinstance(cursor, str) or not cursor:
                raise ProviderUnknownError("the list's cursor can't be read")
            if cursor in seen:
                raise ProviderUnknownError("the list's cursor turns in a circle")
            seen.add(cursor)
            # Whether the cursor remembers the filters is documented nowhere: they are sent again.
            query["cursor"] = cursor

    async def _get(self, path: str, query: Query, parse: Callable[[Mapping[str, Any]], T]) -> T:
        return read(parse, await self._call("get", path, dict(query), None, None))

    async def _post(self, path: str, body: str, key: str, parse: Callable[[Mapping[str, Any]], T]) -> T:
        if not KEY.fullmatch(key):
            raise ValueError(f"not an idempotence key: {key!r}")
        return read(parse, await self._call("post", path, None, {"Idempotence-Key": key}, body.encode()))

    async def _call(
        self, method: str, path: str, query: Query | None, headers: Query | None, body: bytes | None
    ) -> object:
        call = partial(_send, self._client, method, path, query, headers, body)
        async with self._slots:
            # The time-outs bound each wait for bytes, this one the whole call.
            try:
                async with asyncio.timeout(self._timeout):
                    return await asyncio.get_running_loop().run_in_executor(self._threads, call)
            except TimeoutError as error:
                raise ProviderUnknownError("no whole answer in time") from error


@dataclass(frozen=True, slots=True)
class _Response:
    """As much of a response as the SDK looks at."""

    status_code: int
    retry_after: str | None
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class _Client(ApiClient):  # type: ignore[misc]  # the SDK ships no types
    """The SDK's client without its global configuration, its retries and its endless wait."""

    def __init__(
        self, shop_id: str, secret_key: str, api_url: str, timeouts: Timeouts, user_agent: UserAgent
    ) -> None:
        # ApiClient.__init__ reads class attributes that two shops in one process would share.
        self.shop_id = shop_id
        self.shop_password = secret_key
        self.auth_token = None
        self.endpoint = api_url
        self.timeouts = timeouts
        self.user_agent = user_agent
        self.answer: _Response | None = None

    def execute(
        self, body: bytes | None, method: str, path: str, query_params: Query | None, request_headers: Query
    ) -> _Response:
        with requests.Session() as session:
            session.trust_env = False  # .netrc would replace the credentials
            with session.request(
                method,
                self.endpoint + path,
                params=query_params,
                data=body,
                headers=request_headers,
                timeout=self.timeouts,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = _read_body(response, time.monotonic() + self.timeouts[1])
                self.answer = _Response(response.status_code, response.headers.get("Retry-After"), content)
        return self.answer


def _send(
    create_client: Callable[[], _Client],
    method: str,
    path: str,
    query: Query | None,
    headers: Query | None,
    body: bytes | None,
) -> object:
    """One request in this thread: the answer's JSON, or what became of it."""
    client = create_client()
    try:
        return client.request(method, path, query, headers, body)
    except ApiError as error:
        raise _to_error(client.answer, error.content) from error
    except AttributeError as error:
        # The SDK asks the network failure for its response, which it has none of.
        raise ProviderUnknownError(f"no answer: {error.__context__!r}") from error
    except (ValueError, TypeError, RecursionError) as error:
        status = client.answer.status_code if client.answer else None
        raise ProviderUnknownError(f"unreadable answer, status {status}: {type(error).__name__}") from error


def _to_error(answer: _Response | None, content: object) -> ProviderRefusedError | ProviderUnknownError:
    """A refusal only if the provider itself said so: 4xx with an error object of its shape."""
    status = answer.status_code if answer else 0
    error = content if isinstance(content, dict) else {}
    code, about, parameter = (error.get(name) for name in ("code", "description", "parameter"))
    if 400 <= status < 500 and status not in NOT_REFUSALS and isinstance(code, str):
        return ProviderRefusedError(status, code, str(about or ""), str(parameter) if parameter else None)
    return ProviderUnknownError(
        f"status {status}, code {code}", _retry_after(answer, error.get("retry_after"))
    )


def _retry_after(answer: _Response | None, milliseconds: object) -> float | None:
    """Seconds to wait, an hour at most: from the body in milliseconds, else from the Retry-After header in seconds."""
    if isinstance(milliseconds, int) and milliseconds >= 0:
        return min(milliseconds, MAX_ASKED * 1000) / 1000
    header = answer.retry_after if answer else None
    return min(float(header), MAX_ASKED) if header and header.isascii() and header.isdigit() else None


def _read_body(response: requests.Response, deadline: float) -> bytes:
    """The body, bounded in size and in time: a server that drips would otherwise keep the thread."""
    parts, size = [], 0
    while part := response.raw.read1(CHUNK, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES or time.monotonic() > deadline:
            raise requests.ConnectionError("the answer is endless")
    return b"".join(parts)


def _checked_id(value: str) -> str:
    if not YOOKASSA_ID.fullmatch(value):
        raise ValueError(f"not an id of the provider: {value!r}")
    return value


def _checked_answer(asked: str, found: T, found_id: str) -> T:
    if found_id.lower() != asked.lower():
        raise ProviderUnknownError(f"asked for {asked}, answered {found_id}")
    return found


def _to_iso(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError("a moment without an offset")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
