"""A school whose letters go to the sandbox's mail server."""

from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import pytest
from pydantic import SecretStr

from bot.mail.wording import EMAIL_CODE
from bot.sandbox.app import Sandbox
from bot.sandbox.mail import Letter
from bot.settings import Settings
from db import outbox
from db.engine import Pool
from db.outbox import Channel, Outgoing
from handlers.app import Application
from tests.app import origin_of, settings_for
from tests.callbacks import becomes

SENDER = "school@lessongate.example"
TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture
def app_settings(sandbox: Sandbox) -> Settings:
    return settings_for(
        origin_of(sandbox), smtp_url=SecretStr(sandbox.mail.url), mail_from=f"The school <{SENDER}>"
    )


@dataclass
class Post:
    """Puts codes into the outbox, and watches what becomes of them."""

    app: Application
    sandbox: Sandbox
    sql: asyncpg.Connection

    async def put(
        self,
        recipient: str = "anna@example.com",
        occasion: str = "1",
        asked_by: int | None = None,
        lasts: timedelta = TEN_MINUTES,
        language: str = "ru",
    ) -> int:
        now = self.app.context.now()
        code = Outgoing(
            channel=Channel.MAIL,
            recipient=recipient,
            kind=EMAIL_CODE,
            occasion=occasion,
            language=language,
            payload={"code": "012345"},
            expires_at=now + lasts,
            asked_by=asked_by,
        )
        async with self.app.database.transaction(Pool.TALK) as session:
            outbox_id = await outbox.put(session, code, now)
        assert outbox_id is not None
        return outbox_id

    async def becomes(self, outbox_id: int, state: str) -> asyncpg.Record:
        query = "select state = $2 from bot.outbox where id = $1"
        await becomes(lambda: self.sql.fetchval(query, outbox_id, state))
        row = await self.sql.fetchrow("select * from bot.outbox where id = $1", outbox_id)
        assert row is not None
        return row

    @property
    def letters(self) -> list[Letter]:
        """The newest first."""
        return self.sandbox.mail.mailbox.letters()


@pytest.fixture
def post(app: Application, sandbox: Sandbox, sql: asyncpg.Connection) -> Post:
    return Post(app, sandbox, sql)
