"""A private chat's topics: an answer stays in the one that was written in, whoever gives it. The sandbox refuses
topics, as Telegram does one that was deleted, so everything comes outside of it in the end."""

from collections.abc import Callable
from typing import Any

import pytest
from aiogram.methods import SendMessage
from aiogram.types import InputRichMessage

from bot.chat.topics import topic_of
from bot.lessons.messages import RichLesson
from bot.sandbox.app import Sandbox
from bot.sender import send_all, send_by_job
from bot.texts import errors
from bot.texts.accounts import my_data
from db.accounts.own_rows import OwnRows
from db.queue import get_carried
from handlers.app import Application
from tests.app import update_of
from tests.chat_user import ANNA, BEN, ChatUser

Json = dict[str, Any]
TOPIC = {"message_thread_id": 42, "is_topic_message": True}


class Heard:
    """Calls of the bot since then: what each tried to be, and in which topic."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._calls = sandbox.telegram.context.calls
        self._before = len(self._calls)

    def topics(self, method: str, chat_id: int = ANNA, part: str = "") -> list[str]:
        return [
            str(one["params"].get("message_thread_id"))
            for one in list(self._calls)[self._before :]
            if one["method"].lower() == method.lower()
            and str(one["params"]["chat_id"]) == str(chat_id)
            and part in str(one["params"])
        ]


def written(person: ChatUser) -> Json:
    return update_of(person, text="x", **TOPIC)


def pressed(person: ChatUser, data: str, message_id: int = 1) -> Json:
    update = update_of(person, message_id=message_id, text="Buttons", **TOPIC)
    message = update.pop("message")
    sender = {"id": "77", "from": message["from"], "chat_instance": "1"}
    return update | {"callback_query": sender | {"data": data, "message": message}}


@pytest.mark.parametrize(
    "made",
    [
        lambda anna: update_of(anna, text="/courses", **TOPIC),
        lambda anna: update_of(anna, text="/promo NEVER", **TOPIC),
        lambda anna: pressed(anna, "go:promo", 10**6),  # of a message that is gone: the answer is a new one
    ],
)
async def test_replies_stay(
    anna: ChatUser, app: Application, sandbox: Sandbox, made: Callable[[ChatUser], Json]
) -> None:
    await anna.register()
    heard = Heard(sandbox)
    await app.processor.process(made(anna))
    await app.processor.finish()
    assert heard.topics("sendMessage") == ["42", "None"]
    heard = Heard(sandbox)
    await app.processor.process(update_of(anna, text="/status"))
    await app.processor.finish()
    assert heard.topics("sendMessage") == ["None"]


@pytest.mark.errors_expected("what can't be read is to be looked at")
async def test_the_apology_for_what_cannot_be_read_stays(
    anna: ChatUser, app: Application, sandbox: Sandbox
) -> None:
    await anna.register()
    heard = Heard(sandbox)
    await app.processor.process(update_of(anna, text="x", date="never", **TOPIC))
    await app.processor.finish()
    assert heard.topics("sendMessage", part=anna.words(errors.APOLOGY)[:20]) == ["42", "None"]


async def test_a_file_that_a_job_makes_stays(anna: ChatUser, app: Application, sandbox: Sandbox) -> None:
    await anna.register()
    heard = Heard(sandbox)
    await app.processor.process(update_of(anna, text="/mydata", **TOPIC))
    await anna.receives(lambda: my_data.document(OwnRows()).split(":")[0])
    assert heard.topics("sendDocument") == ["42", "None"]


async def test_an_order_and_its_link_stay(anna: ChatUser, app: Application, sandbox: Sandbox) -> None:
    """They are sent by a job, and what becomes of the order by a job of that one."""
    await anna.register()
    heard = Heard(sandbox)
    await app.processor.process(update_of(anna, text="/start buy_1", **TOPIC))
    await anna.gets_link()
    assert heard.topics("sendMessage")[0] == "42"
    assert set(heard.topics("sendMessage")) == {"42", "None"}


async def test_what_is_sent_later_stays(anna: ChatUser, app: Application, sandbox: Sandbox) -> None:
    heard = Heard(sandbox)
    await anna.register()
    with topic_of(written(anna)):
        await send_by_job(app.context, [SendMessage(chat_id=ANNA, text="put off")], 0)
    await anna.receives("put off")
    assert heard.topics("sendMessage", part="put off") == ["42", "None"]


async def test_nobody_else_is_drawn_into_it(
    anna: ChatUser, ben: ChatUser, app: Application, sandbox: Sandbox
) -> None:
    await anna.register()
    await ben.register()
    heard = Heard(sandbox)
    with topic_of(written(anna)):
        await send_all(app.context, [SendMessage(chat_id=chat_id, text="to both") for chat_id in (BEN, ANNA)])
    assert heard.topics("sendMessage", BEN, "to both") == ["None"]
    assert heard.topics("sendMessage", ANNA, "to both") == ["42", "None"]
    assert get_carried() is None


async def test_what_is_sent_instead_of_a_refused_lesson_stays(
    anna: ChatUser, app: Application, sandbox: Sandbox
) -> None:
    await anna.register()
    sandbox.faults.set(telegram_old=True)
    heard = Heard(sandbox)
    instead = [SendMessage(chat_id=ANNA, text=text) for text in ("first", "second")]
    with topic_of(written(anna)):
        document = InputRichMessage(html="<p>x</p>")
        await send_all(app.context, [RichLesson(chat_id=ANNA, rich_message=document, instead=instead)])
    for part in ("first", "second"):
        assert heard.topics("sendMessage", part=part) == ["42", "None"]
