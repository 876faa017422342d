"""The command menu and the bot's description, as a chat shows them."""

import asyncio

import asyncpg
import pytest

from bot.catalogue.reading import parse
from bot.chat.commands import HELP, Audience, for_audience
from bot.sandbox.app import Sandbox
from bot.texts.commands import about
from bot.updates.menus import describe_bot, show
from db.catalogue import loading
from db.engine import Pool
from db.jobs import DescribeBotJob
from handlers.app import Application
from tests.app import BOT
from tests.chat_user import LOOK_EVERY, OLGA, PATIENCE, ChatUser


async def menu_in(person: ChatUser, language: str) -> dict[str, str]:
    """Waits until the menu is in that language."""
    with person.localizer.use_locale(language):
        wanted = about(HELP)
    async with asyncio.timeout(PATIENCE):
        while True:
            menu = await person.commands()
            if menu.get(HELP.name) == wanted:
                return menu
            await asyncio.sleep(LOOK_EVERY)


async def test_a_chosen_language_is_the_menu_s_too(anna: ChatUser, olga: ChatUser) -> None:
    for person, audience in ((anna, Audience.LEARNER), (olga, Audience.ADMIN)):
        await person.send("/language")
        await person.click("English")
        menu = await menu_in(person, "en")
        assert set(menu) == {one.name for one in for_audience(audience)}
        await person.click("Русский")
        await menu_in(person, "ru")


SCHOOL = """
[school]
name = "Школа"
description = "Учим понятно."
[school.en]
description = "Clear lessons."
"""
MODULES = """
[[modules]]
key = "python"
name = "Python"
"""


async def load(app: Application, source: str) -> None:
    async with app.context.database.transaction(Pool.JOBS) as session:
        await loading.load_catalogue(session, parse(source))
    await describe_bot(DescribeBotJob(), app.context)


async def test_the_bot_describes_itself_by_the_catalogue(app: Application, sandbox: Sandbox) -> None:
    [bot] = [one for one in sandbox.telegram.context.accounts.all() if one.id == BOT]
    await load(app, MODULES)
    assert "• Python" in bot.texts["description:ru"]
    assert "Python" in bot.texts["short_description:"]
    await load(app, SCHOOL + MODULES)
    assert bot.texts["description:ru"] == bot.texts["description:"] == "Учим понятно."
    assert bot.texts["description:en"] == bot.texts["short_description:en"] == "Clear lessons."


async def remembered(sql: asyncpg.Connection, place: str) -> None:
    """Waits until what is shown in these places has been written down."""
    question = f"select count(*) from bot.cursors where name like 'shown:' || {place}"
    async with asyncio.timeout(PATIENCE):
        while not await sql.fetchval(question):  # noqa: ASYNC110 - a row sets no event
            await asyncio.sleep(LOOK_EVERY)


async def again(app: Application, sandbox: Sandbox) -> list[str]:
    """What the next start tells Telegram."""
    there = len(sandbox.telegram.context.calls)
    await show(app.context)
    return [call["method"] for call in list(sandbox.telegram.context.calls)[there:]]


@pytest.mark.usefixtures("first_start")
async def test_a_start_tells_telegram_what_it_does_not_show_yet(
    app: Application, sandbox: Sandbox, sql: asyncpg.Connection, anna: ChatUser, olga: ChatUser
) -> None:
    await remembered(sql, "'%'")
    assert set(await menu_in(anna, "ru")) == {one.name for one in for_audience(Audience.LEARNER)}
    assert set(await menu_in(olga, "ru")) == {one.name for one in for_audience(Audience.ADMIN)}
    assert await again(app, sandbox) == []
    await sql.execute("delete from bot.cursors where name like '%:setMyDescription:%'")
    assert await again(app, sandbox) == ["setMyDescription"] * 3
    await sql.execute(f"delete from bot.cursors where name like '%:setMyCommands:{OLGA}:%'")
    await olga.send("/language")
    await olga.click("English")
    await remembered(sql, f"'%:setMyCommands:{OLGA}:%'")
    assert set(await menu_in(olga, "en")) == {one.name for one in for_audience(Audience.ADMIN)}
    assert await again(app, sandbox) == []
