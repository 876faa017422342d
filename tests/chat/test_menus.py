"""The command menu and the bot's description, as a chat shows them."""

import asyncio

from bot.catalogue.reading import parse
from bot.chat.commands import HELP, Audience, for_audience
from bot.sandbox.app import Sandbox
from bot.texts.commands import about
from bot.updates.menus import describe
from db.catalogue import loading
from db.engine import Pool
from handlers.app import Application
from tests.app import BOT
from tests.chat_user import LOOK_EVERY, PATIENCE, ChatUser


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
    await describe(app.context)


async def test_the_bot_describes_itself_by_the_catalogue(app: Application, sandbox: Sandbox) -> None:
    [bot] = [one for one in sandbox.telegram.context.accounts.all() if one.id == BOT]
    await load(app, MODULES)
    assert "• Python" in bot.texts["description:ru"]
    assert "Python" in bot.texts["short_description:"]
    await load(app, SCHOOL + MODULES)
    assert bot.texts["description:ru"] == bot.texts["description:"] == "Учим понятно."
    assert bot.texts["description:en"] == bot.texts["short_description:en"] == "Clear lessons."
