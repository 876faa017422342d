"""Jobs by name. A job takes its payload and the desk; it may be run again after a crash, so it does its thing once."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.desk import Desk
from bot.jobs import housekeeping, payments, purchases, reconcile, refunds, telling

Job = Callable[[dict[str, Any], Desk], Awaitable[None]]

JOBS: Mapping[str, Job] = {
    "tell": telling.tell,
    "send": telling.send_later,
    "create_payment": payments.create_payment,
    "ask_payment": payments.ask_payment,
    "check_payment": purchases.check_payment,
    "verify_callback": payments.verify_callback,
    "settle_assigned": payments.settle_assigned,
    "create_refund": refunds.create_refund,
    "ask_refund": refunds.ask_refund,
    "sweep": housekeeping.sweep,
    "tidy": housekeeping.tidy,
    "reconcile": reconcile.job,
    "audit": reconcile.audit_job,
}

# Job and when it is due, as cron says it (minute hour day month weekday).
SCHEDULES: Mapping[str, str] = {
    "sweep": "* * * * *",
    "audit": "* * * * *",
    "reconcile": "*/10 * * * *",
    "tidy": "17 3 * * *",
}
