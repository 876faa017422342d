"""timestamptz values that Python's datetime cannot hold, met once: as each connection reads and writes them.

The other application may store them in any column (Npgsql writes DateTime.MinValue as -infinity and DateTime.MaxValue
as infinity). asyncpg alone reads the infinities as naive datetimes, which no aware one can be compared with, and fails
on years that Python does not know.
"""

from datetime import UTC, datetime, timedelta

import asyncpg

# A day's distance from Python's first and last datetime: any time zone can still be applied.
LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)  # -infinity, and everything before
FOR_EVER = datetime(9999, 12, 30, tzinfo=UTC)  # infinity, and everything after

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL's, from which it counts microseconds
INFINITY, MINUS_INFINITY = 2**63 - 1, -(2**63)
MICROSECOND = timedelta(microseconds=1)


async def set_codec(connection: asyncpg.Connection) -> None:
    """Has the connection read timestamptz by `decode` and write it by `encode`."""
    async with connection.transaction():  # behind a pooler each statement may meet another server connection
        await connection.set_type_codec(
            "timestamptz", schema="pg_catalog", encoder=encode, decoder=decode, format="tuple"
        )


def decode(value: tuple[int]) -> datetime:
    """`value` holds the microseconds since EPOCH, or one of the infinities."""
    if value[0] <= EARLIEST:
        return LONG_AGO
    if value[0] >= LATEST:
        return FOR_EVER
    return EPOCH + timedelta(microseconds=value[0])


def encode(at: datetime) -> tuple[int]:
    """LONG_AGO and FOR_EVER become the infinities. Raises TypeError for a naive datetime."""
    if at <= LONG_AGO:
        return (MINUS_INFINITY,)
    if at >= FOR_EVER:
        return (INFINITY,)
    return ((at - EPOCH) // MICROSECOND,)


EARLIEST = (LONG_AGO - EPOCH) // MICROSECOND
LATEST = (FOR_EVER - EPOCH) // MICROSECOND
