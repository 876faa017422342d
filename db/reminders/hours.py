"""Local hours: when it is somebody's hour next, and when it is night there."""

from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY_BEGINS, NIGHT_BEGINS = 8, 22  # hours: nobody is reminded between the second and the first
DAY = timedelta(days=1)


def zone_of(name: str | None, school: tzinfo) -> tzinfo:
    """The school's where nobody has said another, or where the tz database does not know that name any more."""
    try:
        return ZoneInfo(name) if name else school
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return school


def is_night(at: datetime, zone: tzinfo) -> bool:
    return not DAY_BEGINS <= at.astimezone(zone).hour < NIGHT_BEGINS


def next_moment(hour: int, zone: tzinfo, after: datetime) -> datetime:
    """When that hour of the local day begins next. Where clocks leap over it, as much later as they leap."""
    day = after.astimezone(zone).date()
    moment = after
    while moment <= after:
        moment = datetime.combine(day, time(hour), zone).astimezone(UTC)
        day += DAY
    return moment
