"""What is done again because it may have been lost, and what is deleted because it is old."""

from datetime import timedelta

from bot.context import AppContext
from bot.payments import alarms
from bot.retry import MAX_RETRY_AGE
from db import cooldowns, history_elsewhere, jobs, outbox, promo, queue, updates
from db.catalogue import copies
from db.connecting import codes, links
from db.deleting.erasing import erase_unpaid
from db.engine import Pool
from db.merging.undoing import delete_old_merges
from db.payments import attempts, callbacks
from db.queue import enqueue
from db.refunds import requests

LOST = timedelta(seconds=90)  # later than its job should have been
KEPT = timedelta(days=3)
# What these have to do is found in the database once more, by `sweep` or by reconciliation. Of any other job the only
# trace is the job itself.
FOUND_AGAIN = [
    jobs.CreatePaymentJob.name,
    jobs.AskPaymentJob.name,
    jobs.VerifyCallbackJob.name,
    jobs.VerifyUnknownJob.name,
    jobs.CreateRefundJob.name,
    jobs.AskRefundJob.name,
    jobs.RetryUpdateJob.name,
    jobs.SendOutboxJob.name,
    jobs.SendMessageJob.name,
]


async def sweep(_job: jobs.SweepJob, context: AppContext) -> None:
    """Enqueues anew what should have happened: jobs are at-least-once, but a held or deleted one is gone."""
    before = context.now() - LOST
    async with context.database.transaction(Pool.JOBS) as session:
        for attempt_id in await attempts.list_unsent(session, before):
            await enqueue(session, jobs.CreatePaymentJob(attempt=attempt_id), key=f"create:{attempt_id}")
        for attempt_id in await attempts.list_overdue(session, before):
            await enqueue(session, jobs.AskPaymentJob(attempt=attempt_id), key=f"ask:{attempt_id}")
        for callback in await callbacks.list_unhandled(session, before):
            await callbacks.enqueue_verification(session, callback.id, callback.known, once=True)
        await callbacks.delete_without_news(session, context.now())
        await alarms.watch_callbacks(session, context)
        for failed_id in await updates.list_unsolved_ids(session):
            await enqueue(session, jobs.RetryUpdateJob(id=failed_id), key=f"retry_update:{failed_id}")
        for outbox_id, channel in await outbox.list_overdue(session, before):
            await outbox.enqueue_sending(session, outbox_id, channel)
        await queue.requeue_failed(session, FOUND_AGAIN, MAX_RETRY_AGE)
    # A code that is not found is refused, and the refusal takes back what looking for it has recorded.
    async with context.database.transaction(Pool.JOBS) as session:
        await promo.record_forms(session)
    async with context.database.transaction(Pool.JOBS) as session:
        await history_elsewhere.record_elsewhere(session, context.now())


async def tidy(_job: jobs.TidyJob, context: AppContext) -> None:
    """Ids of handled updates, refunds nobody confirmed and the queue's own log are of no use after some days."""
    before = context.now() - KEPT
    async with context.database.transaction(Pool.JOBS) as session:
        await updates.delete_handled(session, before)
        await cooldowns.delete_old(session, before)
        await codes.delete_old(session, before)
        await updates.delete_solved(session, context.now() - updates.SOLVED_KEPT)
        await callbacks.delete_old(session, context.now())
        await copies.delete_old(session, context.now())
        await requests.delete_old_drafts(session, before)
        await outbox.forget_old(session, context.now())
        await links.delete_old(session, context.now())
        await queue.delete_log(session, before)
        await erase_unpaid(session)
        await delete_old_merges(session, context.now())
