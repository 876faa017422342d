"""Topics of a private chat: an answer stays in the one that was written in, also where a job gives it or a job of that
job."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from aiogram.types import Message, Update

from bot.chat.replies import Method
from db.queue import carrying, get_carried

M = TypeVar("M", bound=Method)
TOPIC = "topic"  # among what jobs carry: the chat, and the topic in it


@contextmanager
def topic_of(update: Update) -> Iterator[None]:
    """What is sent meanwhile to the chat that the update is of goes into its topic."""
    message = update.callback_query.message if update.callback_query else update.message
    if not isinstance(message, Message) or message.message_thread_id is None:
        yield
        return
    with carrying({TOPIC: [message.chat.id, message.message_thread_id]}):
        yield


@contextmanager
def outside_topics() -> Iterator[None]:
    with carrying(None):
        yield


def in_topic(method: M) -> M:
    """As it is where it goes to another chat, names a topic, or can name none."""
    match (get_carried() or {}).get(TOPIC):
        case [chat_id, thread_id] if (
            getattr(method, "message_thread_id", thread_id) is None
            and getattr(method, "chat_id", None) == chat_id
        ):
            return method.model_copy(update={"message_thread_id": thread_id})
    return method
