"""The hour of a local day: zones of quarters, changes of the clock, days that are not there."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from bot.zones import CITIES, list_cities, list_offsets, offset
from db.reminders.hours import is_night, next_moment, zone_of

MOSCOW = ZoneInfo("Europe/Moscow")


def local(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("zone", "now", "hour", "then"),
    [
        ("Asia/Katmandu", "2026-05-05 08:59", 9, "2026-05-05 09:00"),
        ("Asia/Katmandu", "2026-05-05 09:00", 9, "2026-05-06 09:00"),
        ("Europe/Berlin", "2026-03-28 12:00", 12, "2026-03-29 12:00"),
        ("Europe/Berlin", "2026-10-24 12:00", 12, "2026-10-25 12:00"),
        ("Pacific/Apia", "2011-12-29 12:00", 12, "2011-12-31 12:00"),
        ("Asia/Almaty", "2024-02-29 12:00", 12, "2024-03-01 12:00"),  # which moved an hour west that night
        ("Europe/Volgograd", "2020-12-26 20:00", 8, "2020-12-27 08:00"),
    ],
)
def test_it_is_the_hour_of_the_local_day(zone: str, now: str, hour: int, then: str) -> None:
    assert next_moment(hour, ZoneInfo(zone), local(now, zone)) == local(then, zone)


def test_an_hour_that_is_not_there_comes_later() -> None:
    """A quarter to nine would be leapt over where a zone moves west over noon; here at two in the morning."""
    berlin = ZoneInfo("Europe/Berlin")
    found = next_moment(2, berlin, local("2026-03-28 12:00", "Europe/Berlin"))
    assert found == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert found.astimezone(berlin).hour == 3


def test_once_a_day_in_every_zone_and_never_at_night() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for name in CITIES:
        zone, at, days = ZoneInfo(name), start, []
        while at < start + timedelta(days=365):
            at = next_moment(8, zone, at)
            assert not is_night(at, zone)
            days.append(at.astimezone(zone).date())
        assert len(days) == len(set(days)) == (days[-1] - days[0]).days + 1


def test_a_zone_that_is_known_no_more_is_the_school_s() -> None:
    assert zone_of("Mars/Olympus", MOSCOW) is MOSCOW
    assert zone_of("../../etc/passwd", MOSCOW) is MOSCOW
    assert zone_of(None, MOSCOW) is MOSCOW
    assert zone_of("Asia/Omsk", MOSCOW) == ZoneInfo("Asia/Omsk")


@pytest.mark.parametrize("at", [datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)])
def test_every_clock_in_the_world_can_be_chosen(at: datetime) -> None:
    there = {offset(zone, at) for zone in available_timezones() if not zone.startswith("Etc/")}
    assert there <= set(list_offsets(at))
    assert [zone for _place, zone in list_cities(345, at)] == ["Asia/Katmandu"]
    assert None not in {offset(zone, at) for zone in CITIES}
