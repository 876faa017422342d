"""What reconciliation looked at, found and could not do; one thing that fails hides no other."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from bot.payments.provider import NoProviderError
from bot.yookassa.answers import ProviderRefusedError, ProviderUnknownError
from db.engine import is_unavailable

log = structlog.get_logger(__name__)

MAX_CONSECUTIVE_TIMEOUTS = 3  # then the provider is away, and the rest of the part is left for the next time


@dataclass(slots=True)
class Report:
    """What was looked at and what was found; `failed` names the parts that could not be done."""

    looked_at: dict[str, int] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def add(self, part: "Report") -> None:
        self.looked_at |= part.looked_at
        self.found |= part.found
        self.failed |= part.failed

    def looked(self, what: str, found: bool = False) -> None:
        self.looked_at[what] = self.looked_at.get(what, 0) + 1
        if found:
            self.found[what] = self.found.get(what, 0) + 1


class ErrorCollector:
    """One that fails is reported, and the next one is tried. `failed`: whether any has."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._timeouts = 0
        self.failed = False

    @contextmanager
    def isolate_errors(self, what: str) -> Iterator[None]:
        """Raises what would stop every other one too."""
        try:
            yield
        except NoProviderError:
            raise
        except (ProviderRefusedError, ProviderUnknownError) as error:
            self._timeouts = self._timeouts + 1 if isinstance(error, ProviderUnknownError) else 0
            if self._timeouts == MAX_CONSECUTIVE_TIMEOUTS:
                raise
            self._record(what, error)
        except Exception as error:
            if is_unavailable(error):
                raise
            log.exception("not_reconciled", what=what)
            self._record(what, error)
        else:
            self._timeouts = 0

    def _record(self, what: str, error: Exception) -> None:
        self.failed = True
        self._report.failed[what] = str(error) or repr(error)
