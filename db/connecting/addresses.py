"""What a proven e-mail address leads to: the account that has it, or it becomes that of the person's own account."""

from sqlalchemy import delete, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from db.account_ids import lock_account
from db.accounts.people import list_by_email
from db.connecting.connecting import Obstacle
from db.errors import NotConnectable
from db.locks import lock
from db.tables import Contact, User


async def find_owner(session: AsyncSession, email: str) -> int | None:
    """The account that has this address, however it is written there; held until the transaction ends.

    Raises NotConnectable where two have it: neither is taken.
    """
    await lock(session, f"email:{email}")
    found = await list_by_email(session, email)
    if len(found) > 1:
        raise NotConnectable(Obstacle.SEVERAL)
    return found[0] if found else None


async def use_address(session: AsyncSession, user_id: int, email: str) -> None:
    """It becomes the account's own; the one before is replaced. Raises NotConnectable: where the account is used
    outside Telegram, whose sign-in it may be, and where somebody has the address by now."""
    user_id = await lock_account(session, user_id)
    if await find_owner(session, email) is not None:
        raise NotConnectable(Obstacle.TAKEN)
    if not await is_changeable(session, user_id):
        raise NotConnectable(Obstacle.SITE)
    try:
        async with session.begin_nested():
            await session.execute(update(User).where(User.id == user_id).values(email=email))
    except IntegrityError as error:  # the other application takes no lock of ours
        raise NotConnectable(Obstacle.TAKEN) from error
    await session.execute(
        delete(Contact).where(Contact.user_id == user_id, Contact.kind == "email", Contact.value == email)
    )


async def is_changeable(session: AsyncSession, user_id: int) -> bool:
    """Whether its address is ours to change: it was born in Telegram, and nobody signs in by that address."""
    return bool(await session.scalar(IS_CHANGEABLE, {"user": user_id}))


IS_CHANGEABLE = text(
    """
    select exists (select from users u join bot.telegram_accounts born on born.user_id = u.id
                   where u.id = :user and u.password_hash is null)
    """
)
