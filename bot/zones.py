"""Cities whose zones people choose from, by what time it is there. More than one of an offset where clocks change
differently. The order is that of the list, and buttons name a city by its place in it: add new ones at the end."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

CITIES = (
    "Europe/Moscow", "Europe/Kaliningrad", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Omsk", "Asia/Novosibirsk",
    "Asia/Krasnoyarsk", "Asia/Irkutsk", "Asia/Yakutsk", "Asia/Vladivostok", "Asia/Magadan", "Asia/Kamchatka",
    "Europe/Minsk", "Europe/Kiev", "Europe/Chisinau", "Asia/Tbilisi", "Asia/Yerevan", "Asia/Baku", "Asia/Almaty",
    "Asia/Tashkent", "Asia/Bishkek", "Asia/Dushanbe", "Asia/Ashgabat", "Europe/London", "Europe/Lisbon",
    "Europe/Berlin", "Europe/Paris", "Europe/Belgrade", "Europe/Warsaw", "Europe/Madrid", "Europe/Rome",
    "Europe/Athens", "Europe/Helsinki", "Europe/Riga", "Europe/Istanbul", "Asia/Nicosia", "Asia/Jerusalem",
    "Africa/Cairo", "Africa/Casablanca", "Africa/Lagos", "Africa/Johannesburg", "Africa/Nairobi", "Atlantic/Reykjavik",
    "Asia/Riyadh", "Asia/Dubai", "Asia/Tehran", "Asia/Kabul", "Asia/Karachi", "Asia/Calcutta", "Asia/Colombo",
    "Asia/Katmandu", "Asia/Dhaka", "Asia/Rangoon", "Asia/Bangkok", "Asia/Jakarta", "Asia/Saigon", "Asia/Shanghai",
    "Asia/Hong_Kong", "Asia/Singapore", "Asia/Manila", "Asia/Makassar", "Australia/Perth", "Australia/Eucla",
    "Asia/Tokyo", "Asia/Seoul", "Asia/Jayapura", "Australia/Adelaide", "Australia/Darwin", "Australia/Sydney",
    "Australia/Brisbane", "Australia/Lord_Howe", "Pacific/Guadalcanal", "Pacific/Norfolk", "Pacific/Auckland",
    "Pacific/Fiji", "Pacific/Chatham", "Pacific/Tongatapu", "Pacific/Kiritimati", "Pacific/Pago_Pago",
    "Pacific/Honolulu", "Pacific/Marquesas", "America/Adak", "America/Anchorage", "Pacific/Gambier",
    "America/Los_Angeles", "America/Vancouver", "Pacific/Pitcairn", "America/Denver", "America/Phoenix",
    "America/Chicago", "America/Mexico_City", "America/Regina", "America/New_York", "America/Toronto",
    "America/Bogota", "America/Havana", "America/Halifax", "America/Caracas", "America/Santiago", "America/St_Johns",
    "America/Sao_Paulo", "America/Buenos_Aires", "America/Godthab", "America/Noronha", "Atlantic/Azores",
    "Atlantic/Cape_Verde", "America/Miquelon",
)  # fmt: skip


def offset(zone: str, at: datetime) -> timedelta | None:
    """From UTC; None where the tz database does not know that name."""
    try:
        return at.astimezone(ZoneInfo(zone)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def list_offsets(at: datetime) -> list[timedelta]:
    """All there are at that moment, from west to east."""
    return sorted({found for zone in CITIES if (found := offset(zone, at)) is not None})


def list_cities(minutes: int, at: datetime) -> list[tuple[int, str]]:
    """Where it is that time, each with its place in the list."""
    wanted = timedelta(minutes=minutes)
    return [(place, zone) for place, zone in enumerate(CITIES) if offset(zone, at) == wanted]
