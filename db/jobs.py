"""Jobs as they are stored in the queue: a name and a payload each; `bot.jobs` says what they do.

A job may be run by another release than stored it: its name and its fields' names stay, a new field has a default.
"""

from dataclasses import Field, dataclass, field
from datetime import datetime
from typing import Any, ClassVar, dataclass_transform


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Stored:
    """Each subclass is a frozen dataclass, stored as JSON: its fields' names are part of that format."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, kw_only=True)(cls)


class Job(Stored):
    name: ClassVar[str]


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


class TellGrantJob(Job):
    """Tells the learner of what an admin gave or took, unless it was undone. `change`: of access, by its id."""

    name = "tell_grant"
    change: int


class GrantReportJob(Job):
    """Sends an admin the report of what was given to many at once. `act`: what they did, by its id."""

    name = "grant_report"
    act: int
    telegram_id: int


class PeopleListJob(Job):
    """Reads the file of a list of people that an admin has sent in the update `update_id`, and hands it in as the
    answer to the question `draft`, by the same admin. `message`: the head of the admin's message."""

    name = "people_list"
    telegram_id: int
    draft: int
    file_id: str
    update_id: int
    message: dict[str, Any]


class SendTableJob(Job):
    """A table for somebody who may give access, as a file: of what did not fit into a message."""

    name = "send_table"
    telegram_id: int
    file: str
    caption: str
    table: list[list[str]]


class PromoPictureJob(Job):
    """Sends an admin the QR code of a promo code's link. `code`: its id."""

    name = "promo_picture"
    code: int
    telegram_id: int


class PromoBatchJob(Job):
    """Sends an admin the codes of a batch as a file, with who used them. `batch`: its id."""

    name = "promo_batch"
    batch: int
    telegram_id: int


class PackedMethod(Stored):
    """A Telegram method as JSON; `instead`: what is sent where Telegram refuses it."""

    method: str
    values: dict[str, Any]
    instead: "list[PackedMethod]" = field(default_factory=list)


class SendJob(Job):
    """Replies that could not be sent at once, in their order. `at`: when they were worded."""

    name = "send"
    methods: list[PackedMethod]
    at: datetime | None = None


class RefusedJob(Job):
    """Telegram refused a method for its content. `about`: what it was for: an invoice's payload, a file's address or
    id, else empty. `error`: in Telegram's words."""

    name = "refused"
    method: str
    telegram_id: int | None
    about: str
    error: str


class CreatePaymentJob(Job):
    name = "create_payment"
    attempt: int


class SlowLinkJob(Job):
    """The payment's link has been waited for."""

    name = "slow_link"
    attempt: int


class AskPaymentJob(Job):
    name = "ask_payment"
    attempt: int


class CheckPaymentJob(Job):
    """`message_id`: the message that shows the timeline; None for a new one. `query_id`: the pressed button that is to
    be answered."""

    name = "check_payment"
    attempt: int
    telegram_id: int
    message_id: int | None = None
    query_id: str | None = None


class VerifyCallbackJob(Job):
    name = "verify_callback"
    id: int


class VerifyUnknownJob(Job):
    """A callback of a payment that no purchase bears: one at a time, after everything else."""

    name = "verify_unknown"
    id: int


class SettleAssignedJob(Job):
    name = "settle_assigned"
    attempt: int


class CreateRefundJob(Job):
    name = "create_refund"
    refund: int


class AskRefundJob(Job):
    """`asked`: how many times the provider was asked before."""

    name = "ask_refund"
    refund: int
    asked: int


class RetryUpdateJob(Job):
    """`id`: of the failed update."""

    name = "retry_update"
    id: int


class ConfirmNameJob(Job):
    """`telegram_id`: of the chat that bore `username` when it was last met; `message`: the admin's, as Telegram sent it
    in the update `update_id`, with that id in place of the name; `question`: what it answers, state and data of the
    conversation. None for a command."""

    name = "confirm_name"
    username: str
    telegram_id: int
    update_id: int
    message: dict[str, Any]
    question: list[Any] | None = None


class MyDataJob(Job):
    """All that is known of the account, as a document for that chat of it."""

    name = "my_data"
    user_id: int
    telegram_id: int


class DrawProgressJob(Job):
    """The account's progress as a picture, for that chat of it."""

    name = "draw_progress"
    user_id: int
    telegram_id: int
    dark: bool


class CertificateJob(Job):
    """Sends that chat the account's certificate; `file`: "png", which enqueues "pdf": a retry sends nothing twice."""

    name = "certificate"
    number: str
    user_id: int
    telegram_id: int
    file: str = "png"


class SupportJob(Job):
    """A message of a support thread for one chat: an admin's, or the person's own."""

    name = "support"
    message: int
    telegram_id: int


class SetMenuJob(Job):
    """The command menu of a chat, in the language its person has chosen."""

    name = "set_menu"
    telegram_id: int


class DescribeBotJob(Job):
    """What Telegram shows of the bot, after the catalogue has changed."""

    name = "describe_bot"


class SendOutboxJob(Job):
    """`outbox`: the id of the row, which holds all that is to be sent."""

    name = "send_outbox"
    outbox: int


class SendMessageJob(Job):
    """`outbox`: the id of a row that goes to a chat, after answers and news of money."""

    name = "send_message"
    outbox: int


class RemindJob(Job):
    """Plans what people are reminded of whose hour comes next."""

    name = "remind"


class SweepJob(Job):
    name = "sweep"


class TidyJob(Job):
    name = "tidy"


class ReconcileJob(Job):
    name = "reconcile"


class AuditJob(Job):
    name = "audit"
