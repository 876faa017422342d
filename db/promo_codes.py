"""Promo codes as admins look after them: batches for one use each, the number of uses, off and on again, who used them.

A code is switched off by lowering `max_usage_count` to the uses there are, so that no application redeems it; past uses
stay as they are. What the number was is kept in schema `bot`.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.access.limits import MAX_DAYS
from db.errors import AccessTooFar, ProductUnknown, Refused
from db.normal import PLAIN_SIGNS, promo_form
from db.placeholders import proven_email
from db.promo import PromoSummary, record_forms
from db.tables import Product

MAX_BATCH = 1000
LENGTH = 8

Pick = Callable[[str], str]  # one of these signs


class PromoGone(Refused):
    """The code, or the batch, was deleted."""

    id: int


class LimitBelowUses(Refused):
    code: str
    used: int


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """`used` and `usable`: how many of the codes were used, and how many still can be."""

    id: int
    created_at: datetime
    product: str
    days: int
    count: int
    used: int
    usable: int


@dataclass(frozen=True, slots=True)
class SwitchedCode:
    """`max_usage_count` before and after."""

    id: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class PromoUser:
    """Who has used a code. `deleted`: nobody is behind the account any more."""

    user_id: int
    name: str | None
    code: str
    used_at: datetime
    deleted: bool


IS_OFF = "o.code_id is not null and c.max_usage_count <= o.lowered_to"
USES = "(select count(*)::int from promocodeusages u where u.code_id = c.id)"
SUMMARY = f"""
    select c.id, c.code, p.name, c.days, {USES}, c.max_usage_count, case when {IS_OFF} then o.most end
    from promocodes c join products p on p.product_id = c.product_id
    left join bot.switched_off_codes o on o.code_id = c.id
    left join bot.batch_codes b on b.code_id = c.id
"""
GET_CODE = text(f"{SUMMARY} where c.id = :id")
LIST_SINGLE = text(f"{SUMMARY} where b.code_id is null order by c.id desc offset :skip limit :limit")
LIST_BATCH = text(f"{SUMMARY} where b.batch_id = :batch order by c.id")
COUNT_SINGLE = text(
    "select count(*) from promocodes c where not exists (select from bot.batch_codes b where b.code_id = c.id)"
)
BATCHES = f"""
    select b.id, b.created_at, min(p.name), min(c.days), count(*),
           count(*) filter (where {USES} > 0), count(*) filter (where {USES} < c.max_usage_count)
    from bot.promo_batches b
    join bot.batch_codes one on one.batch_id = b.id
    join promocodes c on c.id = one.code_id
    join products p on p.product_id = c.product_id
"""
GET_BATCH = text(f"{BATCHES} where b.id = :id group by b.id")
LIST_BATCHES = text(f"{BATCHES} group by b.id order by b.id desc offset :skip limit :limit")
COUNT_BATCHES = text("select count(distinct batch_id) from bot.batch_codes")
CODES_OF_BATCH = text("select code_id from bot.batch_codes where batch_id = :id")

ADD_CODES = text(
    """
    with batch as (
        insert into bot.promo_batches (created_at) values (:now) returning id
    ), codes as (
        insert into promocodes (code, max_usage_count, days, product_id)
        select code, 1, :days, :product from unnest(cast(:codes as text[])) code returning id
    )
    insert into bot.batch_codes (code_id, batch_id) select codes.id, batch.id from codes, batch returning batch_id
    """
)
LOCK = text("select id from promocodes where id = any(:ids) order by id for update")
SWITCH_OFF = text(
    f"""
    with codes as (
        select c.id, c.max_usage_count as most, least(c.max_usage_count, {USES}) as lowered
        from promocodes c left join bot.switched_off_codes o on o.code_id = c.id
        where c.id = any(:ids) and not ({IS_OFF})
    ), lowered as (
        update promocodes set max_usage_count = codes.lowered from codes where promocodes.id = codes.id
    ), kept as (
        insert into bot.switched_off_codes (code_id, most, lowered_to, off_at)
        select id, most, lowered, :now from codes
        on conflict (code_id) do update
        set most = excluded.most, lowered_to = excluded.lowered_to, off_at = excluded.off_at
    )
    select id, most, lowered from codes order by id
    """
)
SWITCH_ON = text(
    f"""
    with codes as (
        select c.id, c.max_usage_count as lowered, greatest(o.most, {USES}) as most
        from promocodes c join bot.switched_off_codes o on o.code_id = c.id
        where c.id = any(:ids) and {IS_OFF}
    ), raised as (
        update promocodes set max_usage_count = codes.most from codes where promocodes.id = codes.id
    ), gone as (
        delete from bot.switched_off_codes where code_id = any(:ids)
    )
    select id, lowered, most from codes order by id
    """
)
SET_LIMIT = text("update promocodes set max_usage_count = :most where id = :id")
SET_KEPT_LIMIT = text("update bot.switched_off_codes set most = :most where code_id = :id")
USERS = f"""
    select u.user_id, coalesce(person.name, {proven_email("person")}), c.code, u.used_at, gone.user_id is not null
    from promocodeusages u
    join promocodes c on c.id = u.code_id
    join users person on person.id = u.user_id
    left join bot.deleted_accounts gone on gone.user_id = u.user_id
    where u.code_id = any(:ids) order by u.used_at desc, u.id desc
"""
LIST_USERS = text(f"{USERS} offset :skip limit :limit")
ALL_USERS = text(USERS)
COUNT_USERS = text("select count(*) from promocodeusages where code_id = any(:ids)")
KNOWN_FORMS = text("select form from bot.promo_forms where form = any(:forms)")


async def get_code(session: AsyncSession, code_id: int) -> PromoSummary:
    """Raises PromoGone."""
    row = (await session.execute(GET_CODE, {"id": code_id})).one_or_none()
    if row is None:
        raise PromoGone(code_id)
    return PromoSummary(*row)


async def list_codes(session: AsyncSession, skip: int, limit: int) -> list[PromoSummary]:
    """The newest first, without those of batches."""
    return [PromoSummary(*row) for row in await session.execute(LIST_SINGLE, {"skip": skip, "limit": limit})]


async def count_codes(session: AsyncSession) -> int:
    return int(await session.scalar(COUNT_SINGLE))


async def get_batch(session: AsyncSession, batch_id: int) -> BatchSummary:
    """Raises PromoGone."""
    row = (await session.execute(GET_BATCH, {"id": batch_id})).one_or_none()
    if row is None:
        raise PromoGone(batch_id)
    return BatchSummary(*row)


async def list_batches(session: AsyncSession, skip: int, limit: int) -> list[BatchSummary]:
    """The newest first."""
    return [BatchSummary(*row) for row in await session.execute(LIST_BATCHES, {"skip": skip, "limit": limit})]


async def count_batches(session: AsyncSession) -> int:
    return int(await session.scalar(COUNT_BATCHES))


async def list_batch(session: AsyncSession, batch_id: int) -> list[PromoSummary]:
    """Its codes, in the order in which they were made."""
    return [PromoSummary(*row) for row in await session.execute(LIST_BATCH, {"batch": batch_id})]


async def list_ids_of_batch(session: AsyncSession, batch_id: int) -> list[int]:
    return list(await session.scalars(CODES_OF_BATCH, {"id": batch_id}))


async def generate_codes(session: AsyncSession, count: int, pick: Pick = secrets.choice) -> list[str]:
    """That nobody has yet, whatever their letter case."""
    await record_forms(session)
    found: dict[str, str] = {}
    while len(found) < count:
        made = ["".join(pick(PLAIN_SIGNS) for _sign in range(LENGTH)) for _code in range(count - len(found))]
        forms = {promo_form(code): code for code in made}
        known = set(await session.scalars(KNOWN_FORMS, {"forms": list(forms)}))
        found |= {form: code for form, code in forms.items() if form not in known}
    return list(found.values())


async def create_batch(
    session: AsyncSession, product_id: int, days: int, count: int, now: datetime, pick: Pick = secrets.choice
) -> BatchSummary:
    """`count` codes (at most MAX_BATCH) for one use each. Raises ProductUnknown, AccessTooFar."""
    if not 1 <= days <= MAX_DAYS:
        raise AccessTooFar(days)
    if await session.get(Product, product_id) is None:
        raise ProductUnknown(product_id)
    codes = await generate_codes(session, count, pick)
    values = {"codes": codes, "days": days, "product": product_id, "now": now}
    made = (await session.scalars(ADD_CODES, values)).all()
    await record_forms(session)  # or the first of a thousand learners would wait for it
    return await get_batch(session, made[0])


async def switch_off(session: AsyncSession, ids: Sequence[int], now: datetime) -> list[SwitchedCode]:
    """Those that were on. Nobody redeems one while it is switched, as redeeming locks its row too."""
    await session.execute(LOCK, {"ids": list(ids)})
    return [SwitchedCode(*row) for row in await session.execute(SWITCH_OFF, {"ids": list(ids), "now": now})]


async def switch_on(session: AsyncSession, ids: Sequence[int]) -> list[SwitchedCode]:
    """Those that were off: as many uses as before, or as there have been meanwhile where that is more."""
    await session.execute(LOCK, {"ids": list(ids)})
    return [SwitchedCode(*row) for row in await session.execute(SWITCH_ON, {"ids": list(ids)})]


async def set_limit(session: AsyncSession, code_id: int, most: int) -> SwitchedCode:
    """Of a code that is off, how many it will have once it is on again. Raises PromoGone, LimitBelowUses."""
    await session.execute(LOCK, {"ids": [code_id]})
    found = await get_code(session, code_id)
    if most < max(found.used, 1):
        raise LimitBelowUses(found.code, found.used)
    await session.execute(
        SET_KEPT_LIMIT if found.off_most is not None else SET_LIMIT, {"id": code_id, "most": most}
    )
    return SwitchedCode(code_id, found.off_most if found.off_most is not None else found.most, most)


async def list_users(session: AsyncSession, ids: Sequence[int], skip: int, limit: int) -> list[PromoUser]:
    """Of these codes, the newest use first."""
    rows = await session.execute(LIST_USERS, {"ids": list(ids), "skip": skip, "limit": limit})
    return [PromoUser(*row) for row in rows]


async def list_all_users(session: AsyncSession, ids: Sequence[int]) -> list[PromoUser]:
    return [PromoUser(*row) for row in await session.execute(ALL_USERS, {"ids": list(ids)})]


async def count_users(session: AsyncSession, ids: Sequence[int]) -> int:
    return int(await session.scalar(COUNT_USERS, {"ids": list(ids)}))
