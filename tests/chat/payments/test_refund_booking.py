"""What a refund that is booked changes beside money and days."""

import asyncpg
import pytest

from bot.notifications.alert_events import RefundFailed
from bot.notifications.notify import raise_alert
from bot.payments.reconciling import reconcile
from bot.payments.refunding import settle_refunds
from bot.sandbox.app import Sandbox
from db.engine import Pool
from handlers.app import Application
from tests.chat.payments.test_late_news import take_jobs
from tests.chat.payments.test_provider_answers import paid_unheard
from tests.chat.refunds.steps import at_provider
from tests.chat.refunds.test_asked_for import CERTIFICATE
from tests.chat_user import ChatUser

pytestmark = pytest.mark.unasked

OPEN = "select array_agg(subject order by id) from bot.alerts where solved_at is null"


@pytest.mark.errors_expected("an alarm is logged as an error")
async def test_the_whole_makes_certificates_void_and_closes_what_failed_before(
    app: Application, anna: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    """A part closes only what failed of the same sum."""
    await anna.register()
    payment = await paid_unheard(anna, sandbox, sql)
    app.worker.stop()
    await reconcile(app.context)
    await sql.execute(CERTIFICATE)
    async with app.context.database.transaction(Pool.JOBS) as session:
        for subject, amount in (("8", 33_000), ("9", 10_000)):
            failed = RefundFailed(
                subject=subject, purchase_id=1, amount=amount, currency="RUB", code="x", about=""
            )
            await raise_alert(session, app.context, failed)
    for returned, left, void in (("330.00", ["9"], ""), ("660.00", None, "2222-3333-4444")):
        await take_jobs(sql)
        await at_provider(anna, "/refunds", {"payment_id": payment, "amount": returned})
        await settle_refunds(app.context, payment)
        assert await sql.fetchval(OPEN) == left
        told = [job.facts.get("void", "") for job in await take_jobs(sql) if job.news == "refund_done"]
        assert told == [void]
