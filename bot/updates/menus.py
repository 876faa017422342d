"""What Telegram shows of the bot beside its messages: its description, and the command menu. That is there per language
of Telegram, for whoever has rights a longer one, and in a chat whose person has chosen a language in that one.

What it shows already is not sent again: Telegram allows few of these calls, and a start would make two dozen.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import blake2b

import structlog
from aiogram.exceptions import TelegramAPIError
from aiogram.methods import SetMyCommands, SetMyDescription, SetMyShortDescription
from aiogram.types import BotCommand, BotCommandScopeAllPrivateChats, BotCommandScopeChat
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.commands import START, Audience, Command, for_audience
from bot.chat.rights import NONE, Right, get_rights, list_rights
from bot.context import AppContext
from bot.sender import send_in_job
from bot.texts import LANGUAGES
from bot.texts import info as words
from bot.texts.commands import about
from db import chats, shown
from db.catalogue.school import list_school_texts
from db.engine import Pool
from db.jobs import DescribeBotJob, SetMenuJob
from db.shop.courses import list_modules

log = structlog.get_logger(__name__)

Scope = BotCommandScopeAllPrivateChats | BotCommandScopeChat
Shown = SetMyCommands | SetMyDescription | SetMyShortDescription


async def show(context: AppContext) -> None:
    """At the start. A bot without a menu still works."""
    async with context.database.transaction(Pool.JOBS) as session:
        there = await shown.get_shown(session)
        rights = await list_rights(session, context.settings)
        special = dict.fromkeys([*rights, *sorted(_chats_shown(context, there))])
        chosen = await shown.list_chosen_languages(session, special.keys())
        descriptions = await _descriptions(session, context)
    menus = _menus(context, NONE, BotCommandScopeAllPrivateChats(), LANGUAGES)
    for telegram_id in special:
        scope = BotCommandScopeChat(chat_id=telegram_id)
        menus += _menus(context, rights.get(telegram_id, NONE), scope, LANGUAGES, chosen.get(telegram_id))
    await _show(context, [*menus, *descriptions], there)


async def set_menu(job: SetMenuJob, context: AppContext) -> None:
    """Of a chat whose person has chosen a language, or been given a role, or lost it."""
    async with context.database.transaction(Pool.JOBS) as session:
        chosen, _telegrams = await chats.get_language(session, job.telegram_id)
        rights = await get_rights(session, context.settings, job.telegram_id)
        before = _chats_shown(context, await shown.get_shown(session))
    # An admin's menu is there for each language of Telegram, so all of them are replaced; also of who was one.
    is_special = bool(rights) or job.telegram_id in before
    scope = BotCommandScopeChat(chat_id=job.telegram_id)
    menus = _menus(context, rights, scope, LANGUAGES if is_special else (), chosen)
    for menu in menus:
        await send_in_job(context, menu, report=False)
    if is_special:  # the next start looks at them
        await _record(context, dict(_mark(context, menu) for menu in menus))


async def describe_bot(_job: DescribeBotJob, context: AppContext) -> None:
    async with context.database.transaction(Pool.JOBS) as session:
        there = await shown.get_shown(session)
        descriptions = await _descriptions(session, context)
    await _show(context, descriptions, there)


async def _descriptions(session: AsyncSession, context: AppContext) -> list[Shown]:
    """What Telegram shows of the bot before one begins, from the catalogue."""
    courses = [module.name for module in await list_modules(session)]
    said = await list_school_texts(session, {context.settings.default_language, *LANGUAGES})
    found: list[Shown] = []
    for language in (None, *LANGUAGES):
        spoken = language or context.settings.default_language
        school = said[spoken]
        with context.localizer.use_locale(spoken):
            whole = words.description(school.description, courses)
            short = words.short_description(school.description or school.name, courses)
        found.append(SetMyDescription(description=whole, language_code=language))
        found.append(SetMyShortDescription(short_description=short, language_code=language))
    return found


def _chats_shown(context: AppContext, places: Iterable[str]) -> set[int]:
    """The chats, by Telegram id, whose menus of this bot are remembered."""
    split = [place.split(":") for place in places]
    name = SetMyCommands.__api_method__
    return {
        int(chat)
        for bot, method, chat, _language in split
        if chat and (bot, method) == (str(context.bot.id), name)
    }


def _menus(
    context: AppContext,
    rights: frozenset[Right],
    scope: Scope,
    languages: Iterable[str],
    chosen: str | None = None,
) -> list[SetMyCommands]:
    """One for who speaks none of `languages`, one for each; in the language chosen in the chat, if one is."""
    default = context.settings.default_language
    return [_menu(context, rights, scope, chosen or one or default, one) for one in (None, *languages)]


def _menu(
    context: AppContext, rights: frozenset[Right], scope: Scope, spoken: str, language: str | None
) -> SetMyCommands:
    with context.localizer.use_locale(spoken):
        listed = _listed(rights, spoken)
    return SetMyCommands(commands=list(listed), scope=scope, language_code=language)


@cache
def _listed(rights: frozenset[Right], _spoken: str) -> tuple[BotCommand, ...]:
    """In the language that is set now, which is `_spoken`."""
    commands = for_audience(Audience.ADMIN if rights else Audience.LEARNER, rights)
    return tuple(
        BotCommand(command=one.name, description=about(one)[:256]) for one in sorted(commands, key=_place)
    )


def _place(command: Command) -> tuple[bool, bool]:
    """Home first, then what only admins have: Telegram shows a handful at once."""
    return command is not START, command.audience is not Audience.ADMIN


async def _show(context: AppContext, methods: Iterable[Shown], there: Mapping[str, int]) -> None:
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
