"""One of several processes that redeem a code at once: `python -m tests.db.promo_racer DSN CODE USER…`.

Says "ready", waits for a line, lets all its people redeem side by side, and prints how each of them fared.
"""

import asyncio
import sys
from datetime import UTC, datetime

from db.engine import Books, Lane
from db.errors import PromoUsedByYou, PromoUsedUp
from db.promo import redeem


async def race(dsn: str, code: str, people: list[int]) -> list[str]:
    books = Books(dsn, sizes={Lane.TALK: 8, Lane.MONEY: 1, Lane.JOBS: 1})
    await books.usable()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    try:
        return await asyncio.gather(*(one(books, code, person) for person in people))
    finally:
        await books.close()


async def one(books: Books, code: str, person: int) -> str:
    try:
        async with books.transaction(Lane.TALK) as session:
            await redeem(session, person, code, datetime.now(UTC))
    except PromoUsedUp:
        return "used up"
    except PromoUsedByYou:
        return "again"
    return "redeemed"


if __name__ == "__main__":
    print(" | ".join(asyncio.run(race(sys.argv[1], sys.argv[2], [int(one) for one in sys.argv[3:]]))))
