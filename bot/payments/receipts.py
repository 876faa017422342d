"""Whom a receipt goes to (54-FZ)."""

from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.emails import WrongEmailError, read_email
from bot.chat.phones import WrongPhoneError, read_phone
from bot.settings import Settings
from db.accounts.contacts import get_contacts

Customer = dict[str, str]


def takes_phone(settings: Settings) -> bool:
    """“Чеки от ЮKassa” want an e-mail; only a cash register of one's own has a tax system to be told
    (docs/facts.md#receipts)."""
    return settings.yookassa_tax_system is not None


async def receipt_customer(session: AsyncSession, user_id: int, settings: Settings) -> Customer | None:
    """As YooKassa takes it: the e-mail that the person typed, else the account's own, else the phone, in digits.

    None where nothing is known: never an address that only stands for an account.
    """
    known = await get_contacts(session, user_id)
    for email in (known.typed_email, known.email):
        with suppress(WrongEmailError):  # the other application's may be anything
            return {"email": read_email(email or "")}
    with suppress(WrongPhoneError):
        return {"phone": read_phone(known.phone or "").removeprefix("+")} if takes_phone(settings) else None
    return None
