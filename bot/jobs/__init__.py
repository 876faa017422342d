"""Jobs by name. A job takes its payload and the context, and must be idempotent: after a crash it runs again."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.context import AppContext
from bot.jobs import housekeeping
from bot.notifications import delivery
from bot.payments import checking, links, reconciling, refund_requests

Job = Callable[[dict[str, Any], AppContext], Awaitable[None]]

JOBS: Mapping[str, Job] = {
    "tell": delivery.tell,
    "send": delivery.send_later,
    "create_payment": links.create_payment,
    "ask_payment": links.ask_payment,
    "check_payment": checking.check_payment,
    "verify_callback": links.verify_callback,
    "settle_assigned": links.settle_assigned,
    "create_refund": refund_requests.create_refund,
    "ask_refund": refund_requests.ask_refund,
    "sweep": housekeeping.sweep,
    "tidy": housekeeping.tidy,
    "reconcile": reconciling.job,
    "audit": reconciling.audit_job,
}

# Job and when it is due, as cron says it (minute hour day month weekday).
SCHEDULES: Mapping[str, str] = {
    "sweep": "* * * * *",
    "audit": "* * * * *",
    "reconcile": "*/10 * * * *",
    "tidy": "17 3 * * *",
}
