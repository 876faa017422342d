"""Jobs as they are stored in the queue: a name and a payload each; `bot.jobs` says what they do.

A job may be run by another release than stored it: its name and its fields' names stay, a new field has a default.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    name: ClassVar[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TellJob(Job):
    """Delivers an event (`bot.notifications.registry`) in every chat of the account `user_id`, or in the private chat
    `telegram_id`, which may be one of those of `account`. `version` is that of the facts; 0 where a release before
    versions has stored it. `occasion` names this piece of news among all others of its kind."""

    name = "tell"
    news: str
    facts: dict[str, Any]
    user_id: int | None = None
    telegram_id: int | None = None
    version: int = 0
    account: int | None = None
    occasion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellGrantJob(Job):
    """Tells the learner of what an admin gave or took, unless it was undone. `change`: of access, by its id."""

    name = "tell_grant"
    change: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantReportJob(Job):
    """Sends an admin the report of what was given to many at once. `act`: what they did, by its id."""

    name = "grant_report"
    act: int
    telegram_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleListJob(Job):
    """Reads the file of a list of people that an admin has sent in the update `update_id`, and hands it in as the
    answer to the question `draft`, by the same admin. `message`: the head of the admin's message."""

    name = "people_list"
    telegram_id: int
    draft: int
    file_id: str
    update_id: int
    message: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTableJob(Job):
    """A table for somebody who may give access, as a file: of what did not fit into a message."""

    name = "send_table"
    telegram_id: int
    file: str
    caption: str
    table: list[list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoPictureJob(Job):
    """Sends an admin the QR code of a promo code's link. `code`: its id."""

    name = "promo_picture"
    code: int
    telegram_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoBatchJob(Job):
    """Sends an admin the codes of a batch as a file, with who used them. `batch`: its id."""

    name = "promo_batch"
    batch: int
    telegram_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedMethod:
    """A Telegram method as JSON; `instead`: what is sent where Telegram refuses it."""

    method: str
    values: dict[str, Any]
    instead: "list[PackedMethod]" = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendJob(Job):
    """Replies that could not be sent at once, in their order."""

    name = "send"
    methods: list[PackedMethod]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedJob(Job):
    """Telegram refused a method for its content. `about`: what it was for: an invoice's payload, a file's address or
    id, else empty. `error`: in Telegram's words."""

    name = "refused"
    method: str
    telegram_id: int | None
    about: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePaymentJob(Job):
    name = "create_payment"
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowLinkJob(Job):
    """The payment's link has been waited for."""

    name = "slow_link"
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPaymentJob(Job):
    name = "ask_payment"
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPaymentJob(Job):
    """`message_id`: the message that shows the timeline; None for a new one. `query_id`: the pressed button that is to
    be answered."""

    name = "check_payment"
    attempt: int
    telegram_id: int
    message_id: int | None = None
    query_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyCallbackJob(Job):
    name = "verify_callback"
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyUnknownJob(Job):
    """A callback of a payment that no purchase bears: one at a time, after everything else."""

    name = "verify_unknown"
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleAssignedJob(Job):
    name = "settle_assigned"
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRefundJob(Job):
    name = "create_refund"
    refund: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AskRefundJob(Job):
    """`asked`: how many times the provider was asked before."""

    name = "ask_refund"
    refund: int
    asked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryUpdateJob(Job):
    """`id`: of the failed update."""

    name = "retry_update"
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmNameJob(Job):
    """`telegram_id`: of the chat that bore `username` when it was last met; `message`: the admin's command as Telegram
    sent it in the update `update_id`, with that id in place of the name."""

    name = "confirm_name"
    username: str
    telegram_id: int
    update_id: int
    message: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class MyDataJob(Job):
    """All that is known of the account, as a document for that chat of it."""

    name = "my_data"
    user_id: int
    telegram_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawProgressJob(Job):
    """The account's progress as a picture, for that chat of it."""

    name = "draw_progress"
    user_id: int
    telegram_id: int
    dark: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateJob(Job):
    """Sends that chat the account's certificate; `file`: "png", which enqueues "pdf": a retry sends nothing twice."""

    name = "certificate"
    number: str
    user_id: int
    telegram_id: int
    file: str = "png"


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportJob(Job):
    """A message of a support thread for one chat: an admin's, or the person's own."""

    name = "support"
    message: int
    telegram_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMenuJob(Job):
    """The command menu of a chat, in the language its person has chosen."""

    name = "set_menu"
    telegram_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeBotJob(Job):
    """What Telegram shows of the bot, after the catalogue has changed."""

    name = "describe_bot"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOutboxJob(Job):
    """`outbox`: the id of the row, which holds all that is to be sent."""

    name = "send_outbox"
    outbox: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessageJob(Job):
    """`outbox`: the id of a row that goes to a chat, after answers and news of money."""

    name = "send_message"
    outbox: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindJob(Job):
    """Plans what people are reminded of whose hour comes next."""

    name = "remind"


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepJob(Job):
    name = "sweep"


@dataclass(frozen=True, slots=True, kw_only=True)
class TidyJob(Job):
    name = "tidy"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileJob(Job):
    name = "reconcile"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditJob(Job):
    name = "audit"
