"""A person sends the bot a file."""

import base64
from typing import Any

from tests.chat_user import ChatUser


async def send_file(person: ChatUser, name: str, data: bytes, caption: str = "", **more: Any) -> str:
    """The newest text of the bot. `more`: reply_to, the number of a message."""
    document = {"name": name, "data": base64.b64encode(data).decode()}
    return await person._do("/messages", {"document": document, "caption": caption, **more})


async def receive_file(person: ChatUser, part: str) -> bytes:
    """What is in the newest document whose caption contains the text, once that has come."""
    await person.receives(part)
    sent = next(
        one["document"]
        for one in reversed(person.messages)
        if "document" in one and not one.get("outgoing") and part in one.get("caption", "")
    )
    async with person.http.get(f"{person.origin}/sandbox/files/{sent['file_id']}") as response:
        assert response.status == 200
        return await response.read()
