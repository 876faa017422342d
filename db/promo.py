"""Promo codes: at most `max_usage_count` uses in all, one per person, held by a lock on the code's row.

A code is found by its normal form (`db/normal.py`), which no locale of the database decides. Codes are the other
application's as well, so `bot.promo_forms` follows `promocodes` whenever a code is not found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from db.access.changes import AppliedChange, Source, change_access
from db.access.limits import MAX_DAYS
from db.account_ids import list_telegram_ids, lock_account
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
from db.server_keys import find_server_key, get_server_key, keyed_hash
from db.tables import Module, Product, PromoCode, PromoForm, PromoUsage, SwitchedOffCode, UsedCode

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
    where promo_forms.code is distinct from excluded.code
    """
)


@dataclass
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
    has no unique key for that. Raises PromoUnknown, PromoUsedByYou, PromoUsedUp, PromoOff."""
    user_id = await lock_account(session, user_id)
    found = await find_promo(session, code, for_update=True)
    if found is None:
        raise PromoUnknown(clean_text(code))
    await _check_usable(session, found, user_id, await list_telegram_ids(session, user_id))
    usage = PromoUsage(user_id=user_id, code_id=found.id, used_at=now)
    session.add(usage)
    await session.flush()
    product, module_id, module = await _opens(session, found.product_id)
    change = await change_access(session, user_id, module_id, found.days, Source.PROMO, usage.id, now)
    return RedeemedCode(found.code, product, module, found.days, change)


async def record_used_codes(session: AsyncSession, user_id: int, telegram_ids: Sequence[int]) -> None:
    """What the account has used stays used by its chats, whichever accounts they make later; nobody can be told from
    it (a keyed hash)."""
    used = await session.execute(
        select(PromoUsage.code_id, func.min(PromoUsage.used_at))
        .where(PromoUsage.user_id == user_id)
        .group_by(PromoUsage.code_id)
    )
    key = await get_server_key(session, USED_CODES)
    rows = [
        {"code_id": code_id, "person": _person(key, telegram_id, code_id), "used_at": used_at}
        for code_id, used_at in used
        for telegram_id in telegram_ids
    ]
    if rows:
        await session.execute(insert(UsedCode).values(rows).on_conflict_do_nothing())


async def _used_before(session: AsyncSession, code_id: int, telegram_ids: Sequence[int]) -> datetime | None:
    """When one of these chats has used it for an account that was deleted since."""
    key = await find_server_key(session, USED_CODES)
    if key is None:
        return None
    persons = [_person(key, telegram_id, code_id) for telegram_id in telegram_ids]
    return await session.scalar(
        select(func.min(UsedCode.used_at)).where(UsedCode.code_id == code_id, UsedCode.person.in_(persons))
    )


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
    await _check_usable(session, found, user_id, [telegram_id])
    _product, _module_id, module = await _opens(session, found.product_id)
    return PromoPreview(found.code, module, found.days)


async def _check_usable(
    session: AsyncSession, found: PromoCode, user_id: int | None, telegram_ids: Sequence[int]
) -> None:
    used_at = await session.scalar(
        select(PromoUsage.used_at)
        .where(PromoUsage.code_id == found.id, PromoUsage.user_id == user_id)
        .limit(1)
    )
    used_at = used_at or await _used_before(session, found.id, telegram_ids)
    if used_at is not None:
        raise PromoUsedByYou(found.code, used_at)
    uses = await session.scalar(select(func.count()).where(PromoUsage.code_id == found.id)) or 0
    if uses >= found.max_usage_count:
        raise PromoOff(found.code) if await _is_off(session, found) else PromoUsedUp(found.code)


async def _is_off(session: AsyncSession, found: PromoCode) -> bool:
    off = await session.get(SwitchedOffCode, found.id)
    return off is not None and found.max_usage_count <= off.lowered_to < off.most


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


async def find_promo(session: AsyncSession, code: str, *, for_update: bool = False) -> PromoCode | None:
    """The code that is the same to people; `for_update` locks its row."""
    query = _by_code(code).with_for_update() if for_update else _by_code(code)
    if (found := await session.scalar(query)) is not None:
        return found
    # Again in any case: what is recorded already may have been so by another process since the first look.
    await record_forms(session)
    return await session.scalar(query)


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


def _by_code(code: str) -> Select[PromoCode]:
    """An exact match wins where an adopted database holds two that differ in letter case only, else the oldest."""
    written, form = clean_text(code), promo_form(code)
    same_form = select(PromoForm.code_id).where(PromoForm.form == form, PromoForm.code == PromoCode.code)
    exact = PromoCode.code == written
    return (
        select(PromoCode)
        .where(literal(form) != "", or_(exact, PromoCode.id.in_(same_form)))
        .order_by(exact.desc(), PromoCode.id)
        .limit(1)
    )


async def _opens(session: AsyncSession, product_id: int) -> tuple[str, int, str]:
    """A product's name, and its module's id and name."""
    row = (
        await session.execute(
            select(Product.name, Module.id, Module.name)
            .join(Module, Module.id == Product.module_id)
            .where(Product.product_id == product_id)
        )
    ).one()
    return row[0], row[1], row[2]
