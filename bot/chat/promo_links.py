"""The link that gives a promo code: t.me/BOT?start=promo_CODE."""

import re

from db.normal import MAX_CODE

LINKABLE = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_CODE}}}")


def promo_link(code: str, username: str) -> str | None:
    """None where Telegram can't carry the code, or the bot's `username` is not known yet."""
    if not username or not LINKABLE.fullmatch(code):
        return None
    return f"https://t.me/{username}?start=promo_{code}"
