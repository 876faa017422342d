"""People who buy through the chat while everything fails, as people do: they wait, press again, and pay."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.chat_user import ChatUser, Json, _inline, _keys, pays

LOOK_EVERY = 0.4  # seconds
PATIENT = 15.0  # seconds somebody waits before trying again
LATE = 4.0  # seconds
METHODS = ("link", "invoice", "stars")


@dataclass(frozen=True, slots=True)
class Wish:
    """`forged`: it is not paid, but somebody says so to the bot."""

    offer: int
    days: int
    method: str
    forged: bool = False


@dataclass(slots=True)
class Till:
    """What people paid: payment id → who, for what. `forged` are payments nobody made; the money of
    `returned` went back at once."""

    paid: dict[str, tuple[int, Wish]] = field(default_factory=dict)
    forged: set[str] = field(default_factory=set)
    returned: set[str] = field(default_factory=set)
    tried_again: int = 0


@dataclass
class Shopper:
    """`forge` tells the bot that a payment (its id) has succeeded; `revive` makes one succeed that was declined;
    `patient`: seconds waited before trying again."""

    person: ChatUser
    wishes: list[Wish]
    till: Till
    chance: random.Random
    forge: Callable[[str], Any]
    revive: Callable[[str], Any] | None = None
    patient: float = PATIENT
    look_every: float = LOOK_EVERY
    _used: set[str] = field(default_factory=set)

    async def shop(self, within: float) -> None:
        """Each wish comes up at a moment of its own in those seconds, and waits for the one before it."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        moments = sorted(self.chance.uniform(0, within) for _ in self.wishes)
        for moment, wish in zip(moments, self.wishes, strict=True):
            await asyncio.sleep(began + moment - loop.time())
            await self._buy(wish)

    async def _buy(self, wish: Wish) -> None:
        while True:
            bill = await self._order(wish)
            if bill is not None and await (self._by_link if wish.method == "link" else self._by_sheet)(
                wish, bill
            ):
                return
            self.till.tried_again += 1

    async def _order(self, wish: Wish) -> str | None:
        """The link, or the number of the invoice's message; None where the bot stayed silent for long."""
        await self._say("/messages", {"text": f"/start buy_{wish.offer}"})
        if wish.method != "link":
            asked = self._newest()
            choice = await self._sees(
                lambda message: message["message_id"] > asked and _button(message, wish.method)
            )
            if choice is None:
                return None
            message, button = choice
            body = {"message_id": message["message_id"], "data": button["callback_data"], "force": True}
            await self._say("/callbacks", body)
        bill = await self._sees(lambda message: self._bill(message, wish.method))
        return bill[1] if bill else None

    def _bill(self, message: Json, method: str) -> str | None:
        """Not one that was used before."""
        if method == "link":
            found = [key["url"] for key in _keys(_inline(message)) if "/checkout/" in key.get("url", "")]
        else:
            stars = message.get("invoice", {}).get("currency") == "XTR"
            fits = "invoice" in message and stars == (method == "stars")
            found = [str(message["message_id"])] if fits else []
        return next((one for one in found if one not in self._used), None)

    async def _by_link(self, wish: Wish, link: str) -> bool:
        payment = link.rpartition("/")[2]
        self._used.add(link)
        if wish.forged:
            self.till.forged.add(payment)
            await self.forge(payment)
            return True
        if self.chance.random() < 0.1:
            await self._at_checkout(payment, "decline")
            return self.revive is not None and self.chance.random() < 0.5 and await self._late(payment, wish)
        if (await self._at_checkout(payment, "pay")).get("status") != "succeeded":
            return False
        self._took(payment, wish)
        if self.chance.random() < 0.05:
            await self._returned(payment)
        return True

    async def _late(self, payment: str, wish: Wish) -> bool:
        """The bank had said no, and takes the money after all, when we have heard of the no."""
        assert self.revive is not None
        await asyncio.sleep(LATE)
        self.revive(payment)
        self._took(payment, wish)
        return True

    async def _returned(self, payment: str) -> None:
        """In the provider's dashboard, while it is being settled."""
        url = f"{self.person.origin}/sandbox/refunds"
        async with self.person.http.post(url, json={"payment_id": payment}) as response:
            assert response.status == 200, await response.text()
        self.till.returned.add(payment)

    async def _at_checkout(self, payment: str, action: str) -> Json:
        url = f"{self.person.origin}/sandbox/payments/{payment}/{action}"
        async with self.person.http.post(url, json={}) as response:
            answer: Json = await response.json()
            return answer

    async def _by_sheet(self, wish: Wish, message_id: str) -> bool:
        """Now and then on two phones at once: whatever is charged is owed."""
        self._used.add(message_id)
        body = {"message_id": int(message_id), "action": "pay", "force": True}
        phones = 2 if self.chance.random() < 0.04 else 1
        answers = await asyncio.gather(*(self._say("/invoices", body) for _ in range(phones)))
        for answer in answers:
            if answer.get("status") == "paid":
                stars = wish.method == "stars"
                self._took(
                    answer["telegram_payment_charge_id" if stars else "provider_payment_charge_id"], wish
                )
        return any(answer.get("status") == "paid" for answer in answers)

    def _took(self, payment: str, wish: Wish) -> None:
        self.till.paid[payment] = (self.person.id, wish)

    async def _say(self, what: str, body: Json) -> Json:
        async with self.person.http.post(self.person._url(what), json=body) as response:
            answer: Json = await response.json()
            return answer

    def _newest(self) -> int:
        return max((one["message_id"] for one in self.person.messages), default=0)

    async def _sees(self, wanted: Callable[[Json], Any]) -> tuple[Json, Any] | None:
        """The newest message that is wanted, and what was wanted of it."""
        ends = asyncio.get_running_loop().time() + self.patient
        while asyncio.get_running_loop().time() < ends:
            await self.person.refresh()
            for message in reversed(self.person.messages):
                if not message.get("outgoing") and (found := wanted(message)):
                    return message, found
            await asyncio.sleep(self.look_every)
        return None


def _button(message: Json, method: str) -> Json | None:
    return next((key for key in _keys(_inline(message)) if pays(key, method)), None)


async def newcomer(
    http: aiohttp.ClientSession, origin: str, bot: int, number: int, language: str, localizer: Any
) -> ChatUser:
    """A new person of the sandbox, with Stars enough."""
    body = {"first_name": f"Learner {number}", "language_code": language}
    async with http.post(f"{origin}/sandbox/people", json=body) as response:
        made = await response.json()
    async with http.post(f"{origin}/sandbox/people/{made['id']}/stars", json={"amount": 1_000_000}):
        return ChatUser(http, origin, bot, made["id"], language, localizer)
