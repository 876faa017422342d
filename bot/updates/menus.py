"""What Telegram shows of the bot beside its messages: its description, and the command menu. That is there per language
of Telegram, for whoever has rights a longer one, and in a chat whose person has chosen a language in that one.

What it shows already is not sent again: Telegram allows few of these calls, and a start would make two dozen.
"""

from collections.abc import Iterable
from hashlib import blake2b

import structlog
from aiogram.exceptions import TelegramAPIError
from aiogram.methods import SetMyCommands, SetMyDescription, SetMyShortDescription
from aiogram.types import BotCommand, BotCommandScopeAllPrivateChats, BotCommandScopeChat

from bot.chat.commands import START, Audience, Command, for_audience
from bot.chat.rights import NONE, Right, get_rights, list_with
from bot.context import AppContext
from bot.sender import send_in_job
from bot.texts import LANGUAGES
from bot.texts import info as words
from bot.texts.commands import about
from db import chats, shown
from db.catalogue.school import get_school
from db.engine import Pool
from db.jobs import DescribeBotJob, SetMenuJob
from db.shop.courses import list_modules

log = structlog.get_logger(__name__)

Scope = BotCommandScopeAllPrivateChats | BotCommandScopeChat
Shown = SetMyCommands | SetMyDescription | SetMyShortDescription


async def show(context: AppContext) -> None:
    """At the start. A bot without a menu still works."""
    menus = [
        _menu(
            context,
            NONE,
            BotCommandScopeAllPrivateChats(),
            language or context.settings.default_language,
            language,
        )
        for language in (None, *LANGUAGES)
    ]
    async with context.database.transaction(Pool.JOBS) as session:
        admins = await list_with(session, context.settings)
        before = _chats_shown(context, await shown.get_shown(session))
    for telegram_id in dict.fromkeys([*admins, *sorted(before)]):
        menus += await _chat_menus(context, telegram_id)
    await _show(context, [*menus, *await _descriptions(context)])


async def set_menu(job: SetMenuJob, context: AppContext) -> None:
    """Of a chat whose person has chosen a language, or been given a role, or lost it."""
    menus = await _chat_menus(context, job.telegram_id)
    for menu in menus:
        await send_in_job(context, menu, report=False)
    if len(menus) > 1:  # an admin's, or what was one: the next start looks at them
        await _record(context, dict(_mark(context, menu) for menu in menus))


async def describe_bot(_job: DescribeBotJob, context: AppContext) -> None:
    await _show(context, await _descriptions(context))


async def _descriptions(context: AppContext) -> list[Shown]:
    """What Telegram shows of the bot before one begins, from the catalogue."""
    async with context.database.transaction(Pool.JOBS) as session:
        courses = [module.name for module in await list_modules(session)]
        said = {
            language: await get_school(session, language or context.settings.default_language)
            for language in (None, *LANGUAGES)
        }
    found: list[Shown] = []
    for language, school in said.items():
        with context.localizer.use_locale(language or context.settings.default_language):
            whole = words.description(school.description, courses)
            short = words.short_description(school.description or school.name, courses)
        found.append(SetMyDescription(description=whole, language_code=language))
        found.append(SetMyShortDescription(short_description=short, language_code=language))
    return found


async def _chat_menus(context: AppContext, telegram_id: int) -> list[SetMyCommands]:
    """An admin's menu is there for each language of Telegram, so all of them are replaced; also of who was one."""
    async with context.database.transaction(Pool.JOBS) as session:
        chosen, _telegrams = await chats.get_language(session, telegram_id)
        rights = await get_rights(session, context.settings, telegram_id)
        before = _chats_shown(context, await shown.get_shown(session))
    is_special = bool(rights) or telegram_id in before
    scope = BotCommandScopeChat(chat_id=telegram_id)
    return [
        _menu(context, rights, scope, chosen or language or context.settings.default_language, language)
        for language in ((None, *LANGUAGES) if is_special else (None,))
    ]


def _chats_shown(context: AppContext, places: Iterable[str]) -> set[int]:
    """The chats, by Telegram id, whose menus of this bot are remembered."""
    split = [place.split(":") for place in places]
    name = SetMyCommands.__api_method__
    return {
        int(chat)
        for bot, method, chat, _language in split
        if chat and (bot, method) == (str(context.bot.id), name)
    }


def _menu(
    context: AppContext, rights: frozenset[Right], scope: Scope, spoken: str, language: str | None
) -> SetMyCommands:
    commands = for_audience(Audience.ADMIN if rights else Audience.LEARNER, rights)
    with context.localizer.use_locale(spoken):
        listed = [
            BotCommand(command=one.name, description=about(one)[:256]) for one in sorted(commands, key=_place)
        ]
    return SetMyCommands(commands=listed, scope=scope, language_code=language)


def _place(command: Command) -> tuple[bool, bool]:
    """Home first, then what only admins have: Telegram shows a handful at once."""
    return command is not START, command.audience is not Audience.ADMIN


async def _show(context: AppContext, methods: Iterable[Shown]) -> None:
    async with context.database.transaction(Pool.JOBS) as session:
        there = await shown.get_shown(session)
    new = {}
    for method in methods:
        place, mark = _mark(context, method)
        if there.get(place) != mark and await _try(context, method):
            new[place] = mark
    await _record(context, new)


async def _record(context: AppContext, new: dict[str, int]) -> None:
    if new:
        async with context.database.transaction(Pool.JOBS) as session:
            await shown.record_shown(session, new)


def _mark(context: AppContext, method: Shown) -> tuple[str, int]:
    """The place in which it is shown, of which bot, and a number for what is shown there."""
    scope = method.scope if isinstance(method, SetMyCommands) else None
    chat = scope.chat_id if isinstance(scope, BotCommandScopeChat) else ""
    digest = blake2b(method.model_dump_json(exclude_defaults=True).encode(), digest_size=8).digest()
    place = f"{context.bot.id}:{method.__api_method__}:{chat}:{method.language_code or ''}"
    return place, int.from_bytes(digest, signed=True)


async def _try(context: AppContext, method: Shown) -> bool:
    try:
        return await context.bot(method)
    except TelegramAPIError as error:
        # An admin who never wrote to the bot is no chat it could set a menu for.
        log.info("not_shown", method=method.__api_method__, error=error)
        return False
