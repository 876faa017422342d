"""Lists of the API: filters, newest first, pages with a cursor that holds only the place, not the filters."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from bot.sandbox.yookassa.book import Item
from bot.sandbox.yookassa.errors import Refused
from bot.sandbox.yookassa.money import Json
from bot.sandbox.yookassa.timestamps import parse_timestamp

PAYMENT_FILTERS = frozenset({"status", "payment_method"})
REFUND_FILTERS = frozenset({"status", "payment_id"})
PAYMENT_TIMES = ("created_at", "captured_at")
REFUND_TIMES = ("created_at",)
DEFAULT_LIMIT, MOST = 10, 100
_COMPARE: Mapping[str, Callable[[datetime, datetime], bool]] = {
    "gte": lambda moment, bound: moment >= bound,
    "gt": lambda moment, bound: moment > bound,
    "lte": lambda moment, bound: moment <= bound,
    "lt": lambda moment, bound: moment < bound,
}


def page(
    records: Iterable[Item],
    query: Mapping[str, str],
    *,
    filters: frozenset[str],
    times: tuple[str, ...],
    show: Callable[[Item], Json],
) -> Json:
    """One page as the API answers it; Refused for a parameter that does not exist or cannot be read."""
    checks = _checks(query, filters, times)
    limit, below = _limit(query), _place(query)
    found = [
        record
        for record in sorted(records, key=lambda record: record.seq, reverse=True)
        if (below is None or record.seq < below) and all(check(record.body) for check in checks)
    ]
    answer: Json = {"type": "list", "items": [show(record) for record in found[:limit]]}
    if len(found) > limit:
        answer["next_cursor"] = _cursor(found[limit - 1].seq)
    return answer


def _checks(
    query: Mapping[str, str], filters: frozenset[str], times: tuple[str, ...]
) -> list[Callable[[Json], bool]]:
    checks: list[Callable[[Json], bool]] = []
    for name, value in query.items():
        start, _, operator = name.partition(".")
        if name in ("limit", "cursor"):
            continue
        if start in times and operator in _COMPARE:
            checks.append(_time_check(start, operator, value))
        elif name in filters:
            checks.append(_equal_check(name, value))
        else:
            raise Refused(f"Unknown parameter {name}", name)
    return checks


def _time_check(name: str, operator: str, value: str) -> Callable[[Json], bool]:
    try:
        bound = parse_timestamp(value)
    except ValueError:
        raise Refused(f"{name}.{operator} must be an ISO 8601 moment", f"{name}.{operator}") from None
    compare = _COMPARE[operator]
    return lambda body: name in body and compare(parse_timestamp(body[name]), bound)


def _equal_check(name: str, value: str) -> Callable[[Json], bool]:
    if name == "payment_method":
        return lambda body: body.get("payment_method", {}).get("type") == value
    return lambda body: body.get(name) == value


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", str(DEFAULT_LIMIT))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST:
        raise Refused(f"limit must be 1 to {MOST}", "limit")
    return int(text)


def _cursor(seq: int) -> str:
    return base64.urlsafe_b64encode(f"seq:{seq}".encode()).decode().rstrip("=")


def _place(query: Mapping[str, str]) -> int | None:
    cursor = query.get("cursor")
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        return int(text.removeprefix("seq:"))
    except (binascii.Error, ValueError):
        raise Refused("cursor is not one of ours", "cursor") from None
