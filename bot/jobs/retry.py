"""How a job says that it is to be run again."""

from datetime import timedelta

# Since it was enqueued; a job that fails when older is held for an admin to see.
MAX_RETRY_AGE = timedelta(days=1)


class RetryJobError(Exception):
    """Not done yet and nothing wrong: run again, after `delay` where one is known."""

    def __init__(self, reason: str, delay: timedelta | None = None) -> None:
        super().__init__(reason)
        self.delay = delay
