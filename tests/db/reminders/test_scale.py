"""With 100,000 learners who are due within one hour nobody reads a table from end to end to find what each of them is
reminded of, and no more than a thousand people are in memory. (For a thousand of so few PostgreSQL may find a whole
table cheaper than an index; so it is asked for its plan without.)

    .venv/bin/python -m pytest -m proof -s tests/db/reminders/test_scale.py

LEARNERS=1000000 asks for another number, and 6 GB of memory."""

import asyncio
import gc
import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import utc_now
from bot.reminders.planning import remind
from db import mail
from db.engine import Database, Pool
from db.jobs import RemindJob
from db.lessons import unlocking
from db.reminders import chats, due, people
from db.reminders.due import Reminder
from db.reminders.people import BATCH, DuePerson
from handlers.app import Application
from tests.app import settings_for
from tests.db.lessons.asking import ONE, put_question
from tests.db.lessons.conftest import database
from tests.db.lessons.school import number

__all__ = ["database"]

LEARNERS = int(os.environ.get("LEARNERS", "100000"))
ENDING = 50  # of so many learners one's access ends tomorrow
BIG = {
    "users", "usermoduleaccess", "progress", "attempts", "cards", "sessions", "devices", "chats", "reminders", "outbox",
    "access_changes", "seen_access", "mail_subscriptions",
}  # fmt: skip
FILL = f"""
set session_replication_role = replica;
insert into users (id, email, created_at) select n, n || '@example.com', now() from generate_series(1, {LEARNERS}) n
on conflict do nothing;
insert into bot.reminders (user_id, hour, next_at)
select n, 12, now() + interval '1 minute' from generate_series(1, {LEARNERS}) n;
insert into usermoduleaccess (user_id, module_id, ends_at)
select n, m.id, case when n % {ENDING} = 0 then now() + interval '20 hours' else 'infinity' end
from generate_series(1, {LEARNERS}) n, modules m where m.name = 'Beta';
insert into bot.access_changes (user_id, module_id, source, source_id, days, after, created_at)
select user_id, module_id, 'grant', user_id, 30, ends_at, now() - interval '2 days' from usermoduleaccess;
insert into progress (user_id, lesson_id, result_id)
select n, l.id, 2 from generate_series(1, {LEARNERS}) n, bot.lessons l;
insert into bot.attempts (user_id, lesson_id, seed, started_at, finished_at, result_id)
select n, l.id, 1, now(), now(), 2 from generate_series(1, {LEARNERS}) n, bot.lessons l;
insert into bot.cards (user_id, question_id, card, due, reviews)
select n, q.id, '{{}}', now(), 1 from generate_series(1, {LEARNERS}) n, bot.questions q;
insert into devices (id, device_key, platform, created_at)
select n, 'telegram:' || n, 'telegram', now() from generate_series(1, {LEARNERS}) n;
insert into sessions (user_id, device_id, refresh_token_hash, created_at, expires_at)
select n, n, '', now(), now() + interval '1 year' from generate_series(1, {LEARNERS}) n;
insert into bot.chats (telegram_id, name) select n, 'L' from generate_series(1, {LEARNERS}) n;
insert into bot.outbox (user_id, channel, recipient, kind, occasion, language, payload, due_at, expires_at, state,
    created_at)
select n, 'telegram', '', 'idle', k, 'ru', '{{}}', now() - interval '9 days', now(), 'sent', now() - interval '9 days'
from generate_series(1, {LEARNERS}) n, generate_series(1, 3) k;
insert into bot.seen_access (user_id, module_id, ends_at, seen_at)
select user_id, module_id, ends_at, now() - interval '1 day' from usermoduleaccess;
insert into bot.mail_subscriptions (token, user_id, created_at, unsubscribed_at)
select n::text, n, now(), case when n % 2 = 0 then now() end from generate_series(1, {LEARNERS}) n;
set session_replication_role = origin;
analyze;
"""


async def most_in_memory(working: asyncio.Task[None]) -> Counter[str]:
    """Of people and of their reminders, looked for whenever the work waits for the database."""
    most = Counter[str]()
    while not working.done():
        most |= Counter(type(one).__name__ for one in gc.get_objects() if type(one) in (DuePerson, Reminder))
        await asyncio.sleep(0.5)
    await working
    return most


async def read_whole(session: AsyncSession, statement: Any, values: dict[str, Any]) -> list[str]:
    """The large tables that it reads from end to end."""
    used = {key: value for key, value in values.items() if key in statement._bindparams}
    explained = text(f"explain (format json) {statement.text}").bindparams(*statement._bindparams.values())
    plan = await session.scalar(explained, used)
    return sorted(set(whole(plan[0]["Plan"])) & BIG)


def whole(plan: dict[str, Any]) -> Iterator[str]:
    """An index may be read from end to end, too."""
    if plan["Node Type"] == "Seq Scan" or ("Index Name" in plan and "Index Cond" not in plan):
        yield plan.get("Relation Name", "")
    for part in plan.get("Plans", ()):
        yield from whole(part)


@pytest.mark.proof
async def test_who_is_due_is_found_by_indexes_and_a_thousand_at_a_time(
    database: Database, connection: asyncpg.Connection, dsn: str
) -> None:
    await connection.execute("delete from users")
    await put_question(connection, await number(connection, "B1"), "a", **ONE)
    await connection.execute(FILL)
    now, some = utc_now(), list(range(5000, 5000 + BATCH))
    values = {
        "user_ids": some, "moments": [now] * BATCH, "fresh": True, "now": now, "until": now + timedelta(hours=1),
        "most": BATCH, "users": some, "user_id": some[0],
    }  # fmt: skip
    statements = {
        "move on": people.MOVE_ON, "what": due.LIST_DUE, "where": chats.LIST_REACH,
        "address": mail.LIST_ADDRESSES, "seen": unlocking.RECORD_SEEN, "zone": people.GET_CHOICES,
    }  # fmt: skip
    async with database.transaction(Pool.JOBS) as session:
        assert await read_whole(session, people.LIST_DUE, values) == []
        for way in ("seqscan", "hashjoin", "mergejoin"):
            await session.execute(text(f"set local enable_{way} = off"))
        read = {name: await read_whole(session, statement, values) for name, statement in statements.items()}
    app = Application(settings_for("http://127.0.0.1:1"), dsn)
    began = utc_now()
    most = await most_in_memory(asyncio.create_task(remind(RemindJob(), app.context)))
    print(f"\n{LEARNERS} people in {(utc_now() - began).total_seconds():.1f} s: {most}")
    await app.close()
    assert read == {name: [] for name in statements}
    assert 0 < most["DuePerson"] <= BATCH >= most["Reminder"]
    planned = await connection.fetchval("select count(*) from bot.outbox where state = 'waiting'")
    assert planned == LEARNERS // ENDING
    assert await connection.fetchval("select min(next_at) from bot.reminders") > now + timedelta(hours=1)
