"""The news of a payment, as they are told first and once more."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.notifications.events import PurchaseSucceeded
from db.lessons.lessons import get_next_lesson
from db.payments.purchases import PurchaseStatus, PurchaseSummary
from db.payments.timeline import Timeline


async def find_paid_news(
    session: AsyncSession, user_id: int, found: Timeline, now: datetime
) -> PurchaseSucceeded | None:
    """Of a person's purchase, with what it opened. None where it has not succeeded, or has been returned since."""
    if found.purchase.status != PurchaseStatus.SUCCEEDED or found.access is None:
        return None
    return await paid_news(session, user_id, found.purchase, found.access.until, now)


async def paid_news(
    session: AsyncSession, user_id: int, paid: PurchaseSummary, ends_at: datetime | None, now: datetime
) -> PurchaseSucceeded:
    """The news of a purchase that has succeeded, told once more. `ends_at`: None for ever."""
    return PurchaseSucceeded(
        purchase_id=paid.id,
        product=paid.product,
        module=paid.module,
        module_id=paid.module_id,
        days=paid.days,
        amount=paid.amount,
        currency=paid.currency,
        ends_at=ends_at,
        **await next_lesson_facts(session, user_id, paid.module_id, now),
    )


async def next_lesson_facts(
    session: AsyncSession, user_id: int, module_id: int, now: datetime
) -> dict[str, Any]:
    """The facts of the lesson to go on with; none where the course has none left."""
    lesson = await get_next_lesson(session, user_id, module_id, now)
    if lesson is None:
        return {}
    return {"lesson_id": lesson.id, "lesson_number": lesson.number, "lesson": lesson.title}
