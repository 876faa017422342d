"""How far access may reach."""

from datetime import UTC, datetime

MAX_DAYS = 36_500  # at once
LATEST_END = datetime(9001, 1, 1, tzinfo=UTC)  # no access ends after the year 9000
