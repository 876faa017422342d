"""Money is decided by id, status, paid, amount, currency, metadata, test and recipient alone; what can't be read is
kept, told of, and hides nothing."""

import copy
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from bot.clock import utc_now
from bot.payments.asking import ask
from bot.payments.reconciling import reconcile
from bot.payments.settling import settle_payment
from bot.raw_json import Unreadable, read_item
from bot.sandbox.app import Sandbox
from bot.sandbox.telegram.ledger import Invoice
from bot.sandbox.telegram.methods import payments as telegram_payments
from bot.yookassa.answers import ProviderPayment, payment_of
from db.engine import Pool
from db.payments.attempts import get_attempt
from db.payments.settling import Outcome
from handlers.app import Application
from tests.chat_user import ChatUser

pytestmark = pytest.mark.unasked

Json = dict[str, Any]
ROUBLES = "select min(id) from bot.offers where currency = 'RUB'"
STARS = "select min(id) from bot.offers where currency = 'XTR'"
OPEN_ALARMS = (
    "select array_agg(kind || ' ' || subject order by kind, subject) from bot.alerts where solved_at is null"
)
GONE = object()  # the field is missing
ODD: list[Any] = [
    GONE, None, "", " ", 0, -1, 1.5, 2**70, True, [], ["x"], [[]], {}, {"a": {"b": [None]}}, "x\x00y", "\ud800",
    "9" * 5000, "0001-01-01T00:00:00+14:00", "2026-11-25T10:00:00",
]  # fmt: skip
SHOWN = {
    "title": "", "type": "alfa_pay", "description": "", "refunded_amount": {"value": "0.00", "currency": "RUB"},
    "payment_method": {"type": "alfa_pay", "id": "x", "saved": False, "title": ""}, "merchant_customer_id": "7",
    "cancellation_details": {"party": "yoo_money", "reason": "x"}, "receipt_registration": "succeeded",
    "confirmation": {"type": "redirect", "confirmation_url": "https://example.org/"}, "refundable": True,
    "income_amount": {"value": "955.35", "currency": "RUB"}, "captured_at": "2026-11-25T10:00:05.000Z",
    "created_at": "2026-11-25T10:00:00.000Z", "expires_at": "2026-11-25T11:00:00.000Z", "transfers": [],
    "authorization_details": {"rrn": "1", "three_d_secure": {"applied": False}}, "tomorrow": {"new": [1]},
    "invoice_details": {"id": "in-1"}, "deal": None, "test_shop": True, "id_": "x",
}  # fmt: skip
DECIDES = [
    ("id",), ("status",), ("paid",), ("amount",), ("amount", "value"), ("amount", "currency"), ("metadata",),
    ("metadata", "key"), ("test",), ("recipient",), ("recipient", "account_id"),
]  # fmt: skip
OTHER: dict[tuple[str, ...], list[Any]] = {
    ("id",): ["2d000000-000f-5000-9000-1b0000000001"],
    ("status",): ["pending", "waiting_for_capture", "canceled", "Succeeded", "succeeded\x00"],
    ("paid",): [False, "true"],
    ("amount", "value"): ["989.99", "990.01", "99000", "-990.00", "9.9e2", 990, 990.0],
    ("amount", "currency"): ["USD", "rub", "RUB\x00"],
    ("metadata", "key"): ["another", "null"],
    ("test",): [False, "true", 1],
    ("recipient", "account_id"): ["100501", 100501],
}


def mutated(payment: Json, path: tuple[str, ...], value: Any) -> Json:
    made = copy.deepcopy(payment)
    inner = made
    for name in path[:-1]:
        inner = inner[name]
    if value is GONE:
        inner.pop(path[-1], None)
    else:
        inner[path[-1]] = value
    return made


def shown_mutations(payment: Json) -> Iterator[Json]:
    decides = {path[0] for path in DECIDES}
    whole = {**SHOWN, **{name: value for name, value in payment.items() if name in decides}}
    for name, value in SHOWN.items():
        for odd in ODD:
            yield mutated(whole, (name,), odd)
            for inner in value if isinstance(value, dict) else ():
                yield mutated(whole, (name, inner), odd)
    for inner, odd in ((inner, odd) for inner in ("purchase", "foreign") for odd in ODD):
        yield mutated(whole, ("metadata", inner), odd)
    for odd in ODD:
        yield mutated(whole, ("recipient", "gateway_id"), odd)
    yield {name: value for name, value in whole.items() if name in decides}


def deciding_mutations(payment: Json) -> Iterator[tuple[tuple[str, ...], Any, Json]]:
    for path in DECIDES:
        # The shop's own test flag is true: another true would be the same.
        for odd in [*ODD, *OTHER.get(path, ())]:
            if (path, odd) not in ((("test",), True), (("paid",), True)):
                yield path, odd, mutated(payment, path, odd)


class UndoneError(Exception):
    """Ends a transaction whose outcome was all that was wanted."""


async def outcome_of(app: Application, known: dict[str, Outcome], answer: Json) -> Outcome | Unreadable:
    """What settling would make of that answer, as it comes over the wire. Settling is given what was read and nothing
    else: what reads as one that is `known` settles as that one."""
    payment = read_item(payment_of, json.loads(json.dumps(answer)))
    if isinstance(payment, Unreadable):
        return payment
    if repr(payment) not in known:
        known[repr(payment)] = await settled(app, payment)
    return known[repr(payment)]


async def settled(app: Application, payment: ProviderPayment) -> Outcome:
    """Nothing is changed."""
    outcome = None
    try:
        async with app.context.database.transaction(Pool.MONEY) as session:
            outcome = (await settle_payment(session, app.context, payment, app.context.now())).outcome
            await session.flush()
            raise UndoneError
    except UndoneError:
        assert outcome is not None
        return outcome


async def paid_unheard(person: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection) -> str:
    """An order paid at the provider, of which nobody has told us; the payment's id."""
    sandbox.faults.set(callback_lost=1.0)
    await person.order(await sql.fetchval(ROUBLES))
    return str((await person.pay())["id"])


async def alarms(sql: asyncpg.Connection) -> list[str]:
    return await sql.fetchval(OPEN_ALARMS) or []


@pytest.mark.errors_expected("a mismatch is an alarm")
async def test_what_is_for_show_never_decides_and_what_decides_always_does(
    app: Application, anna: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await anna.register()
    payment_id = await paid_unheard(anna, sandbox, sql)
    provider = sandbox.yookassa.provider
    payment = provider.payments.shown(provider.book.payments[payment_id])
    assert payment["amount"]["value"] == "990.00"
    app.worker.stop()  # reconciliation would credit it meanwhile
    walked, known = 0, dict[str, Outcome]()
    for answer in shown_mutations(payment):
        assert await outcome_of(app, known, answer) is Outcome.SUCCEEDED, answer
        walked += 1
    for path, odd, answer in deciding_mutations(payment):
        assert await outcome_of(app, known, answer) is not Outcome.SUCCEEDED, (path, odd)
        walked += 1
    assert walked > 900
    assert len(known) > 20


@pytest.mark.parametrize("by_list", [False, True])
async def test_an_empty_title_hides_no_payment(
    app: Application, anna: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection, by_list: bool
) -> None:
    await anna.register()
    payment_id = await paid_unheard(anna, sandbox, sql)
    body = sandbox.yookassa.provider.book.payments[payment_id].body
    body["payment_method"] = {"type": "alfa_pay", "id": "x", "saved": False, "title": ""}
    if by_list:
        await sql.execute("update purchases set status = 'canceled'")  # so that it is not asked for by itself
    await reconcile(app.context)
    await anna.receives("✅ Оплачено")
    assert await sql.fetchval("select status from purchases") == "succeeded"


@pytest.mark.errors_expected("an alarm is logged as an error")
async def test_one_in_the_list_that_cannot_be_read_is_kept_and_hides_no_other(
    app: Application, anna: ChatUser, ben: ChatUser, olga: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await olga.send("/start")
    for person in (anna, ben):
        await person.register()
    await paid_unheard(anna, sandbox, sql)
    broken = await paid_unheard(ben, sandbox, sql)  # the newest stands first in the list
    await sql.execute("update purchases set status = 'canceled'")
    body = sandbox.yookassa.provider.book.payments[broken].body
    amount = body.pop("paid")
    for _ in range(2):
        assert "succeeded payments" not in (await reconcile(app.context)).failed
    await anna.receives("✅ Оплачено")
    await olga.receives(broken)
    assert await alarms(sql) == [f"item_unreadable YooKassa payments {broken}"]
    kept = await sql.fetch("select subject, raw from bot.unread_items")
    assert [(row["subject"], json.loads(row["raw"])["id"]) for row in kept] == [(broken, broken)]
    body["paid"] = amount
    await reconcile(app.context)
    await ben.receives("✅ Paid")
    assert await alarms(sql) == []
    assert await sql.fetchval("select count(*) from bot.unread_items") == 0


@pytest.mark.errors_expected("an alarm is logged as an error")
async def test_the_stars_ledger_goes_on_past_what_it_cannot_read(
    app: Application,
    anna: ChatUser,
    olga: ChatUser,
    sandbox: Sandbox,
    sql: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await olga.send("/start")
    await anna.register()
    await anna.send(f"/start buy_{await sql.fetchval(STARS)}")
    await anna.choose("stars")
    key, amount = await sql.fetchrow(
        "select key, amount_cents from bot.payment_attempts a join purchases p on p.id = a.purchase_id"
    )
    ledger = sandbox.telegram.context.ledger
    invoice = Invoice("s", app.bot.id, "t", "d", key, "XTR", amount)
    moves = [ledger.received(invoice, anna.id) for _ in range(3)]
    user = {"id": 1, "is_bot": False, "first_name": "x"}
    odd: Json = {
        moves[0].id: {
            "id": "px1",
            "amount": 50,
            "date": 1700000000,
            "source": {"type": "premium_referral", "user": user},
        },
        moves[1].id: {"id": "px2", "source": {"type": "user", "user": user, "invoice_payload": "p"}},
    }
    original: Callable[..., Json] = telegram_payments._transaction
    monkeypatch.setattr(
        telegram_payments, "_transaction", lambda ctx, move: odd.get(move.id) or original(ctx, move)
    )
    for _ in range(2):
        assert (await reconcile(app.context)).failed == {}
    await anna.receives("✅ Оплачено")
    await olga.receives("px2")
    assert await alarms(sql) == ["item_unreadable Stars px2"]
    assert await sql.fetchval("select value from bot.cursors where name = 'stars'") == 3
    paid = await sql.fetchrow("select status, extract(epoch from purchased_at)::int from purchases")
    assert tuple(paid) == ("succeeded", moves[2].date)


@pytest.mark.errors_expected("alarms are logged as errors")
async def test_unknown_for_an_hour_and_a_part_that_fails_twice_are_told_until_it_is_known(
    app: Application, anna: ChatUser, olga: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await olga.send("/start")
    await anna.register()
    payment_id = await paid_unheard(anna, sandbox, sql)
    attempt_id = await sql.fetchval("select id from bot.payment_attempts")
    body = sandbox.yookassa.provider.book.payments[payment_id].body
    paid = body.pop("paid")
    await ask_now(app, attempt_id)
    await reconcile(app.context)
    assert [one for one in await alarms(sql) if not one.startswith("item_")] == []
    app.context.now = lambda: utc_now() + timedelta(hours=1)
    await ask_now(app, attempt_id)
    await reconcile(app.context)
    told = [one for one in await alarms(sql) if not one.startswith("item_")]
    assert told == ["payment_unknown 1", "reconciliation_failed open payments"]
    await olga.receives("№1")
    body["paid"] = paid
    await reconcile(app.context)
    await anna.receives("✅ Оплачено")
    await reconcile(app.context)
    assert await alarms(sql) == []


async def ask_now(app: Application, attempt_id: int) -> None:
    """As its job does, when it is due."""
    async with app.context.database.transaction(Pool.JOBS) as session:
        attempt = await get_attempt(session, attempt_id)
    assert attempt is not None
    await ask(app.context, attempt)
