"""The path of a letter: a code that proves an address."""

import re
from typing import Any

from bot.texts.accounts import connect as words
from tests.faults.points.gifts import Gift
from tests.faults.points.world import until

LETTERS = """
select state, (select count(*) from bot.alerts where kind = 'mail_unknown' and solved_at is null) as alarms
from bot.outbox where recipient = $1 and channel = 'mail'
"""
SOLVE = "update bot.alerts set solved_at = now() where kind = 'mail_unknown'"


class Mail(Gift):
    """Nobody gets it twice. What may have been sent is not sent again: it is an alarm, and the person asks anew."""

    async def prepare(self) -> None:
        await super().prepare()
        self.email = f"anna{self.world.people}@school.example"
        await self.person.send("/connect")

    async def walk(self) -> None:
        await self.person.write(self.email)
        await until(self._is_over)

    async def _is_over(self) -> bool:
        row = await self.world.sql.fetchrow(LETTERS, self.email)
        return row is not None and row["state"] not in ("waiting", "sending")

    @property
    def _codes(self) -> list[str]:
        """Of the letters that have come."""
        letters = self.world.sandbox.mail.mailbox.letters()
        texts = [letter.text for letter in letters if letter.to == self.email]
        return [match[0] for text in texts if (match := re.search(r"\b[0-9]{6}\b", text))]

    async def after(self) -> None:
        if self._codes:
            await self.person.send(self._codes[0])
            await self.person.receives(words.ADDRESS_PROVEN)

    async def verdict(self) -> list[str]:
        rows: Any = await self.world.sql.fetch(LETTERS, self.email)
        stands = ([row["state"] for row in rows], [row["alarms"] for row in rows], len(self._codes))
        await self.world.sql.execute(SOLVE)
        right = [(["sent"], [0], 1), (["unknown"], [1], 0), (["unknown"], [1], 1)]
        wrong = [] if stands in right else [f"states, alarms, letters: {stands}\n{self.person.transcript()}"]
        return wrong + await self.world.disquiet()
