"""How a job says that it is to be run again, and how long it waits until then; and pauses that an end cuts short."""

import asyncio
from datetime import timedelta

# Since it was enqueued; a job that fails when older is held for an admin to see.
MAX_RETRY_AGE = timedelta(days=1)
MAX_ASKED = 3600  # seconds of a pause that somebody else's server asks for


class RetryJobError(Exception):
    """Not done yet and nothing wrong: run again, after `delay` where one is known."""

    def __init__(self, reason: str, delay: timedelta | None = None) -> None:
        super().__init__(reason)
        self.delay = delay


def asked_pause(seconds: float) -> timedelta:
    """What a server asks for, within reason: a timedelta has its limits, and whoever waits has theirs."""
    return timedelta(seconds=min(seconds, MAX_ASKED))


def backoff(first: timedelta, tries: int, most: timedelta) -> timedelta:
    """The pause after so many tries: `first` (after none), then twice as long each time, never more than `most`."""
    doublings: int = 2 ** min(tries, 20)  # a timedelta has its limits
    return min(first * doublings, most)


async def happens_within(event: asyncio.Event, seconds: float) -> bool:
    """Waits for the event, not longer than that. Whether it has happened."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
