"""Screens of orders, as their payer has them in the chat."""

from typing import Any

from bot.timings import seconds
from tests.chat_user import ChatUser, _inline, _keys

ROUBLES = "select array_agg(id order by id) from bot.offers where currency = 'RUB'"
ONE_MORE = (
    "insert into bot.offers (product_id, days, price, currency) select min(product_id), 7, 29900, 'RUB'"
    " from products returning id"
)
OPEN = "select count(*) from bot.payment_attempts where closed_at is null"
NEVER = seconds(36_000)


def newest(person: ChatUser) -> int:
    return int(person.messages[-1]["message_id"])


def buttons_of(person: ChatUser, message_id: int) -> list[dict[str, Any]]:
    """None where the message is gone: of two that jobs have sent at once only one stays."""
    return [key for one in person.messages if one["message_id"] == message_id for key in _keys(_inline(one))]


async def stripped(person: ChatUser, message_id: int) -> bool:
    await person.refresh()
    return not buttons_of(person, message_id)
