"""Where a person wants to be written to: an e-mail as they typed it (kept in schema `bot`, not proven), a phone."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.account_ids import lock_account
from db.placeholders import proven_email
from db.tables import Contact, User


class ContactKind(StrEnum):
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Contacts:
    """`typed_email` is not proven; `email` is the account's own, None where it has only a placeholder."""

    typed_email: str | None
    email: str | None
    phone: str | None


async def get_contacts(session: AsyncSession, user_id: int) -> Contacts:
    row = (await session.execute(GET_CONTACTS, {"user_id": user_id})).one()
    return Contacts(*row)


async def record_email(session: AsyncSession, user_id: int, email: str, now: datetime) -> None:
    """`email` in its normal form. It takes the place of the one before."""
    user_id = await lock_account(session, user_id)
    values = {"value": email, "proven_at": None, "created_at": now}
    added = insert(Contact).values(user_id=user_id, kind=ContactKind.EMAIL.value, **values)
    await session.execute(added.on_conflict_do_update(index_elements=["user_id", "kind"], set_=values))


async def delete_email(session: AsyncSession, user_id: int) -> None:
    """The one that was typed: a proven one stays the account's."""
    await session.execute(
        delete(Contact).where(Contact.user_id == user_id, Contact.kind == ContactKind.EMAIL.value)
    )


async def record_phone(session: AsyncSession, user_id: int, phone: str | None) -> None:
    """In E.164, with its plus; None removes it."""
    user_id = await lock_account(session, user_id)
    await session.execute(update(User).where(User.id == user_id).values(phone=phone))


GET_CONTACTS = text(
    f"""
    select c.value, {proven_email("u")}, u.phone
    from users u left join bot.contacts c on c.user_id = u.id and c.kind = 'email' and c.proven_at is null
    where u.id = :user_id
    """
)
