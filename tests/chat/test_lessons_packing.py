"""What can't be sent at once is sent by a job later, as it was meant."""

from typing import Any

from aiogram.methods import SendRichMessage
from aiogram.types import InputMediaPhoto, InputRichMessage, InputRichMessageMedia

from bot.lessons.messages import FileLessonEdit, RichLesson, RichLessonEdit, TextLessonEdit
from bot.packing import pack, unpack
from bot.sender import send_all
from handlers.app import Application
from tests.chat.test_lessons_screen import PHOTO, theirs
from tests.chat_user import ChatUser

Json = dict[str, Any]


async def test_an_edit_of_a_message_that_is_gone_is_a_new_one(anna: ChatUser, app: Application) -> None:
    await anna.send("/start")
    gone: Json = {"chat_id": anna.id, "message_id": 10**6, "protect_content": True}
    photo = InputMediaPhoto(media=PHOTO, caption="Подпись")
    for method, words_of_it in (
        (RichLessonEdit(rich_message=InputRichMessage(html="<p>Снова</p>"), **gone), "Снова"),
        (TextLessonEdit(text="Текст", **gone), "Текст"),
        (FileLessonEdit(media=photo, **gone), "Подпись"),
    ):
        for one in (method, unpack(pack(method))):  # as a job would send it
            count = len(theirs(anna))
            await send_all(app.context, [one])
            await anna.refresh()
            assert len(theirs(anna)) == count + 1
            assert anna.last_text.strip() == words_of_it
            assert theirs(anna)[-1]["has_protected_content"]


async def test_a_document_with_a_file_of_its_own(anna: ChatUser, app: Application) -> None:
    await anna.send("/start")
    sent = await app.bot.send_photo(anna.id, PHOTO)
    assert sent.photo is not None
    media = {"type": "photo", "media": sent.photo[-1].file_id}
    listed = InputRichMessageMedia.model_validate({"id": "one", "media": media})
    message = InputRichMessage(html="<img src='tg://photo?id=one'/><p>Схема</p>", media=[listed])
    for method in (SendRichMessage, RichLesson):
        await send_all(app.context, [unpack(pack(method(chat_id=anna.id, rich_message=message)))])
        await anna.refresh()
        assert [block["type"] for block in theirs(anna)[-1]["rich_message"]["blocks"]] == [
            "photo",
            "paragraph",
        ]
