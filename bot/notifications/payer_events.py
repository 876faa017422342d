"""What admins are told of somebody's money, as `bot/notifications/events.py` says it."""

from bot.notifications.events import Event


class PayerEvent(Event):
    """Tells admins of somebody's money. `payer`: their name; `email`: a proven one."""

    user_id: int
    payer: str | None = None
    email: str | None = None
    username: str | None = None
    purchase_id: int
    product: str
    amount: int
    currency: str


class AdminPurchaseSucceeded(PayerEvent):
    name = "admin_purchase_succeeded"


class SecondCharge(PayerEvent):
    """One order was paid twice by Telegram invoice; `purchase_id` is the second purchase."""

    name = "second_charge"


class AdminRefundDone(PayerEvent):
    """`asked`: by an admin in the chat; else it was made at the provider."""

    name = "admin_refund_done"
    days: int
    asked: bool
