"""An order as its payer meets it: one message, in no list before it is touched, at most five of them open."""

from datetime import timedelta

import asyncpg

from bot.chat.buttons import Pay
from bot.sandbox.app import Sandbox
from bot.texts import shop as shop_words
from bot.texts.format import day
from bot.texts.payments import orders as words
from handlers.app import Application
from tests.callbacks import becomes
from tests.chat.payments.links import arrived
from tests.chat.payments.orders.screens import ONE_MORE, OPEN, ROUBLES, buttons_of, newest, stripped
from tests.chat_user import ChatUser


async def test_nobody_touched_it_so_it_is_in_no_list_and_no_figure(
    anna: ChatUser, olga: ChatUser, offer: int, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.order(offer)
    await anna.send("/purchases")
    assert "\n1. " not in anna.last_text
    account = await sql.fetchval("select user_id from bot.payment_attempts")
    assert "№1" not in await olga.send(f"/user #{account}")
    assert "ждут оплаты: 0" in await olga.send("/admin")
    await anna.click(words.CHECK)
    await anna.receives("Пока не оплачено")
    await anna.send("/purchases")
    assert "\n1. " in anna.last_text
    assert "№1" in await olga.send(f"/user #{account}")
    assert "ждут оплаты: 1" in await olga.send("/admin")


async def test_paid_without_having_been_touched(anna: ChatUser, offer: int, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.order(offer)
    await anna.pay()
    await anna.receives(arrived(anna))
    await anna.send("/purchases")
    assert "\n1. " in anna.last_text


async def test_a_link_nobody_has_used_runs_out_without_a_word(
    anna: ChatUser, offer: int, sandbox: Sandbox, app: Application, sql: asyncpg.Connection
) -> None:
    """Its message says so, where it is still seen."""
    await anna.register()
    await anna.order(offer)
    count, shown = len(anna.texts), newest(anna)
    await anna.at_checkout("expire")
    await anna.receives("Ссылка на оплату устарела")
    assert len(anna.texts) == count
    assert newest(anna) == shown
    assert anna.links == []
    await anna.send("/purchases")
    assert "\n1. " not in anna.last_text


async def test_who_asked_hears_that_the_link_has_run_out(anna: ChatUser, offer: int) -> None:
    await anna.register()
    await anna.order(offer)
    await anna.click(words.CHECK)
    await anna.receives("Пока не оплачено")
    count = len(anna.texts)
    await anna.at_checkout("expire")
    await anna.receives("Оплата не прошла: ссылка устарела.")
    await anna.sees(lambda key: key.get("callback_data", "").startswith("paylater"))
    assert len(anna.texts) == count + 1


async def test_a_sixth_order_closes_the_oldest_which_can_still_be_paid(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    offers = [*await sql.fetchval(ROUBLES), await sql.fetchval(ONE_MORE)]
    assert len(offers) == 6
    first = await anna.order(offers[0])
    oldest = newest(anna)
    for one in offers[1:]:
        await anna.order(one)
    assert await sql.fetchval(OPEN) == 5
    assert await sql.fetchval("select outcome from bot.payment_attempts order by id limit 1") == "superseded"
    await becomes(lambda: stripped(anna, oldest))
    payment = first.rpartition("/")[2]
    async with anna.http.post(f"{anna.origin}/sandbox/payments/{payment}/pay", json={}) as response:
        assert response.status == 200
    await anna.receives(arrived(anna))
    assert await sql.fetchval("select status from purchases order by id limit 1") == "succeeded"
    assert await sql.fetchval(OPEN) == 5


async def test_touched_ones_are_closed_last(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    offers = [*await sql.fetchval(ROUBLES), await sql.fetchval(ONE_MORE)]
    await anna.order(offers[0])
    await anna.click(words.CHECK)
    await anna.receives("Пока не оплачено")
    for one in offers[1:]:
        await anna.order(one)
    closed = await sql.fetch("select offer_id from bot.payment_attempts where closed_at is not null")
    assert [row["offer_id"] for row in closed] == [offers[1]]


async def test_a_screen_that_was_left_is_not_written_over(
    anna: ChatUser, sandbox: Sandbox, app: Application, sql: asyncpg.Connection
) -> None:
    """The link comes while its payer looks at the course again; opened anew, the order is the same."""
    await anna.register()
    sandbox.faults.set(provider_slow=1.0)
    await anna.send("/courses")
    await anna.click("Python")
    await anna.click("30 дней · 990")
    await anna.receives("Готовлю ссылку")
    await anna.click(shop_words.BACK)
    count, course = len(anna.texts), anna.last_text
    await becomes(lambda: sql.fetchval("select link is not null from bot.payment_attempts"))
    payment = (await sql.fetchval("select link from bot.payment_attempts")).rpartition("/")[2]
    async with anna.http.post(f"{anna.origin}/sandbox/payments/{payment}/expire", json={}) as response:
        assert response.status == 200
    await becomes(lambda: sql.fetchval("select status = 'canceled' from purchases"))
    await anna.refresh()
    assert (anna.last_text, len(anna.texts)) == (course, count)


async def test_opened_anew_below_it_is_one_order_and_the_copy_above_loses_its_buttons(
    anna: ChatUser, offer: int, sql: asyncpg.Connection
) -> None:
    await anna.register()
    link, above = await anna.order(offer), newest(anna)
    assert await anna.order(offer) == link
    assert await sql.fetchval("select count(*) from purchases") == 1
    await becomes(lambda: stripped(anna, above))
    await anna.pay()
    await anna.receives(arrived(anna))
    assert sum(arrived(anna) in text for text in anna.texts) == 1


async def test_other_ways_of_the_same_terms_stand_below_the_link(
    anna: ChatUser, offer: int, sql: asyncpg.Connection
) -> None:
    """An invoice chosen there takes the screen over: the link's button does not stay beside it."""
    await anna.register()
    await anna.order(offer)
    assert anna.buttons == [
        "💳 Оплатить 990\xa0₽",
        "🔎 Проверить оплату",
        "💳 Картой в Telegram · 990\xa0₽",
        "⭐ Звёздами · 500\xa0⭐",
        "← Назад",
    ]
    screen = newest(anna)
    await anna.choose("stars")
    assert "Счёт ниже" in next(one["text"] for one in anna.messages if one["message_id"] == screen)
    assert not any("url" in key for key in buttons_of(anna, screen))
    touched = await sql.fetch(
        "select method, touched_at is not null as it from bot.payment_attempts order by id"
    )
    assert [(row["method"], row["it"]) for row in touched] == [("link", False), ("stars", True)]


async def test_what_is_open_already_is_said_with_the_new_end(anna: ChatUser, sql: asyncpg.Connection) -> None:
    """From /status it takes two taps to the button that pays."""
    await anna.register()
    await anna.send("/promo SPRING")
    await anna.receives("SPRING")
    ends = await sql.fetchval("select ends_at from usermoduleaccess")
    later = ends + timedelta(days=30)
    await anna.send("/status")
    await anna.click("Продлить")
    assert f"Сейчас открыт до {anna.words(lambda: day(ends))}." in anna.last_text
    assert f"+30 дней → до {anna.words(lambda: day(later))}" in anna.last_text
    await anna.click("30 дней · 990")
    await anna.gets_link()
    both = anna.words(lambda: f"{day(ends)} → до {day(later)}")
    assert f"Курс «Python с нуля» открыт до {both}." in anna.last_text


async def test_what_is_open_forever_is_not_sold(anna: ChatUser, offer: int, sql: asyncpg.Connection) -> None:
    await anna.register()
    await sql.execute(
        "insert into usermoduleaccess (user_id, module_id, ends_at)"
        " select u.id, m.id, 'infinity' from users u, modules m"
    )
    stars = await sql.fetchval("select id from bot.offers where currency = 'XTR' order by id limit 1")
    await anna.send(f"/start buy_{offer}")
    assert "навсегда" in anna.last_text
    await anna.press(Pay(offer=stars, method="stars").pack())
    assert "навсегда" in anna.last_text
    assert await sql.fetchval("select count(*) from purchases") == 0


async def test_paid_is_written_over_the_order_where_that_is_the_last_message(
    anna: ChatUser, offer: int, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.order(offer)
    count = len(anna.texts)
    await anna.pay()
    assert "открыт до" in await anna.receives("✅ Оплачено")
    assert len(anna.texts) == count
    assert anna.buttons[0].startswith("▶️ Урок 1: ")
    await anna.click("▶️")
    assert "Первая программа" in anna.last_text


async def test_paid_is_a_message_of_its_own_where_something_was_written_below_the_order(
    anna: ChatUser, offer: int, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.order(offer)
    order = newest(anna)
    await anna.send("/help")
    await anna.pay()
    await anna.receives(arrived(anna))
    assert anna.texts[-1].startswith("✅ Оплачено")
    above = next(one["text"] for one in anna.messages if one["message_id"] == order)
    assert above == "Курс Python с нуля · 30 дней · 990\xa0₽ · ✅ оплачен"
    assert buttons_of(anna, order) == []
