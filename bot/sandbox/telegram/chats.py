"""Chats with their messages, in memory and written through to the store."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.clock import WorldClock
from bot.sandbox.store import Store
from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.people import Person

Json = dict[str, Any]
CHAT, MESSAGE = "chat", "message"


@dataclass
class Entry:
    """A message: `body` is the Bot API object, `outgoing` a person's own, `invoice` the id of its invoice.

    `page` holds what only the page may know: the person's vote, reactions.
    """

    body: Json
    outgoing: bool = False
    invoice: str = ""
    paid: bool = False
    page: Json = field(default_factory=dict)
    changed: int = 0

    @property
    def id(self) -> int:
        return int(self.body["message_id"])

    def as_shown(self) -> Json:
        """For the page: the Bot API object plus what only the page may know."""
        extra = {"outgoing": self.outgoing, "paid": self.paid}
        return self.body | {name: True for name, on in extra.items() if on} | self.page


@dataclass
class Chat:
    """One chat of one bot. `started`: the person has written, so the bot may write."""

    bot: int
    info: Json
    started: bool = False
    blocked: bool = False
    reply_keyboard: Json | None = None
    messages: dict[int, Entry] = field(default_factory=dict)

    @property
    def id(self) -> int:
        return int(self.info["id"])

    @property
    def is_private(self) -> bool:
        return self.info.get("type") not in ("group", "supergroup", "channel")

    def find(self, message_id: int) -> Entry | None:
        return self.messages.get(message_id)

    def changed_since(self, mark: int) -> list[Json]:
        return [entry.body for entry in self.messages.values() if entry.changed > mark and not entry.outgoing]


class Chats:
    def __init__(self, store: Store, clock: WorldClock) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[tuple[int, int], Chat] = {}
        self.mark = 0  # grows with every change of a message
        self._moved = asyncio.Event()
        for row in store.all(CHAT):
            chat = Chat(**row)
            self._known[chat.bot, chat.id] = chat
        for row in store.all(MESSAGE):
            entry = Entry(**row["entry"])
            self._known[row["bot"], row["chat"]].messages[entry.id] = entry

    def find(self, bot: int, chat_id: int) -> Chat | None:
        return self._known.get((bot, chat_id))

    def all_messages(self, bot: int) -> list[tuple[Chat, Entry]]:
        chats = [chat for chat in self._known.values() if chat.bot == bot]
        return [(chat, entry) for chat in chats for entry in chat.messages.values()]

    def private(self, account: Account, person: Person) -> Chat:
        """The chat of a person with a bot, made when first needed."""
        return self.find(account.id, person.id) or self._open(account.id, person.as_chat())

    def group(self, account: Account, info: Json) -> Chat:
        """A chat that an injected update told of; the bot counts as its member."""
        chat = self.find(account.id, int(info["id"])) or self._open(account.id, info)
        if not chat.started:
            chat.started = True
            self.save(chat)
        return chat

    def save(self, chat: Chat) -> None:
        row = {
            "bot": chat.bot,
            "info": chat.info,
            "started": chat.started,
            "blocked": chat.blocked,
            "reply_keyboard": chat.reply_keyboard,
        }
        self._store.put(CHAT, f"{chat.bot}:{chat.id}", row)

    def add(
        self,
        chat: Chat,
        sender: Json,
        body: Json,
        *,
        outgoing: bool = False,
        invoice: str = "",
        page: Json | None = None,
    ) -> Entry:
        """A new message; its id counts over all chats of the bot, as in Telegram's private chats."""
        number = self._store.next_id(f"message:{chat.bot}")
        head = {"message_id": number, "from": sender, "chat": chat.info, "date": int(self._clock.time())}
        entry = Entry(head | body, outgoing, invoice, page=page or {})
        chat.messages[number] = entry
        self.changed(chat, entry)
        return entry

    def changed(self, chat: Chat, entry: Entry) -> None:
        self.mark += 1
        entry.changed = self.mark
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
        kept = {name: getattr(entry, name) for name in ("body", "outgoing", "invoice", "paid", "page")}
        self._store.put(MESSAGE, _key(chat, entry.id), {"bot": chat.bot, "chat": chat.id, "entry": kept})

    async def replies(self, bot: int, chat_id: int, mark: int, wanted: int, seconds: float) -> list[Json]:
        """What the bot wrote or edited there since `mark`, as soon as it is that many or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while len(self._since(bot, chat_id, mark)) < wanted:
                    await self._moved.wait()
        return self._since(bot, chat_id, mark)

    def _since(self, bot: int, chat_id: int, mark: int) -> list[Json]:
        chat = self.find(bot, chat_id)
        return chat.changed_since(mark) if chat else []

    def remove(self, chat: Chat, message_id: int) -> None:
        del chat.messages[message_id]
        self._store.delete(MESSAGE, _key(chat, message_id))

    def _open(self, bot: int, info: Json) -> Chat:
        chat = Chat(bot, info)
        self._known[bot, chat.id] = chat
        self.save(chat)
        return chat


def _key(chat: Chat, message_id: int) -> str:
    return f"{chat.bot}:{chat.id}:{message_id}"
