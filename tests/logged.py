"""Fixtures (a pytest plugin, named in tests/conftest.py): what is logged while a test runs."""

import logging
from collections.abc import Iterator

import pytest
import structlog


class ErrorLog(logging.Handler):
    """Keeps the lines logged at level ERROR and above."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture(scope="session")
def standard_log() -> None:
    """Our own log through the standard one, where pytest shows it and `errors` collects it."""
    structlog.configure(
        processors=[
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["event"]),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    logging.getLogger("pgqueuer").setLevel(logging.WARNING)


@pytest.fixture
def errors(standard_log: None, request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """What was logged as an error; at the end of a test there must be none, unless it is marked `errors_expected`."""
    handler = ErrorLog()
    logging.getLogger().addHandler(handler)
    try:
        yield handler.lines
    finally:
        logging.getLogger().removeHandler(handler)
    if request.node.get_closest_marker("errors_expected") is None:
        assert handler.lines == []
