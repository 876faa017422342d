"""HTTP notifications: until 200, in any order, sometimes lost, sometimes lies; never signed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.sandbox.provider_world import Listener, Provider, listener, provider, until


@pytest_asyncio.fixture
async def bot() -> AsyncIterator[Listener]:
    async with listener() as heard:
        yield heard


@pytest_asyncio.fixture
async def yookassa(bot: Listener) -> AsyncIterator[Provider]:
    async with provider() as world:
        world.shop.notifications_url = bot.url
        yield world


def states(world: Provider) -> list[str]:
    return [item.state for item in world.shop.provider.notifications.log.values()]


async def accepted(world: Provider) -> None:
    await until(lambda: states(world) != [] and set(states(world)) == {"accepted"})


async def test_each_event_is_told_with_the_object(yookassa: Provider, bot: Listener) -> None:
    paid = await yookassa.paid("100.00")
    held = await yookassa.paid(capture=False)
    await yookassa.ok("POST", f"/v3/payments/{held['id']}/cancel")
    refund = await yookassa.ok("POST", "/sandbox/refunds", {"payment_id": paid["id"], "amount": "40.00"})
    await bot.wait(4)
    assert set(bot.events) == {
        ("payment.succeeded", paid["id"]),
        ("payment.waiting_for_capture", held["id"]),
        ("payment.canceled", held["id"]),
        ("refund.succeeded", refund["id"]),
    }
    first = next(body for body in bot.bodies if body["event"] == "payment.succeeded")
    assert first["type"] == "notification"
    assert first["object"] == paid
    await accepted(yookassa)


async def test_a_link_that_runs_out_is_told(yookassa: Provider, bot: Listener) -> None:
    made = await yookassa.create()
    await yookassa.ok("POST", f"/sandbox/payments/{made['id']}/expire")
    await bot.wait(1)
    assert bot.events == [("payment.canceled", made["id"])]


async def test_redelivered_until_200(yookassa: Provider, bot: Listener) -> None:
    bot.statuses = [500, 302, 404, 201]
    paid = await yookassa.paid()
    await accepted(yookassa)
    assert bot.events == [("payment.succeeded", paid["id"])] * 5
    [entry] = await yookassa.ok("GET", "/sandbox/notifications")
    assert [attempt["status"] for attempt in entry["attempts"]] == [500, 302, 404, 201, 200]


async def test_an_unreachable_shop_is_tried_again(yookassa: Provider, bot: Listener) -> None:
    await yookassa.ok("PUT", "/sandbox/yookassa", {"notifications_url": "http://127.0.0.1:9/nobody"})
    await yookassa.paid()
    item = yookassa.shop.provider.notifications.log[1]
    await until(lambda: item.tries > 1)
    item.url = bot.url
    await accepted(yookassa)
    assert len(bot.bodies) == 1


async def test_after_a_day_the_sender_gives_up(yookassa: Provider, bot: Listener) -> None:
    bot.statuses = [500] * 1000
    await yookassa.paid()
    await bot.wait(1)
    yookassa.clock.turn(hours=24)
    yookassa.shop.provider.notifications.wake()
    await until(lambda: states(yookassa) == ["given_up"])


async def test_what_is_not_accepted_outlasts_a_restart(bot: Listener, tmp_path: Path) -> None:
    async with provider(tmp_path / "sandbox.db") as world:
        world.shop.notifications_url = "http://127.0.0.1:9/nobody"
        paid = await world.paid()
        item = world.shop.provider.notifications.log[1]
        await until(lambda: item.tries > 0)
        item.url = bot.url
        world.shop.provider.notifications._save(item)
        await world.restart()
        await bot.wait(1)
        assert bot.events == [("payment.succeeded", paid["id"])]
        assert world.shop.notifications_url == "http://127.0.0.1:9/nobody"


async def test_lost_never_comes_unless_sent_by_hand(yookassa: Provider, bot: Listener) -> None:
    yookassa.faults.set(callback_lost=1.0)
    lost = await yookassa.paid()
    yookassa.faults.reset()
    told = await yookassa.paid()
    await bot.wait(1)
    assert bot.events == [("payment.succeeded", told["id"])]
    assert states(yookassa)[0] == "lost"
    sent = await yookassa.ok("POST", "/sandbox/notifications/1/redeliver")
    assert (sent["state"], sent["attempts"][-1]["status"]) == ("accepted", 200)
    assert bot.events[-1] == ("payment.succeeded", lost["id"])


async def test_repeated_comes_that_much_more_often(yookassa: Provider, bot: Listener) -> None:
    yookassa.faults.set(callback_repeat=2)
    paid = await yookassa.paid()
    await accepted(yookassa)
    assert bot.events == [("payment.succeeded", paid["id"])] * 3


async def test_late_comes_when_its_time_has_come(yookassa: Provider, bot: Listener) -> None:
    yookassa.faults.set(callback_delay=3600)
    late = await yookassa.paid()
    yookassa.faults.reset()
    soon = await yookassa.paid()
    await bot.wait(1)
    yookassa.clock.turn(hours=1)
    yookassa.shop.provider.notifications.wake()
    await bot.wait(2)
    assert [object_id for _, object_id in bot.events] == [soon["id"], late["id"]]


async def test_shuffled_still_all_come(
    yookassa: Provider, bot: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One second (at a hundredth of the pace) is wider than a busy machine takes for the payments."""
    monkeypatch.setattr("bot.sandbox.yookassa.notifications.SHUFFLE_SECONDS", 100.0)
    yookassa.faults.set(callback_shuffle=True)
    made = [(await yookassa.paid())["id"] for _ in range(12)]
    await accepted(yookassa)
    assert sorted(object_id for _, object_id in bot.events) == sorted(made)
    assert [object_id for _, object_id in bot.events] != made


async def test_a_forged_one_comes_as_well_and_differs(yookassa: Provider, bot: Listener) -> None:
    yookassa.faults.set(callback_forge=1.0)
    for _ in range(30):
        await yookassa.paid()
    await bot.wait(60)
    log = await yookassa.ok("GET", "/sandbox/notifications")
    lies = [entry["body"]["object"] for entry in log if entry["forged"]]
    truths = [entry["body"]["object"] for entry in log if not entry["forged"]]
    assert len(lies) == len(truths) == 30
    assert all(lie not in truths for lie in lies)
    kinds = [(lie["amount"]["value"] == "1.00", lie["recipient"]["account_id"] != "100500") for lie in lies]
    assert set(kinds) == {(True, False), (False, True), (False, False)}


async def test_a_test_can_forge_what_it_likes(yookassa: Provider, bot: Listener) -> None:
    lie = {"type": "notification", "event": "payment.succeeded", "object": {"id": "../refunds/x"}}
    sent = await yookassa.ok("POST", "/sandbox/notifications", {"body": lie})
    assert (sent["state"], sent["attempts"][0]["status"]) == ("forged", 200)
    assert bot.bodies == [lie]
    await yookassa.ok("POST", "/sandbox/notifications", {"body": lie, "url": bot.url})
    assert bot.bodies == [lie, lie]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [("POST", "/sandbox/notifications", {"body": "x"}, 400),
     ("POST", "/sandbox/notifications", {"body": {}, "url": "file:///etc/passwd"}, 400),
     ("POST", "/sandbox/notifications/99/redeliver", None, 404),
     ("POST", "/sandbox/payments/unknown/pay", {}, 404),
     ("POST", "/sandbox/refunds", {"payment_id": "unknown"}, 404),
     ("PUT", "/sandbox/yookassa", {"notifications_url": "ftp://x"}, 400),
     ("PUT", "/sandbox/yookassa", {"test": 1}, 400),
     ("PUT", "/sandbox/yookassa", {"secret_key": "x"}, 400)],
)  # fmt: skip
async def test_wrong_control_calls_are_refused(
    yookassa: Provider, method: str, path: str, body: object, status: int
) -> None:
    got, answer = await yookassa.call(method, path, body)
    assert (got, set(answer)) == (status, {"error"})
