"""What admins do in the chat: grants, undo, promo codes, offers, looking people up."""

import asyncio
from functools import partial

import asyncpg
import pytest

from bot.chat.buttons import DropOffer, RestoreOffer, SellOffer, Undo, WithdrawOffer
from bot.chat.commands import COMMANDS, Audience
from bot.texts import errors
from bot.texts import shop as shop_words
from bot.texts.access import grants
from bot.texts.accounts import registration as registration_words
from bot.texts.commands import about
from bot.texts.format import money
from db.errors import AlreadyUndone, GrantUnknown, OfferGone, PersonUnknown, ProductUnknown, PromoExists
from db.normal import clean_text
from tests.chat_user import BEN, ChatUser, plain

NASTY = "<b>x</b>\" & '); drop table users; -- 🙂"
BOOKS = """
select (select count(*) from adminaccesshistory), (select count(*) from usermoduleaccess),
       (select count(*) from promocodes), (select count(*) from bot.offers)
"""


async def days_open(sql: asyncpg.Connection) -> int:
    """Whole days of Ben's first access, counted from now."""
    return await sql.fetchval(  # type: ignore[no-any-return]
        "select round(extract(epoch from ends_at - now()) / 86400) from usermoduleaccess order by id limit 1"
    )


async def test_an_admin_without_an_account_is_asked_to_register(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await ben.register()
    await olga.send(f"/grant {BEN} 1 30")
    await olga.receives(grants.REGISTER_FIRST)
    assert olga.words(registration_words.REGISTER) in olga.buttons
    assert await sql.fetchval("select count(*) from adminaccesshistory") == 0


@pytest.mark.parametrize("who", [str(BEN), "BEN@example.com", "#{id}", "@bEN_c"])
async def test_a_grant_opens_access_and_tells_both(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection, who: str
) -> None:
    await olga.register()
    await ben.register()
    account = await sql.fetchval("select id from users where email = 'ben@example.com'")
    await sql.execute("update bot.chats set username = 'Ben_C' where telegram_id = $1", BEN)
    await olga.send(f"/grant {who.format(id=account)} 1 30")
    assert "Ben Carter" in olga.last_text
    assert f"#{account}" in olga.last_text
    await ben.receives("30")
    assert await days_open(sql) == 30
    row = await sql.fetchrow("select * from adminaccesshistory")
    admin = await sql.fetchval("select id from users where email = 'olga@example.com'")
    assert (row["admin_id"], row["target_user_id"], row["product_id"], row["days"]) == (admin, account, 1, 30)


async def test_undo_takes_back_once_and_tells_the_learner(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await olga.register()
    await ben.register()
    await olga.send(f"/grant {BEN} 1 30")
    await ben.receives("30")
    heard = len(ben.texts)
    await olga.click(grants.UNDO)
    assert await days_open(sql) == 0
    await told_anew(ben, heard)
    await olga.click(grants.UNDO)
    await olga.receives(lambda: errors.say(AlreadyUndone(1)))
    rows = await sql.fetch("select days from adminaccesshistory order by id")
    assert [row["days"] for row in rows] == [30, -30]


async def told_anew(person: ChatUser, heard: int) -> None:
    """Waits for a message that came by a job."""
    async with asyncio.timeout(20):
        while len(person.texts) <= heard:
            await asyncio.sleep(0.03)
            await person.refresh()


async def test_a_revocation_shortens_access_and_undo_restores_it(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await olga.register()
    await ben.register()
    await olga.send(f"/grant {BEN} 1 30")
    await olga.send(f"/revoke {BEN} 1 7")
    assert await days_open(sql) == 23
    await olga.click(grants.UNDO)
    assert await days_open(sql) == 30


@pytest.mark.parametrize("button", [Undo(change=1), WithdrawOffer(offer=1), RestoreOffer(offer=1)])
async def test_a_learner_cannot_press_an_admins_button(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection, button: Undo
) -> None:
    await olga.register()
    await ben.register()
    await olga.send(f"/grant {BEN} 1 30")
    await ben.press(button.pack())
    assert ben.toast == ben.words(registration_words.STALE_BUTTON)
    assert await days_open(sql) == 30
    assert await sql.fetchval("select count(*) from bot.offers where not active") == 0


async def test_admin_commands_are_unknown_to_everyone_else(ben: ChatUser) -> None:
    await ben.register()
    for command in COMMANDS:
        if command.audience is Audience.ADMIN:
            await ben.send(f"/{command.name}")
            assert ben.last_text == ben.words(registration_words.UNKNOWN_COMMAND)
            await ben.press(f"go:{command.name}")
            assert ben.toast == ben.words(registration_words.STALE_BUTTON)


WRONG_GRANTS = [
    "", "x", "x 1", f"{BEN} 1 30 7", f"{BEN} one 30", f"{BEN} 1 0", f"{BEN} 1 -5", f"{BEN} 1 36501",
    f"{BEN} 1 1{'0' * 30}", f"{BEN} 9223372036854775808 1", f"{BEN} 0 1", f"{BEN} 1 1.5", f"{BEN} 1 🙂",
    f"{BEN} 1 ↉", f"{BEN} {NASTY}", "9" * 3900 + " 1 " + "9" * 100,
]  # fmt: skip


@pytest.mark.parametrize("command", ["grant", "revoke"])
async def test_wrong_arguments_get_usage_and_change_nothing(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection, command: str
) -> None:
    await olga.register()
    await ben.register()
    before = tuple(await sql.fetchrow(BOOKS))
    for written in WRONG_GRANTS:
        await olga.send(f"/{command} {written}")
        assert olga.last_text.startswith("⚠️"), written
        assert f"/{command} WHO PRODUCT DAYS" in olga.last_text, written
    assert tuple(await sql.fetchrow(BOOKS)) == before


NOBODIES = [
    "@nobody", "nobody@example.com", "#99", "#9223372036854775808", "9" * 30, "😀", "<b>@x</b>", "'--",
]  # fmt: skip


async def test_nobody_is_told_as_nobody(olga: ChatUser, sql: asyncpg.Connection) -> None:
    await olga.register()
    for who in NOBODIES:
        with olga.localizer.use_locale(olga.language):
            unknown = plain(errors.say(PersonUnknown(clean_text(who))))
        for command in (f"/grant {who} 1 30", f"/revoke {who} 1 30", f"/user {who}", f"/history {who}"):
            await olga.send(command)
            assert olga.last_text == unknown, command
    assert await sql.fetchval("select count(*) from adminaccesshistory") == 0


async def test_an_unknown_product_is_named(olga: ChatUser, ben: ChatUser) -> None:
    await olga.register()
    await ben.register()
    for command in (f"/grant {BEN} 77 1", "/promo_new ABC 77 1 1", "/offer 77 1 10 XTR"):
        await olga.send(command)
        assert olga.last_text == olga.words(lambda: errors.say(ProductUnknown(77)))


async def test_a_button_made_up_is_answered(olga: ChatUser) -> None:
    await olga.register()
    await olga.press(Undo(change=2**63 - 1).pack())
    assert olga.last_text == olga.words(lambda: errors.say(GrantUnknown(1)))
    await olga.press(WithdrawOffer(offer=2**63 - 1).pack())
    assert olga.last_text == olga.words(lambda: errors.say(OfferGone(1)))
    for data in (f"undo:{2**63}", "undo:x", "undo:", "withdraw:1:-1", f"withdraw:1:{10**30}", "offers:10001"):
        await olga.press(data)
        assert olga.toast == olga.words(registration_words.STALE_BUTTON)


async def test_a_promo_code_is_made_linked_listed_and_redeemed(olga: ChatUser, ben: ChatUser) -> None:
    await ben.register()
    await olga.send("/promo_new Winter_26 1 14 2")
    assert "?start=promo_Winter_26" in olga.last_text
    await olga.send("/promo_new winter_26 1 14 2")
    assert olga.last_text == olga.words(lambda: errors.say(PromoExists("winter_26")))
    await ben.send("/start promo_Winter_26")
    await ben.receives("Winter_26")
    await olga.send("/promos")
    line = next(line for line in olga.last_text.splitlines() if "Winter_26" in line)
    assert line.startswith("🟢")
    assert "1" in line.split("Winter_26")[1]


@pytest.mark.parametrize("code", ["СКИДКА", "🎁" * 10, "<b>&'\"--", "x" * 59, "x" * 64])
async def test_a_code_that_fits_no_link_is_made_without(olga: ChatUser, ben: ChatUser, code: str) -> None:
    await ben.register()
    await olga.send(f"/promo_new {code} 1 14 2")
    assert code in olga.last_text
    assert "start=promo_" not in olga.last_text
    await ben.send(f"/promo {code}")
    await ben.receives(code)
    await olga.send("/promos")
    assert code in olga.last_text


WRONG_PROMOS = [
    "", "x" * 65 + " 1 1 1", "A 1 1", "A 1 1 0", "A 1 1 2147483648", "A 1 0 5", "A 1 36501 5", "A B 1 1 1",
]  # fmt: skip


async def test_a_promo_code_written_wrongly_is_not_made(olga: ChatUser, sql: asyncpg.Connection) -> None:
    before = tuple(await sql.fetchrow(BOOKS))
    for written in WRONG_PROMOS:
        await olga.send(f"/promo_new {written}")
        assert "/promo_new CODE PRODUCT DAYS MAX" in olga.last_text, written
    assert tuple(await sql.fetchrow(BOOKS)) == before


PRICES = [
    ("990 RUB", 99_000, "RUB"),
    ("990.50 rub", 99_050, "RUB"),
    ("990,50 RUB", 99_050, "RUB"),
    ("1 990 RUB", 199_000, "RUB"),
    ("150 XTR", 150, "XTR"),
    ("21474836.47 RUB", 2**31 - 1, "RUB"),
    ("990₽", 99_000, "RUB"),
    ("1 990,50 руб.", 199_050, "RUB"),
    ("1,990.50 р", 199_050, "RUB"),
    ("1.990,50 рублей", 199_050, "RUB"),
    ("100 звёзд", 100, "XTR"),
    ("1,234,567⭐️", 1_234_567, "XTR"),
    ("$10", 1_000, "USD"),
    ("€ 0,500", 50, "EUR"),
    ("٩٩٠\u200b RUB", 99_000, "RUB"),
]


async def test_an_offer_is_made_as_its_price_is_written(olga: ChatUser, sql: asyncpg.Connection) -> None:
    for written, amount, currency in PRICES:
        await olga.send(f"/offer 1 30 {written}")
        row = await sql.fetchrow("select * from bot.offers order by id desc limit 1")
        made = (row["product_id"], row["days"], row["price"], row["currency"])
        assert made == (1, 30, amount, currency)
        with olga.localizer.use_locale(olga.language):
            assert money(amount, currency) in olga.last_text
        assert not row["active"], "on sale before the price was confirmed"
        await olga.click(partial(money, amount, currency))
        assert f"?start=buy_{row['id']}" in olga.last_text
        assert await sql.fetchval("select active from bot.offers where id = $1", row["id"])


async def test_a_price_shown_wrongly_is_dropped(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await ben.register()
    before = await sql.fetchval("select count(*) from bot.offers")
    await olga.send("/offer 1 30 9900 RUB")
    made = await sql.fetchval("select max(id) from bot.offers")
    await ben.send(f"/start buy_{made}")
    await ben.receives("/courses")
    await olga.click(shop_words.DROP)
    await olga.receives(shop_words.DROPPED)
    assert await sql.fetchval("select count(*) from bot.offers") == before
    await olga.press(SellOffer(offer=made).pack())
    await olga.receives("/courses")
    on_sale = await sql.fetchval("select min(id) from bot.offers where active")
    await olga.press(DropOffer(offer=on_sale).pack())
    assert await sql.fetchval("select count(*) from bot.offers") == before


@pytest.mark.parametrize(
    ("written", "readings"),
    [
        ("1,990 RUB", ["1990", "1.99"]),
        ("1.990 RUB", ["1990", "1.99"]),
        ("12,500 RUB", ["12500", "12.5"]),
        ("2,000 RUB", ["2000", "2"]),
        ("100.000₽", ["100000", "100"]),
        ("1,990 XTR", ["1990"]),
        ("1 990,500 руб", ["1990500", "1990.5"]),
    ],
)
async def test_an_ambiguous_price_is_refused_with_both_readings(
    olga: ChatUser, sql: asyncpg.Connection, written: str, readings: list[str]
) -> None:
    before = tuple(await sql.fetchrow(BOOKS))
    await olga.send(f"/offer 1 30 {written}")
    assert tuple(await sql.fetchrow(BOOKS)) == before
    assert " или ".join(readings) in olga.last_text


WRONG_OFFERS = [
    "", "1 30 990", "1 30 0 RUB", "1 30 -1 RUB", "1 30 9.905 RUB", "1 30 1.5 XTR", "1 30 21474836.48 RUB",
    "1 30 1e9 RUB", "1 30 990 ZZZ", "1 30 $10 EUR", "1 30 nan RUB", "1 0 990 RUB", "1 30 " + "9" * 4000 + " RUB",
]  # fmt: skip


async def test_an_offer_written_wrongly_is_not_made(olga: ChatUser, sql: asyncpg.Connection) -> None:
    before = tuple(await sql.fetchrow(BOOKS))
    for written in WRONG_OFFERS:
        await olga.send(f"/offer {written}")
        assert "/offer PRODUCT DAYS PRICE CURRENCY" in olga.last_text, written
    assert tuple(await sql.fetchrow(BOOKS)) == before


async def test_an_offer_is_withdrawn_and_restored(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await olga.send("/offer 1 30 990 RUB")
    await olga.click("✅")
    made = await sql.fetchval("select max(id) from bot.offers")
    await olga.press(WithdrawOffer(offer=made).pack())
    await ben.send(f"/start buy_{made}")
    assert await sql.fetchval("select active from bot.offers where id = $1", made) is False
    await olga.press(WithdrawOffer(offer=made).pack())
    assert await sql.fetchval("select active from bot.offers where id = $1", made) is False
    await olga.press(RestoreOffer(offer=made).pack())
    assert await sql.fetchval("select active from bot.offers where id = $1", made) is True


async def test_offers_turn_pages_and_products_have_ids(olga: ChatUser, sql: asyncpg.Connection) -> None:
    for price in range(1, 18):
        await sql.execute(
            "insert into bot.offers (product_id, days, price, currency) values (1, 5, $1, 'XTR')", price
        )
    await olga.send("/offers")
    first = olga.last_text
    for product_id, name in await sql.fetch("select product_id, name from products"):
        assert f"{product_id} · {name[:30]}" in first
    await olga.click("▶️")
    assert olga.last_text != first
    await olga.click("◀️")
    assert olga.last_text == first


async def test_lists_of_the_longest_names_fit_into_a_message(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await olga.register()
    await ben.register()
    await sql.execute("update users set name = repeat('🙂<&', 900)")
    await sql.execute("update products set name = repeat('🙂<&', 900)")
    await sql.execute("update modules set name = repeat('🙂<&', 900)")
    for number in range(25):
        code = str(number).rjust(2, "0") + "🎁" * 31
        await olga.send(f"/promo_new {code} 1 14 2")
        await olga.send(f"/grant {BEN} 1 {number + 1}")
        await olga.send("/offer 1 30 990 RUB")
    for command in ("/admin", "/offers", "/promos", "/history", f"/history {BEN}", f"/user {BEN}"):
        await olga.send(command)
        assert "🙂<&" in olga.new_texts[-1]


async def test_the_overview_leads_everywhere(olga: ChatUser, sql: asyncpg.Connection) -> None:
    await olga.send("/admin")
    assert await sql.fetchval("select name from products where product_id = 1") in olga.last_text
    with olga.localizer.use_locale(olga.language):
        others = [about(one) for one in COMMANDS if one.audience is Audience.ADMIN and one.name != "admin"]
    assert set(others) <= set(olga.buttons)
    for label in others:
        await olga.send("/admin")
        context = olga.last_text
        await olga.click(label)
        assert olga.last_text != context
        assert not olga.toast


async def test_the_overview_shows_what_waits_for_somebody(olga: ChatUser, sql: asyncpg.Connection) -> None:
    await olga.send("/admin")
    assert "⚠️" not in olga.last_text
    await sql.execute(
        "insert into bot.failed_updates (bot_id, update_id, body, error) values (1, 1, '{}', $1)", NASTY
    )
    await sql.execute(
        "insert into bot.pgqueuer (priority, status, entrypoint) values (0, 'failed', 'paint_the_fence')"
    )
    await olga.send("/admin")
    assert NASTY in olga.last_text
    assert "paint_the_fence: 1" in olga.last_text


async def test_looking_somebody_up(olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection) -> None:
    await olga.register()
    await ben.register()
    await ben.send("/promo SPRING")
    await olga.send(f"/grant {BEN} 1 30")
    await sql.execute("update users set name = $1, phone = '+79990001122' where email like 'ben%'", NASTY)
    await sql.execute(
        "insert into purchases (user_id, product_id, amount_cents, provider, status, provider_payment_id, days,"
        " currency, created_at) select id, 1, 12300, 'cash <desk>', 'odd', 'x', 5, 'RUB', now()"
        " from users where email like 'ben%'"
    )
    await olga.send("/user ben@example.com")
    for part in ("ben@example.com", "+79990001122", str(BEN), "cash <desk>", "odd", NASTY[:39]):
        assert part in olga.last_text
    assert olga.words(lambda: money(12300, "RUB")) in olga.last_text


async def test_history_of_one_and_of_all(olga: ChatUser, ben: ChatUser) -> None:
    await olga.register()
    await ben.register()
    await olga.send("/history")
    assert olga.last_text == olga.words(lambda: grants.history([], None))
    await olga.send(f"/grant {BEN} 1 30")
    await olga.send(f"/revoke {BEN} 1 4")
    await olga.send("/history")
    first, second = olga.last_text.index("−4"), olga.last_text.index("+30")
    assert first < second
    await olga.send("/history olga@example.com")
    assert "+30" not in olga.last_text
