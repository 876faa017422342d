"""What Telegram shows of the bot beside its messages: its description, and the command menu. That is there per language
of Telegram, for each admin a longer one, and in a chat whose person has chosen a language in that one.
"""

from collections.abc import Iterator

import structlog
from aiogram.exceptions import TelegramAPIError
from aiogram.methods import SetMyCommands, SetMyDescription, SetMyShortDescription, TelegramMethod
from aiogram.types import BotCommand, BotCommandScopeAllPrivateChats, BotCommandScopeChat

from bot.chat.commands import Audience, for_audience
from bot.context import AppContext
from bot.sender import send_in_job
from bot.texts import LANGUAGES
from bot.texts import info as words
from bot.texts.commands import about
from db import chats
from db.catalogue.school import get_school
from db.engine import Pool
from db.jobs import DescribeBotJob, SetMenuJob
from db.shop.courses import list_modules

log = structlog.get_logger(__name__)

Scope = BotCommandScopeAllPrivateChats | BotCommandScopeChat


async def show_menus(context: AppContext) -> None:
    """At the start. A bot without a menu still works."""
    for language in (None, *LANGUAGES):
        spoken = language or context.settings.default_language
        menu = _menu(context, Audience.LEARNER, BotCommandScopeAllPrivateChats(), spoken, language)
        await _try(context, menu)
    for admin in context.settings.admin_ids:
        for menu in _chat_menus(context, admin, await _chosen(context, admin)):
            await _try(context, menu)


async def set_menu(job: SetMenuJob, context: AppContext) -> None:
    """Of a chat whose person has chosen a language."""
    for menu in _chat_menus(context, job.telegram_id, await _chosen(context, job.telegram_id)):
        await send_in_job(context, menu, report=False)


async def describe(context: AppContext) -> None:
    """What Telegram shows of the bot before one begins, from the catalogue."""
    async with context.database.transaction(Pool.JOBS) as session:
        courses = [module.name for module in await list_modules(session)]
        said = {
            language: await get_school(session, language or context.settings.default_language)
            for language in (None, *LANGUAGES)
        }
    for language, school in said.items():
        with context.localizer.use_locale(language or context.settings.default_language):
            whole = words.description(school.description, courses)
            short = words.short_description(school.description or school.name, courses)
        await _try(context, SetMyDescription(description=whole, language_code=language))
        await _try(context, SetMyShortDescription(short_description=short, language_code=language))


async def describe_bot(_job: DescribeBotJob, context: AppContext) -> None:
    await describe(context)


async def _chosen(context: AppContext, telegram_id: int) -> str | None:
    async with context.database.transaction(Pool.JOBS) as session:
        chosen, _telegrams = await chats.get_language(session, telegram_id)
    return chosen


def _chat_menus(context: AppContext, telegram_id: int, chosen: str | None) -> Iterator[SetMyCommands]:
    """An admin's menu is there for each language of Telegram, so all of them are replaced."""
    is_admin = telegram_id in context.settings.admin_ids
    scope = BotCommandScopeChat(chat_id=telegram_id)
    for language in (None, *LANGUAGES) if is_admin else (None,):
        spoken = chosen or language or context.settings.default_language
        yield _menu(context, Audience.ADMIN if is_admin else Audience.LEARNER, scope, spoken, language)


def _menu(
    context: AppContext, audience: Audience, scope: Scope, spoken: str, language: str | None
) -> SetMyCommands:
    with context.localizer.use_locale(spoken):
        shown = [BotCommand(command=one.name, description=about(one)[:256]) for one in for_audience(audience)]
    return SetMyCommands(commands=shown, scope=scope, language_code=language)


async def _try(context: AppContext, method: TelegramMethod[bool]) -> None:
    try:
        await context.bot(method)
    except TelegramAPIError as error:
        # An admin who never wrote to the bot is no chat it could set a menu for.
        log.info("not_shown", method=method.__api_method__, error=error)
