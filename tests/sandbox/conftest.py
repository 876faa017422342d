"""A sandbox for all tests that change no switch and stop nothing, and bots of one's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sandbox.telegram_world import Bot, World


@pytest.fixture(scope="session")
async def world() -> AsyncIterator[World]:
    world = await World().start()
    yield world
    await world.close()


@pytest.fixture
async def bot(world: World) -> Bot:
    """A bot nobody has written to yet."""
    return await world.new_bot()


@pytest.fixture
async def kept_world(tmp_path: Path) -> AsyncIterator[World]:
    """A sandbox with its state on the disk, of this test alone."""
    world = await World(tmp_path).start()
    yield world
    await world.close()
