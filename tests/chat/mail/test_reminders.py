"""Reminders about access go by mail too: to proven addresses, as things are then, until they say no."""

from datetime import timedelta

import asyncpg
import pytest

from bot.clock import Clock
from bot.jobs.moving import ClockMover
from tests.chat.accounts.rows import account_of
from tests.chat.mail.conftest import Post
from tests.chat.test_lessons import with_python
from tests.chat_user import ChatUser

DAY = timedelta(days=1)


@pytest.mark.errors_expected("access that is changed by hand is an alarm")
async def test_access_that_ends_is_told_by_mail_where_telegram_delivers_nothing(
    post: Post, anna: ChatUser, ben: ChatUser, mover: ClockMover, clock: Clock, sql: asyncpg.Connection
) -> None:
    """Anna has blocked the bot; Ben's address nobody has proven. A course that waits is no letter."""
    await with_python(anna)
    await with_python(ben)
    account = await account_of(sql, anna.id)
    await sql.execute("update users set email = 'anna@example.com' where id = $1", account)
    await sql.execute("update bot.access_changes set created_at = created_at - interval '2 days'")
    await anna.block()
    await sql.execute("update usermoduleaccess set ends_at = $1", clock.now() + 1.5 * DAY)
    await mover.advance(DAY)
    [letter] = post.letters
    assert (letter.to, letter.subject) == ("anna@example.com", "Доступ скоро закончится: Python с нуля")
    assert "закончится" in letter.text
    assert "unsub" in letter.text
    delivered = "select channel from bot.outbox where user_id = $1 and state = 'sent'"
    assert await sql.fetch(delivered, account) == [("mail",)]
    await ben.refresh()
    assert any("ends" in text for text in ben.texts)
    await sql.execute("update bot.mail_subscriptions set unsubscribed_at = now()")
    await mover.advance(2 * DAY)
    assert post.letters == [letter]
    assert await sql.fetch(delivered, account) == [("mail",)]
