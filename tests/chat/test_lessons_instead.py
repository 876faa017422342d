"""What is sent instead of a lesson that Telegram does not take."""

from aiogram.types import InputRichMessage

from bot.lessons.messages import RichLesson
from handlers.app import Application
from tests.chat_user import ChatUser


async def test_who_forbids_voice_messages_makes_no_document_refused(anna: ChatUser, app: Application) -> None:
    """It is a setting of that reader: others go on seeing the document, and no alarm is about it."""
    lesson = RichLesson(chat_id=anna.id, rich_message=InputRichMessage(html="<p>x</p>"), instead=[])
    assert app.context.rich.learn(lesson, "Bad Request: VOICE_MESSAGES_FORBIDDEN")
    assert app.context.rich.takes("<p>x</p>")
    assert not app.context.rich.learn(lesson, "Bad Request: WEBPAGE_CURL_FAILED")
    assert not app.context.rich.takes("<p>x</p>")
    assert not app.context.rich.lacking
