"""Reminders in the chat: at one's own hour, of what is so when they are sent, each once."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from bot.chat.reminder_buttons import ChooseClock, ChooseZone, MuteReminders, ToggleReminders
from bot.clock import Clock
from bot.jobs.moving import ClockMover
from bot.sandbox.telegram import calls
from bot.sandbox.telegram.errors import bad_request
from bot.sandbox.telegram.methods import find_method
from bot.sandbox.telegram.methods.messages import send_message
from bot.texts import home as home_words
from bot.texts import reminders as words
from bot.zones import CITIES, list_offsets
from db.engine import Pool
from db.outbox import Channel, Outgoing, put
from db.queue import move_nearer
from db.reminders.due import Group
from handlers.app import Application
from tests.chat.test_lessons import with_python
from tests.chat_user import ChatUser

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MOSCOW, KATHMANDU = "Europe/Moscow", "Asia/Katmandu"


async def ends_in(sql: asyncpg.Connection, clock: Clock, left: timedelta) -> None:
    await sql.execute("UPDATE usermoduleaccess SET ends_at = $1", clock.now() + left)
    await sql.execute("UPDATE bot.access_changes SET created_at = created_at - interval '2 days'")


def sent(anna: ChatUser, part: str) -> list[str]:
    return [text for text in anna.texts if part in text]


async def states(sql: asyncpg.Connection) -> list[tuple[str, str]]:
    rows = await sql.fetch("SELECT kind, state FROM bot.outbox ORDER BY id")
    return [(row["kind"], row["state"]) for row in rows]


def until_hour(clock: Clock, zone: str, hour: int) -> timedelta:
    """To the next time that it is this hour there."""
    local = clock.now().astimezone(ZoneInfo(zone))
    then = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return (then if then > local else then + DAY) - local


async def test_the_school_s_clock_is_one_tap(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.send("/reminders")
    [first, *_] = anna.buttons
    assert first.endswith("Москва")
    await anna.click(first)
    assert await sql.fetchval("SELECT zone FROM bot.reminders") == "Europe/Moscow"


async def test_the_clock_and_a_city_give_the_zone(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.send("/reminders")
    assert anna.last_text.startswith("🕐")
    assert len(anna.buttons) == 1 + len(list_offsets(datetime.now(UTC)))
    await anna.press(ChooseClock(minutes=345).pack())
    assert anna.buttons == ["Катманду", anna.words(words.NOT_HERE)]
    await anna.click("Катманду")
    assert "Катманду" in anna.last_text
    assert "12:00" in anna.last_text
    await anna.click(words.CHANGE_HOUR)
    await anna.click("9:00")
    assert "9:00" in anna.last_text
    zone, hour, at = await sql.fetchrow("SELECT zone, hour, next_at FROM bot.reminders")
    assert (zone, hour) == (KATHMANDU, 9)
    assert (at.astimezone(ZoneInfo(KATHMANDU)).hour, at.minute) == (9, 15)
    await anna.send("/reminders")
    await anna.click(words.GROUPS[Group.REVIEW])
    assert await sql.fetchval("SELECT muted FROM bot.reminders") == ["review"]
    await anna.click(words.GROUPS[Group.REVIEW])
    assert await sql.fetchval("SELECT muted FROM bot.reminders") == []


async def test_made_up_choices_change_nothing(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.send("/reminders")
    await anna.press(ChooseClock(minutes=7).pack())
    assert anna.last_text.startswith("🕐")
    await anna.press(ChooseZone(at=999).pack())
    await anna.press("hour:3")
    await anna.press(ToggleReminders(group="everything").pack())
    await anna.press(MuteReminders(group="everything").pack())
    zone, hour, muted = await sql.fetchrow("SELECT zone, hour, muted FROM bot.reminders")
    assert (zone, hour, muted) == (None, 12, [])


@pytest.mark.errors_expected("access that is changed by hand is an alarm")
async def test_access_that_ends_is_told_once_at_ones_own_hour(
    anna: ChatUser, mover: ClockMover, clock: Clock, sql: asyncpg.Connection
) -> None:
    await with_python(anna)
    await anna.press(ChooseZone(at=CITIES.index(KATHMANDU)).pack())
    await mover.advance(until_hour(clock, KATHMANDU, 11))
    await ends_in(sql, clock, 20 * HOUR)
    await mover.advance(timedelta(minutes=58))
    await anna.refresh()
    assert sent(anna, "⏳") == []
    await mover.advance(timedelta(minutes=4))
    await anna.receives("закончится")
    assert any("990" in label for label in anna.buttons)
    await mover.advance(4 * HOUR)
    await anna.refresh()
    assert len(sent(anna, "⏳")) == 1
    assert await states(sql) == [("access_ends_in_1", "sent")]
    at = await sql.fetchval("SELECT sent_at FROM bot.outbox")
    assert at.astimezone(ZoneInfo(KATHMANDU)).hour == 12
    await mover.advance(DAY)
    await anna.receives("закончился")
    await mover.advance(3 * DAY)
    await anna.refresh()
    assert len(sent(anna, "закончился")) == 1
    await anna.click("990")
    await anna.receives("990")


@pytest.mark.errors_expected("access that is changed by hand is an alarm")
async def test_what_was_renewed_after_planning_is_not_told(
    anna: ChatUser, mover: ClockMover, clock: Clock, sql: asyncpg.Connection
) -> None:
    await with_python(anna)
    await anna.press(ChooseZone(at=CITIES.index(KATHMANDU)).pack())
    await mover.advance(until_hour(clock, KATHMANDU, 11))
    await ends_in(sql, clock, 20 * HOUR)
    await mover.advance(timedelta(minutes=55))
    assert await states(sql) == [("access_ends_in_1", "waiting")]
    await ends_in(sql, clock, 20 * DAY)
    await mover.advance(HOUR)
    assert await states(sql) == [("access_ends_in_1", "dropped")]
    await anna.refresh()
    assert sent(anna, "⏳") == []


@pytest.mark.errors_expected("access that is changed by hand is an alarm")
async def test_a_course_that_waits_leads_on_and_can_be_muted(
    anna: ChatUser, mover: ClockMover, clock: Clock, sql: asyncpg.Connection
) -> None:
    await with_python(anna)
    await mover.advance(4 * DAY + HOUR)
    await anna.receives("ждёт вас")
    assert anna.buttons[0].startswith("▶️ Урок 1")
    await anna.click(words.MUTE)
    assert anna.toast == anna.words(words.MUTED)
    assert anna.buttons[0].startswith("▶️ Урок 1")
    await anna.click("▶️")
    assert "Первая программа" in anna.last_text
    await ends_in(sql, clock, 90 * DAY)
    await mover.advance(8 * DAY)
    await anna.refresh()
    assert len(sent(anna, "ждёт вас")) == 1


@pytest.mark.errors_expected("access that is changed by hand is an alarm")
async def test_questions_to_review_are_told_once_though_the_clock_goes_back(
    anna: ChatUser, mover: ClockMover, clock: Clock, app: Application, sql: asyncpg.Connection
) -> None:
    await with_python(anna)
    await anna.press(ChooseZone(at=CITIES.index(KATHMANDU)).pack())
    await ends_in(sql, clock, 90 * DAY)
    await sql.execute(
        "INSERT INTO bot.cards (user_id, question_id, card, due, reviews) SELECT a.user_id, q.id, '{}', $2, 1"
        " FROM authidentities a, bot.questions q JOIN bot.lessons l ON l.id = q.lesson_id"
        " WHERE a.providerkey = $1 AND l.title = 'Условия: если и иначе'",
        str(anna.id),
        clock.now() + DAY,
    )
    await mover.advance(until_hour(clock, KATHMANDU, 12) + DAY + HOUR / 2)
    told = await anna.receives("🔁")
    clock.move(-3600)
    async with app.database.transaction(Pool.JOBS) as session:
        await move_nearer(session, timedelta(), clock.ahead)
    await mover.advance(3 * HOUR)
    assert await states(sql) == [("review_due", "sent")]
    await anna.refresh()
    assert sent(anna, "🔁") == [told]
    assert anna.buttons == [anna.words(words.REVIEW), anna.words(words.MUTE)]
    await anna.click(words.REVIEW)
    assert await sql.fetchval("SELECT count(*) FROM bot.attempts WHERE lesson_id IS NULL") == 1


async def test_news_and_answers_come_before_reminders(
    anna: ChatUser, olga: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    """A hundred reminders are due at once, and go out one after the other: who pays or asks does not wait for them."""
    await anna.register()
    await olga.register()
    account = await sql.fetchval("SELECT user_id FROM authidentities WHERE providerkey = $1", str(anna.id))
    async with app.database.transaction(Pool.JOBS) as session:
        for number in range(100):
            outgoing = Outgoing(
                channel=Channel.TELEGRAM, recipient="", kind="idle", occasion=str(number), language="ru",
                payload={}, expires_at=app.context.now() + DAY, user_id=account,
            )  # fmt: skip
            await put(session, outgoing, app.context.now())
    product = await sql.fetchval("SELECT min(product_id) FROM products")
    await olga.send(f"/grant {anna.id} {product} 30")
    await anna.receives("🎁")
    await anna.send("/help")
    assert await sql.fetchval("SELECT count(*) FROM bot.outbox WHERE state = 'waiting'") > 10


@pytest.mark.errors_expected("access that is changed by hand is an alarm")
async def test_who_has_blocked_the_bot_is_left_alone_until_back(
    anna: ChatUser, mover: ClockMover, clock: Clock, sql: asyncpg.Connection
) -> None:
    await with_python(anna)
    await ends_in(sql, clock, 90 * DAY)
    await anna.block()
    await mover.advance(4 * DAY)
    assert await states(sql) == [("idle", "failed")]
    await mover.advance(5 * DAY)
    assert len(await states(sql)) == 1
    await anna.block(False)
    await anna.send("/start")
    await mover.advance(2 * DAY)
    await anna.receives("ждёт вас")
    assert len(await states(sql)) == 2


@pytest.mark.errors_expected("what Telegram refuses is an alarm")
async def test_one_that_telegram_refuses_is_an_alarm(
    anna: ChatUser, mover: ClockMover, clock: Clock, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await with_python(anna)
    await ends_in(sql, clock, 90 * DAY)

    def refuse(*call: Any) -> Any:
        if "ждёт вас" in call[2].values["text"]:
            raise bad_request("can't parse entities")
        return send_message(*call)

    monkeypatch.setattr(
        calls, "find_method", lambda name: refuse if name.lower() == "sendmessage" else find_method(name)
    )
    await mover.advance(4 * DAY)
    assert await states(sql) == [("idle", "failed")]
    subject = "select subject from bot.alerts where kind = 'message_refused'"
    assert await sql.fetchval(subject) == "SendMessage can't parse entities"


@pytest.mark.errors_expected("an alarm is logged")
async def test_one_that_a_kill_has_cut_off_is_unknown_and_not_repeated(
    anna: ChatUser, olga: ChatUser, mover: ClockMover, sql: asyncpg.Connection
) -> None:
    await olga.register()
    await with_python(anna)
    await sql.execute(
        "INSERT INTO bot.outbox (user_id, channel, recipient, kind, occasion, language, payload, due_at,"
        " expires_at, state, created_at, claimed_at)"
        " SELECT user_id, 'telegram', '1', 'idle', 'x', 'ru', '{}', now(), now() + interval '1 day', 'sending',"
        " now(), now() FROM authidentities WHERE providerkey = $1",
        str(anna.id),
    )
    await mover.advance(HOUR)
    assert ("idle", "unknown") in await states(sql)
    await olga.receives("⚠️")
    await anna.refresh()
    assert sent(anna, "ждёт вас") == []


async def test_home_is_reached_from_the_choices(anna: ChatUser) -> None:
    await anna.register()
    await anna.press(ChooseZone(at=CITIES.index(MOSCOW)).pack())
    await anna.click(home_words.HOME)
    assert anna.last_text.startswith("👋")


async def test_days_of_learning_are_those_of_ones_own_zone(
    anna: ChatUser, clock: Clock, sql: asyncpg.Connection
) -> None:
    """Two days in Kathmandu, which are three by the clock of the school."""
    await anna.register()
    await anna.press(ChooseZone(at=CITIES.index(KATHMANDU)).pack())
    await sql.execute("UPDATE bot.reminders SET moves = '{}'")  # as if she had always lived there
    midnight = clock.now().astimezone(ZoneInfo(KATHMANDU)).replace(hour=0, minute=30) - 2 * DAY
    for at in (midnight, midnight + DAY, midnight + 2 * DAY - HOUR):
        await sql.execute(
            "INSERT INTO bot.attempts (user_id, lesson_id, seed, started_at, finished_at, result_id)"
            " SELECT a.user_id, l.id, 0, $2, $2, r.id FROM authidentities a, bot.lessons l, bot.results r"
            " WHERE a.providerkey = $1 ORDER BY l.id, r.position LIMIT 1",
            str(anna.id),
            at,
        )
    await sql.execute(
        "INSERT INTO progress (user_id, lesson_id, result_id) SELECT user_id, lesson_id, result_id"
        " FROM bot.attempts LIMIT 1"
    )
    assert "2 дня" in await anna.send("/progress")
