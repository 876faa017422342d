"""The overview for admins, and looking people up."""

import asyncpg

from bot.chat.commands import COMMANDS, Audience
from bot.texts import history
from bot.texts import stats as words
from bot.texts.accounts import people as people_words
from bot.texts.format import money
from db import stats
from tests.chat.accounts.rows import account_of
from tests.chat.admin import MARKUP
from tests.chat_user import BEN, OLGA, ChatUser


async def test_the_overview_leads_everywhere(olga: ChatUser, sql: asyncpg.Connection) -> None:
    await olga.send("/admin")
    assert await sql.fetchval("select name from products where product_id = 1") in olga.last_text
    with olga.localizer.use_locale(olga.language):
        others = [
            str(words.BUTTONS[one.name])
            for one in COMMANDS
            if one.audience is Audience.ADMIN and one.name != "admin"
        ]
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
        "insert into bot.failed_updates (bot_id, update_id, body, error) values (1, 1, '{}', $1)", MARKUP
    )
    await sql.execute(
        "insert into bot.pgqueuer (priority, status, entrypoint) values (0, 'failed', 'paint_the_fence')"
    )
    await olga.send("/admin")
    assert MARKUP in olga.last_text
    assert "paint_the_fence: 1" in olga.last_text


async def test_looking_somebody_up(olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection) -> None:
    await olga.register()
    await ben.register()
    await ben.send("/promo SPRING")
    await olga.send(f"/grant {BEN} 1 30")
    await sql.execute("update users set name = $1, phone = '+79990001122' where name like 'Ben%'", MARKUP)
    await sql.execute(
        "insert into purchases (user_id, product_id, amount_cents, provider, status, provider_payment_id, days,"
        " currency, created_at) select id, 1, 12300, 'cash <desk>', 'odd', 'x', 5, 'RUB', now()"
        " from users where phone is not null"
    )
    await olga.send(f"/user {BEN}")
    for part in ("+79990001122", str(BEN), "cash <desk>", "odd", MARKUP[:39]):
        assert part in olga.last_text
    assert olga.words(lambda: money(12300, "RUB")) in olga.last_text


async def test_history_of_one_and_of_all(olga: ChatUser, ben: ChatUser) -> None:
    await olga.register()
    await ben.register()
    await olga.send("/history")
    assert olga.words(history.NOBODY_YET) in olga.last_text
    await olga.send(f"/grant {BEN} 1 30")
    await olga.send(f"/revoke {BEN} 1 4")
    await olga.send("/history")
    first, second = olga.last_text.index("−4"), olga.last_text.index("+30")
    assert first < second
    await olga.send(f"/history {OLGA}")
    assert "+30" not in olga.last_text


PAID = """
insert into purchases (user_id, product_id, amount_cents, provider, status, provider_payment_id, days, currency,
                       created_at, purchased_at)
select $1, 1, amount, 'cash', status, 'paid' || n, 30, currency, at, at
from (values (1, 100000, 'succeeded', 'RUB', now() - interval '100 days'), (2, 99000, 'succeeded', 'RUB', now()),
             (3, 50, 'refunded', 'XTR', now()), (4, 199000, 'succeeded', 'RUB', now() - interval '6 days'),
             (5, 1000, 'pending', 'RUB', now()), (6, 5000, 'succeeded', 'RUB', now() - interval '20 days'))
     as rows (n, amount, status, currency, at)
"""


async def test_the_overview_opens_with_money(olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection) -> None:
    await ben.register()
    account = await account_of(sql, BEN)
    await sql.execute(PAID, account)
    await sql.execute(
        "insert into bot.refunds (purchase_id, provider, key, request, amount, currency, status, created_at,"
        " finished_at) select id, 'stars', 'k', '{}', 50, 'XTR', 'succeeded', now(), now()"
        " from purchases where currency = 'XTR'"
    )
    await sql.execute(
        "insert into usermoduleaccess (user_id, module_id, ends_at)"
        " values ($1, 1, now() + interval '3 days'), ($1, 2, now() + interval '8 days')",
        account,
    )
    await sql.execute(
        "with gone as (insert into users (email, created_at) values ('gone@x', now()) returning id), marked as ("
        " insert into bot.deleted_accounts (user_id, deleted_at) select id, now() from gone)"
        " insert into usermoduleaccess (user_id, module_id, ends_at) select id, 1, now() + interval '3 days' from gone"
    )
    await olga.send("/admin")
    today, week, month = (line for line in olga.last_text.splitlines() if " · " in line and "₽" in line)
    assert olga.words(lambda: money(99000, "RUB")) in today
    assert today.count("⭐") == 2
    assert olga.words(lambda: money(298000, "RUB")) in week
    assert olga.words(lambda: money(303000, "RUB")) in month
    for line, count in ((today, 2), (week, 3), (month, 4)):
        assert f": {count} · " in line
    assert "за неделю: 1 " in olga.last_text
    await olga.send(f"/user #{account}")
    paid = next(line for line in olga.last_text.splitlines() if line.startswith("Платежи за всё время: 5 · "))
    assert olga.words(lambda: money(403000, "RUB")) in paid
    assert paid.count(olga.words(lambda: money(50, "XTR"))) == 2


async def test_figures_of_money_touch_indexes_only(sql: asyncpg.Connection) -> None:
    await sql.execute(
        "insert into users (email, created_at) select n || '@x', now() from generate_series(1, 20000) n"
    )
    await sql.execute(
        "insert into purchases (user_id, product_id, amount_cents, provider, status, provider_payment_id, days,"
        " currency, created_at, purchased_at) select id, 1, 100, 'cash', 'succeeded', id::text, 1, 'RUB', now(),"
        " now() - id * interval '1 hour' from users"
    )
    await sql.execute(
        "insert into usermoduleaccess (user_id, module_id, ends_at)"
        " select id, 1, now() + id * interval '1 hour' from users"
    )
    await sql.execute("analyze")
    for statement in (stats.LIST_PAID, stats.COUNT_NEWCOMERS, stats.COUNT_ENDING):
        written = statement.text.replace(":today", "now()").replace(":month", "now() - interval '30 days'")
        written = written.replace(":week", "now() - interval '7 days'").replace(
            ":soon", "now() + interval '7 days'"
        )
        plan = "\n".join(row[0] for row in await sql.fetch(f"explain {written.replace(':now', 'now()')}"))
        # Nobody is deleted here: an empty table is read whole.
        assert "Seq Scan" not in plan.replace("Seq Scan on deleted_accounts", ""), plan


async def test_news_of_a_payment_names_the_payer_and_leads_on(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await olga.register()
    await ben.register()
    await ben.order(await sql.fetchval("select min(id) from bot.offers where currency = 'RUB'"))
    await olga.refresh()
    await ben.pay()
    news = await olga.receives("💰")
    assert "Ben Carter" in news
    await olga.click(people_words.PAGES[0])
    assert olga.last_text != news
    assert "Ben Carter" in olga.last_text
    await olga.click(people_words.RETURN)
    assert olga.words(lambda: money(99000, "RUB")) in olga.last_text
    assert news in olga.texts
