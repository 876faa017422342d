"""Reactions to messages, the bot's and the person's."""

from typing import Any

from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.chats import Chat, Entry
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import PageError
from bot.sandbox.telegram.people import Person

Json = dict[str, Any]
# ReactionTypeEmoji of the Bot API
_EMOJI = """
👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊
🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋
🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃
💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡
"""
EMOJI = frozenset(_EMOJI.split())
VARIATION = "\ufe0f"  # libraries write some emoji with it, Telegram without


def plain_emoji(emoji: str) -> str | None:
    """The reaction as Telegram names it, None for what is none."""
    plain = emoji.replace(VARIATION, "")
    return plain if plain in EMOJI else None


def show(ctx: Context, chat: Chat, entry: Entry, whose: str, emoji: str | None) -> None:
    """Puts one's reaction on the message, for the page; `whose` is bot_reaction, own_reaction, or a member's."""
    entry.page[whose] = emoji
    ctx.chats.changed(chat, entry)
    ctx.hub.publish(chat.bot, chat.id, "edited", message=entry.as_shown())


def react(ctx: Context, bot: Account, person: Person, chat: Chat, entry: Entry, given: Any) -> int | None:
    """A person's reaction, None takes it back; the id of the bot's update. Raises PageError 400."""
    emoji = plain_emoji(given) if isinstance(given, str) else None
    if given is not None and emoji is None:
        raise PageError(400, "emoji is one of Telegram's reactions, or null")
    whose = "own_reaction" if chat.is_private else f"reaction_of_{person.id}"
    before = entry.page.get(whose)
    show(ctx, chat, entry, whose, emoji)
    body = {
        "chat": chat.info,
        "message_id": entry.id,
        "user": person.as_user(),
        "date": int(ctx.clock.time()),
        "old_reaction": _reactions(before),
        "new_reaction": _reactions(emoji),
    }
    return ctx.updates.push(bot, "message_reaction", body)


def _reactions(emoji: str | None) -> list[Json]:
    return [{"type": "emoji", "emoji": emoji}] if emoji else []
