"""Timestamps as YooKassa writes them (UTC, milliseconds), and ids that begin with one."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
PAYMENT_MARK = "000f-5000-8000"
REFUND_MARK = "0015-5000-a000"
ERROR_MARK = "001d-5000-9000"


def now_utc() -> datetime:
    return datetime.now(UTC)


def format_timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_timestamp(text: str) -> datetime:
    """Reads ISO 8601; without an offset it is UTC. ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def new_id(moment: datetime, mark: str) -> str:
    """36 characters in the shape of the real ids: seconds since 2000 in hex, a mark of the kind, chance."""
    seconds = max(0, int((moment - EPOCH).total_seconds()))
    return f"{seconds & 0xFFFFFFFF:08x}-{mark}-{secrets.token_hex(6)}"
