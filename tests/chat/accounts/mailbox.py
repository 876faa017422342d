"""The letters with codes that the bot has sent."""

import re
from dataclasses import dataclass

from bot.sandbox.app import Sandbox
from tests.callbacks import becomes


@dataclass
class Mailbox:
    sandbox: Sandbox

    async def code(self, nth: int = 1) -> str:
        """In the `nth` letter that has one, once it is there."""

        async def found() -> bool:
            return len(self.codes) >= nth

        await becomes(found)
        return self.codes[nth - 1]

    @property
    def codes(self) -> list[str]:
        """The oldest first."""
        texts = [letter.text for letter in reversed(self.sandbox.mail.mailbox.letters())]
        return [match[0] for text in texts if (match := re.search(r"\b[0-9]{6}\b", text))]

    @property
    def to(self) -> list[str]:
        return [letter.to for letter in reversed(self.sandbox.mail.mailbox.letters())]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"
