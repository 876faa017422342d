"""Somebody in a private chat with the bot, through the sandbox's HTTP: writes, presses, reads, pays."""

import asyncio
import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from babel.support import LazyProxy

from bot.texts import Localizer
from bot.texts.accounts import registration as registration_words
from tests.json_bodies import read_answer
from tests.rich_words import rich_words

Json = dict[str, Any]
Said = str | LazyProxy | Callable[[], str]  # a text, or one of our words to be said in the person's language
ANNA, BEN, OLGA = 7000000001, 7000000002, 7000000003
PATIENCE = 60.0  # seconds until a test gives up; a busy machine takes its time
LOOK_EVERY = 0.03


class NotReceivedError(AssertionError):
    """What was waited for did not come; the text is the conversation so far."""


@dataclass
class ChatUser:
    """`taps` counts what the person did. `toast` is what the bot said to a pressed button: "" where it only let it go,
    None where it did not answer. Every action returns when the bot has handled it and sent its replies; news come
    later, by jobs: `receives` waits for them.
    """

    http: aiohttp.ClientSession
    origin: str
    bot: int
    id: int
    language: str
    localizer: Localizer
    messages: list[Json] = field(default_factory=list)
    reply_keyboard: Json | None = None
    toast: str | None = None
    taps: int = 0
    _before: dict[int, str] = field(default_factory=dict)

    async def send(self, text: str) -> str:
        """Writes; returns the newest text of the bot."""
        return await self._do("/messages", {"text": text})

    async def write(self, text: str) -> None:
        """Writes and waits for nothing: the bot may be away."""
        await self._remember()
        await self._post("/messages", {"text": text})

    async def send_photo(self, encoded: str, caption: str = "") -> str:
        return await self._do("/messages", {"photo": encoded, "caption": caption})

    async def send_sticker(self) -> str:
        return await self._do("/messages", {"sticker": True})

    async def share_contact(self, contact: Json | None = None) -> str:
        """One's own, unless somebody else's is given: phone_number, first_name, user_id."""
        return await self._do("/messages", {"contact": contact or "own"})

    async def edit(self, text: str) -> str:
        """Edits one's own newest message."""
        mine = next(one for one in reversed(self.messages) if one.get("outgoing"))
        return await self._do(f"/messages/{mine['message_id']}/edit", {"text": text})

    async def click(self, text: Said) -> str:
        """Presses the newest button whose label contains the text: inline, or below the input."""
        await self.refresh()
        label = self.words(text)
        for button in _keys((self.reply_keyboard or {}).get("keyboard")):
            if label in button["text"]:
                return await (
                    self.share_contact() if button.get("request_contact") else self.send(button["text"])
                )
        for message in reversed(self.messages):
            for button in _keys(_inline(message)):
                if label in button["text"]:
                    return await self._press(message, button)
        raise NotReceivedError(f"there is no button {label!r}\n{self.transcript()}")

    async def press(self, data: str, message_id: int | None = None) -> str:
        """A button that is not on the message (stale, or made up), pressed all the same."""
        await self.refresh()
        number = message_id or next(
            one["message_id"] for one in reversed(self.messages) if not one.get("outgoing")
        )
        return await self._do("/callbacks", {"message_id": number, "data": data, "force": True})

    async def block(self, blocked: bool = True) -> None:
        await self._post("/block", {"blocked": blocked})

    async def register(self) -> str:
        """With one tap; without documents to accept."""
        await self.send("/start")
        await self.click(registration_words.REGISTER)
        return await self.receives(registration_words.REGISTERED)

    async def order(self, offer: int) -> str:
        """Opens the screen of these terms, as a deep link does; where its button leads."""
        await self.send(f"/start buy_{offer}")
        return await self.gets_link()

    async def choose(self, method: str) -> str:
        """Presses the newest button that pays this way, once it is there: invoice or stars."""
        message, button = await self.sees(lambda key: pays(key, method))
        return await self._press(message, button)

    async def sees(self, wanted: Callable[[Json], bool], within: float = PATIENCE) -> tuple[Json, Json]:
        """Waits for an inline button: the newest message that has one, and the button."""
        ends = asyncio.get_running_loop().time() + within
        while True:
            await self.refresh()
            for message in reversed(self.messages):
                for button in _keys(_inline(message)):
                    if wanted(button):
                        return message, button
            if asyncio.get_running_loop().time() > ends:
                raise NotReceivedError(f"no such button came\n{self.transcript()}")
            await asyncio.sleep(LOOK_EVERY)

    async def gets_link(self, within: float = PATIENCE) -> str:
        """Waits for a payment link that came since the last action."""
        ends = asyncio.get_running_loop().time() + within
        while asyncio.get_running_loop().time() < ends:
            await self.refresh()
            for message in self._new():
                for key in _keys(_inline(message)):
                    if "/checkout/" in key.get("url", ""):
                        return str(key["url"])
            await asyncio.sleep(LOOK_EVERY)
        raise NotReceivedError(f"no payment link came\n{self.transcript()}")

    async def pay(self, card: str | None = None) -> Json:
        """Follows the newest payment link and pays on the provider's page; the payment as the provider shows it."""
        return await self.at_checkout("pay", {"card": card} if card else {})

    async def at_checkout(self, action: str, body: Json | None = None) -> Json:
        """pay, decline, close or expire."""
        payment = await self.open_checkout()
        async with self.http.post(
            f"{self.origin}/sandbox/payments/{payment}/{action}", json=body or {}
        ) as response:
            answer: Json = await response.json()
            assert response.status == 200, answer
            return answer

    async def open_checkout(self) -> str:
        """Opens the newest payment link in the 'browser'; the payment's id."""
        await self.refresh()
        links = [one["url"] for message in self.messages for one in _keys(_inline(message)) if one.get("url")]
        link = next((one for one in reversed(links) if "/checkout/" in one), None)
        assert link, f"there is no payment link\n{self.transcript()}"
        async with self.http.get(link) as response:
            assert response.status == 200, await response.text()
        return str(link.rpartition("/")[2])

    # --- what the person sees ---

    @property
    def texts(self) -> list[str]:
        """Everything the bot wrote, in order."""
        return [_text(one) for one in self.messages if not one.get("outgoing")]

    @property
    def last_text(self) -> str:
        return self.texts[-1] if self.texts else ""

    @property
    def new_texts(self) -> list[str]:
        """What the bot wrote or rewrote since the person's last action."""
        return [_text(one) for one in self._new()]

    @property
    def buttons(self) -> list[str]:
        """Labels of the bot's newest message, or of the keys below the input where it has none."""
        theirs = [one for one in self.messages if not one.get("outgoing")]
        inline = _keys(_inline(theirs[-1])) if theirs else []
        keys = inline or _keys((self.reply_keyboard or {}).get("keyboard"))
        return [key["text"] for key in keys]

    @property
    def links(self) -> list[str]:
        """Where the buttons of the bot's newest message lead."""
        theirs = [one for one in self.messages if not one.get("outgoing")]
        return [key["url"] for key in _keys(_inline(theirs[-1])) if key.get("url")] if theirs else []

    async def commands(self) -> dict[str, str]:
        """The command menu: name → description."""
        chat = await self._chat()
        return {one["command"]: one["description"] for one in chat["commands"]}

    async def receives(self, part: Said, within: float = PATIENCE) -> str:
        """Waits until the bot has said this since the person's last action, anew or by editing; the whole text."""
        wanted = self.words(part)
        loop = asyncio.get_running_loop()
        ends = loop.time() + within
        while True:
            await self.refresh()
            for message in self._new():
                if wanted in _text(message):
                    return _text(message)
            if loop.time() > ends:
                raise NotReceivedError(f"{wanted!r} was not said\n{self.transcript()}")
            await asyncio.sleep(LOOK_EVERY)

    async def refresh(self) -> None:
        """Reads the chat."""
        chat = await self._chat()
        self.messages = chat["messages"]
        self.reply_keyboard = chat["reply_keyboard"]

    def words(self, said: Said) -> str:
        """In the person's language, without markup."""
        if isinstance(said, str):
            return said
        with self.localizer.use_locale(self.language):
            return plain(str(said) if isinstance(said, LazyProxy) else said())

    def transcript(self) -> str:
        lines = []
        for one in self.messages:
            who = ">" if one.get("outgoing") else "<"
            keys = " ".join(f"[{key['text']}]" for key in _keys(_inline(one)))
            lines.append(f"{who} {_text(one)} {keys}")
        keys = " ".join(f"[{key['text']}]" for key in _keys((self.reply_keyboard or {}).get("keyboard")))
        return "\n".join([*lines, f"= {keys}", f"toast: {self.toast}"])

    def _new(self) -> list[Json]:
        return [
            one
            for one in self.messages
            if not one.get("outgoing") and self._before.get(one["message_id"]) != _looks(one)
        ]

    async def _press(self, message: Json, button: Json) -> str:
        assert "callback_data" in button, f"{button} is a link"
        body = {"message_id": message["message_id"], "data": button["callback_data"]}
        return await self._do("/callbacks", body)

    async def _do(self, what: str, body: Json) -> str:
        self.taps += 1
        await self._remember()
        answer = await self._post(what, body, wait=PATIENCE)
        self.toast = answer["answer"].get("text", "") if answer.get("answer") else None
        await self.refresh()
        if answer["update_id"] is not None:
            assert answer["confirmed"], f"the bot did not take {body}\n{self.transcript()}"
        return self.last_text

    async def _remember(self) -> None:
        await self.refresh()
        self._before = {one["message_id"]: _looks(one) for one in self.messages}

    async def _chat(self) -> Json:
        async with self.http.get(self._url("")) as response:
            return await read_answer(response)

    async def _post(self, what: str, body: Json, **query: float) -> Json:
        async with self.http.post(self._url(what, **query), json=body) as response:
            return await read_answer(response)

    def _url(self, what: str, **query: float) -> str:
        more = "".join(f"&{name}={value}" for name, value in query.items())
        return f"{self.origin}/sandbox/chats/{self.id}{what}?bot={self.bot}{more}"


def pays(button: Json, method: str) -> bool:
    """Whether an inline button sends an invoice of this kind: invoice or stars."""
    data = str(button.get("callback_data", ""))
    return data.startswith("pay:") and data.endswith(f":{method}")


def plain(text: str) -> str:
    """A text sent as HTML, as it is read."""
    return html.unescape(re.sub(r"<[^>]+>", "", text))


def _text(message: Json) -> str:
    return str(message.get("text") or message.get("caption") or rich_words(message.get("rich_message")))


def _looks(message: Json) -> str:
    return repr((_text(message), message.get("reply_markup")))


def _inline(message: Json) -> Any:
    return (message.get("reply_markup") or {}).get("inline_keyboard")


def _keys(rows: Any) -> list[Json]:
    return [key for row in rows or [] for key in row]
