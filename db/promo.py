"""Promo codes: at most `max_usage_count` uses in all, one per person, held by a lock on the code's row.

A code is found by its normal form (`db/normal.py`), which no locale of the database decides. Codes are the other
application's as well, so `bot.promo_forms` follows `promocodes` whenever a code is not found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from db.access.changes import AppliedChange, Source, check_days, extending, lock_access_call
from db.access.limits import LATEST_END, MAX_DAYS
from db.account_ids import CURRENT_STATE, TELEGRAM_IDS, lock_account_and
from db.errors import (
    AccessTooFar,
    ProductUnknown,
    PromoExists,
    PromoUnknown,
    PromoUsedByYou,
    PromoUsedUp,
    Refused,
)
from db.identities import find_taken_id
from db.locks import lock
from db.normal import clean_text, promo_form
from db.server_keys import ensure_server_key, find_server_key, keyed_hash
from db.sql import text
from db.tables import Product, PromoCode, PromoUsage, UsedCode

BATCH = 1000
USED_CODES = "used_codes"  # the key by which people of deleted accounts are known again

LIST_UNKNOWN = text(
    """
    select p.id, p.code::text as code from promocodes p left join bot.promo_forms f on f.code_id = p.id
    where p.id > :after and f.code is distinct from p.code::text order by p.id limit :batch
    """
)
# Always in the order of ids, so that two who do it at once don't wait for each other.
RECORD = text(
    """
    insert into bot.promo_forms (code_id, code, form)
    select * from unnest(cast(:ids as bigint[]), cast(:codes as text[]), cast(:forms as text[]))
    on conflict (code_id) do update set code = excluded.code, form = excluded.form
    """
)


CODE = "select c.id, c.code::text as code, c.days, c.max_usage_count as most, c.product_id from promocodes c where"
IS_MEANT = """
    cast(:form as text) <> '' and c.id in (
        select id from promocodes where code = cast(:written as varchar)
        union all
        select f.code_id from bot.promo_forms f join promocodes named on named.id = f.code_id
        where f.form = :form and f.code = named.code
    )
"""
# An exact match wins where an adopted database holds two that differ in letter case only, else the oldest.
EXACT_FIRST = "order by c.code = cast(:written as varchar) desc, c.id limit 1"
OPENED = """
    select found.id as code_id, found.code, found.days, found.most, p.name as product, m.id as module_id,
           m.name as module
    from found join products p on p.product_id = found.product_id join modules m on m.id = p.module_id
"""
FIND = text(f"with found as ({CODE} {IS_MEANT} {EXACT_FIRST}) {OPENED}")
# The code's row is locked, then the access.
LOCK = text(
    f"""
    with account as materialized ({CURRENT_STATE}),
    found as (
        {CODE} exists (select from account where id = :user_id and not deleted) and {IS_MEANT}
        {EXACT_FIRST} for update of c
    )
    select account.*, opened.*, {lock_access_call("account.id", "opened.module_id")},
           array({TELEGRAM_IDS}) as chats, (select key from bot.server_keys where name = '{USED_CODES}') as key
    from account left join ({OPENED}) opened on true
    """
)
PAST = """
    select (
        select min(used_at) from promocodeusages where code_id = :code_id and user_id = cast(:user_id as bigint)
    ) as used_at, (
        select min(used_at) from bot.used_codes where code_id = :code_id and person = any(cast(:persons as bytea[]))
    ) as used_before, (select count(*) from promocodeusages where code_id = :code_id) as uses, exists (
        select from bot.switched_off_codes where code_id = :code_id and :most <= lowered_to and lowered_to < most
    ) as off
"""
GET_PAST = text(PAST)
USE = text(
    f"""
    with past as ({PAST}), usage as (
        insert into promocodeusages (user_id, code_id, used_at)
        select :user_id, :code_id, cast(:now as timestamptz) from past
        where used_at is null and used_before is null and uses < :most
        returning id
    ), {extending("usage")}
    select past.*, change.* from past left join change on true
    """
)


class PromoOff(Refused):
    """Switched off by an admin."""

    code: str


@dataclass(frozen=True, slots=True)
class RedeemedCode:
    """`days` of `module` were added by `change`."""

    code: str
    product: str
    module: str
    days: int
    change: AppliedChange


@dataclass(frozen=True, slots=True)
class PromoUse:
    code: str
    product: str
    days: int
    used_at: datetime


@dataclass(frozen=True, slots=True)
class PromoPreview:
    """What a code would give: `days` of `module`."""

    code: str
    module: str
    days: int


@dataclass(frozen=True, slots=True)
class PromoSummary:
    """A code with what it opens and how often it was used. `off_most`: of one that is switched off, how many uses it
    was for (db/promo_codes.py)."""

    id: int
    code: str
    product: str
    days: int
    used: int
    most: int
    off_most: int | None = None


async def redeem(session: AsyncSession, user_id: int, code: str, now: datetime) -> RedeemedCode:
    """The lock on the code's row alone keeps it to one use per person and `max_usage_count` in all: the shared table
    has no unique key for that. Raises PromoUnknown, PromoUsedByYou, PromoUsedUp, PromoOff, AccessTooFar."""
    found = await lock_account_and(session, user_id, LOCK, _named(code))
    if found.code_id is None:
        # Again in any case: what is recorded already may have been so by another process since the first look.
        await record_forms(session)
        found = await lock_account_and(session, user_id, LOCK, _named(code))
    if found.code_id is None:
        raise PromoUnknown(clean_text(code))
    check_days(found.days)
    # By a statement of its own, which sees who has used the code until it was locked.
    values = _asked(found, found.id, found.chats, found.key) | {
        "module_id": found.module_id, "days": found.days, "source": Source.PROMO, "now": now, "far": LATEST_END,
    }  # fmt: skip
    used = (await session.execute(USE, values)).one()
    _check_usable(found, used)
    if used.id is None:
        raise AccessTooFar(found.days)
    change = AppliedChange(used.id, found.id, found.module_id, found.days, used.before, used.after)
    return RedeemedCode(found.code, found.product, found.module, found.days, change)


async def record_used_codes(session: AsyncSession, user_id: int, telegram_ids: Sequence[int]) -> None:
    """What the account has used stays used by its chats, whichever accounts they make later; nobody can be told from
    it (a keyed hash)."""
    used = await session.execute(
        select(PromoUsage.code_id, func.min(PromoUsage.used_at))
        .where(PromoUsage.user_id == user_id)
        .group_by(PromoUsage.code_id)
    )
    key = await ensure_server_key(session, USED_CODES)
    rows = [
        {"code_id": code_id, "person": _person(key, telegram_id, code_id), "used_at": used_at}
        for code_id, used_at in used
        for telegram_id in telegram_ids
    ]
    if rows:
        await session.execute(insert(UsedCode).values(rows).on_conflict_do_nothing())


def _person(key: bytes, telegram_id: int, code_id: int) -> bytes:
    return keyed_hash(key, f"{telegram_id} {code_id}")


async def get_preview(
    session: AsyncSession, code: str, user_id: int | None, telegram_id: int
) -> PromoPreview:
    """What the code would give that chat now; `user_id` is None for a person without an account.

    Raises PromoUnknown, PromoUsedByYou, PromoUsedUp, PromoOff.
    """
    found = await find_promo(session, code)
    if found is None:
        raise PromoUnknown(clean_text(code))
    key = await find_server_key(session, USED_CODES)
    _check_usable(found, (await session.execute(GET_PAST, _asked(found, user_id, [telegram_id], key))).one())
    return PromoPreview(found.code, found.module, found.days)


def _asked(
    found: Row[Any], user_id: int | None, telegram_ids: Sequence[int], key: bytes | None
) -> dict[str, Any]:
    """Arguments of PAST. Who has used it for an account that was deleted since is known by `key`."""
    persons = [_person(key, telegram_id, found.code_id) for telegram_id in telegram_ids] if key else []
    return {"code_id": found.code_id, "most": found.most, "user_id": user_id, "persons": persons}


def _check_usable(found: Row[Any], past: Row[Any]) -> None:
    used_at = past.used_at or past.used_before
    if used_at is not None:
        raise PromoUsedByYou(found.code, used_at)
    if past.uses >= found.most:
        raise PromoOff(found.code) if past.off else PromoUsedUp(found.code)


async def create_promo(
    session: AsyncSession, code: str, product_id: int, days: int, most: int
) -> PromoSummary:
    """Raises ProductUnknown, PromoExists (one that is the same to people), AccessTooFar."""
    if not 1 <= days <= MAX_DAYS:
        raise AccessTooFar(days)
    product = await session.get(Product, product_id)
    if product is None:
        raise ProductUnknown(product_id)
    code = clean_text(code)
    # The unique index tells letter cases apart.
    await lock(session, f"promo:{promo_form(code)}")
    if await find_promo(session, code) is not None:
        raise PromoExists(code)
    row = PromoCode(code=code, max_usage_count=most, days=days, product_id=product_id)
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        if find_taken_id(error) is not None:
            raise
        raise PromoExists(code) from error
    return PromoSummary(row.id, row.code, product.name, days, 0, most)


async def list_uses(session: AsyncSession, user_id: int, limit: int) -> list[PromoUse]:
    """Of one person, the newest first."""
    rows = await session.execute(
        select(PromoCode.code, Product.name, PromoCode.days, PromoUsage.used_at)
        .join(PromoCode, PromoCode.id == PromoUsage.code_id)
        .join(Product, Product.product_id == PromoCode.product_id)
        .where(PromoUsage.user_id == user_id)
        .order_by(PromoUsage.used_at.desc(), PromoUsage.id.desc())
        .limit(limit)
    )
    return [PromoUse(*row) for row in rows]


async def find_promo(session: AsyncSession, code: str) -> Row[Any] | None:
    """The code that is the same to people, with what it opens: OPENED's columns."""
    if (found := (await session.execute(FIND, _named(code))).one_or_none()) is not None:
        return found
    await record_forms(session)
    return (await session.execute(FIND, _named(code))).one_or_none()


def _named(code: str) -> dict[str, str]:
    return {"written": clean_text(code), "form": promo_form(code)}


async def record_forms(session: AsyncSession) -> None:
    """Follows what is new or was renamed in `promocodes`."""
    last = 0
    while rows := (await session.execute(LIST_UNKNOWN, {"after": last, "batch": BATCH})).all():
        await _record(session, [(row.id, row.code) for row in rows])
        last = rows[-1].id


async def _record(session: AsyncSession, codes: Sequence[tuple[int, str]]) -> None:
    values = {
        "ids": [code_id for code_id, _code in codes],
        "codes": [code for _id, code in codes],
        "forms": [promo_form(code) for _id, code in codes],
    }
    await session.execute(RECORD, values)
