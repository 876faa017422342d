"""One of several processes that redeem a code at once: `python -m tests.db.promo_racer DSN CODE USER…`.

Says "ready", waits for a line, lets all its people redeem side by side, and prints how each of them fared.
"""

import asyncio
import sys
from datetime import UTC, datetime

from db.engine import Database, Pool
from db.errors import PromoUsedByYou, PromoUsedUp
from db.promo import redeem


async def race(dsn: str, code: str, people: list[int]) -> list[str]:
    database = Database(dsn, sizes={Pool.TALK: 8, Pool.MONEY: 1, Pool.JOBS: 1})
    await database.check_usable()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    try:
        return await asyncio.gather(*(one(database, code, person) for person in people))
    finally:
        await database.close()


async def one(database: Database, code: str, person: int) -> str:
    try:
        async with database.transaction(Pool.TALK) as session:
            await redeem(session, person, code, datetime.now(UTC))
    except PromoUsedUp:
        return "used up"
    except PromoUsedByYou:
        return "again"
    return "redeemed"


if __name__ == "__main__":
    print(" | ".join(asyncio.run(race(sys.argv[1], sys.argv[2], [int(one) for one in sys.argv[3:]]))))
