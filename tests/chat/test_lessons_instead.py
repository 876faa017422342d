"""What is sent instead of a lesson that Telegram does not take."""

from aiogram.methods import SendMessage
from aiogram.types import InputRichMessage

from bot.lessons.messages import RichLesson
from bot.sandbox.app import Sandbox
from bot.sender import send_all
from handlers.app import Application
from tests.chat_user import ChatUser


async def test_what_is_sent_instead_stays_in_its_topic(
    anna: ChatUser, sandbox: Sandbox, app: Application
) -> None:
    """The sandbox refuses topics: each comes outside of it in the end."""
    await anna.register()
    sandbox.faults.set(telegram_old=True)
    before = len(sandbox.telegram.context.calls)
    document = InputRichMessage(html="<p>x</p>")
    instead = [SendMessage(chat_id=anna.id, text=text) for text in "ab"]
    await send_all(
        app.context,
        [RichLesson(chat_id=anna.id, rich_message=document, message_thread_id=42, instead=instead)],
    )
    calls = [one for one in list(sandbox.telegram.context.calls)[before:] if one["method"] == "sendMessage"]
    told = [(one["params"]["text"], str(one["params"].get("message_thread_id"))) for one in calls]
    assert told == [("a", "42"), ("a", "None"), ("b", "42"), ("b", "None")]


async def test_who_forbids_voice_messages_makes_no_document_refused(anna: ChatUser, app: Application) -> None:
    """It is a setting of that reader: others go on seeing the document, and no alarm is about it."""
    lesson = RichLesson(chat_id=anna.id, rich_message=InputRichMessage(html="<p>x</p>"), instead=[])
    assert app.context.rich.learn(lesson, "Bad Request: VOICE_MESSAGES_FORBIDDEN")
    assert app.context.rich.takes("<p>x</p>")
    assert not app.context.rich.learn(lesson, "Bad Request: WEBPAGE_CURL_FAILED")
    assert not app.context.rich.takes("<p>x</p>")
    assert not app.context.rich.lacking
