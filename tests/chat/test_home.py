"""Home: one tap to the next lesson, one message that lives."""

from typing import Any

import asyncpg

from bot.chat.buttons import Continue, ShowLesson
from bot.texts import home as words
from bot.texts import lessons
from bot.texts.accounts import registration
from tests.chat.learning import DONE, take
from tests.chat.test_access import give
from tests.chat.test_lessons import lesson_id
from tests.chat_user import ANNA, ChatUser


def message_with(person: ChatUser, part: str) -> dict[str, Any]:
    """The newest message of the bot that says it."""
    return next(
        one
        for one in reversed(person.messages)
        if not one.get("outgoing") and part in (one.get("text") or "")
    )


def labels(message: dict[str, Any]) -> list[str]:
    rows = (message.get("reply_markup") or {}).get("inline_keyboard") or []
    return [key["text"] for row in rows for key in row]


async def home_id(sql: asyncpg.Connection) -> int | None:
    found: int | None = await sql.fetchval("select home_id from bot.chats where telegram_id = $1", ANNA)
    return found


async def test_the_next_lesson_is_one_tap_away(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await give(sql, "Python", "now() + interval '50 days'")
    await anna.press(ShowLesson(id=await lesson_id(sql, "Первая программа")).pack())
    await anna.click(DONE)
    for command in ("/start", "/status", "/lessons"):
        await anna.send(command)
        assert anna.buttons[0].startswith("▶️ Урок 2: Переменные"), command
        await anna.click("▶️")
        assert "Переменные: имена для значений" in anna.last_text


async def test_home_greets_by_first_name_with_a_line_per_course(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await give(sql, "Python", "now() + interval '50 days'")
    await give(sql, "Английский", "now() + interval '20 days'")
    await give(sql, "Финансы", "now() - interval '20 days'")
    await anna.send("/start")
    heading, _, *lines = anna.last_text.split("\n")
    assert "Анна" in heading
    assert "Соколова" not in heading
    assert [line.split(" · ")[0] for line in lines] == [
        "Английский: разговор",
        "Python с нуля",
        "⌛ Финансы для себя",
    ]
    assert "0 из 4 · до " in lines[0]
    for label in (words.MY_COURSES, words.BUY, words.PROMO, words.PROFILE):
        assert anna.words(label) in anna.buttons
    assert anna.words(words.ADMIN) not in anna.buttons


async def test_the_course_used_last_goes_on(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await give(sql, "Python", "now() + interval '50 days'")
    await give(sql, "Английский", "now() + interval '20 days'")
    await anna.send("/start")
    assert "Знакомство" in anna.buttons[0]
    await anna.press(ShowLesson(id=await lesson_id(sql, "Условия")).pack())
    await anna.send("/start")
    assert "Первая программа" in anna.buttons[0]


async def test_who_has_no_course_begins_with_a_free_lesson(anna: ChatUser) -> None:
    await anna.register()
    await anna.send("/start")
    assert anna.buttons[0] == "▶️ Урок 1: Первая программа"
    await anna.click("▶️")
    await anna.click(DONE)
    await anna.send("/start")
    assert "Переменные" in anna.buttons[0]


async def test_a_lesson_done_redraws_home(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await give(sql, "Python", "now() + interval '50 days'")
    await anna.send("/start")
    await anna.click("▶️")
    await anna.click(DONE)
    home = message_with(anna, "до ")
    assert "1 из 5" in home["text"]
    assert labels(home)[0].startswith("▶️ Урок 2")
    assert home["message_id"] == await home_id(sql)


async def test_of_two_homes_the_older_loses_its_buttons(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await give(sql, "Python", "now() + interval '50 days'")
    for _ in range(2):
        await anna.send("/start")
        await anna.click("▶️")
    first, second = [one for one in anna.messages if "0 из 5" in (one.get("text") or "")]
    assert labels(first) == []
    assert labels(second)[0].startswith("▶️ Урок 1")


async def test_an_old_home_opens_what_is_next_now(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await give(sql, "Python", "now() + interval '50 days'")
    await anna.send("/start")
    old = message_with(anna, "0 из 5")["message_id"]
    await anna.press(ShowLesson(id=await lesson_id(sql, "Первая программа")).pack())
    await anna.click(DONE)
    await anna.press(Continue(lesson=await lesson_id(sql, "Первая программа")).pack(), old)
    assert "Переменные" in anna.last_text
    redrawn = next(one for one in anna.messages if one["message_id"] == old)
    assert labels(redrawn)[0].startswith("▶️ Урок 2")


async def test_home_s_buttons_rewrite_it_and_lead_back(anna: ChatUser) -> None:
    await anna.register()
    await anna.send("/start")
    count = len(anna.messages)
    for button, back in ((words.MY_COURSES, words.HOME), (words.MY_COURSES, lessons.MY_ACCESS)):
        await anna.click(button)
        await anna.click(back)
    await anna.click(words.HOME)
    assert len(anna.messages) == count
    assert anna.words(words.PROMO) in anna.buttons


async def test_a_message_that_became_something_else_is_home_no_more(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.send("/start")
    await anna.click("▶️")
    assert await home_id(sql)
    await anna.click(words.MY_COURSES)
    assert await home_id(sql) is None


async def test_what_ends_soon_is_renewed_from_home(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await give(sql, "Python", "now() + interval '5 days'")
    await anna.send("/start")
    assert anna.buttons[1].startswith("🔄")
    await anna.click("🔄")
    assert any("990" in label for label in anna.buttons)


async def test_the_end_of_a_course_leads_on(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await give(sql, "Финансы", "now() + interval '50 days'")
    await give(sql, "Английский", "now() + interval '90 days'")
    await anna.press(ShowLesson(id=await lesson_id(sql, "Куда уходят деньги")).pack())
    for at in range(4):
        await take(anna, sql, last=at == 3)
    assert "🎉" in anna.last_text
    assert "Знакомство" in anna.buttons[1]
    assert any("t.me/share/url?url=https%3A%2F%2Ft.me%2F" in link for link in anna.links)


async def test_news_stay_where_a_button_of_theirs_is_pressed(anna: ChatUser) -> None:
    await anna.register()
    await anna.send("/promo SPRING")
    news = await anna.receives("SPRING")
    await anna.click("Мой доступ")
    assert news in anna.texts
    assert anna.last_text.startswith("🔑")


async def test_the_news_of_a_payment_stay_when_one_goes_on_from_them(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.order(await sql.fetchval("select min(id) from bot.offers where currency = 'RUB'"))
    await anna.pay()
    news = await anna.receives("✅ Оплачено")
    for _ in range(2):
        await anna.press(Continue(lesson=await lesson_id(sql, "Первая программа"), stays=True).pack())
        await anna.click(DONE)
    assert "Условия" in anna.last_text
    assert news in anna.texts


async def test_an_admin_has_one_button_more(olga: ChatUser) -> None:
    await olga.register()
    await olga.send("/start")
    await olga.click(words.ADMIN)
    assert "Управление" in olga.last_text


async def test_an_unknown_button_shows_how_to_go_on(anna: ChatUser, ben: ChatUser) -> None:
    await anna.register()
    await anna.press("long:gone")
    assert anna.toast == anna.words(registration.STALE_BUTTON)
    assert anna.words(words.MY_COURSES) in anna.buttons
    await ben.send("/start")
    await ben.press("long:gone")
    assert ben.words(registration.REGISTER) in ben.buttons
