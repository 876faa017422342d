"""Alerts: sent to the admins once, and on /admin until they are solved. One that an admin has dismissed is not raised
again until its facts change, or it was solved in between."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Alert, Attempt, ParkedPayment

CREATE = text(
    """
    insert into bot.alerts (kind, subject, facts, created_at)
    select :kind, :subject, cast(:facts as jsonb), :now
    where not exists (
        select 1 from bot.alerts
        where kind = :kind and subject = :subject and dismissed and facts = cast(:facts as jsonb)
    )
    on conflict (kind, subject) where solved_at is null do nothing
    returning id
    """
)


async def create_alert(
    session: AsyncSession, kind: str, subject: str, facts: dict[str, Any], now: datetime
) -> bool:
    """Whether it is new: the same one is told again neither while it is open nor when it was dismissed."""
    values = {"kind": kind, "subject": subject, "facts": orjson.dumps(facts).decode(), "now": now}
    return (await session.execute(CREATE, values)).scalar_one_or_none() is not None


async def close_alert(session: AsyncSession, kind: str, subject: str, now: datetime) -> None:
    await _close(session, now, Alert.kind == kind, Alert.subject == subject)


async def close_offer_alerts(session: AsyncSession, kind: str, offer_id: int | None, now: datetime) -> None:
    """Those whose subject begins with that offer: it can be paid again."""
    await _close(session, now, Alert.kind == kind, Alert.subject.startswith(f"{offer_id} "))


async def close_invoice_alerts(session: AsyncSession, key: str, now: datetime) -> None:
    """Telegram has taken the invoice of the attempt with that key."""
    offer = select(func.concat(Attempt.offer_id, " ", Attempt.method, " ")).where(Attempt.key == key)
    await _close(
        session,
        now,
        Alert.kind == "invoice_refused",
        func.starts_with(Alert.subject, offer.scalar_subquery()),
    )


async def close_payment_alerts(
    session: AsyncSession, purchase_id: int, payment_id: str, now: datetime
) -> None:
    """Closes whatever was raised about a payment that has come to its end."""
    of_purchase = Alert.kind.in_(("payment_held", "payment_not_credited", "payment_unknown"))
    of_payment = Alert.kind.in_(("payment_mismatch", "payment_parked"))
    either = (
        and_(of_purchase, Alert.subject == str(purchase_id)),
        and_(of_payment, Alert.subject == payment_id),
    )
    await _close(session, now, or_(*either))


async def close_refund_alerts(
    session: AsyncSession, kind: str, purchase_id: int, amount: int | None, now: datetime
) -> None:
    """About refunds of that purchase: of that `amount`, or, where it is None, all of them."""
    about = [Alert.kind == kind, Alert.facts["purchase_id"].as_integer() == purchase_id]
    if amount is not None:
        about.append(Alert.facts["amount"].as_integer() == amount)
    await _close(session, now, *about)


async def close_other_alerts(session: AsyncSession, kind: str, still: Sequence[str], now: datetime) -> None:
    """Closes those of that kind whose subject is not among `still`."""
    await _close(session, now, Alert.kind == kind, Alert.subject.not_in(still))


async def close_parked_alert(session: AsyncSession, parked_id: int, now: datetime) -> None:
    """The alert about a parked payment, once it is assigned."""
    payment = select(ParkedPayment.payment_id).where(ParkedPayment.id == parked_id)
    await _close(session, now, Alert.kind == "payment_parked", Alert.subject == payment.scalar_subquery())


async def _close(session: AsyncSession, now: datetime, *which: ColumnElement[bool]) -> None:
    """Dismissed ones too: what comes back after it was solved is raised again."""
    await session.execute(
        update(Alert)
        .where(or_(Alert.solved_at.is_(None), Alert.dismissed), *which)
        .values(solved_at=func.coalesce(Alert.solved_at, now), dismissed=False)
    )


async def list_open_alerts(session: AsyncSession, limit: int = 20) -> list[Alert]:
    rows = await session.scalars(
        select(Alert).where(Alert.solved_at.is_(None)).order_by(Alert.id.desc()).limit(limit)
    )
    return list(rows)


OF_PURCHASE = (
    "payment_held",
    "payment_not_credited",
    "paid_not_granted",
    "granted_not_paid",
    "payment_unknown",
)
FIND_PERSON = text(
    """
    select coalesce(
        (select user_id from purchases where id = cast(:purchase as bigint)),
        (select user_id from authidentities
         where lower(loginprovider) = 'telegram' and providerkey = :telegram order by id limit 1))
    """
)


async def find_person(session: AsyncSession, kind: str, subject: str, facts: dict[str, Any]) -> int | None:
    """The account that an alert is about."""
    purchase = subject if kind in OF_PURCHASE else facts.get("purchase_id")
    telegram = facts.get("telegram_id")
    if purchase is None and telegram is None:
        return None
    asked = {"purchase": int(purchase) if purchase is not None else None, "telegram": str(telegram)}
    found: int | None = await session.scalar(FIND_PERSON, asked)
    return found


async def is_solved(session: AsyncSession, kind: str, subject: str) -> bool:
    """Whether it was raised and is not open any more."""
    query = select(func.bool_and(Alert.solved_at.is_not(None)))
    return bool(await session.scalar(query.where(Alert.kind == kind, Alert.subject == subject)))


async def count_open(session: AsyncSession, kind: str) -> int:
    query = select(func.count()).select_from(Alert).where(Alert.kind == kind, Alert.solved_at.is_(None))
    return await session.scalar(query) or 0


async def mark_dismissed(session: AsyncSession, alert_id: int, now: datetime) -> Alert | None:
    """An admin has taken care of it. None where it was not open any more."""
    done = await session.execute(
        update(Alert)
        .where(Alert.id == alert_id, Alert.solved_at.is_(None))
        .values(solved_at=now, dismissed=True)
        .returning(Alert)
    )
    return done.scalar_one_or_none()
