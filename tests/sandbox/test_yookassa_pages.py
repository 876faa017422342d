"""Checkout page and dashboard, as a browser without scripts uses them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from html import unescape
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from tests.sandbox.provider_world import Provider, payment_body, provider


@pytest_asyncio.fixture
async def yookassa() -> AsyncIterator[Provider]:
    async with provider() as world:
        yield world


async def page(world: Provider, path: str, *, status: int = 200) -> str:
    async with world.http.get(path) as answer:
        assert answer.status == status
        return unescape(await answer.text())


async def press(
    world: Provider, path: str, *, status: int = 200, origin: str | None = None, **form: str
) -> str:
    headers = {"Origin": origin or world.origin}
    async with world.http.post(path, data=form, headers=headers) as answer:
        assert answer.status == status, await answer.text()
        return unescape(await answer.text())


async def status_of(world: Provider, payment_id: str) -> str:
    found: str = (await world.ok("GET", f"/v3/payments/{payment_id}"))["status"]
    return found


async def test_paying_by_card_leads_back_to_the_chat(yookassa: Provider) -> None:
    made = await yookassa.create("1234.50", description="Курс <script>")
    path = f"/checkout/{made['id']}"
    async with yookassa.http.get(path) as answer:
        raw = await answer.text()
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "<script>" not in raw
    assert "Оплатить 1\u00a0234,50\u00a0₽" in unescape(raw)
    shown = await press(yookassa, path, action="pay", method="2200000000000004")
    assert "Оплачено" in shown
    assert 'href="/?start=paid"' in shown
    paid = await yookassa.ok("GET", f"/v3/payments/{made['id']}")
    assert (paid["status"], paid["payment_method"]["card"]["last4"]) == ("succeeded", "0004")
    assert paid["authorization_details"]["three_d_secure"]["applied"] is True


async def test_paying_by_sbp(yookassa: Provider) -> None:
    made = await yookassa.create()
    await press(yookassa, f"/checkout/{made['id']}", action="pay", method="sbp")
    assert (await yookassa.ok("GET", f"/v3/payments/{made['id']}"))["payment_method"]["type"] == "sbp"


async def test_a_declining_card_and_the_decline_button(yookassa: Provider) -> None:
    by_card, by_button = await yookassa.create(), await yookassa.create()
    shown = await press(yookassa, f"/checkout/{by_card['id']}", action="pay", method="5555555555554600")
    assert "не хватает денег" in shown
    assert "Оплата не прошла" in await press(yookassa, f"/checkout/{by_button['id']}", action="decline")
    assert (
        await status_of(yookassa, by_card["id"]) == await status_of(yookassa, by_button["id"]) == "canceled"
    )


async def test_closing_leaves_the_link_payable(yookassa: Provider) -> None:
    made = await yookassa.create()
    path = f"/checkout/{made['id']}"
    shown = await press(yookassa, path, action="close")
    assert "Вернуться к оплате" in shown
    assert await status_of(yookassa, made["id"]) == "pending"
    await press(yookassa, path, action="pay", method="5555555555554444")
    assert await status_of(yookassa, made["id"]) == "succeeded"


async def test_a_shop_with_a_site_gets_its_payer_back(yookassa: Provider) -> None:
    confirmation = {"type": "redirect", "return_url": "http://127.0.0.1:9/paid?x=1&y=2", "locale": "en_US"}
    made = await yookassa.create(confirmation=confirmation)
    assert "Pay 499.00\u00a0₽" in await page(yookassa, f"/checkout/{made['id']}")
    shown = await press(yookassa, f"/checkout/{made['id']}", action="pay", method="4111111111111111")
    assert "Back to the shop" in shown
    assert 'http-equiv="refresh" content="4;url=http://127.0.0.1:9/paid?x=1&y=2"' in shown


async def test_the_language_can_be_switched_and_stays(yookassa: Provider) -> None:
    made = await yookassa.create()
    path = f"/checkout/{made['id']}"
    assert f'href="{path}?lang=en"' in await page(yookassa, path)
    english = await page(yookassa, f"{path}?lang=en")
    assert "Close without paying" in english
    assert "Paid" in await press(yookassa, f"{path}?lang=en", action="pay", method="4111111111111111")


async def test_paying_twice_pays_once(yookassa: Provider) -> None:
    made = await yookassa.create()
    path = f"/checkout/{made['id']}"
    await press(yookassa, path, action="pay", method="5555555555554444")
    shown = await press(yookassa, path, action="decline")
    assert "Оплачено" in shown
    assert await status_of(yookassa, made["id"]) == "succeeded"


async def test_what_the_form_does_not_offer_is_refused(yookassa: Provider) -> None:
    made = await yookassa.create()
    path = f"/checkout/{made['id']}"
    await press(yookassa, path, status=400, action="pay", method="1234")
    await press(yookassa, path, status=400, action="steal")
    await press(yookassa, path, status=403, origin="http://evil.example", action="decline")
    assert await status_of(yookassa, made["id"]) == "pending"
    assert "Такого платежа нет" in await page(yookassa, "/checkout/none", status=404)


async def test_big_and_two_stage_payments_offer_what_fits(yookassa: Provider) -> None:
    big = await yookassa.create("400000.00")
    held = await yookassa.create(capture=False)
    assert 'value="sbp" checked' in await page(yookassa, f"/checkout/{big['id']}")
    assert 'value="sbp"' not in await page(yookassa, f"/checkout/{held['id']}")
    await press(yookassa, f"/checkout/{big['id']}", status=400, action="pay", method="5555555555554444")
    await press(yookassa, f"/checkout/{held['id']}", status=400, action="pay", method="sbp")


async def test_an_expired_link_says_so(yookassa: Provider) -> None:
    made = await yookassa.create()
    yookassa.clock.turn(hours=2)
    assert "истёк срок ссылки" in await page(yookassa, f"/checkout/{made['id']}")


async def test_refunds_from_the_dashboard(yookassa: Provider) -> None:
    paid = await yookassa.paid("100.00")
    path = f"/dashboard/payments/{paid['id']}/refund"
    assert "Готово." in await press(yookassa, path, amount="40,5")
    assert "greater than" in await press(yookassa, path, amount="60")
    assert "Not an amount" in await press(yookassa, path, amount="много")
    await press(yookassa, path, amount="")
    listed = await yookassa.ok("GET", "/v3/refunds")
    assert [item["amount"]["value"] for item in listed["items"]] == ["59.50", "40.50"]


async def test_the_dashboard_moves_payments_and_pending_refunds(yookassa: Provider) -> None:
    held, pending = await yookassa.paid(capture=False), await yookassa.create()
    await press(yookassa, f"/dashboard/payments/{held['id']}/capture")
    await press(yookassa, f"/dashboard/payments/{pending['id']}/expire")
    assert await status_of(yookassa, held["id"]) == "succeeded"
    assert await status_of(yookassa, pending["id"]) == "canceled"
    await press(yookassa, "/dashboard/settings", test="1", refunds_pending="1")
    await press(yookassa, f"/dashboard/payments/{held['id']}/refund", amount="1")
    [refund] = await yookassa.ok("GET", "/sandbox/refunds")
    assert refund["status"] == "pending"
    await press(yookassa, f"/dashboard/refunds/{refund['id']}/refuse")
    assert (await yookassa.ok("GET", f"/v3/refunds/{refund['id']}"))["status"] == "canceled"


async def test_settings_and_failures_from_the_dashboard(yookassa: Provider) -> None:
    shown = await press(
        yookassa,
        "/dashboard/settings",
        notifications_url="http://127.0.0.1:9/hook",
        test="1",
        own_register="1",
    )
    assert 'value="http://127.0.0.1:9/hook"' in shown
    assert (await yookassa.ok("GET", "/sandbox/yookassa"))["own_register"] is True
    shown = await press(
        yookassa, "/dashboard/faults", provider_slow="0.5", callback_repeat="2", provider_down="1"
    )
    assert "Включены сбои: ЮKassa: не отвечает совсем; ЮKassa: каждый ответ дольше на;" in shown
    assert yookassa.faults.get("callback_repeat") == 2
    await press(yookassa, "/dashboard/faults", provider_5xx="700")
    assert yookassa.faults.get("callback_repeat") == 2
    await press(yookassa, "/dashboard/faults", provider_5xx="7")
    assert yookassa.faults.get("provider_5xx") == 0.07
    shown = await press(yookassa, "/dashboard/faults/preset", name="callbacks_lost")
    assert '<button name="name" value="callbacks_lost" aria-pressed="true">' in shown
    await press(yookassa, "/dashboard/faults/preset", status=200, name="no_such")
    assert yookassa.faults.preset() == "callbacks_lost"
    await press(yookassa, "/dashboard/faults/preset", name="well")
    assert not any(yookassa.faults.values().values())


async def test_times_are_told_as_people_tell_them_in_the_worlds_zone(yookassa: Provider) -> None:
    yookassa.clock.shift = datetime(2026, 3, 1, 22, 5, 30, tzinfo=UTC) - datetime.now(UTC)
    yookassa.shop.provider.zone = ZoneInfo("Europe/Moscow")
    await yookassa.create()
    assert ">2 мар. 2026, 01:05</time>" in await page(yookassa, "/dashboard")


async def test_the_log_shows_and_resends(yookassa: Provider) -> None:
    yookassa.shop.notifications_url = "http://127.0.0.1:9/nobody"
    yookassa.faults.set(callback_lost=1.0)
    await yookassa.paid()
    assert "потеряно (сбой)" in await page(yookassa, "/dashboard")
    shown = await press(yookassa, "/dashboard/notifications/1/redeliver")
    assert re.search(r"1: нет ответа", shown)
    assert "lost (failure)" in await page(yookassa, "/dashboard?lang=en")


@pytest.mark.parametrize("path", ["/dashboard/faults/preset", "/dashboard/settings"])
async def test_other_sites_cannot_press_the_dashboards_buttons(yookassa: Provider, path: str) -> None:
    yookassa.faults.set(provider_slow=0.1)
    await press(yookassa, path, status=403, origin="http://evil.example")
    assert yookassa.faults.get("provider_slow") == 0.1


async def test_hostile_texts_are_escaped_in_the_dashboard(yookassa: Provider) -> None:
    await yookassa.ok("POST", "/v3/payments", payment_body(description="<img src=x onerror=alert(1)>"))
    async with yookassa.http.get("/dashboard?error=<script>alert(1)</script>&lang=%22%3E") as answer:
        raw = await answer.text()
    assert "<img" not in raw
    assert "<script" not in raw
