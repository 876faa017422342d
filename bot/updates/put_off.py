"""Why updates are put off, in the log: nothing waits in silence, and nothing floods it."""

import time

import structlog

from db.engine import is_refusal, is_unavailable, sqlstate
from db.probe import reason_of, remedy_for

log = structlog.get_logger(__name__)

SAY_AGAIN = 60.0  # seconds until the same reason is told again
MAX_REASONS = 100  # reasons that are remembered


class PutOffReasons:
    def __init__(self) -> None:
        self._told: dict[str, float] = {}  # by reason: when

    def tell(self, error: BaseException) -> None:
        """Each reason at once, and then once a minute. A refusal, which no waiting ends, is an error the first time."""
        reason = type(error).__name__
        if is_unavailable(error) or is_refusal(error):  # what others say may quote somebody
            reason = f"{reason}: {reason_of(error)}"
        before, now = self._told.get(reason), time.monotonic()
        if before is not None and now - before < SAY_AGAIN:
            return
        if len(self._told) >= MAX_REASONS:
            self._told.clear()
        self._told[reason] = now
        say = log.error if is_refusal(error) and before is None else log.warning
        say("put_off_because", reason=reason, sqlstate=sqlstate(error), remedy=remedy_for(error))
