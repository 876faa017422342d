"""The history of a school that is a million acts old is read from its indexes, however it is looked at."""

from datetime import timedelta
from itertools import product

from sqlalchemy import text

from bot.clock import utc_now
from db import history
from db.engine import Database, Pool
from db.history import Wanted

ACTS = """
insert into bot.acts (telegram_id, kind, user_id, facts, created_at)
select case when n % 100 = 0 then 2 else 1 end, case when n % 1000 = 0 then 'role' else 'grant' end,
       1 + n % 500, jsonb_build_object('change', n), now() - (50000 - n) * interval '1 minute'
from generate_series(1, 50000) n
"""
USERS = """
insert into users (email, created_at) select n || '@example.com', now() from generate_series(1, 500) n
"""


async def test_each_way_has_an_index(dsn: str) -> None:
    database, now = Database(dsn), utc_now()
    async with database.transaction(Pool.TALK) as session:
        await session.execute(text(USERS))
        await session.execute(text(ACTS))
        await session.execute(text("analyze bot.acts"))
        for user, admin, kinds, days, before in product(
            (None, 7), (None, 2), (None, ["role", "undo"]), (None, 1), (None, 100)
        ):
            since = now - timedelta(days=days) if days else None
            wanted = Wanted(user, admin, kinds, since, before)
            plan = await session.scalars(
                text(f"explain {history.statement(wanted)}"), history.values(wanted, 9)
            )
            lines = "\n".join(plan)
            assert "Seq Scan on acts" not in lines, (wanted, lines)
            assert "on chats chat" in lines
        assert len(await history.list_acts(session, Wanted(kinds=["role"]), 9)) == 9
        assert [name for name, _chat in await history.list_admins(session)] == [1, 2]
    await database.close()
