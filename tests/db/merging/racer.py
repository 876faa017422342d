"""One of several processes that merge the same accounts: `python -m tests.db.merging.racer DSN FROM:INTO…`.

Says "ready", waits for a line, which is the moment, merges one pair after the other, and prints how each of them
fared.
"""

import asyncio
import sys
from datetime import datetime

from db.engine import Database, Pool
from db.errors import NotMergeable
from db.merging.merging import merge


async def race(dsn: str, pairs: list[tuple[int, int]]) -> list[str]:
    database = Database(dsn, sizes={Pool.TALK: 2, Pool.MONEY: 1, Pool.JOBS: 1})
    await database.check_usable()
    print("ready", flush=True)
    now = datetime.fromisoformat((await asyncio.to_thread(sys.stdin.readline)).strip())
    try:
        return [await one(database, *pair, now) for pair in pairs]
    finally:
        await database.close()


async def one(database: Database, from_id: int, into_id: int, now: datetime) -> str:
    try:
        async with database.transaction(Pool.TALK) as session:
            await merge(session, from_id, into_id, now)
    except NotMergeable as refused:
        return refused.reason
    return "done"


if __name__ == "__main__":
    wanted = [tuple(map(int, pair.split(":"))) for pair in sys.argv[2:]]
    print(" | ".join(asyncio.run(race(sys.argv[1], [(one[0], one[1]) for one in wanted]))))
