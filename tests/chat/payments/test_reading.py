"""What providers' lists are read as, and that one item that fails hides no other."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.payments.provider import NoProviderError, retry_job
from bot.payments.reports import MAX_CONSECUTIVE_TIMEOUTS, ErrorCollector, Report
from bot.payments.stars import MAX_AMOUNT, StarTransaction, transaction_of
from bot.raw_json import Unreadable, read_item
from bot.retry import asked_pause
from bot.yookassa.answers import ProviderRefusedError, ProviderUnknownError

ITEM: dict[str, Any] = {"id": "a", "amount": 5, "date": 60}
SOURCE = {"type": "user", "user": {"id": 7}, "invoice_payload": "key"}
AT = datetime(1970, 1, 1, 0, 1, tzinfo=UTC)
NOTHING = StarTransaction("a", 0, None)


@pytest.mark.parametrize(
    ("item", "read"),
    [
        (ITEM | {"source": SOURCE}, StarTransaction("a", 5, AT, "key", 7)),
        (ITEM | {"source": SOURCE, "date": "x"}, StarTransaction("a", 5, None, "key", 7)),
        (ITEM | {"source": SOURCE, "amount": 1}, StarTransaction("a", 1, AT, "key", 7)),
        (
            ITEM | {"source": SOURCE, "amount": MAX_AMOUNT - 1},
            StarTransaction("a", MAX_AMOUNT - 1, AT, "key", 7),
        ),
        (
            ITEM | {"receiver": {"transaction_type": "invoice_payment"}},
            StarTransaction("a", 5, AT, refunded=True),
        ),
        (ITEM | {"receiver": {"transaction_type": "gift_purchase"}}, NOTHING),
        (ITEM | {"source": {"type": "fragment"}}, NOTHING),
        (ITEM | {"source": {"type": "user", "transaction_type": "paid_media_payment"}}, NOTHING),
        (ITEM | {"source": {"type": "premium_referral", "user": {"id": 7}}}, NOTHING),
        (
            ITEM | {"receiver": {"type": "user", "invoice_payload": "key"}},
            StarTransaction("a", 5, AT, refunded=True),
        ),
        ({"source": {"type": "fragment"}}, StarTransaction("None", 0, None)),
    ],
)
def test_an_entry_of_the_ledger(item: dict[str, Any], read: StarTransaction) -> None:
    assert read_item(transaction_of, item) == read


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": 5}, {"id": "a b"}, {"amount": 0}, {"amount": -1}, {"amount": MAX_AMOUNT}, {"amount": "5"},
        {"amount": True}, {"source": SOURCE | {"user": {"id": "7"}}}, {"source": SOURCE | {"invoice_payload": 5}},
        {"source": SOURCE | {"user": None}}, {"source": {"type": "user", "user": {"id": 7}}}, {"source": {}},
        {"source": {"transaction_type": "invoice_payment", "user": {"id": 7}}}, {"source": ["invoice_payload"]},
        {"source": None, "receiver": "invoice_payment"}, {"source": None, "receiver": {"type": "user"}},
        {"source": None, "receiver": {"type": "user", "transaction_type": ""}}, {"source": None},
        {"source": {"type": 5}}, {"source": {"type": ["user"]}},
    ],
)  # fmt: skip
def test_an_entry_in_which_what_decides_cannot_be_read(wrong: dict[str, Any]) -> None:
    assert isinstance(read_item(transaction_of, ITEM | {"source": SOURCE} | wrong), Unreadable)


def test_what_fails_is_reported_and_the_next_one_is_tried() -> None:
    """Until the provider has not answered a few times running: the others are left for the next time."""
    report = Report()
    errors = ErrorCollector(report)
    away, refused = ProviderUnknownError("away"), ProviderRefusedError(400, "x", "no")
    for error in (away, refused, away, ValueError(), away, None, *[away] * (MAX_CONSECUTIVE_TIMEOUTS - 1)):
        with errors.isolate_errors(f"{len(report.failed)} {error!r}"):
            if error is not None:
                raise error
        assert errors.failed
    with pytest.raises(ProviderUnknownError), errors.isolate_errors("the last"):
        raise away
    for stops in (NoProviderError("x"), ConnectionError()):
        with pytest.raises(type(stops)), errors.isolate_errors("whatever"):
            raise stops
    assert list(report.failed.values()) == ["away", str(refused), "away", "ValueError()", *["away"] * 3]
    assert not ErrorCollector(report).failed
    for found in (True, False, True):
        report.looked("a", found)
    report.looked("b")
    assert (report.looked_at, report.found) == ({"a": 3, "b": 1}, {"a": 2})
    whole = Report()
    whole.add(report)
    whole.add(Report({"c": 1}, {"c": 1}, {"c": "why"}))
    assert whole.looked_at == {"a": 3, "b": 1, "c": 1}
    assert whole.found == {"a": 2, "c": 1}
    assert whole.failed == report.failed | {"c": "why"}


def test_a_pause_the_provider_asks_for_is_kept() -> None:
    assert retry_job(ProviderUnknownError("x", 5)).delay == timedelta(seconds=5)
    assert retry_job(ProviderUnknownError("x")).delay is None
    assert asked_pause(5) == timedelta(seconds=5)
    assert asked_pause(10**400) == timedelta(hours=1)
