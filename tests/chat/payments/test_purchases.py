"""“I paid, where is it?”: what became of a purchase, asked on the spot and told moment by moment."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from bot.chat.buttons import CheckPayment
from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.texts import errors as error_words
from bot.texts.accounts import registration as registration_words
from bot.texts.payments import orders as order_words
from bot.texts.payments import purchases as words
from bot.timings import Timings
from db.errors import PurchaseUnknown
from tests.app import QUICK, origin_of, settings_for
from tests.chat_user import ChatUser, NotReceivedError

ROUBLES = "select min(id) from bot.offers where currency = 'RUB'"
STARS = "select min(id) from bot.offers where currency = 'XTR'"
NEVER = timedelta(hours=10)


@pytest.fixture
def app_settings(sandbox: Sandbox) -> Settings:
    return settings_for(origin_of(sandbox), telegram_payment_token=SecretStr("381764678:TEST:1"))


@pytest.fixture
def timings() -> Timings:
    """Nobody asks for a payment but who is told to."""
    return Timings(asks=(NEVER,), dequeue=QUICK.dequeue, job_retry=QUICK.job_retry)


@pytest.fixture
async def ordered(anna: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection) -> ChatUser:
    """Anna with an open payment link; no callback ever comes."""
    sandbox.faults.set(callback_lost=1.0)
    await anna.register()
    await anna.order(await sql.fetchval(ROUBLES))
    return anna


async def test_asked_about_and_not_paid_yet(ordered: ChatUser) -> None:
    """In the order's own message, however often; the pressed button is answered with what the provider says."""
    count = len(ordered.texts)
    for _ in range(3):
        await ordered.click(order_words.CHECK)
        assert ordered.toast == "Пока не оплачено"
        shown = await ordered.receives("Пока не оплачено") if _ == 0 else ordered.last_text
    assert len(ordered.texts) == count
    lines = [line.partition(" — ")[2] for line in shown.splitlines() if " — " in line]
    assert lines == ["заказ создан", "ссылка на оплату отправлена", "проверка: пока не оплачено"]
    assert "Ссылка на оплату действует до" in shown
    assert "@school_support" in shown
    assert ordered.buttons[0].startswith("💳")
    assert ordered.buttons[1] == ordered.words(order_words.CHECK)


async def test_help_with_payments_has_the_button_for_the_open_order(
    ordered: ChatUser, sql: asyncpg.Connection
) -> None:
    """Its answer is the order's message from then on; the one above loses its buttons."""
    before = next(one for one in ordered.messages if ordered.links == [_url(one)])
    await ordered.send("/paysupport")
    await ordered.click(order_words.CHECK)
    await ordered.receives("Пока не оплачено")
    assert ordered.buttons[0].startswith("💳")
    await ordered.pay()
    await ordered.click(order_words.CHECK)
    await ordered.receives("✅ Оплачено")
    old = next(one for one in ordered.messages if one["message_id"] == before["message_id"])
    assert not old.get("reply_markup")
    await ordered.send("/paysupport")
    assert ordered.words(order_words.CHECK) not in ordered.buttons


def _url(message: dict[str, Any]) -> str | None:
    rows = (message.get("reply_markup") or {}).get("inline_keyboard") or [[{}]]
    return str(rows[0][0]["url"]) if "url" in rows[0][0] else None


@pytest.mark.parametrize("way", ["button", "/purchases", "/start paid", "Оплатил, где доступ?"])
async def test_a_payer_who_is_signed_out_is_answered_after_one_tap(ordered: ChatUser, way: str) -> None:
    await ordered.pay()
    await ordered.send("/logout")
    if way == "button":
        await ordered.click(order_words.CHECK)
    else:
        await ordered.send(way)
    await ordered.click(registration_words.SIGN_IN)
    if way == "/purchases":
        await ordered.click(order_words.CHECK)
    await ordered.receives("✅ Оплачено")


async def test_paid_and_the_callback_lost(ordered: ChatUser, sql: asyncpg.Connection) -> None:
    """The question repairs it, and the message that said “not paid” says what is open and where to go on."""
    await ordered.click(order_words.CHECK)
    await ordered.receives("Пока не оплачено")
    count = len(ordered.texts)
    paid = await ordered.pay()
    assert await sql.fetchval("select status from purchases") == "pending"
    await ordered.click(order_words.CHECK)
    assert ordered.toast == "✅ Оплачено"
    shown = await ordered.receives("✅ Оплачено")
    assert "открыт до" in shown
    assert ordered.buttons[0].startswith("▶️ Урок 1: ")
    row = await sql.fetchrow("select status, provider_payment_id from purchases")
    assert tuple(row) == ("succeeded", paid["id"])
    assert len(ordered.texts) == count
    assert ordered.links == []


@pytest.mark.errors_expected("the provider is away")
async def test_the_provider_does_not_answer(
    ordered: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await ordered.pay()
    sandbox.faults.set(provider_down=True)
    await ordered.click(order_words.CHECK)
    assert ordered.toast == "ЮKassa сейчас не отвечает"
    await ordered.receives("ЮKassa сейчас не отвечает")
    sandbox.faults.set(provider_down=False)
    await ordered.click(order_words.CHECK)
    await ordered.receives("✅ Оплачено")


class TestSlow:
    @pytest.fixture
    def timings(self) -> Timings:
        return Timings(
            asks=(NEVER,),
            dequeue=QUICK.dequeue,
            job_retry=QUICK.job_retry,
            slow_link=timedelta(seconds=0.1),
        )

    async def test_the_button_is_let_go_while_the_provider_takes_its_time(
        self, ordered: ChatUser, sandbox: Sandbox
    ) -> None:
        sandbox.faults.set(provider_slow=0.7)
        await ordered.click(order_words.CHECK)
        assert ordered.toast == ordered.words(words.CHECKING)
        await ordered.receives("Пока не оплачено")


async def test_only_what_can_be_asked_about_has_a_button_in_the_list(ordered: ChatUser) -> None:
    await ordered.send("/purchases")
    assert ordered.buttons == [ordered.words(order_words.CHECK)]
    await ordered.click(order_words.CHECK)
    await ordered.receives("Пока не оплачено")
    await ordered.send("/purchases")
    assert ordered.buttons == [ordered.words(lambda: words.check_number(1))]


async def test_declined_is_news_with_the_reason_and_the_other_ways(
    ordered: ChatUser, sql: asyncpg.Connection
) -> None:
    count = len(ordered.texts)
    await ordered.at_checkout("decline", {"reason": "insufficient_funds"})
    await ordered.click(order_words.CHECK)
    await ordered.receives("Банк отклонил: на карте не хватило денег.")
    await ordered.sees(lambda key: key.get("callback_data", "").startswith("paylater"))
    assert len(ordered.texts) == count + 1
    assert ordered.buttons == [
        "💳 Другой картой",
        "💳 Картой в Telegram · 990\xa0₽",
        "⭐ Звёздами · 500\xa0⭐",
        "Позже",
    ]
    await ordered.click("Другой картой")
    await ordered.gets_link()
    assert len(ordered.texts) == count + 1  # the decline became the new order's screen
    await ordered.send("/purchases")
    await ordered.click(lambda: words.details(1))
    assert "не оплачено (на карте не хватило денег)" in await ordered.receives("Деньги не списаны")


async def test_later_takes_the_ways_to_pay_away(ordered: ChatUser) -> None:
    await ordered.at_checkout("decline")
    await ordered.click(order_words.CHECK)
    await ordered.sees(lambda key: key.get("callback_data", "").startswith("paylater"))
    await ordered.click("Позже")
    assert ordered.buttons == []


async def test_pressed_many_times_at_once_is_asked_once(
    ordered: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    """Each press is answered; while the question is under way the provider hears no second one."""
    sandbox.faults.set(provider_slow=1.0)
    asked = CheckPayment(purchase=1, here=True).pack()
    await asyncio.gather(*(ordered.press(asked) for _ in range(6)))
    assert ordered.toast in ("Пока не оплачено", ordered.words(words.CHECKING))
    await ordered.receives("Пока не оплачено")
    assert sum("заказ создан" in text for text in ordered.texts) == 1
    assert await sql.fetchval("select asked from bot.payment_attempts") == 0
    queued = "select count(*) from bot.pgqueuer where entrypoint = 'check_payment'"
    assert await sql.fetchval(queued) <= 1


@pytest.mark.errors_expected("the provider is away")
async def test_the_order_itself_not_confirmed_yet(
    anna: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    """The answer to the creating request is unknown: nothing is claimed, and the order goes on being tried."""
    await anna.register()
    sandbox.faults.set(provider_down=True)
    await anna.send(f"/start buy_{await sql.fetchval(ROUBLES)}")
    await anna.receives("Готовлю ссылку")
    await anna.send("/paysupport")
    await anna.click(order_words.CHECK)
    shown = await anna.receives("ещё не подтвердила заказ")
    assert "ссылка на оплату отправлена" not in shown
    assert "оплачивается в Telegram" not in shown
    sandbox.faults.set(provider_down=False)
    await anna.gets_link()


async def test_stars(anna: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection) -> None:
    """The terms' message asks for the payment while the invoice is below it, and says in the end that it is paid."""
    await anna.register()
    await anna.send(f"/start buy_{await sql.fetchval(STARS)}")
    await anna.choose("stars")
    await anna.click(order_words.CHECK)
    await anna.receives("Этот заказ оплачивается в Telegram")
    message = next(one for one in reversed(anna.messages) if "invoice" in one)
    assert [key["text"] for row in message["reply_markup"]["inline_keyboard"] for key in row] == [
        "Оплатить 500\xa0⭐"
    ]
    paid = await anna._post("/invoices", {"message_id": message["message_id"], "action": "pay"})
    await anna.receives("✅ Оплачено")
    assert anna.buttons[0].startswith("▶️ ")
    with pytest.raises(NotReceivedError):
        await anna.click(order_words.CHECK)
    await anna.send("/purchases")
    await anna.click(lambda: words.details(1))
    assert "счёт отправлен" in anna.last_text
    assert "доступ открыт" in anna.last_text
    assert f"Номер операции: {paid['telegram_payment_charge_id']}" in anna.last_text


async def test_an_invoice_is_told_of_by_telegram(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.send(f"/start buy_{await sql.fetchval(ROUBLES)}")
    await anna.choose("invoice")
    await anna.click(order_words.CHECK)
    await anna.receives("Этот заказ оплачивается в Telegram")


async def test_refunds_are_part_of_the_story(
    ordered: ChatUser, olga: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await olga.send("/start")
    paid = await ordered.pay()
    await ordered.click(order_words.CHECK)
    await ordered.receives("✅ Оплачено")
    body = {"payment_id": paid["id"], "amount": "330.00"}
    sandbox.faults.set(callback_lost=0.0)
    async with ordered.http.post(f"{ordered.origin}/sandbox/refunds", json=body) as answer:
        assert answer.status == 200
    await ordered.receives("Вам возвращено")
    await ordered.send("/purchases")
    assert "✅ оплачен" in ordered.last_text
    assert " · возвращено 330\xa0₽" in ordered.last_text
    await ordered.click(lambda: words.details(1))
    assert "возвращено 330\xa0₽; доступ короче на 10 дней" in ordered.last_text


async def test_the_other_applications_purchase_is_shown_and_never_asked_about(
    ordered: ChatUser, sql: asyncpg.Connection
) -> None:
    await sql.execute(
        "insert into purchases (user_id, product_id, amount_cents, provider, status, provider_payment_id, days,"
        " currency, created_at) select id, 1, 5000, 'appstore', 'pending', 'x-1', 30, 'USD', now() from users"
    )
    await ordered.send("/purchases")
    await ordered.click(lambda: words.details(1))
    assert "50\xa0$" in ordered.last_text
    assert ordered.toast == ""
    assert await sql.fetchval("select count(*) from bot.pgqueuer where entrypoint = 'check_payment'") == 0


async def test_another_persons_purchase_is_nobodys(
    ordered: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await ben.register()
    await ben.press(CheckPayment(purchase=1).pack())
    await ben.receives(lambda: error_words.say(PurchaseUnknown(1)))
    assert not any("№1" in text for text in ben.texts)
    assert await sql.fetchval("select asked from bot.payment_attempts") == 0
