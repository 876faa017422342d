"""How people, and whatever they have named, are called in lists: cut and escaped."""

from bot.texts.format import safe
from db.accounts.people import AccountSummary


def short(text: str | None, most: int = 40) -> str:
    """On one line of at most `most` characters as Telegram counts them (UTF-16 units), and safe."""
    units = " ".join((text or "").split()).encode("utf-16-le", "surrogatepass")
    if len(units) > 2 * most:
        return safe(units[: 2 * most - 2].decode("utf-16-le", "ignore").rstrip() + "…")
    return safe(units.decode("utf-16-le", "surrogatepass"))


def person(who: AccountSummary) -> str:
    return f"<b>{short(who.name) or '—'}</b> ({short(who.email, 80)}, #{who.id})"
