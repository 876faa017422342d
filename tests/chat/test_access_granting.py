"""Access is given and taken by buttons, by names, and not by mistake."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from bot.chat.admin_buttons import ConfirmGrant
from bot.clock import Clock
from bot.jobs.moving import ClockMover
from bot.texts import errors
from bot.texts.access import granting as words
from bot.texts.access import grants
from bot.texts.commands import ABOUT
from bot.timings import Timings
from db.errors import AccessNotOwned, AlreadyUndone, DraftGone, UndoTooLate
from handlers.app import Application
from tests.app import QUICK, update_of
from tests.chat.accounts.rows import account_of
from tests.chat_user import ANNA, BEN, ChatUser

DAYS_LEFT = "select round(extract(epoch from ends_at - $1) / 86400) from usermoduleaccess"
MINUTE = timedelta(minutes=1)
HEARS = 15  # seconds


@pytest.fixture
async def people(anna: ChatUser, ben: ChatUser, olga: ChatUser) -> None:
    for person in (anna, ben, olga):
        await person.register()


async def days_left(sql: asyncpg.Connection, clock: Clock) -> int | None:
    found = await sql.fetchval(DAYS_LEFT, clock.now())
    return None if found is None else int(found)


@pytest.mark.usefixtures("people")
async def test_by_buttons_in_four_taps_and_a_name(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection, clock: Clock
) -> None:
    await olga.send("/admin")
    olga.taps = 0
    await olga.click(ABOUT["grant"])
    await olga.send("carter")
    await olga.click("Python")
    await olga.click("30")
    assert "Ben Carter" in olga.last_text
    assert "→" in olga.last_text
    assert await days_left(sql, clock) is None
    await olga.click(words.CONFIRM)
    assert olga.taps == 5
    assert await days_left(sql, clock) == 30
    await ben.receives("30")
    act = await sql.fetchrow("select * from bot.acts")
    assert (act["kind"], act["telegram_id"], act["user_id"]) == ("grant", olga.id, await account_of(sql, BEN))


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    "written", ["{} python 30", "{} Python с нуля 30", "{} 1 30 дней", "Carter python 30"]
)
async def test_a_course_by_its_name(
    olga: ChatUser, sql: asyncpg.Connection, clock: Clock, written: str
) -> None:
    await olga.send("/grant " + written.format(BEN))
    if "Carter" in written:  # a part of a name may be another one's: it is shown first
        await olga.click("Ben Carter")
        assert await days_left(sql, clock) is None
        await olga.click(words.CONFIRM)
    assert await days_left(sql, clock) == 30


@pytest.mark.usefixtures("people")
async def test_a_reason_is_kept_and_not_told(olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection) -> None:
    await olga.send(f"/grant {BEN} python 30 За сбой <b>в</b> марте")
    assert "За сбой <b>в</b> марте" in olga.last_text
    assert "сбой" not in await ben.receives("30")
    assert await sql.fetchval("select reason from bot.acts") == "За сбой <b>в</b> марте"
    await olga.send("/revoke")
    await olga.send(str(BEN))
    await olga.send("7")
    await olga.click(words.REASON)
    await olga.send("По просьбе")
    assert "По просьбе" in olga.last_text
    await olga.click(words.CONFIRM)
    assert await sql.fetchval("select reason from bot.acts where kind = 'revoke'") == "По просьбе"


@pytest.mark.usefixtures("people")
async def test_a_slip_keeps_what_was_right(olga: ChatUser, sql: asyncpg.Connection, clock: Clock) -> None:
    await olga.send(f"/grant {BEN} питон 30")
    assert "Ben Carter" in olga.last_text
    await olga.click("Python")
    assert "30" in olga.last_text
    await olga.click(words.CONFIRM)
    assert await days_left(sql, clock) == 30
    await olga.send("/grant Никто python 5")
    await olga.send("кар")
    await olga.send("Carter")
    await olga.click(words.CONFIRM)
    assert await days_left(sql, clock) == 35


@pytest.mark.usefixtures("people")
async def test_of_several_people_one_is_chosen(olga: ChatUser, sql: asyncpg.Connection, clock: Clock) -> None:
    await sql.execute("update users set name = 'Мария Иванова' where name not like 'О%'")
    await olga.send("/user иван мар")
    assert sum("Мария" in label for label in olga.buttons) == 2
    await olga.click(f"#{await account_of(sql, BEN)}")
    assert f"#{await account_of(sql, BEN)}" in olga.last_text
    await olga.click("Выдать доступ")
    await olga.click("Python")
    await olga.send("12 дней")
    await olga.click(words.CONFIRM)
    assert await sql.fetchval("select user_id from usermoduleaccess") == await account_of(sql, BEN)


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("who", ["+7 (900) 000-11-22", "89000001122", "#{}"])
async def test_who_may_be_said_in_many_ways(olga: ChatUser, sql: asyncpg.Connection, who: str) -> None:
    account = await account_of(sql, BEN)
    await sql.execute("update users set phone = '+79000001122' where id = $1", account)
    await olga.send("/user")
    await olga.send(who.format(account))
    await olga.receives("Ben Carter")


@pytest.mark.usefixtures("people")
async def test_a_contact_and_a_forwarded_message_are_somebody(olga: ChatUser, app: Application) -> None:
    await olga.share_contact({"phone_number": "79000000000", "first_name": "B", "user_id": BEN})
    assert "Ben Carter" in olga.last_text
    sender = {"id": ANNA, "is_bot": False, "first_name": "A"}
    origin = {"type": "user", "date": 1_700_000_000, "sender_user": sender}
    await app.processor.process(update_of(olga, text="как дела", forward_origin=origin))
    await olga.refresh()
    assert "Анна Соколова" in olga.last_text
    hidden = {"type": "hidden_user", "date": 1_700_000_000, "sender_user_name": "Ben Carter"}
    await app.processor.process(update_of(olga, text="hi", forward_origin=hidden))
    await olga.refresh()
    assert "Ben Carter" in olga.last_text


@pytest.mark.usefixtures("people")
async def test_what_a_hidden_sender_calls_themselves_is_nobody_s_key(
    olga: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    for name in (f"#{await account_of(sql, BEN)}", str(BEN), "@ben", "Ben"):
        await olga.send("/grant")
        hidden = {"type": "hidden_user", "date": 1_700_000_000, "sender_user_name": name}
        await app.processor.process(update_of(olga, text="hi", forward_origin=hidden))
        await olga.refresh()
        assert ("Ben Carter" in olga.last_text) == (name == "Ben"), name
        assert await sql.fetchval("select count(*) from bot.access_changes") == 0


@pytest.mark.usefixtures("people")
async def test_more_than_is_left_is_asked_about_and_never_ends_in_the_past(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection, clock: Clock
) -> None:
    await olga.send(f"/revoke {BEN} 1 30000")
    assert olga.last_text == olga.words(lambda: errors.say(AccessNotOwned(1)))
    await olga.send(f"/grant {BEN} 1 30")
    await ben.receives("30")
    await olga.send(f"/revoke {BEN} 1 30000")
    assert olga.words(words.CLOSE) in olga.buttons
    assert await days_left(sql, clock) == 30
    await olga.click(words.CLOSE)
    assert olga.words(lambda: grants.state(clock.now(), clock.now())) in olga.last_text
    assert await days_left(sql, clock) == 0
    await ben.receives("closed")
    await olga.click(grants.UNDO)
    assert await days_left(sql, clock) == 30
    await ben.receives("returned")


@pytest.mark.usefixtures("people")
async def test_a_preview_that_is_out_of_date_is_shown_anew(
    olga: ChatUser, sql: asyncpg.Connection, clock: Clock
) -> None:
    await sql.execute(
        "insert into usermoduleaccess (user_id, module_id, ends_at) select $1, 1, now() + interval '10 days'",
        await account_of(sql, BEN),
    )
    await olga.send(f"/revoke {BEN} 1 500")
    await sql.execute("update usermoduleaccess set ends_at = ends_at + interval '20 days'")
    await olga.click(words.CLOSE)
    assert olga.words(words.CHANGED) in olga.last_text
    assert await sql.fetchval("select count(*) from adminaccesshistory") == 0
    await olga.click(words.CLOSE)
    assert await days_left(sql, clock) == 0
    await olga.press(ConfirmGrant(draft=1).pack())
    assert olga.last_text == olga.words(lambda: errors.say(DraftGone()))
    assert await sql.fetchval("select count(*) from adminaccesshistory") == 1


class TestAMinuteLater:
    @pytest.fixture
    def timings(self) -> Timings:
        return Timings(**{name: getattr(QUICK, name) for name in Timings.__slots__} | {"grant_news": MINUTE})

    @pytest.mark.usefixtures("people")
    async def test_the_learner_hears_of_it_then(
        self, olga: ChatUser, ben: ChatUser, mover: ClockMover
    ) -> None:
        await olga.send(f"/grant {BEN} 1 30")
        await mover.advance(timedelta(seconds=30))
        await ben.refresh()
        assert "30" not in ben.last_text
        await mover.advance(timedelta(seconds=31))
        await ben.receives("30", within=HEARS)

    @pytest.mark.usefixtures("people")
    async def test_what_was_undone_by_then_is_never_heard_of(
        self, olga: ChatUser, ben: ChatUser, mover: ClockMover
    ) -> None:
        heard = len(ben.texts)
        await olga.send(f"/grant {BEN} 1 30")
        await olga.click(grants.UNDO)
        await mover.advance(timedelta(minutes=3))
        await ben.refresh()
        assert len(ben.texts) == heard

    @pytest.mark.usefixtures("people")
    async def test_ten_minutes_later_nothing_is_undone(
        self, olga: ChatUser, sql: asyncpg.Connection, clock: Clock, mover: ClockMover
    ) -> None:
        await olga.send(f"/grant {BEN} 1 30")
        await mover.advance(timedelta(minutes=11))
        await olga.click(grants.UNDO)
        assert olga.last_text == olga.words(lambda: errors.say(UndoTooLate(1)))
        assert await days_left(sql, clock) == 30


@pytest.mark.usefixtures("people")
async def test_two_presses_at_once_give_once(
    olga: ChatUser, app: Application, sql: asyncpg.Connection, clock: Clock
) -> None:
    await olga.send(f"/grant {BEN}")
    await olga.click("Python")
    await olga.click("14")
    message, button = await olga.sees(lambda key: key["text"] == olga.words(words.CONFIRM))
    await asyncio.gather(olga._press(message, button), olga._press(message, button))
    assert await days_left(sql, clock) == 14
    await olga.click(grants.UNDO)
    await olga.click(grants.UNDO)
    assert olga.last_text == olga.words(lambda: errors.say(AlreadyUndone(1)))
