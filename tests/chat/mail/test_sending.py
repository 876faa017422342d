"""A row of the outbox becomes one letter; what the mail server does to it is known, told, and never doubled."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.clock import Clock
from bot.jobs.housekeeping import tidy
from bot.jobs.moving import ClockMover
from bot.mail.sending import send_outbox
from bot.notifications import letters
from bot.notifications.events import AccessGranted, MailDelayed, MailNotSent
from bot.notifications.notify import notify
from bot.texts import mail as words
from db import outbox
from db.engine import Pool
from db.jobs import SendOutboxJob, TidyJob
from handlers.app import Application
from tests.callbacks import becomes
from tests.chat.mail.conftest import SENDER, Post
from tests.chat_user import ChatUser

LONG = (
    "a" * 64 + "@" + ".".join(["b" * 63, "c" * 63, "d" * 57, "ru"])
)  # 254 characters, as many as there may be
ALERTS = "select facts ->> 'code' from bot.alerts where kind = $1 and solved_at is null"


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_a_letter_has_text_and_html_and_leaves_no_code_behind(
    post: Post, app: Application, language: str
) -> None:
    row = await post.becomes(await post.put(language=language), "sent")
    [letter] = post.letters
    with app.context.localizer.use_locale(language):
        assert letter.subject == str(words.CODE_SUBJECT)
    assert "012345" in letter.text
    assert "<b>012345</b>" in letter.html
    assert f'lang="{language}"' in letter.html
    assert (letter.sender, letter.to) == (SENDER, "anna@example.com")
    assert letter.headers["from"] == f"The school <{SENDER}>"
    assert letter.headers["message-id"].startswith(f"<outbox-{row['id']}-")
    assert "list-unsubscribe" not in letter.headers
    assert row["payload"] == "{}"
    assert "012345" not in str(await post.sql.fetch("select payload from bot.pgqueuer"))


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        (LONG, LONG),
        ("анна@школа.рф", "анна@xn--80atdl2c.xn--p1ai"),
        ("anna@школа.рф", "anna@xn--80atdl2c.xn--p1ai"),
    ],
)
async def test_addresses_of_every_shape_arrive(post: Post, written: str, taken: str) -> None:
    await post.becomes(await post.put(written), "sent")
    [letter] = post.letters
    assert letter.to == taken
    assert letter.headers["to"].replace("\n", "").replace(" ", "") == taken


@pytest.mark.parametrize(
    "wrong", ["", "anna", "anna@", "anna@example.com\r\nBcc: ben@example.com", "a@b_.c_"]
)
async def test_what_is_no_address_is_refused_here(post: Post, wrong: str) -> None:
    row = await post.becomes(await post.put(wrong), "failed")
    assert row["error"] == "no address"
    assert post.letters == []


async def test_a_server_that_says_later_gets_it_later(post: Post, anna: ChatUser) -> None:
    await anna.send("/start")
    post.sandbox.faults.set(mail_4xx=3)
    row = await post.becomes(await post.put(asked_by=anna.id), "sent")
    assert row["tries"] == 4
    assert len(post.letters) == 1
    delayed = MailDelayed(kind="email_code", expires_at=row["expires_at"])
    await anna.receives(lambda: letters.mail_delayed(delayed).text)


async def test_a_mailbox_that_is_not_there_is_told_to_who_waits(post: Post, anna: ChatUser) -> None:
    await anna.send("/start")
    post.sandbox.faults.set(mail_5xx=1)
    row = await post.becomes(await post.put(asked_by=anna.id), "failed")
    assert (row["error"], row["payload"]) == ("recipient 550", "{}")
    failed = MailNotSent(kind="email_code", state="failed")
    await anna.receives(lambda: letters.mail_not_sent(failed).text)


async def test_what_comes_back_later_was_sent(post: Post, anna: ChatUser) -> None:
    """The bot reads no mail: who waits asks for another letter, or names another address."""
    await anna.send("/start")
    said = len(anna.texts)
    post.sandbox.faults.set(mail_bounce=1)
    await post.becomes(await post.put(asked_by=anna.id), "sent")
    assert [letter.bounced for letter in post.letters] == [True]
    await anna.refresh()
    assert len(anna.texts) == said


@pytest.mark.errors_expected("mail is down")
async def test_a_server_that_is_down_is_an_alarm_until_it_is_up(post: Post) -> None:
    post.sandbox.faults.set(mail_down=True)
    outbox_id = await post.put()
    await becomes(lambda: post.sql.fetchval(ALERTS, "mail_not_going"))
    assert await post.sql.fetchval(ALERTS, "mail_not_going") == "connect"
    post.sandbox.faults.reset()
    await post.becomes(outbox_id, "sent")
    assert await post.sql.fetch(ALERTS, "mail_not_going") == []
    assert len(post.letters) == 1


@pytest.mark.errors_expected("it may be tried often enough for an alarm before its time is over")
async def test_a_code_whose_time_is_over_is_not_sent(post: Post, anna: ChatUser, mover: ClockMover) -> None:
    await anna.send("/start")
    post.sandbox.faults.set(mail_4xx=1_000_000)
    outbox_id = await post.put(asked_by=anna.id, lasts=timedelta(seconds=1))
    row = await post.becomes(outbox_id, "dropped")
    assert row["payload"] == "{}"
    dropped = MailNotSent(kind="email_code", state="dropped")
    await anna.receives(lambda: letters.mail_not_sent(dropped).text)
    post.sandbox.faults.reset()
    await mover.advance(timedelta(minutes=1))
    assert post.letters == []


@pytest.mark.errors_expected("admins are told")
async def test_an_answer_that_is_lost_leaves_it_unknown_and_sent_once(post: Post, anna: ChatUser) -> None:
    await anna.send("/start")
    post.sandbox.faults.set(mail_cut=1)
    row = await post.becomes(await post.put(asked_by=anna.id), "unknown")
    assert row["error"] == "silence"
    unknown = MailNotSent(kind="email_code", state="unknown")
    await anna.receives(lambda: letters.mail_not_sent(unknown).text)
    assert await post.sql.fetchval("select count(*) from bot.alerts where kind = 'mail_unknown'") == 1
    assert len(post.letters) == 1


@pytest.mark.errors_expected("admins are told")
async def test_who_was_cut_off_while_sending_never_sends_it_again(post: Post, app: Application) -> None:
    """As the next worker finds it."""
    app.worker.stop()
    outbox_id = await post.put()
    async with app.database.transaction(Pool.JOBS) as session:
        assert await outbox.claim(session, outbox_id, app.context.now()) is not None
    await send_outbox(SendOutboxJob(outbox=outbox_id), app.context)
    row = await post.becomes(outbox_id, "unknown")
    assert (row["error"], row["payload"]) == ("killed", "{}")
    await send_outbox(SendOutboxJob(outbox=outbox_id), app.context)
    assert post.letters == []


async def test_one_occasion_is_put_once_for_an_account(post: Post, app: Application, anna: ChatUser) -> None:
    await anna.register()
    user_id = await post.sql.fetchval("select id from users")
    now = app.context.now()
    told = outbox.Outgoing(
        channel=outbox.Channel.MAIL,
        recipient="anna@example.com",
        kind="email_code",
        occasion="7",
        language="ru",
        payload={"code": "1"},
        expires_at=now + timedelta(minutes=1),
        user_id=user_id,
    )
    async with app.database.transaction(Pool.TALK) as session:
        first, second = await outbox.put(session, told, now), await outbox.put(session, told, now)
    assert first is not None
    assert second is None
    await post.becomes(first, "sent")
    assert len(post.letters) == 1


async def test_addresses_are_forgotten_after_a_month(post: Post, app: Application, anna: ChatUser) -> None:
    await anna.register()
    await post.becomes(await post.put(), "sent")
    await post.sql.execute(
        "update bot.outbox set user_id = (select min(id) from users); insert into bot.outbox (channel, recipient, kind,"
        " occasion, language, payload, due_at, expires_at, state, created_at) select channel, recipient, kind, '2',"
        " language, payload, due_at, expires_at, state, created_at from bot.outbox"
    )
    for days, kept in ((29, 2), (31, 1), (401, 0)):
        later = Clock()
        later.move(days * 86_400)
        await tidy(TidyJob(), replace(app.context, now=later.now))
        rows = await post.sql.fetch("select user_id is not null as known, recipient from bot.outbox")
        assert len(rows) == kept
        assert kept != 1 or tuple(rows[0]) == (True, "")


async def test_a_slow_server_holds_nobody_up(post: Post, app: Application, anna: ChatUser) -> None:
    """However many letters wait for it: neither who writes nor other jobs."""
    post.sandbox.faults.set(mail_slow=5.0)
    for number in range(45):  # more than the worker takes at once
        await post.put(occasion=str(number))
    sending = "select count(*) from bot.outbox where state = 'sending'"
    await becomes(lambda: post.sql.fetchval(f"select ({sending}) > 0"))
    await anna.register()
    account = await post.sql.fetchval("select id from users")
    async with app.database.transaction(Pool.TALK) as session:
        await notify(session, account, AccessGranted(module="M", module_id=1, days=1, ends_at=None))
    await anna.receives("🎁")
    assert 0 < await post.sql.fetchval(sending) <= 5
    assert post.letters == []
    await post.sql.execute("delete from bot.pgqueuer where status = 'queued' and entrypoint = 'send_outbox'")
