"""Jobs by name: payload and operation of each, and when the scheduled ones are due.

An operation takes its payload and the context, and must be idempotent: after a crash its job runs again.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import TypeVar

from pydantic import TypeAdapter

from bot.context import AppContext
from bot.jobs import (
    catalogue,
    certificates,
    grant_report,
    housekeeping,
    my_data,
    progress,
    promo,
    refusals,
    support,
)
from bot.mail.sending import send_outbox
from bot.notifications import delivery, granted
from bot.payments import asking, callbacks, checking, links, reconciling, refunding
from bot.reminders.planning import remind
from bot.reminders.sending import send_message
from bot.updates.lists import reading_lists
from bot.updates.menus import describe_bot, set_menu
from bot.updates.naming import confirming
from bot.updates.process import UpdateProcessor
from bot.updates.retrying import retrying
from db import jobs
from db.catalogue import jobs as catalogue_jobs

P = TypeVar("P", bound=jobs.Job)
Run = Callable[[bytes, AppContext], Awaitable[None]]  # of a payload as it is stored


def entry(payload: type[P], operation: Callable[[P, AppContext], Awaitable[None]]) -> tuple[str, Run]:
    """The job's name, and how it is run. Raises ValueError where a stored payload is not of that type."""

    @cache
    def reader() -> TypeAdapter[P]:  # made when the first such job comes
        return TypeAdapter(payload)

    async def run(stored: bytes, context: AppContext) -> None:
        await operation(reader().validate_json(stored), context)

    return payload.name, run


def all_jobs(processor: UpdateProcessor) -> Mapping[str, Run]:
    return dict(
        (
            entry(jobs.TellJob, delivery.tell),
            entry(jobs.TellGrantJob, granted.tell_grant),
            entry(jobs.GrantReportJob, grant_report.send_grant_report),
            entry(jobs.PeopleListJob, reading_lists(processor)),
            entry(jobs.SendTableJob, grant_report.send_table),
            entry(jobs.PromoPictureJob, promo.send_promo_picture),
            entry(jobs.PromoBatchJob, promo.send_batch),
            entry(jobs.SendJob, delivery.send_later),
            entry(jobs.RefusedJob, refusals.refused),
            entry(jobs.CreatePaymentJob, links.create_payment),
            entry(jobs.SlowLinkJob, links.show_slow),
            entry(jobs.AskPaymentJob, asking.ask_payment),
            entry(jobs.CheckPaymentJob, checking.check_payment),
            entry(jobs.VerifyCallbackJob, callbacks.verify_callback),
            entry(jobs.VerifyUnknownJob, callbacks.verify_unknown),
            entry(jobs.SettleAssignedJob, callbacks.settle_assigned),
            entry(jobs.CreateRefundJob, refunding.create_refund),
            entry(jobs.AskRefundJob, refunding.ask_refund),
            entry(jobs.RetryUpdateJob, retrying(processor)),
            entry(jobs.ConfirmNameJob, confirming(processor)),
            entry(jobs.SupportJob, support.deliver),
            entry(catalogue_jobs.SendCatalogueJob, catalogue.send_copy),
            entry(catalogue_jobs.ReadCatalogueJob, catalogue.read_copy),
            entry(catalogue_jobs.LoadCatalogueJob, catalogue.load_copy),
            entry(jobs.MyDataJob, my_data.send_my_data),
            entry(jobs.DrawProgressJob, progress.send_picture),
            entry(jobs.CertificateJob, certificates.send_certificate),
            entry(jobs.SetMenuJob, set_menu),
            entry(jobs.DescribeBotJob, describe_bot),
            entry(jobs.SendOutboxJob, send_outbox),
            entry(jobs.SendMessageJob, send_message),
            entry(jobs.RemindJob, remind),
            entry(jobs.SweepJob, housekeeping.sweep),
            entry(jobs.TidyJob, housekeeping.tidy),
            entry(jobs.ReconcileJob, reconciling.reconcile_job),
            entry(jobs.AuditJob, reconciling.audit_job),
        )
    )


# Of these no more run at a time, whatever number of workers there are: a mail server may let one wait for a minute, and
# matplotlib draws in one thread.
AT_ONCE: Mapping[str, int] = {
    jobs.VerifyUnknownJob.name: 1,
    jobs.SendOutboxJob.name: 5,
    jobs.SendMessageJob.name: 5,
    jobs.DrawProgressJob.name: 1,
    jobs.CertificateJob.name: 1,
}

# When a job without facts is due, as cron says it (minute hour day month weekday).
SCHEDULES: Mapping[str, str] = {
    jobs.SweepJob.name: "* * * * *",
    jobs.AuditJob.name: "* * * * *",
    jobs.ReconcileJob.name: "*/10 * * * *",
    jobs.RemindJob.name: "0 * * * *",
    jobs.TidyJob.name: "17 3 * * *",
}
