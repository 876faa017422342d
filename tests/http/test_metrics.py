"""What a scrape shows: counted when it happened, measured when it is asked for, and there without the database too."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import asyncpg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from bot import metrics
from bot.context import AppContext
from bot.jobs import entry
from bot.jobs.worker import Worker
from bot.payments.settling import settle_payment
from db.engine import Pool
from db.jobs import Job, SweepJob, TidyJob
from db.queue import enqueue
from handlers.app import Application
from tests.app import QUICK, settings_for
from tests.bench import settling as orders

SECRET = "metrics-of-the-tests"
NOWHERE = "http://127.0.0.1:9"
NO_DATABASE = "postgresql://app@127.0.0.1:9/app"
NOBODY = "2d4d8203-000f-5000-9000-15fc20582329"
ANNA = 7100000001


@dataclass
class Side:
    """The HTTP side of an app that is not talking to Telegram, and what was scraped at first."""

    app: Application
    http: aiohttp.ClientSession
    before: dict[str, float]

    async def scrape(self) -> dict[str, float]:
        async with self.http.get("/metrics") as answer:
            assert answer.status == 200
            return read(await answer.text())

    async def counted(self, series: str) -> float:
        return (await self.scrape()).get(series, 0.0) - self.before.get(series, 0.0)

    async def update(self, number: int, **message: Any) -> int:
        chat = {"id": ANNA, "type": "private", "first_name": "Anna"}
        who = {"id": ANNA, "is_bot": False, "first_name": "Anna"}
        body = {"message_id": number, "date": 1_790_000_000, "chat": chat, "from": who, **message}
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        update = {"update_id": number, "message": body}
        async with self.http.post("/telegram/webhook", json=update, headers=headers) as answer:
            return answer.status

    async def callback(self, event: str, payment_id: str = NOBODY) -> int:
        body = {"type": "notification", "event": event, "object": {"id": payment_id}}
        async with self.http.post("/yookassa/webhook", json=body) as answer:
            return answer.status


def read(text: str) -> dict[str, float]:
    """Series as they are written, without the prefix: `jobs{status="queued"}`."""
    return {
        f"{sample.name.removeprefix('lessongate_')}{_labels(sample.labels)}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("lessongate_") and not sample.name.endswith("_created")
    }


def _labels(labels: dict[str, str]) -> str:
    return (
        "{" + ",".join(f'{name}="{value}"' for name, value in sorted(labels.items())) + "}" if labels else ""
    )


@asynccontextmanager
async def opened(dsn: str) -> AsyncIterator[Side]:
    secret = SecretStr(SECRET)
    settings = settings_for(NOWHERE, public_url="http://127.0.0.1:1", webhook_secret=secret)
    app = Application(settings, dsn, timings=QUICK)
    await app.start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{app.http_port}") as http:
        made = Side(app, http, {})
        made.before = await made.scrape()
        yield made
    await app.close()


@pytest.fixture
async def side(dsn: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Side]:
    monkeypatch.setattr(metrics, "MAX_AGE", 0.0)
    async with opened(dsn) as made:
        yield made


async def test_updates_by_kind_and_outcome(side: Side, connection: asyncpg.Connection) -> None:
    assert await side.update(1, text="/help") == 200
    await connection.execute("ALTER TABLE bot.chats RENAME TO gone")
    assert await side.update(2, text="/help") == 200
    assert await side.counted('updates_total{kind="message",outcome="handled"}') == 1
    assert await side.counted('updates_total{kind="message",outcome="failed"}') == 1


async def test_callbacks_by_event_and_outcome(side: Side, connection: asyncpg.Connection) -> None:
    assert await side.callback("payment.succeeded") == 200
    assert await side.callback("payment.succeeded", "../refunds") == 200
    assert await side.callback("made.up.by.somebody") == 200
    await connection.execute("ALTER TABLE bot.callbacks RENAME TO gone")
    assert await side.callback("payment.canceled") == 503
    assert await side.counted('callbacks_total{event="payment.succeeded",outcome="recorded"}') == 1
    assert await side.counted('callbacks_total{event="payment.succeeded",outcome="ignored"}') == 1
    assert await side.counted('callbacks_total{event="other",outcome="ignored"}') == 1
    assert await side.counted('callbacks_total{event="payment.canceled",outcome="not recorded"}') == 1


async def test_without_the_database_the_rest_is_still_shown() -> None:
    async with opened(NO_DATABASE) as side:
        assert await side.update(1, text="/help") == 503
        assert await side.callback("payment.succeeded") == 503
        shown = await side.scrape()
        assert shown["database_up"] == 0
        assert not [name for name in shown if name.startswith("jobs{")]
        assert await side.counted('updates_total{kind="message",outcome="put off"}') == 1


async def test_payments_count_when_they_are_committed(side: Side, connection: asyncpg.Connection) -> None:
    await orders.order(connection, 2)
    context = side.app.context
    with suppress(ZeroDivisionError):
        async with context.database.transaction(Pool.MONEY) as session:
            await settle_payment(session, context, orders.payment(1), context.now())
            raise ZeroDivisionError
    series = 'payments_settled_total{outcome="succeeded",provider="yookassa"}'
    assert await side.counted(series) == 0
    async with context.database.transaction(Pool.MONEY) as session:
        await settle_payment(session, context, orders.payment(2), context.now())
        async with session.begin_nested():
            assert await side.counted(series) == 0
        assert await side.counted(series) == 0
    assert await side.counted(series) == 1


async def test_the_queue_as_it_is(side: Side, connection: asyncpg.Connection) -> None:
    async with side.app.database.transaction(Pool.JOBS) as session:
        await enqueue(session, TidyJob())
        await enqueue(session, SweepJob())
        await enqueue(session, SweepJob(), after=timedelta(hours=1))
    shown = await side.scrape()
    assert shown['jobs{status="queued"}'] == 3
    await connection.execute(
        "UPDATE bot.pgqueuer SET execute_after = now() - interval '100 s' WHERE entrypoint = 'tidy'"
    )
    assert 100 <= (await side.scrape())["oldest_job_seconds"] < 100 + 60
    await connection.execute("DELETE FROM bot.pgqueuer")
    shown = await side.scrape()
    assert shown["oldest_job_seconds"] == 0
    assert 'jobs{status="queued"}' not in shown


async def test_many_scrapes_read_the_queue_once(dsn: str) -> None:
    async with opened(dsn) as side:
        async with side.app.database.transaction(Pool.JOBS) as session:
            await enqueue(session, TidyJob())
        assert 'jobs{status="queued"}' not in await side.scrape()


async def test_connections_in_use_by_lane(side: Side) -> None:
    assert (await side.scrape())['database_connections_in_use{lane="talk"}'] == 0
    async with side.app.database.transaction(Pool.TALK) as session:
        await session.connection()
        shown = await side.scrape()
    assert shown['database_connections_in_use{lane="talk"}'] == 1
    assert shown['database_connections_most{lane="talk"}'] == 10


class Bad(Job):
    name = "bad"


async def test_runs_of_jobs_that_fail(side: Side, dsn: str) -> None:
    async def bad(job: Bad, context: AppContext) -> None:
        raise ZeroDivisionError

    worker = Worker(dsn, side.app.context, dict([entry(Bad, bad)]), {})
    async with side.app.database.transaction(Pool.JOBS) as session:
        await enqueue(session, Bad())
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(20):
        while await side.counted('job_failures_total{job="bad"}') < 1:  # noqa: ASYNC110  # that is how it is seen
            await asyncio.sleep(0.05)
        worker.stop()
        await running
