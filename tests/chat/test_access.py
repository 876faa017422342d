"""Access as the chat shows it."""

import asyncio

import asyncpg
import pytest

from bot.chat.buttons import Undo
from bot.chat.shop_buttons import RestoreOffer, WithdrawOffer
from bot.texts import errors
from bot.texts import home as home_words
from bot.texts.access import grants, status
from bot.texts.accounts import registration as registration_words
from bot.texts.roles import NOT_ALLOWED
from db.errors import AlreadyUndone, GrantUnknown, OfferGone, PersonUnknown, ProductUnknown
from db.normal import clean_text
from tests.chat.accounts.rows import account_of
from tests.chat.admin import ADMIN_ROWS, MARKUP
from tests.chat_user import BEN, OLGA, ChatUser, plain


async def give(sql: asyncpg.Connection, module: str, ends_at: str) -> None:
    await sql.execute(
        "INSERT INTO usermoduleaccess (user_id, module_id, ends_at)"
        f" SELECT u.id, m.id, {ends_at} FROM users u, modules m WHERE m.name LIKE $1",
        f"%{module}%",
    )


async def test_nothing_yet_shows_the_ways_in(anna: ChatUser) -> None:
    await anna.register()
    assert await anna.send("/status") == anna.words(status.NO_ACCESS)
    assert anna.words(status.SEE_COURSES) in anna.buttons
    await anna.click(home_words.PROMO)
    await anna.send("spring")
    await anna.receives("SPRING")


async def test_a_promo_code_is_seen_with_its_days_and_renewal(anna: ChatUser) -> None:
    await anna.register()
    await anna.send("/promo SPRING")
    await anna.receives("SPRING")
    await anna.send("/status")
    assert "Python с нуля" in anna.last_text
    assert "14 дней" in anna.last_text
    assert anna.buttons[0].startswith("▶️")
    await anna.click(status.RENEW_ONE)
    assert any("990" in label for label in anna.buttons)


async def test_what_ends_soonest_stands_first(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await give(sql, "Python", "'infinity'")
    await give(sql, "Английский", "now() - interval '1 day'")
    await give(sql, "Финансы", "now() + interval '50 hours'")
    await anna.send("/status")
    soon, forever, ended = anna.last_text.split("\n\n")[1:]
    assert "Python" in forever
    assert "3 дня" in soon
    assert ended.splitlines()[1].startswith("⌛")
    renewals = [label for label in anna.buttons if label.startswith(("🔄", "🔓"))]
    assert [label[0] for label in renewals] == ["🔄", "🔓"]


async def test_another_persons_access_is_not_shown(
    anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await give(sql, "Python", "'infinity'")
    await ben.register()
    assert await ben.send("/status") == ben.words(status.NO_ACCESS)


async def test_many_modules_with_odd_names(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await sql.execute(
        "INSERT INTO modules (name, interval_count)"
        " SELECT '<b>Odd & module ' || n || repeat('x', 100), 1 FROM generate_series(1, 60) n"
    )
    await give(sql, "Odd", "now() + interval '5 days'")
    await anna.send("/status")
    assert len(anna.new_texts) > 1
    assert "".join(anna.new_texts).count("<b>Odd & module") == 60
    assert len(anna.buttons) <= 100


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


@pytest.mark.parametrize("who", [str(BEN), f"TELEGRAM-{BEN}@telegram.invalid", "#{id}"])
async def test_a_grant_opens_access_and_tells_both(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection, who: str
) -> None:
    await olga.register()
    await ben.register()
    account = await account_of(sql, BEN)
    await sql.execute("update bot.chats set username = 'Ben_C' where telegram_id = $1", BEN)
    await olga.send(f"/grant {who.format(id=account)} 1 30")
    assert "Ben Carter" in olga.last_text
    assert f"#{account}" in olga.last_text
    await ben.receives("30")
    assert await days_open(sql) == 30
    row = await sql.fetchrow("select * from adminaccesshistory")
    admin = await account_of(sql, OLGA)
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


async def test_a_learner_cannot_press_an_admins_button(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await olga.register()
    await ben.register()
    await olga.send(f"/grant {BEN} 1 30")
    for button in (Undo(change=1), WithdrawOffer(offer=1), RestoreOffer(offer=1)):
        await ben.press(button.pack())
        assert ben.toast == ben.words(NOT_ALLOWED)
    assert await days_open(sql) == 30
    assert await sql.fetchval("select count(*) from bot.offers where not active") == 0


WRONG_GRANTS = [
    f"{BEN} one 30", f"{BEN} 1 0", f"{BEN} 1 -5", f"{BEN} 1 36501", f"{BEN} 1 1{'0' * 30}",
    f"{BEN} 9223372036854775808 1", f"{BEN} 0 1", f"{BEN} 1 1.5", f"{BEN} 1 🙂", f"{BEN} 1 ↉", f"{BEN} {MARKUP}",
    f"{BEN} 1 {'9' * 100}", f"{BEN} 77 30", f"{BEN} Kurs 30", f"{BEN} 1 30 {'x' * 400}",
]  # fmt: skip


@pytest.mark.parametrize("command", ["grant", "revoke"])
async def test_a_slip_changes_nothing_and_is_asked_for(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection, command: str
) -> None:
    await olga.register()
    await ben.register()
    await give(sql, "", "now() + interval '90 days'")
    before = tuple(await sql.fetchrow(ADMIN_ROWS))
    for written in WRONG_GRANTS:
        await olga.send(f"/{command} {written}")
        assert olga.last_text.startswith("⚠️"), written
        assert f"/{command} КТО ПРОДУКТ ДНЕЙ" in olga.last_text, written
        assert "Ben Carter" in olga.last_text, written
        assert olga.buttons, written
    assert tuple(await sql.fetchrow(ADMIN_ROWS)) == before


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
        assert olga.words(lambda: errors.say(ProductUnknown(77))) in olga.last_text


async def test_a_button_made_up_is_answered(olga: ChatUser) -> None:
    await olga.register()
    await olga.press(Undo(change=2**63 - 1).pack())
    assert olga.last_text == olga.words(lambda: errors.say(GrantUnknown(1)))
    await olga.press(WithdrawOffer(offer=2**63 - 1).pack())
    assert olga.last_text == olga.words(lambda: errors.say(OfferGone(1)))
    for data in (f"undo:{2**63}", "undo:x", "undo:", "withdraw:1:-1", f"withdraw:1:{10**30}", "offers:10001"):
        await olga.press(data)
        assert olga.toast == olga.words(registration_words.STALE_BUTTON)
