"""People found by less than a name of theirs alone: part of a name, a phone, an address that somebody typed."""

import re
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.accounts import people
from db.accounts.people import AccountSummary
from db.errors import PersonAmbiguous, PersonNotRegistered, PersonUnknown
from db.normal import clean_text, email_form, number_form

MAX_FOUND = 8
WORD = re.compile(r"[^\W_]+")
MAX_WORDS = 6
LEAST = 2  # letters of a part of a name
# Phones are stored as their owners or the other application wrote them, most of them in E.164.
PHONE = re.compile(r"\+?[0-9]{7,15}")
BETWEEN = re.compile(r"[\s().\-]+")

BY_WORDS = text(
    """
    select id from users where to_tsvector('simple'::regconfig, name) @@ to_tsquery('simple', :query)
    order by id limit :limit
    """
)
BY_PHONE = text("select id from users where phone = any(:forms) order by id limit :limit")
BY_BARE_USERNAME = text(
    """
    select a.user_id from bot.chats c
    join authidentities a on lower(a.loginprovider) = 'telegram' and a.providerkey = c.telegram_id::text
    where lower(c.username) = lower(:key)
    """
)


@dataclass(frozen=True, slots=True)
class Found:
    """`is_sure`: who was asked for is named by what is theirs alone, not by part of a name, a phone or an address that
    nobody has proven (`is_unproven`). `more`: there are others besides."""

    people: list[AccountSummary]
    is_sure: bool = False
    is_unproven: bool = False
    more: bool = False


async def find_people(session: AsyncSession, who: str) -> Found:
    """Raises PersonUnknown, PersonNotRegistered."""
    who = clean_text(who)
    try:
        found = await people.find_account(session, who)
    except PersonAmbiguous as several:
        return await _several(session, who, list(several.user_ids))
    except (PersonUnknown, PersonNotRegistered) as refused:
        ids = await _list_by_phone(session, who) or await _list_by_name(session, who)
        if not ids:
            raise refused
        return await _several(session, who, ids)
    typed = bool(found.typed_email) and email_form(found.typed_email or "") == email_form(who)
    unproven = typed and email_form(found.email or "") != email_form(who)
    return Found([found], is_sure=not unproven, is_unproven=unproven)


async def _several(session: AsyncSession, who: str, ids: list[int]) -> Found:
    if not ids:
        raise PersonUnknown(who)
    shown = ids[:MAX_FOUND]
    return Found(
        [await people.get_account_summary(session, one) for one in shown], more=len(ids) > len(shown)
    )


async def _list_by_phone(session: AsyncSession, who: str) -> list[int]:
    digits = BETWEEN.sub("", number_form(who))
    if not PHONE.fullmatch(digits):
        return []
    bare = digits.removeprefix("+")
    forms = {digits, bare, f"+{bare}"}
    if len(bare) == 11 and bare[0] in "78":  # Russia's, as it is dialled at home and from abroad
        forms |= {f"+7{bare[1:]}", f"7{bare[1:]}", f"8{bare[1:]}"}
    found = await session.scalars(BY_PHONE, {"forms": sorted(forms), "limit": MAX_FOUND + 1})
    return list(found)


async def _list_by_name(session: AsyncSession, who: str) -> list[int]:
    """By the beginnings of words, in any order; or by a @username without its sign."""
    words = WORD.findall(who)
    if not words or len(words) > MAX_WORDS or max(map(len, words)) < LEAST or "@" in who:
        return []
    named = list(await session.scalars(BY_BARE_USERNAME, {"key": who}))
    query = " & ".join(_any_case(word[:64]) for word in words)
    found = await session.scalars(BY_WORDS, {"query": query, "limit": MAX_FOUND + 1})
    return list(dict.fromkeys([*named, *found]))


def _any_case(word: str) -> str:
    """With locale C PostgreSQL knows no letters but those of ASCII, and takes others as they are written."""
    forms = dict.fromkeys((word, word.lower(), word.capitalize(), word.upper()))
    return "(" + " | ".join(f"'{form}':*" for form in forms) + ")"
