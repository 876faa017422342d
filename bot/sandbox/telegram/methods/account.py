"""What a bot is: its names, descriptions, commands and menu button."""

import re
from typing import Any

from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import ApiError, bad_request
from bot.sandbox.telegram.methods.registry import method
from bot.sandbox.telegram.outbox import known_chat
from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.people import Person

Json = dict[str, Any]
COMMAND = re.compile(r"[a-z0-9_]{1,32}", re.ASCII)
COMMANDS_MAX = 100
SCOPES = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}
ABILITIES = {
    "can_join_groups": True,
    "can_read_all_group_messages": False,
    "supports_inline_queries": False,
    "can_connect_to_business": False,
    "has_main_web_app": False,
}


@method("getMe")
def get_me(ctx: Context, bot: Account, params: Params) -> Json:
    ctx.accounts.mark_seen(bot)
    return bot.as_user() | ABILITIES


@method("logOut")
@method("close")
def refuse_leaving(ctx: Context, bot: Account, params: Params) -> Json:
    raise ApiError(
        400, "Bad Request: logOut and close are not in the sandbox: there is no other server to go to"
    )


@method("getChat")
def get_chat(ctx: Context, bot: Account, params: Params) -> Json:
    chat = known_chat(ctx, bot, params)
    return chat.info | {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": _NO_GIFTS}


_NO_GIFTS = {
    "unlimited_gifts": False,
    "limited_gifts": False,
    "unique_gifts": False,
    "premium_subscription": False,
    "gifts_from_channels": False,
}


@method("setMyCommands")
def set_my_commands(ctx: Context, bot: Account, params: Params) -> bool:
    commands = params.listing("commands")
    if commands is None:
        raise bad_request('parameter "commands" is required')
    if len(commands) > COMMANDS_MAX:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    return _keep_commands(ctx, bot, _scope_key(params), [_command(one) for one in commands])


@method("deleteMyCommands")
def delete_my_commands(ctx: Context, bot: Account, params: Params) -> bool:
    return _keep_commands(ctx, bot, _scope_key(params), [])


@method("getMyCommands")
def get_my_commands(ctx: Context, bot: Account, params: Params) -> list[Json]:
    return bot.commands.get(_scope_key(params), [])


def _keep_commands(ctx: Context, bot: Account, key: str, commands: list[Json]) -> bool:
    bot.commands.pop(key, None)
    if commands:
        bot.commands[key] = commands
    ctx.accounts.save(bot)
    ctx.hub.publish(bot.id, None, "commands")
    return True


def _command(given: Any) -> Json:
    if not isinstance(given, dict):
        raise bad_request("can't parse BotCommand: object expected")
    name, description = str(given.get("command", "")).removeprefix("/"), str(given.get("description", ""))
    if COMMAND.fullmatch(name) is None:
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description.strip()) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description.strip()}


def _scope_key(params: Params) -> str:
    scope = params.mapping("scope") or {"type": "default"}
    kind = str(scope.get("type"))
    if kind not in SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    numbers = [str(scope.get(name, "")) for name in SCOPES[kind]]
    return commands_key(kind, numbers, _language(params))


def commands_key(kind: str, numbers: list[str], language: str) -> str:
    return ":".join([kind, *numbers, language])


def _language(params: Params) -> str:
    language = params.text("language_code")
    if language and re.fullmatch(r"[a-z]{2}", language) is None:
        raise bad_request("invalid language code specified")
    return language


def commands_for(bot: Account, person: Person) -> list[Json]:
    """The menu in a private chat: the narrowest scope wins, within it the person's language."""
    scopes = [("chat", [str(person.id)]), ("all_private_chats", []), ("default", [])]
    keys = [commands_key(*scope, code) for scope in scopes for code in (person.language_code, "")]
    return next((bot.commands[key] for key in keys if key in bot.commands), [])


def description_for(bot: Account, person: Person) -> str:
    """What an empty chat shows: in the person's language, or else what is said for all."""
    return bot.texts.get(f"description:{person.language_code}") or bot.texts.get("description:", "")


def _set_text(ctx: Context, bot: Account, params: Params, name: str, longest: int) -> bool:
    text = params.text(name)
    if len(text) > longest:
        raise bad_request(f"bot {name.replace('_', ' ')} is too long")
    bot.texts[f"{name}:{_language(params)}"] = text
    ctx.accounts.save(bot)
    ctx.hub.publish(bot.id, None, "texts")
    return True


def _get_text(bot: Account, params: Params, name: str, otherwise: str = "") -> Json:
    own = bot.texts.get(f"{name}:{_language(params)}")
    return {name: own or bot.texts.get(f"{name}:") or otherwise}


@method("setMyName")
def set_my_name(ctx: Context, bot: Account, params: Params) -> bool:
    _set_text(ctx, bot, params, "name", 64)
    if bot.texts.get("name:"):
        bot.first_name = bot.texts["name:"]
        ctx.accounts.save(bot)
    return True


@method("getMyName")
def get_my_name(ctx: Context, bot: Account, params: Params) -> Json:
    return _get_text(bot, params, "name", bot.first_name)


@method("setMyDescription")
def set_my_description(ctx: Context, bot: Account, params: Params) -> bool:
    return _set_text(ctx, bot, params, "description", 512)


@method("getMyDescription")
def get_my_description(ctx: Context, bot: Account, params: Params) -> Json:
    return _get_text(bot, params, "description")


@method("setMyShortDescription")
def set_my_short_description(ctx: Context, bot: Account, params: Params) -> bool:
    return _set_text(ctx, bot, params, "short_description", 120)


@method("getMyShortDescription")
def get_my_short_description(ctx: Context, bot: Account, params: Params) -> Json:
    return _get_text(bot, params, "short_description")


@method("setChatMenuButton")
def set_chat_menu_button(ctx: Context, bot: Account, params: Params) -> bool:
    button = params.mapping("menu_button") or {"type": "default"}
    if button.get("type") not in ("default", "commands", "web_app"):
        raise bad_request("can't parse MenuButton: Unsupported type specified")
    bot.menu_buttons[_menu_key(ctx, bot, params)] = button
    ctx.accounts.save(bot)
    return True


@method("getChatMenuButton")
def get_chat_menu_button(ctx: Context, bot: Account, params: Params) -> Json:
    buttons = bot.menu_buttons
    return buttons.get(_menu_key(ctx, bot, params)) or buttons.get("default") or {"type": "default"}


def _menu_key(ctx: Context, bot: Account, params: Params) -> str:
    return str(known_chat(ctx, bot, params).id) if "chat_id" in params else "default"
