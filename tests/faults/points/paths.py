"""The ways on which every point is tried: what people do there, and what has to stand at the end."""

import random
from abc import ABC, abstractmethod
from dataclasses import dataclass

from tests.faults.points.world import BOT, TRIES_AGAIN, World, until
from tests.faults.shoppers import Shopper, Wish
from tests.faults.verdict import judge, told

OFFER = "select id, days from bot.offers where active and currency = $1 order by id limit 1"


class Firm(random.Random):
    """Whose banks never refuse, and who never pays from two phones at once."""

    def random(self) -> float:
        return 0.99


@dataclass
class Path(ABC):
    """`prepare` is not counted, `walk` is; `verdict` says what is wrong when the world is quiet again."""

    world: World

    @abstractmethod
    async def prepare(self) -> None: ...

    @abstractmethod
    async def walk(self) -> None:
        """Returns when everybody has what they are owed. Raises TimeoutError."""

    async def after(self) -> None:  # noqa: B027 - most do nothing
        """What people do then, uncounted."""

    @abstractmethod
    async def verdict(self) -> list[str]: ...


@dataclass
class Sale(Path):
    """Somebody buys; the verdict is about everything that was ever paid in this world."""

    method: str = "link"

    async def prepare(self) -> None:
        currency = "XTR" if self.method == "stars" else "RUB"
        offer = await self.world.sql.fetchrow(OFFER, currency)
        self.wish = Wish(offer["id"], offer["days"], self.method)
        person, till = await self.world.newcomer(), self.world.till
        self.shopper = Shopper(person, [], till, Firm(), _never, patient=TRIES_AGAIN, look_every=0.1)

    async def order(self) -> str:
        """The link, asked for until it comes."""
        while (bill := await self.shopper._order(self.wish)) is None:
            pass
        return bill

    async def walk(self) -> None:
        await self.shopper._buy(self.wish)
        await self._arrives()

    async def _arrives(self) -> None:
        person = self.shopper.person

        async def heard() -> bool:
            paid = sum(who == person.id for who, _ in self.world.till.paid.values())
            return len(await told([self.shopper])) >= paid

        await until(heard)

    async def verdict(self) -> list[str]:
        world = self.world
        wrong = (await judge(world.sql, world.sandbox, BOT, self.world.till, [self.shopper])).wrong
        return wrong + await world.disquiet() + await self._strays()

    async def _strays(self) -> list[str]:
        """Payments that the provider has made for us, and no purchase knows."""
        rows = await self.world.sql.fetch("select provider_payment_id from purchases")
        known = {row[0] for row in rows}
        made = self.world.sandbox.yookassa.provider.book.payments.keys()
        return [f"no purchase knows {payment}" for payment in made - known]


async def _never(payment: str) -> None:
    raise AssertionError(f"nobody forges {payment}")


class Link(Sale):
    """An order, and its link; paid in peace."""

    async def walk(self) -> None:
        self.bill = await self.order()

    async def after(self) -> None:
        assert await self.shopper._by_link(self.wish, self.bill)
        await self._arrives()


class Settle(Sale):
    """From the payer's bank to the news."""

    async def prepare(self) -> None:
        await super().prepare()
        self.bill = await self.order()

    async def walk(self) -> None:
        assert await self.shopper._by_link(self.wish, self.bill)
        await self._arrives()


@dataclass
class Invoice(Sale):
    method: str = "invoice"


@dataclass
class Stars(Sale):
    method: str = "stars"
