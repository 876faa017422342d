"""Keys of the server, each for one use: made at random when they are first needed, the same in every process."""

import hashlib
import hmac
import secrets

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import ServerKey

LENGTH = 32  # bytes, as long as SHA-256's result


async def find_server_key(session: AsyncSession, name: str) -> bytes | None:
    """None where it was never needed."""
    return await session.scalar(select(ServerKey.key).where(ServerKey.name == name))


async def ensure_server_key(session: AsyncSession, name: str) -> bytes:
    while (known := await find_server_key(session, name)) is None:
        made = insert(ServerKey).values(name=name, key=secrets.token_bytes(LENGTH))
        await session.execute(made.on_conflict_do_nothing())
    return known


def keyed_hash(key: bytes, said: str) -> bytes:
    """HMAC-SHA256."""
    return hmac.digest(key, said.encode(), hashlib.sha256)
