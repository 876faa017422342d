"""Access as the chat shows it."""

import asyncpg

from bot.texts import promo as promo_words
from bot.texts.access import status
from tests.chat_user import ChatUser


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
    await anna.click(promo_words.HAVE_CODE)
    await anna.send("spring")
    await anna.receives("SPRING")


async def test_a_promo_code_is_seen_with_days_bar_and_renewal(anna: ChatUser) -> None:
    await anna.register()
    await anna.send("/promo SPRING")
    await anna.receives("SPRING")
    await anna.send("/status")
    assert "Python с нуля" in anna.last_text
    assert "14 " in anna.last_text
    assert "▰▰▰▰▰▰▰▰▰▱" in anna.last_text
    assert "(МСК)" in anna.last_text
    await anna.click("Python с нуля")
    assert any("990" in label for label in anna.buttons)


async def test_for_ever_ended_and_of_unknown_start(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await give(sql, "Python", "'infinity'")
    await give(sql, "Английский", "now() - interval '1 day'")
    await give(sql, "Финансы", "now() + interval '50 hours'")
    await anna.send("/status")
    forever, soon, ended = anna.last_text.split("\n\n")[1:]
    assert "▰▰▰▰▰▰▰▰▰▰" in forever
    assert "3 дня" in soon
    assert "▰" not in soon  # nobody knows when it began
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
