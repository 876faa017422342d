"""When a cron expression is due next."""

from datetime import datetime

from croniter import croniter


def next_moment(expression: str, after: datetime) -> datetime:
    moment: datetime = croniter(expression, after).get_next(datetime)
    return moment
