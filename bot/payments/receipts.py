"""Whom a receipt goes to (54-FZ)."""

from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.phones import WrongPhoneError, read_phone
from db.accounts.contacts import get_contacts

Customer = dict[str, str]


async def receipt_customer(session: AsyncSession, user_id: int) -> Customer | None:
    """As YooKassa takes it: the e-mail that the person typed, else the account's own, else the phone, in digits
    (docs/facts.md#receipts). None where nothing is known: never an address that only stands for an account."""
    known = await get_contacts(session, user_id)
    if email := known.typed_email or known.email:
        return {"email": email}
    try:
        return {"phone": read_phone(known.phone or "").removeprefix("+")}
    except WrongPhoneError:
        return None
