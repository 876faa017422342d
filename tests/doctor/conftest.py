"""An installation where all is well."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.app import Sandbox
from tests.doctor.installation import Installation


@pytest.fixture
async def installation(dsn: str) -> AsyncIterator[Installation]:
    sandbox = Sandbox(None, pace=0.01)
    origin = await sandbox.start()
    yield Installation(sandbox, origin, dsn)
    await sandbox.stop()
