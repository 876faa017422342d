"""Paths on which days change hands without money, or come back, or accounts become one."""

from typing import Any

from bot.chat.buttons import ConfirmRefund, FinishLesson, JoinAccounts, ShowLesson, Undo
from tests.chat_user import ChatUser
from tests.faults.points.paths import Path, Sale
from tests.faults.points.world import World, insist, until
from tests.faults.verdict import check_ends

ACCOUNT = "select user_id from authidentities where providerkey = $1"
CODES = "update promocodes set max_usage_count = 1000000"
CHANGES = """
select source, sum(days) as days, count(*) as times from bot.access_changes where user_id = $1 group by source
"""
SITE = """
insert into users (name, email, password_hash, created_at) values ('Anna', $1, 'x', now()) returning id
"""
# A letter that may have been sent is not sent again, and is alarmed about: as it should be.
IN_DOUBT = """
update bot.alerts a set solved_at = now() where kind = 'mail_unknown' and solved_at is null
and exists (select from bot.outbox o where o.state = 'unknown' and o.kind = a.subject and o.user_id = $1)
"""
LESSON = "select id from bot.lessons where title like '%Первая программа%'"


class Button:
    """The newest one of its kind in a chat, to be pressed as often as it takes."""

    def __init__(self, person: ChatUser, prefix: str) -> None:
        self._person = person
        self._prefix = f"{prefix}:"

    async def find(self) -> None:
        self._message, self._button = await self._person.sees(
            lambda key: str(key.get("callback_data", "")).startswith(self._prefix)
        )

    async def press(self) -> None:
        """Waits for nothing: the bot may be away."""
        body = {
            "message_id": self._message["message_id"],
            "data": self._button["callback_data"],
            "force": True,
        }
        await self._person._post("/callbacks", body)


class Gift(Path):
    """Somebody whose account it is about, and an admin."""

    async def prepare(self) -> None:
        self.person = await self.world.newcomer()
        self.account = await self.world.sql.fetchval(ACCOUNT, str(self.person.id))
        self.admin = self.world.admin()
        if self.world.people == 1:
            await self.admin.register()
            await self.world.sql.execute(CODES)

    async def stands(self) -> dict[str, tuple[int, int]]:
        """Source → (days in all, how many changes)."""
        rows = await self.world.sql.fetch(CHANGES, self.account)
        return {row["source"]: (int(row["days"]), row["times"]) for row in rows}

    async def becomes(self, source: str) -> None:
        async def there() -> bool:
            return source in await self.stands()

        await until(there)

    async def check(self, **wanted: tuple[int, int]) -> list[str]:
        found = await self.stands()
        wrong = [] if found == wanted else [f"{found} instead of {wanted}\n{self.person.transcript()}"]
        return wrong + await check_ends(self.world.sql) + await self.world.disquiet()

    async def hears(self, part: str) -> None:
        async def heard() -> bool:
            await self.person.refresh()
            return any(part in text for text in self.person.texts)

        await until(heard)


class Promo(Gift):
    async def walk(self) -> None:
        await self.person.write("/promo SPRING")
        await self.becomes("promo")

    async def verdict(self) -> list[str]:
        uses = await self.world.sql.fetchval(
            "select count(*) from promocodeusages where user_id = $1", self.account
        )
        return [*await self.check(promo=(14, 1)), *([] if uses == 1 else [f"{uses} uses"])]


class Grant(Gift):
    """A command that came twice would give twice: it is sent once."""

    async def walk(self) -> None:
        await self.admin.write(f"/grant {self.person.id} 1 30")
        await self.becomes("grant")
        await self.hears("30")

    async def verdict(self) -> list[str]:
        grants = await self.world.sql.fetchval(
            "select count(*) from adminaccesshistory where target_user_id = $1", self.account
        )
        return [*await self.check(grant=(30, 1)), *([] if grants == 1 else [f"{grants} grants"])]


class Undone(Gift):
    async def prepare(self) -> None:
        await super().prepare()
        await self.admin.send(f"/grant {self.person.id} 1 30")
        await self.hears("30")
        self.button = Button(self.admin, Undo.__prefix__)
        await self.button.find()

    async def walk(self) -> None:
        await self.button.press()
        await self.becomes("undo")

    async def verdict(self) -> list[str]:
        return await self.check(grant=(30, 1), undo=(-30, 1))


class Merge(Gift):
    """Its days stay: the changes of both accounts are those of the one."""

    async def prepare(self) -> None:
        await super().prepare()
        await self.person.send("/promo SPRING")
        await self.becomes("promo")
        email = f"anna{self.world.people}@school.example"
        self.site = await self.world.sql.fetchval(SITE, email)
        await self.admin.send(f"/link {email} {self.person.id}")
        self.button = Button(self.admin, JoinAccounts.__prefix__)
        await self.button.find()

    async def walk(self) -> None:
        await self.button.press()
        await until(self._is_joined)
        await self.hears("@school.example")

    async def _is_joined(self) -> bool:
        return bool(await self.world.sql.fetchval(ACCOUNT, str(self.person.id)) == self.site)

    async def verdict(self) -> list[str]:
        row: Any = await self.world.sql.fetchrow(
            """
            select (select count(*) from bot.merges where from_user_id = $1 and into_user_id = $2) as merges,
                   (select count(*) from usermoduleaccess where user_id = $1) as left_behind,
                   (select count(*) from usermoduleaccess where user_id = $2 and ends_at > now() + interval '13 days'
                    and ends_at < now() + interval '15 days') as moved,
                   (select count(*) from promocodeusages where user_id = $2) as uses
            """,
            self.account,
            self.site,
        )
        found = tuple(row)
        await self.world.sql.execute(IN_DOUBT, self.site)
        return await self.world.disquiet() + ([] if found == (1, 0, 1, 1) else [f"{dict(row)}"])


class Lesson(Gift):
    async def prepare(self) -> None:
        await super().prepare()
        self.lesson = await self.world.sql.fetchval(LESSON)
        await self.person.press(ShowLesson(id=self.lesson).pack())
        self.button = Button(self.person, FinishLesson.__prefix__)
        await self.button.find()

    async def walk(self) -> None:
        await insist(self.button.press, self._is_done)

    async def _is_done(self) -> bool:
        return await self._times() > 0

    async def _times(self) -> int:
        times: int = await self.world.sql.fetchval(
            "select count(*) from progress where user_id = $1", self.account
        )
        return times

    async def verdict(self) -> list[str]:
        times = await self._times()
        return await self.check() + ([] if times == 1 else [f"done {times} times"])


class Refund(Sale):
    """All of a payment by link."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.admin = world.admin()

    async def prepare(self) -> None:
        await super().prepare()
        if self.world.people == 1:
            await self.admin.register()
        bill = await self.order()
        assert await self.shopper._by_link(self.wish, bill)
        await self._arrives()
        self.payment = bill.rpartition("/")[2]
        self.purchase = await self.world.sql.fetchval(
            "select id from purchases where provider_payment_id = $1", self.payment
        )
        await self.admin.send(f"/refund {self.purchase}")
        self.button = Button(self.admin, ConfirmRefund.__prefix__)
        await self.button.find()

    async def walk(self) -> None:
        await insist(self.button.press, self._is_known)
        await until(self._hears)

    async def _is_known(self) -> bool:
        asked = "select count(*) from bot.refunds where purchase_id = $1 and status <> 'draft'"
        return bool(await self.world.sql.fetchval(asked, self.purchase))

    async def _hears(self) -> bool:
        person = self.shopper.person
        await person.refresh()
        return any("↩️" in text for text in person.texts)

    async def verdict(self) -> list[str]:
        sql = self.world.sql
        book = self.world.sandbox.yookassa.provider.book
        returned = [
            one.body["amount"]["value"] for one in book.refunds.values() if one.payment_id == self.payment
        ]
        row: Any = await sql.fetchrow(
            """
            select status, (select array_agg(status) from bot.refunds where purchase_id = p.id) as refunds,
                   (select sum(days) from bot.access_changes c where c.user_id = p.user_id) as days,
                   (select count(*) from bot.access_changes c where c.user_id = p.user_id) as changes
            from purchases p where id = $1
            """,
            self.purchase,
        )
        found = (row["status"], row["refunds"], row["days"], row["changes"], len(returned))
        wrong = [] if found == ("refunded", ["succeeded"], 0, 2, 1) else [f"{found}, returned {returned}"]
        return wrong + await check_ends(sql) + await self.world.disquiet()
