"""Accounts: born in Telegram, or already there; one person, one account."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.account_ids import lock_account
from db.accounts.people import list_by_email
from db.columns import cut_to_column
from db.locks import lock
from db.placeholders import placeholder
from db.tables import (
    AuthIdentity,
    Consent,
    Device,
    ReminderSettings,
    Session,
    TelegramAccount,
    User,
    UserDevice,
)

TELEGRAM = "telegram"


async def is_email_free(session: AsyncSession, email: str) -> bool:
    """Whether no account has this address, however it is written there."""
    return not await list_by_email(session, email)


async def create_account(
    session: AsyncSession, telegram_id: int, *, name: str, now: datetime, keep: timedelta
) -> Session | None:
    """Account, identity, device and session at once. Two at the same time make one: None where there is one already."""
    await lock(session, f"telegram:{telegram_id}")
    if await get_account_id(session, telegram_id) is not None:
        return None
    user_id = await create_user(session, telegram_id, name=name, now=now)
    await create_identity(session, user_id, telegram_id)
    return await sign_in(session, user_id, telegram_id, now=now, keep=keep)


async def create_user(session: AsyncSession, telegram_id: int, *, name: str, now: datetime) -> int:
    """An account born in this chat, which does not sign in to it yet; its id."""
    email = await _free_placeholder(session, telegram_id)
    user = User(name=cut_to_column(User.name, name), email=email, created_at=now, last_seen=now)
    session.add(user)
    await session.flush()
    session.add(TelegramAccount(user_id=user.id, telegram_id=telegram_id, created_at=now))
    await session.flush()
    return user.id


async def create_identity(session: AsyncSession, user_id: int, telegram_id: int) -> None:
    session.add(AuthIdentity(user_id=user_id, loginprovider=TELEGRAM, providerkey=str(telegram_id)))
    await session.flush()


async def move_identity(session: AsyncSession, telegram_id: int, user_id: int) -> None:
    """However the other application has written it."""
    await session.execute(
        update(AuthIdentity)
        .where(
            func.lower(AuthIdentity.loginprovider) == TELEGRAM, AuthIdentity.providerkey == str(telegram_id)
        )
        .values(user_id=user_id)
    )


async def _free_placeholder(session: AsyncSession, telegram_id: int) -> str:
    email = placeholder(telegram_id)
    while not await is_email_free(session, email):
        email = placeholder(telegram_id, secrets.token_hex(4))
    return email


async def get_account_id(session: AsyncSession, telegram_id: int) -> int | None:
    """The account a Telegram person signs in to."""
    return await session.scalar(_identities(telegram_id).with_only_columns(AuthIdentity.user_id))


async def sign_in(
    session: AsyncSession, user_id: int, telegram_id: int, *, now: datetime, keep: timedelta
) -> Session:
    """Opens a session on the chat's device, making the device where it is missing."""
    user_id = await lock_account(session, user_id)
    device_id = await _device(session, telegram_id, now)
    await session.execute(
        insert(UserDevice)
        .values(user_id=user_id, device_id=device_id, linked_at=now)
        .on_conflict_do_nothing()
    )
    token = hashlib.sha256(secrets.token_bytes(32)).hexdigest()
    opened = Session(
        user_id=user_id,
        device_id=device_id,
        refresh_token_hash=token,
        created_at=now,
        expires_at=now + keep,
    )
    session.add(opened)
    await session.execute(update(User).where(User.id == user_id).values(last_seen=now))
    # Whoever uses the bot is reminded, as long as they don't say no.
    await session.execute(insert(ReminderSettings).values(user_id=user_id).on_conflict_do_nothing())
    await session.flush()
    return opened


async def sign_out(session: AsyncSession, user_id: int, telegram_id: int, now: datetime) -> None:
    """Ends every live session of this account on this chat's device."""
    device = select(Device.id).where(Device.device_key == f"{TELEGRAM}:{telegram_id}").scalar_subquery()
    await session.execute(
        update(Session)
        .where(Session.user_id == user_id, Session.device_id == device, Session.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def record_consent(
    session: AsyncSession, telegram_id: int, documents: dict[str, str], version: str, now: datetime
) -> None:
    """`documents` maps a document's name to its address. Given once per version; the first time counts."""
    given = {"telegram_id": telegram_id, "version": version, "given_at": now}
    rows = [given | {"document": document, "url": url} for document, url in documents.items()]
    await session.execute(insert(Consent).values(rows).on_conflict_do_nothing())


async def has_consented(session: AsyncSession, telegram_id: int, version: str) -> bool:
    """Whether both documents (terms, privacy) of this version were agreed to."""
    found = await session.scalar(
        select(func.count()).where(Consent.telegram_id == telegram_id, Consent.version == version)
    )
    return bool(found and found >= 2)


async def _device(session: AsyncSession, telegram_id: int, now: datetime) -> int:
    key = f"{TELEGRAM}:{telegram_id}"
    await session.execute(
        insert(Device)
        .values(device_key=key, platform=TELEGRAM, created_at=now)
        .on_conflict_do_nothing(index_elements=[Device.device_key])
    )
    device_id = await session.scalar(select(Device.id).where(Device.device_key == key))
    assert device_id is not None
    return device_id


def _identities(telegram_id: int) -> Select[AuthIdentity]:
    """The one identity of a Telegram person: written `telegram`, read in any letter case, the plain one first."""
    return (
        select(AuthIdentity)
        .where(
            func.lower(AuthIdentity.loginprovider) == TELEGRAM, AuthIdentity.providerkey == str(telegram_id)
        )
        .order_by(AuthIdentity.loginprovider != TELEGRAM, AuthIdentity.id)
        .limit(1)
    )
