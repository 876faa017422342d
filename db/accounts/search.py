"""Who is WHO: people found by whatever names them, also by less than what is theirs alone: part of a name, a phone, or
an address that somebody typed. As many statements for a whole list as for one of it.

A @username finds nobody here: whose it was when its chat was last met is a refusal, and Telegram is asked
(docs/design.md#remembered-names).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.accounts.people import BY_EMAIL, ID, MAX_ID, AccountSummary, get_account_summary, list_summaries
from db.errors import NameUnconfirmed, PersonAmbiguous, PersonNotRegistered, PersonUnknown, PersonUnproven
from db.normal import clean_text, email_form, number_form
from db.placeholders import read_placeholder

MAX_FOUND = 8
WORD = re.compile(r"[^\W_]+")
MAX_WORDS = 6
LEAST = 2  # letters of a part of a name
# Phones are stored as their owners or the other application wrote them, most of them in E.164.
PHONE = re.compile(r"\+?[0-9]{7,15}")
BETWEEN = re.compile(r"[\s().\-]+")

# Each gives a key that was asked for, and the id of an account: null for a chat that has none.
BY_ACCOUNT = text("select id, id from users where id = any(:keys)")
BY_TELEGRAM = text(
    """
    select cast(a.providerkey as bigint), a.user_id from authidentities a
    where lower(a.loginprovider) = 'telegram' and a.providerkey = any(cast(:keys as bigint[])::text[])
    union all
    select c.telegram_id, null from bot.chats c where c.telegram_id = any(:keys) and not exists (
        select from authidentities a
        where lower(a.loginprovider) = 'telegram' and a.providerkey = c.telegram_id::text)
    """
)
BY_TYPED_EMAIL = text(
    "select value, user_id from bot.contacts"
    " where value = any(:keys) and kind = 'email' and proven_at is null order by user_id"
)
BY_USERNAME = text(
    """
    select lower(c.username collate "C"), c.telegram_id, a.user_id from bot.chats c
    left join authidentities a on lower(a.loginprovider) = 'telegram' and a.providerkey = c.telegram_id::text
    where lower(c.username collate "C") = any(:keys) order by c.telegram_id
    """
)
BY_PHONE = text("select phone, id from users where phone = any(:keys) order by id")
# The fence keeps the order of ids from being taken for a way to the words.
BY_WORDS = text(
    """
    select asked.at, found.id
    from unnest(cast(:queries as text[])) with ordinality asked (query, at)
    cross join lateral (
        select id from (
            select id from users
            where to_tsvector('simple'::regconfig, name) @@ to_tsquery('simple', asked.query) offset 0
        ) anybody order by id limit :limit
    ) found order by asked.at, found.id
    """
)


Nobody = PersonUnknown | PersonNotRegistered | PersonAmbiguous | NameUnconfirmed


@dataclass(frozen=True, slots=True)
class Found:
    """`is_sure`: who was asked for is named by what is theirs alone, not by part of a name, a phone or an address that
    nobody has proven (`is_unproven`). `more`: there are others besides."""

    people: list[AccountSummary]
    is_sure: bool = False
    is_unproven: bool = False
    more: bool = False


@dataclass(slots=True)
class Wanted:
    """One of those who are looked for. `met`: a chat of theirs is known, without an account. `named`: the chats that
    bore this @username when they were last met, with their accounts."""

    who: str
    ids: tuple[int, ...] = ()
    is_sure: bool = False
    is_unproven: bool = False
    met: bool = False
    named: dict[int, int | None] = field(default_factory=dict)


async def find_people(session: AsyncSession, who: str) -> Found:
    """Raises PersonUnknown, PersonNotRegistered, PersonAmbiguous, NameUnconfirmed."""
    (found,) = await find_many(session, [who])
    if isinstance(found, Found):
        return found
    raise found


async def find_by_name(session: AsyncSession, name: str) -> Found:
    """By what people call themselves, which may look like somebody's id, address or @username, and proves nothing.

    Raises PersonUnknown.
    """
    wanted = Wanted(clean_text(name), is_unproven=True)
    await _find_by_words(session, [wanted])
    known = {one.id: one for one in await list_summaries(session, sorted(wanted.ids[:MAX_FOUND]))}
    found = _result(wanted, known)
    if isinstance(found, Found):
        return found
    raise found


async def find_account(session: AsyncSession, who: str, *, to_change: bool = False) -> AccountSummary:
    """By what is theirs alone. An address that somebody has only typed finds them to be looked at, never `to_change`
    anything of theirs.

    Raises PersonUnknown, PersonUnproven, PersonNotRegistered (met, but without an account), PersonAmbiguous,
    NameUnconfirmed.
    """
    wanted = Wanted(clean_text(who))
    await _find_by_keys(session, [wanted])
    if not wanted.ids and not wanted.met and "@" in wanted.who[1:]:
        await _find_by_typed_email(session, [wanted])
        if wanted.ids and to_change:
            raise PersonUnproven(wanted.who, wanted.ids)
    if not wanted.ids:
        raise _nobody(wanted)
    if len(wanted.ids) + wanted.met > 1:
        raise PersonAmbiguous(wanted.who, wanted.ids)
    return await get_account_summary(session, wanted.ids[0])


async def find_many(session: AsyncSession, asked: Sequence[str]) -> list[Found | Nobody]:
    """For each of them who it is, or why it is nobody."""
    wanted = [Wanted(clean_text(who)) for who in asked]
    await _find_by_keys(session, wanted)
    left = [one for one in wanted if not one.ids and not one.named]
    await _find_by_typed_email(session, [one for one in left if not one.met and "@" in one.who[1:]])
    await _find_by_phone(session, [one for one in left if not one.ids])
    await _find_by_name(session, [one for one in left if not one.ids])
    ids = {user_id for one in wanted for user_id in one.ids[:MAX_FOUND]}
    known = {one.id: one for one in await list_summaries(session, sorted(ids))}
    return [_result(one, known) for one in wanted]


def _result(one: Wanted, known: dict[int, AccountSummary]) -> Found | Nobody:
    people = [known[user_id] for user_id in one.ids[:MAX_FOUND] if user_id in known]
    if not people:
        return _nobody(one)
    sure = one.is_sure and len(one.ids) == 1
    return Found(people, is_sure=sure, is_unproven=one.is_unproven, more=len(one.ids) > len(people))


def _nobody(one: Wanted) -> Nobody:
    accounts = tuple(user_id for user_id in one.named.values() if user_id is not None)
    if not accounts:
        return PersonNotRegistered(one.who) if one.met or one.named else PersonUnknown(one.who)
    if len(one.named) > 1:
        return PersonAmbiguous(one.who, accounts)
    (telegram_id,) = one.named
    return NameUnconfirmed(one.who, telegram_id)


# --- by what is theirs alone ---


async def _find_by_keys(session: AsyncSession, wanted: Iterable[Wanted]) -> None:
    accounts: defaultdict[int, list[Wanted]] = defaultdict(list)
    chats: defaultdict[int, list[Wanted]] = defaultdict(list)
    emails: defaultdict[str, list[Wanted]] = defaultdict(list)
    names: defaultdict[str, list[Wanted]] = defaultdict(list)
    for one in wanted:
        if match := ID.fullmatch(number_form(one.who)):
            if (number := int(match["number"])) <= MAX_ID:
                (accounts if match["sign"] else chats)[number].append(one)
        elif one.who.startswith("@"):
            names[one.who[1:].lower()].append(one)
        elif "@" in one.who and (telegram_id := read_placeholder(one.who)) is not None:
            if telegram_id <= MAX_ID:
                chats[telegram_id].append(one)
        elif "@" in one.who:
            emails[email_form(one.who)].append(one)
    for statement, by_key in ((BY_ACCOUNT, accounts), (BY_TELEGRAM, chats)):
        if by_key:
            rows = await session.execute(statement, {"keys": list(by_key)})
            for key, user_id in rows:
                _add(by_key[key], user_id)
    await _find_by_username(session, names)
    if emails:
        for email, user_id in await session.execute(BY_EMAIL, {"keys": list(emails)}):
            _add(emails.get(email_form(email), ()), user_id)


async def _find_by_username(session: AsyncSession, names: Mapping[str, Iterable[Wanted]]) -> None:
    if names:
        for key, telegram_id, user_id in await session.execute(BY_USERNAME, {"keys": list(names)}):
            for one in names[key]:
                one.named[telegram_id] = user_id


def _add(wanted: Iterable[Wanted], user_id: int | None) -> None:
    for one in wanted:
        one.is_sure = True
        one.met |= user_id is None
        if user_id is not None and user_id not in one.ids:
            one.ids = tuple(sorted((*one.ids, user_id)))


# --- by less than that ---


async def _find_by_typed_email(session: AsyncSession, wanted: Sequence[Wanted]) -> None:
    """Asked only where the address is nobody's: what somebody typed never stands before a proof."""
    forms = {email_form(one.who) for one in wanted}
    rows = (await session.execute(BY_TYPED_EMAIL, {"keys": list(forms)})).all() if forms else []
    for one in wanted:
        one.ids = tuple(row[1] for row in rows if row[0] == email_form(one.who))
        one.is_unproven = bool(one.ids)


async def _find_by_phone(session: AsyncSession, wanted: Sequence[Wanted]) -> None:
    forms = {id(one): _phone_forms(one.who) for one in wanted}
    keys = {form for several in forms.values() for form in several}
    rows = (await session.execute(BY_PHONE, {"keys": list(keys)})).all() if keys else []
    for one in wanted:
        one.ids = tuple(row[1] for row in rows if row[0] in forms[id(one)])


def _phone_forms(who: str) -> set[str]:
    digits = BETWEEN.sub("", number_form(who))
    if not PHONE.fullmatch(digits):
        return set()
    bare = digits.removeprefix("+")
    forms = {digits, bare, f"+{bare}"}
    if len(bare) == 11 and bare[0] in "78":  # Russia's, as it is dialled at home and from abroad
        forms |= {f"+7{bare[1:]}", f"7{bare[1:]}", f"8{bare[1:]}"}
    return forms


async def _find_by_name(session: AsyncSession, wanted: Sequence[Wanted]) -> None:
    """By the beginnings of words, in any order; where they are nobody's, by a @username without its sign."""
    await _find_by_words(session, wanted)
    names: defaultdict[str, list[Wanted]] = defaultdict(list)
    for one in wanted:
        if _words(one.who) and not one.ids:
            names[one.who.lower()].append(one)
    if names:
        await _find_by_username(session, names)


async def _find_by_words(session: AsyncSession, wanted: Sequence[Wanted]) -> None:
    named = [one for one in wanted if _words(one.who)]
    if not named:
        return
    queries = [" & ".join(_any_case(word[:64]) for word in _words(one.who)) for one in named]
    by_query = (await session.execute(BY_WORDS, {"queries": queries, "limit": MAX_FOUND + 1})).all()
    for at, one in enumerate(named, 1):
        one.ids = tuple(row[1] for row in by_query if row[0] == at)


def _words(who: str) -> list[str]:
    """Empty for what is nobody's name."""
    words = WORD.findall(who)
    fits = 0 < len(words) <= MAX_WORDS and max(map(len, words)) >= LEAST and "@" not in who
    return words if fits else []


def _any_case(word: str) -> str:
    """With locale C PostgreSQL knows no letters but those of ASCII, and takes others as they are written."""
    forms = dict.fromkeys((word, word.lower(), word.capitalize(), word.upper()))
    return "(" + " | ".join(f"'{form}':*" for form in forms) + ")"
