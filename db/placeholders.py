"""The address that stands for an account born in Telegram until one is proven. Nobody can own it or be mailed at it:
`.invalid` is reserved by RFC 2606. It is never shown, and WHO reads it as the Telegram id in it.
"""

import re

from db.normal import email_form

FORM = re.compile(r"telegram-(?P<id>0|[1-9][0-9]{0,18})(-[0-9a-f]+)?@telegram\.invalid")


def placeholder(telegram_id: int, suffix: str = "") -> str:
    """`suffix`: random hex, where the plain one is taken."""
    return f"telegram-{telegram_id}{f'-{suffix}' if suffix else ''}@telegram.invalid"


def read_placeholder(address: str) -> int | None:
    """The Telegram id, 0 of an account that no chat signs in to any more; None for any other address."""
    match = FORM.fullmatch(email_form(address))
    return int(match["id"]) if match else None


def proven_email(users: str) -> str:
    """SQL: the address of a row of `users` under that alias, null for a placeholder. Whether an account was born in
    Telegram is never concluded from its address."""
    return f"""
    case when {users}.email like 'telegram-%@telegram.invalid'
        and exists (select from bot.telegram_accounts born where born.user_id = {users}.id)
    then null else nullif(btrim({users}.email), '') end
    """
