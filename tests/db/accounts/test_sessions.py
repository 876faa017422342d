"""Where an account is signed in."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.accounts import registration, sessions
from db.engine import Database, Pool
from db.errors import SessionUnknown

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANNA, BEN = 7_000_000_001, 7_000_000_002
KEEP = timedelta(days=10)


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    async with database.transaction(Pool.TALK) as session:
        yield session


async def registered(session: AsyncSession, telegram_id: int) -> int:
    opened = await registration.create_account(session, telegram_id, name="x", now=NOW, keep=KEEP)
    assert opened is not None
    return opened.user_id


async def elsewhere(session: AsyncSession, user_id: int, created: datetime, ends: datetime) -> int:
    """A session that the other application has opened on a device of its own."""
    await session.execute(
        text(
            "insert into devices (device_key, platform, created_at) values ('web-1', 'web', :at)"
            " on conflict do nothing"
        ),
        {"at": created},
    )
    opened: int = (
        await session.execute(
            text(
                "insert into sessions (user_id, device_id, refresh_token_hash, created_at, expires_at)"
                " select :user_id, id, 'x', :created, :ends from devices where device_key = 'web-1' returning id"
            ),
            {"user_id": user_id, "created": created, "ends": ends},
        )
    ).scalar_one()
    return opened


async def test_live_sessions_of_both_applications_are_listed(session: AsyncSession) -> None:
    anna = await registered(session, ANNA)
    await registered(session, BEN)
    web = await elsewhere(session, anna, NOW + timedelta(hours=1), NOW + timedelta(days=3))
    await elsewhere(session, anna, NOW - timedelta(days=9), NOW)  # ended by itself this very moment
    found = await sessions.list_sessions(session, anna, NOW, KEEP)
    assert [one.platform for one in found] == ["web", "telegram"]
    assert (found[0].id, found[0].expires_at) == (web, NOW + timedelta(days=3))
    assert found[1].expires_at == NOW + KEEP
    assert await sessions.count_sessions(session, anna, NOW) == 2
    assert await sessions.count_sessions(session, anna, NOW + KEEP) == 0
    assert [
        one.platform for one in await sessions.list_sessions(session, anna, NOW, KEEP, skip=1, limit=1)
    ] == ["telegram"]


async def test_ending_a_session_ends_it_once(session: AsyncSession) -> None:
    anna = await registered(session, ANNA)
    web = await elsewhere(session, anna, NOW, NOW + KEEP)
    await sessions.end_session(session, anna, web, NOW)
    assert [one.platform for one in await sessions.list_sessions(session, anna, NOW, KEEP)] == ["telegram"]
    with pytest.raises(SessionUnknown):
        await sessions.end_session(session, anna, web, NOW)


async def test_nobody_ends_the_session_of_another(session: AsyncSession) -> None:
    anna, ben = await registered(session, ANNA), await registered(session, BEN)
    (bens,) = await sessions.list_sessions(session, ben, NOW, KEEP)
    with pytest.raises(SessionUnknown):
        await sessions.end_session(session, anna, bens.id, NOW)
    assert await sessions.count_sessions(session, ben, NOW) == 1


async def test_the_last_use_is_told_of_chats_only(session: AsyncSession) -> None:
    anna = await registered(session, ANNA)
    await elsewhere(session, anna, NOW, NOW + timedelta(days=3))
    values = {"id": anna, "ends": NOW + timedelta(hours=5) + KEEP}
    await session.execute(
        text("update sessions set expires_at = :ends where user_id = :id and refresh_token_hash <> 'x'"),
        values,
    )
    later = NOW + timedelta(days=1)
    uses = {one.platform: one.used_at for one in await sessions.list_sessions(session, anna, later, KEEP)}
    assert uses == {"telegram": NOW + timedelta(hours=5), "web": None}
    # SESSION_DAYS were fewer when it was used.
    (chat,) = [
        one
        for one in await sessions.list_sessions(session, anna, later, 5 * KEEP)
        if one.platform == "telegram"
    ]
    assert chat.used_at == NOW


async def test_other_sessions_are_ended_but_for_this_device(session: AsyncSession) -> None:
    anna, ben = await registered(session, ANNA), await registered(session, BEN)
    await elsewhere(session, anna, NOW, NOW + timedelta(days=3))
    await elsewhere(session, anna, NOW, NOW - timedelta(days=3))
    own = next(one.device_id for one in await sessions.list_sessions(session, anna, NOW, KEEP) if one.used_at)
    assert await sessions.count_others(session, anna, own, NOW) == 1
    assert await sessions.end_others(session, anna, own, NOW) == 1
    assert await sessions.end_others(session, anna, own, NOW) == 0
    assert await sessions.count_sessions(session, anna, NOW) == 1
    assert await sessions.count_sessions(session, ben, NOW) == 1
