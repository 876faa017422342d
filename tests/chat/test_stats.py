"""The overview for admins, and looking people up."""

import asyncpg

from bot.chat.commands import COMMANDS, Audience
from bot.texts.access import grants
from bot.texts.commands import about
from bot.texts.format import money
from tests.chat.admin import MARKUP
from tests.chat_user import BEN, OLGA, ChatUser


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
    assert olga.last_text == olga.words(lambda: grants.history([], None))
    await olga.send(f"/grant {BEN} 1 30")
    await olga.send(f"/revoke {BEN} 1 4")
    await olga.send("/history")
    first, second = olga.last_text.index("−4"), olga.last_text.index("+30")
    assert first < second
    await olga.send(f"/history {OLGA}")
    assert "+30" not in olga.last_text
