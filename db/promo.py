"""Promo codes: at most `max_usage_count` uses in all, one per person, held by a lock on the code's row."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from db.access.changes import MAX_DAYS, AppliedChange, Source, change_access
from db.errors import AccessTooFar, ProductUnknown, PromoExists, PromoUnknown, PromoUsedByYou, PromoUsedUp
from db.identities import find_taken_id
from db.locks import lock
from db.tables import Module, Product, PromoCode, PromoUsage


@dataclass(frozen=True, slots=True)
class RedeemedCode:
    """`days` of `module` were added by `change`."""

    code: str
    product: str
    module: str
    days: int
    change: AppliedChange


@dataclass(frozen=True, slots=True)
class PromoSummary:
    """A code with what it opens and how often it was used."""

    id: int
    code: str
    product: str
    days: int
    used: int
    most: int


def normalize_code(code: str) -> str:
    """Letter case and surrounding blanks do not matter."""
    return code.strip().lower()


async def redeem(session: AsyncSession, user_id: int, code: str, now: datetime) -> RedeemedCode:
    """Raises PromoUnknown, PromoUsedByYou, PromoUsedUp."""
    found = await _locked(session, code)
    used_at = await session.scalar(
        select(PromoUsage.used_at)
        .where(PromoUsage.code_id == found.id, PromoUsage.user_id == user_id)
        .limit(1)
    )
    if used_at is not None:
        raise PromoUsedByYou(found.code, used_at)
    uses = await session.scalar(select(func.count()).where(PromoUsage.code_id == found.id)) or 0
    if uses >= found.max_usage_count:
        raise PromoUsedUp(found.code)
    usage = PromoUsage(user_id=user_id, code_id=found.id, used_at=now)
    session.add(usage)
    await session.flush()
    product, module_id, module = await _opens(session, found.product_id)
    change = await change_access(session, user_id, module_id, found.days, Source.PROMO, usage.id, now)
    return RedeemedCode(found.code, product, module, found.days, change)


async def create_promo(
    session: AsyncSession, code: str, product_id: int, days: int, most: int
) -> PromoSummary:
    """Raises ProductUnknown, PromoExists (in whatever letter case), AccessTooFar."""
    if not 1 <= days <= MAX_DAYS:
        raise AccessTooFar(days)
    product = await session.get(Product, product_id)
    if product is None:
        raise ProductUnknown(product_id)
    # The unique index tells letter cases apart.
    await lock(session, f"promo:{normalize_code(code)}")
    if await session.scalar(_by_code(code)) is not None:
        raise PromoExists(code)
    row = PromoCode(code=code.strip(), max_usage_count=most, days=days, product_id=product_id)
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        if find_taken_id(error) is not None:
            raise
        raise PromoExists(code) from error
    return PromoSummary(row.id, row.code, product.name, days, 0, most)


async def list_promos(session: AsyncSession, limit: int = 30) -> list[PromoSummary]:
    """The newest first."""
    uses = (
        select(PromoUsage.code_id, func.count().label("used")).group_by(PromoUsage.code_id).subquery("uses")
    )
    rows = await session.execute(
        select(
            PromoCode.id,
            PromoCode.code,
            Product.name,
            PromoCode.days,
            func.coalesce(uses.c.used, 0),
            PromoCode.max_usage_count,
        )
        .join(Product, Product.product_id == PromoCode.product_id)
        .outerjoin(uses, uses.c.code_id == PromoCode.id)
        .order_by(PromoCode.id.desc())
        .limit(limit)
    )
    return [PromoSummary(*row) for row in rows]


def _by_code(code: str) -> Select[PromoCode]:
    """An exact match wins where an adopted database holds two that differ in case only."""
    return (
        select(PromoCode)
        .where(func.lower(func.btrim(PromoCode.code)) == normalize_code(code))
        .order_by((PromoCode.code == code.strip()).desc(), PromoCode.id)
        .limit(1)
    )


async def _locked(session: AsyncSession, code: str) -> PromoCode:
    found = await session.scalar(_by_code(code).with_for_update())
    if found is None:
        raise PromoUnknown(code)
    return found


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
