"""Logging: structlog for ours and the libraries' alike, on standard error; no secret ever gets in."""

import logging
import re
import sys
from typing import Any

import structlog

TOKEN = re.compile(r"\b\d{5,}:[\w-]{20,}")


def set_up(form: str, level: str) -> None:
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_last(form))
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("aiogram.event", "aiohttp.access", "pgqueuer", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _last(form: str) -> list[Any]:
    steps: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if form == "json":
        return [
            *steps,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
            mask_tokens,
        ]
    return [*steps, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()), mask_tokens]


def mask_tokens(logger: Any, name: str, line: str) -> str:
    """Telegram's address holds the token, and errors of the HTTP client hold the address."""
    return TOKEN.sub("<token>", line)
