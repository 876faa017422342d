"""Everything fails at once, and in the end every payment is one purchase with its days, and its payer knows."""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import asyncpg
import pytest

from bot.sandbox.app import Sandbox
from bot.texts import Localizer
from tests.app import origin_of
from tests.faults.replicas import Replicas, replicas
from tests.faults.shoppers import METHODS, Shopper, Till, Wish, newcomer
from tests.faults.verdict import Verdict, held, judge
from tests.http.outage import OwnDatabase, own_database
from tests.process import TOKEN, BotProcess

PURCHASES = int(os.environ.get("STORM_PURCHASES", "500"))  # paid, in all; a busy machine is given fewer
PEOPLE = PURCHASES // 5
FORGED = PURCHASES // 25  # beside them: never paid, but called back as if
OVER = 90.0  # seconds within which people want to buy
STORM = 600.0  # seconds it may take: a busy machine needs many times OVER
CALM = 300.0  # seconds without kills, in which what was paid has to arrive
LIMIT = 1200.0  # seconds for everything: nothing hangs
BOT = int(TOKEN.partition(":")[0])
WEATHER = {
    "callback_repeat": 2,  # each comes three times
    "callback_shuffle": True,
    "callback_lost": 0.2,
    "callback_forge": 0.1,
    "telegram_bank": 2.0,  # seconds in which a bot that said yes may be killed
    "provider_5xx": 0.1,
    "provider_cut": 0.05,
    "provider_cut_before": 0.05,
}
OFFERS = "select id, days, currency, methods from bot.offers where active order by id"
SETTLED = "select provider_payment_id from purchases where status in ('succeeded', 'refunded')"
SECOND = "select count(*) from bot.payment_attempts where key like 'second:%'"
# What became of purchases on their way, noted by the database itself.
WATCH = """
create schema storm;
create table storm.moves (move text);
create function storm.note() returns trigger language plpgsql as $$ begin
    insert into storm.moves values (old.status || ' to ' || new.status); return null; end $$;
create trigger storm after update of status on purchases for each row
    when (old.status is distinct from new.status) execute function storm.note();
"""
MOVES = "select move, count(*) as times from storm.moves group by move"
AT_REST = "select count(*) from bot.pgqueuer where entrypoint in ('verify_callback', 'tell', 'send')"
DISQUIET = """
select 'parked payment ' || payment_id from bot.parked_payments where solved_at is null
union all select 'failed update ' || update_id from bot.failed_updates where solved_at is null
union all select 'job held: ' || entrypoint from bot.pgqueuer where status = 'failed'
union all select 'alarm ' || kind || ' ' || subject from bot.alerts where solved_at is null
"""


@dataclass(slots=True)
class Storm:
    sandbox: Sandbox
    dsn: OwnDatabase
    bots: Replicas
    shoppers: list[Shopper]
    till: Till
    restarts: int = 0

    async def rage(self) -> None:
        """Until everybody has bought. Raises TimeoutError when that takes too long."""
        self.sandbox.faults.set(**WEATHER)
        async with asyncio.timeout(STORM), asyncio.TaskGroup() as tasks:
            tasks.create_task(self.bots.keep_killing())
            outages = tasks.create_task(self._outages())
            await asyncio.gather(*(shopper.shop(OVER) for shopper in self.shoppers))
            await outages
            self.bots.calm()

    async def _outages(self) -> None:
        for _ in range(2):
            await asyncio.sleep(OVER / 3)
            await self.dsn.stop()
            await asyncio.sleep(2)
            await self.dsn.start()
            self.restarts += 1

    async def calm_down(self, sql: asyncpg.Connection) -> None:
        """Until all that was paid has arrived and been told, or the time for it is over."""
        ends = time.monotonic() + CALM
        while time.monotonic() < ends and not await self._over(sql):  # noqa: ASYNC110 - other processes' work
            await asyncio.sleep(1)

    async def _over(self, sql: asyncpg.Connection) -> bool:
        waiting = any(
            item.state == "waiting" for item in self.sandbox.yookassa.provider.notifications.log.values()
        )
        if waiting or await sql.fetchval(AT_REST):
            return False
        settled = {row[0] for row in await sql.fetch(SETTLED)}
        return held(self.sandbox, BOT).keys() <= settled


def wishes(offers: list[asyncpg.Record], chance: random.Random) -> list[Wish]:
    """The three ways take turns."""
    by_method = {method: [one for one in offers if _allows(one, method)] for method in METHODS}

    def wish(method: str, forged: bool = False) -> Wish:
        offer = chance.choice(by_method[method])
        return Wish(offer["id"], offer["days"], method, forged)

    made = [wish(METHODS[number % 3]) for number in range(PURCHASES)]
    made += [wish("link", forged=True) for _ in range(FORGED)]
    chance.shuffle(made)
    return made


def _allows(offer: asyncpg.Record, method: str) -> bool:
    by_stars = offer["currency"] == "XTR"
    return by_stars == (method == "stars") and (not offer["methods"] or method in offer["methods"])


async def forge(sandbox: Sandbox, payment_id: str) -> None:
    """A callback that says of an open payment that it was paid."""
    provider = sandbox.yookassa.provider
    body = dict(provider.book.payments[payment_id].body, status="succeeded", paid=True)
    assert provider.demo.notifications_url
    message = {"type": "notification", "event": "payment.succeeded", "object": body}
    await provider.notifications.forge(provider.demo.shop_id, provider.demo.notifications_url, message)


def revive(sandbox: Sandbox, payment_id: str) -> None:
    """What was canceled succeeds after all: it is honoured."""
    payments = sandbox.yookassa.provider.payments
    payments._succeed(payments.find(None, payment_id))


@asynccontextmanager
async def gathering(folder: Path) -> AsyncIterator[Storm]:
    """Two replicas up, everybody registered; the weather still fine."""
    chance = random.Random(3)
    sandbox = Sandbox(None, seed=3, pace=0.2)
    origin = await sandbox.start()
    localizer = Localizer("ru", ZoneInfo("Europe/Moscow"))
    try:
        async with (
            own_database(folder) as dsn,
            replicas(2, origin, dsn.dsn, folder) as bots,
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
        ):
            sandbox.yookassa.notifications_url = f"{bots.origin}/yookassa/webhook"
            await bots.start()
            sql = await asyncpg.connect(dsn.dsn)
            plan = wishes(await sql.fetch(OFFERS), chance)
            await sql.execute(WATCH)
            await sql.close()
            till = Till()
            shoppers = [
                Shopper(
                    await newcomer(http, origin, BOT, number, chance.choice(("ru", "en")), localizer),
                    plan[number::PEOPLE],
                    till,
                    random.Random(number),
                    lambda payment: forge(sandbox, payment),
                    lambda payment: revive(sandbox, payment),
                )
                for number in range(PEOPLE)
            ]
            await _register(shoppers)
            yield Storm(sandbox, dsn, bots, shoppers, till)
    finally:
        await sandbox.stop()


async def _register(shoppers: list[Shopper]) -> None:
    door = asyncio.Semaphore(10)

    async def one(shopper: Shopper) -> None:
        async with door:
            await shopper.person.register()

    await asyncio.gather(*(one(shopper) for shopper in shoppers))


async def reconciled(storm: Storm, folder: Path) -> str:
    """`main.py reconcile`, as an admin runs it by hand; what it printed."""
    bot = BotProcess(origin_of(storm.sandbox), storm.dsn.dsn, folder)
    ended = await bot.command("reconcile")
    assert ended.status == 0, ended.errors
    return "\n".join(line for line in ended.output.splitlines() if "looked at" in line)


@pytest.mark.proof
@pytest.mark.errors_expected(
    "a bot that is killed at the end may have asked the sandbox for something just then"
)
async def test_storm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    async with asyncio.timeout(LIMIT), gathering(tmp_path) as storm:
        ready = time.monotonic()
        await storm.rage()
        calm = time.monotonic()
        sql = await asyncpg.connect(storm.dsn.dsn)
        await storm.calm_down(sql)
        quiet = time.monotonic()
        storm.sandbox.faults.reset()
        found = await reconciled(storm, tmp_path)
        await storm.calm_down(sql)
        verdict = await judge(sql, storm.sandbox, BOT, storm.till, storm.shoppers)
        verdict.wrong += [row[0] for row in await sql.fetch(DISQUIET)]
        reached = await situations(storm, sql)
        await sql.close()
        with capsys.disabled():
            print(f"\n\n{table(storm, verdict)}\n{found}\nreached: {reached}")
            print(
                f"seconds: {ready - began:.0f} to gather, {calm - ready:.0f} of storm, {quiet - calm:.0f} until quiet"
            )
        assert verdict.wrong == []
        settled = sum(way.settled for way in verdict.ways.values())
        assert settled + len(storm.till.returned) >= PURCHASES
        assert all(way.told == way.paid for way in verdict.ways.values())
        assert storm.bots.kills >= 4
        assert storm.restarts == 2
        assert [name for name, times in reached.items() if not times] == []


async def situations(storm: Storm, sql: asyncpg.Connection) -> dict[str, int]:
    """What a storm has to have come through, and how often it has: one that missed a situation proves nothing of it."""
    struck, log = storm.sandbox.faults.struck, storm.sandbox.yookassa.provider.notifications.log.values()
    moves = {row["move"]: row["times"] for row in await sql.fetch(MOVES)}
    return {
        "late success after cancel": moves.get("canceled to succeeded", 0),
        "second charge": await sql.fetchval(SECOND),
        "cut after charge": struck["provider_cut"],
        "cut before charge": struck["provider_cut_before"],
        "refund while settling": moves.get("pending to refunded", 0) + moves.get("succeeded to refunded", 0),
        "callback lost": sum(item.state == "lost" for item in log),
        "callback forged": struck["callback_forge"] + len(storm.till.forged),
        "killed": storm.bots.kills,
    }


def table(storm: Storm, verdict: Verdict) -> str:
    log = storm.sandbox.yookassa.provider.notifications.log.values()
    states = Counter(item.state for item in log)
    answers = Counter(str(one.get("status", "cut")) for item in log for one in item.attempts)
    return "\n".join(
        [
            str(verdict),
            f"kill -9: {storm.bots.kills}, starts that failed: {storm.bots.failed_starts},"
            f" PostgreSQL restarts: {storm.restarts}",
            f"callbacks: {dict(states)}, answers to them: {dict(answers)}",
            f"called paid and never were: {len(storm.till.forged)}; people tried again: {storm.till.tried_again}",
        ]
    )
