"""Topics of a private chat: an answer stays in the one that was written in, also where a job gives it or a job of that
job."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from bot.chat.replies import Method
from db.queue import carrying, get_carried

M = TypeVar("M", bound=Method)
TOPIC = "topic"  # among what jobs carry: the chat, and the topic in it


@contextmanager
def topic_of(raw: dict[str, Any]) -> Iterator[None]:
    """What is sent meanwhile to the chat that the update is of goes into its topic. Of the update as it came: the
    apology for one that can't be read stays there as well."""
    with carrying(next(filter(None, map(_topic_in, raw.values())), None)):
        yield


def _topic_in(part: Any) -> dict[str, list[int]] | None:
    """Of a message, or of one whose button was pressed."""
    match part:
        case {"message": {"chat": {"id": int(chat_id)}, "message_thread_id": int(thread_id)}}:
            return {TOPIC: [chat_id, thread_id]}
        case {"chat": {"id": int(chat_id)}, "message_thread_id": int(thread_id)}:
            return {TOPIC: [chat_id, thread_id]}
    return None


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
