"""What the providers hold, what our database hold, and what people were told: side by side, after the storm."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from statistics import quantiles
from typing import Any

import asyncpg

from bot.sandbox.app import Sandbox
from bot.texts.format import until
from tests.chat_user import ChatUser
from tests.faults.shoppers import METHODS, Shopper, Till

# Every purchase with the days it gave, and what is left of them after refunds.
BOOKS = """
select p.id, p.provider_payment_id as payment, p.status, p.days, m.name as module, a.method,
       a.message_id, left(a.key, 7) as key, a.created_at,
       i.providerkey::bigint as person,
       c.days as given, c.times, c.at, c.ends_at,
       array(select r.after from bot.access_changes r where r.source = 'refund' and r.user_id = p.user_id
             and r.module_id = m.id and r.created_at >= c.at) as shortened,
       coalesce(c.days, 0) + coalesce(
           (select sum(t.days) from bot.access_changes t join bot.refunds r on r.id = t.source_id
            where t.source = 'refund' and r.purchase_id = p.id), 0) as left_over
from purchases p
join bot.payment_attempts a on a.purchase_id = p.id
join products o on o.product_id = p.product_id
join modules m on m.id = o.module_id
join authidentities i on i.user_id = p.user_id and i.loginprovider = 'telegram'
left join lateral (
    select sum(days) as days, count(*) as times, min(created_at) as at, max(after) as ends_at
    from bot.access_changes where source = 'purchase' and source_id = p.id
) c on true
"""
PRICES = "select price, days from bot.offers where currency = 'RUB'"
ENDS = "select user_id, module_id, ends_at from usermoduleaccess"
CHANGES = "select user_id, module_id, days, before, after, created_at from bot.access_changes order by id"
ARRIVED = re.compile(r"✅ (?:Оплачено|Paid)\. [^\n]*")


@dataclass(slots=True)
class Way:
    """One way to pay. `delays` in seconds, from the provider's success to the access."""

    paid: int = 0
    settled: int = 0
    days: int = 0
    told: int = 0
    told_again: int = 0
    delays: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Verdict:
    ways: dict[str, Way]
    wrong: list[str]

    def __str__(self) -> str:
        names = ("paid", "settled", "days", "told", "twice", "p50 s", "p95 s", "max s")
        head = f"{'way':<8}" + "".join(f"{name:>9}" for name in names)
        lines = [head]
        for name, way in self.ways.items():
            middle, late, worst = _figures(way.delays)
            lines.append(
                f"{name:<8}{way.paid:>9}{way.settled:>9}{way.days:>9}{way.told:>9}{way.told_again:>9}"
                f"{middle:>9.1f}{late:>9.1f}{worst:>9.1f}"
            )
        return "\n".join([*lines, *(f"WRONG: {line}" for line in self.wrong)])


def _figures(delays: list[float]) -> tuple[float, float, float]:
    if len(delays) < 2:
        return (0.0, 0.0, max(delays, default=0.0))
    cuts = quantiles(delays, n=20)
    return cuts[9], cuts[18], max(delays)


def held(sandbox: Sandbox, bot: int) -> dict[str, datetime]:
    """Payments the providers hold as succeeded, and since when."""
    found: dict[str, datetime] = {}
    for record in sandbox.yookassa.provider.book.payments.values():
        if record.status == "succeeded":
            found[record.id] = datetime.fromisoformat(record.body["captured_at"])
    for move in sandbox.telegram.context.ledger.moves(bot):
        found[move.id] = datetime.fromtimestamp(move.date, UTC)
    return found


async def told(shoppers: list[Shopper]) -> Counter[tuple[int, str]]:
    """How often each person was told of each purchase: of until when it has opened a course, as it was said."""
    heard: Counter[tuple[int, str]] = Counter()
    for shopper in shoppers:
        await shopper.person.refresh()
        for text in shopper.person.texts:
            if match := ARRIVED.match(text):
                heard[shopper.person.id, match.group()] += 1
    return heard


async def judge(
    sql: asyncpg.Connection, sandbox: Sandbox, bot: int, till: Till, shoppers: list[Shopper]
) -> Verdict:
    """Every payment held as succeeded is exactly one succeeded purchase with its days, and nothing else is."""
    truth, heard = held(sandbox, bot), await told(shoppers)
    people = {shopper.person.id: shopper.person for shopper in shoppers}
    wished = {(person, wish.days) for person, wish in till.paid.values()}
    wished |= {(shopper.person.id, wish.days) for shopper in shoppers for wish in shopper.wishes}
    ways = {method: Way() for method in METHODS}
    wrong = [f"{payment} is held by nobody, but was paid" for payment in till.paid.keys() - truth.keys()]
    rows = [dict(row) for row in await sql.fetch(BOOKS)]
    days = await _days_paid_for(sql, sandbox)
    by_payment: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_payment.setdefault(row["payment"], []).append(row)
    for payment, since in truth.items():
        found = by_payment.pop(payment, [])
        if len(found) != 1:
            wrong.append(f"{payment}: {len(found)} purchases")
            continue
        wrong += _compare(payment, found[0], till, days.get(payment), wished)
        if payment not in till.returned:  # whose payers may have heard of the return alone
            times = _times(found[0], people, heard)
            _count(ways[found[0]["method"]], found[0], since, times)
            if not times and found[0]["person"] in people:
                last = [
                    (one["message_id"], one.get("text", ""))
                    for one in people[found[0]["person"]].messages[-30:]
                ]
                theirs = [row for row in rows if row["person"] == found[0]["person"]]
                wrong.append(f"{payment}: its payer was not told. {found[0]}, {theirs}, {last}")
    for payment, others in by_payment.items():
        unpaid = ("pending", "canceled")
        wrong += [
            f"{payment} was never paid: {row}"
            for row in others
            if row["status"] not in unpaid or row["given"]
        ]
    return Verdict(ways, wrong + await check_ends(sql))


async def _days_paid_for(sql: asyncpg.Connection, sandbox: Sandbox) -> dict[str, int]:
    """By YooKassa's payments: a link that came late may be of what somebody wanted before, at its price. 0 days are
    of no price of ours."""
    rows = await sql.fetch(PRICES)
    days = {row["price"]: row["days"] for row in rows}
    assert len(days) == len(rows), "what was paid does not say for how many days"
    return {one.id: days.get(one.amount, 0) for one in sandbox.yookassa.provider.book.payments.values()}


def _compare(
    payment: str, row: dict[str, Any], till: Till, days: int | None, wished: set[tuple[int, int]]
) -> list[str]:
    """What was paid for against what was given. `days`: None where the wish alone says for how many it was (Stars).
    `wished`: what each person has wanted at some time."""
    person, wish = till.paid.get(payment, (0, None))
    if wish is None:
        return [f"{payment} was paid by nobody we know"]
    days = wish.days if days is None else days
    if (person, days) not in wished:
        return [f"{payment}: {days} days were never wished for"]
    wanted = {"status": "succeeded", "person": person, "days": days, "given": days, "times": 1}
    if payment in till.returned:
        wanted = {"status": "refunded", "person": person, "days": days, "left_over": 0}
    return [
        f"{payment}: {name} is {row[name]}, not {value}"
        for name, value in wanted.items()
        if row[name] != value
    ]


def _times(row: dict[str, Any], people: dict[int, ChatUser], heard: Counter[tuple[int, str]]) -> int:
    """How often its payer was told of it: each purchase opens the course until another day, or, where days were taken
    before that was told, until what was left."""
    if row["ends_at"] is None or row["person"] not in people:
        return 0
    ends = [people[row["person"]].words(partial(until, end)) for end in (row["ends_at"], *row["shortened"])]
    return sum(
        count
        for (who, said), count in heard.items()
        if who == row["person"] and any(end in said for end in ends) and row["module"] in said
    )


def _count(way: Way, row: dict[str, Any], since: datetime, times: int) -> None:
    way.paid += 1
    way.settled += row["status"] == "succeeded"
    way.days += row["given"] or 0
    way.told += times > 0
    way.told_again += times > 1
    if row["at"]:
        way.delays.append(max(0.0, (row["at"] - since).total_seconds()))


async def check_ends(sql: asyncpg.Connection) -> list[str]:
    """Access ends where its changes, told one after the other, lead."""
    owed: dict[tuple[int, int], datetime] = {}
    wrong = []
    for row in await sql.fetch(CHANGES):
        place = row["user_id"], row["module_id"]
        before = owed.get(place)
        start = max(row["created_at"], before) if before else row["created_at"]
        if row["before"] != before or (row["after"] - start).days != row["days"]:
            wrong.append(f"{place}: {dict(row)} does not follow on {before}")
        owed[place] = row["after"]
    ends = {(row["user_id"], row["module_id"]): row["ends_at"] for row in await sql.fetch(ENDS)}
    return wrong if ends == owed else [*wrong, "access does not end where its changes say"]
