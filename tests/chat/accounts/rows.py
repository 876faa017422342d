"""What registration leaves in the database."""

import asyncpg

COUNTS = """
select (select count(*) from users), (select count(*) from authidentities), (select count(*) from devices),
       (select count(*) from users_devices), (select count(*) from sessions)
"""


# As the other application does; the chat and its device stay.
DELETE_ACCOUNTS = (
    "delete from sessions; delete from users_devices; delete from authidentities; delete from users"
)


async def account_of(sql: asyncpg.Connection, telegram_id: int) -> int:
    found: int = await sql.fetchval(
        "select user_id from authidentities where providerkey = $1", str(telegram_id)
    )
    return found


async def counts(sql: asyncpg.Connection) -> tuple[int, ...]:
    """Accounts, identities, devices, links of devices, sessions."""
    return tuple(await sql.fetchrow(COUNTS))
