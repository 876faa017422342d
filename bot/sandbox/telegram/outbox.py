"""How a bot's message reaches a chat."""

import re
from typing import Any

from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.chats import Chat, Entry
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import bad_request, forbidden
from bot.sandbox.telegram.keyboards import checked_markup, inline_part
from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.text import utf16_len

Json = dict[str, Any]
USER_LINK = re.compile(r"(?i)tg:(?://)?user\?id=([1-9]\d{0,15})")


def target(ctx: Context, bot: Account, params: Params, name: str = "chat_id") -> Chat:
    """The chat a call names; raises 400 or 403 where Telegram would not let the bot write."""
    chat = entered_chat(ctx, bot, params, name)
    if chat.is_private:
        if not chat.started:
            raise forbidden("bot can't initiate conversation with a user")
        if chat.blocked:
            raise forbidden("bot was blocked by the user")
    elif chat.info["type"] == "channel" and ctx.groups.get(bot.id, chat.id).bot_status != "administrator":
        raise bad_request("need administrator rights in the channel chat")
    return chat


def entered_chat(ctx: Context, bot: Account, params: Params, name: str = "chat_id") -> Chat:
    """The chat a call names; raises 403 for a group or channel where the bot is not."""
    chat = known_chat(ctx, bot, params, name)
    if chat.is_private:
        return chat
    status = ctx.groups.get(bot.id, chat.id).bot_status
    if status == "kicked":
        raise forbidden(f"bot was kicked from the {chat.info['type']} chat")
    if status == "left":
        raise forbidden(f"bot is not a member of the {chat.info['type']} chat")
    return chat


def known_chat(ctx: Context, bot: Account, params: Params, name: str = "chat_id") -> Chat:
    raw = params.text(name).strip()
    if not raw:
        raise bad_request("chat_id is empty")
    if raw.startswith("@") or not raw.lstrip("-").isdecimal():
        raise bad_request("chat not found")  # bots cannot address people by name
    person = ctx.people.find(int(raw))
    chat = ctx.chats.private(bot, person) if person else ctx.chats.find(bot.id, int(raw))
    if chat is None:
        raise bad_request("chat not found")
    return chat


def send(
    ctx: Context, bot: Account, params: Params, body: Json, *, invoice: str = "", page: Json | None = None
) -> Json:
    """Puts a new message of the bot into the chat the call names, with its keyboard, and returns it."""
    markup = checked_markup(params.mapping("reply_markup"))
    chat = target(ctx, bot, params)
    return deliver(ctx, bot, chat, params, body, markup, invoice=invoice, page=page)


def deliver(
    ctx: Context,
    bot: Account,
    chat: Chat,
    params: Params,
    body: Json,
    markup: Json | None,
    *,
    invoice: str = "",
    page: Json | None = None,
) -> Json:
    """`page`: what only the page may know of the message."""
    body = with_mentions(ctx, bot, body) | _reply(chat, params)
    if params.flag("protect_content"):
        body = body | {"has_protected_content": True}
    if effect := params.text("message_effect_id"):
        body = body | {"effect_id": effect}
    if inline := inline_part(markup):
        body = body | {"reply_markup": inline}
    entry = ctx.chats.add(chat, bot.as_user(), body, invoice=invoice, page=page)
    ctx.hub.publish(bot.id, chat.id, "message", message=entry.as_shown())
    _change_reply_keyboard(ctx, chat, markup)
    return entry.body


def with_mentions(ctx: Context, bot: Account, body: Json) -> Json:
    """Links to users (tg://user?id=…) become mentions; of users that nobody knows they become plain text."""
    lists = [name for name in ("entities", "caption_entities") if name in body]
    found = {name: [one for raw in body[name] if (one := _mention(ctx, bot, raw))] for name in lists}
    kept = {name: value for name, value in body.items() if name not in lists}
    return kept | {name: entities for name, entities in found.items() if entities}


def _mention(ctx: Context, bot: Account, entity: Json) -> Json | None:
    match = USER_LINK.fullmatch(str(entity.get("url"))) if entity.get("type") == "text_link" else None
    if match is None:
        return entity
    number = int(match.group(1))
    person = ctx.people.find(number)
    if person is None and number != bot.id:
        return None
    user = person.as_user() if person else bot.as_user()
    place = {name: entity[name] for name in ("offset", "length")}
    return {"type": "text_mention", **place, "user": user}


def tell_edited(ctx: Context, chat: Chat, entry: Entry) -> None:
    ctx.chats.changed(chat, entry)
    ctx.hub.publish(chat.bot, chat.id, "edited", message=entry.as_shown())


def _reply(chat: Chat, params: Params) -> Json:
    """The message replied to, without its own reply, as the Bot API nests only once."""
    given = params.mapping("reply_parameters") or {}
    if given.get("chat_id") not in (None, "", chat.id, str(chat.id)):
        raise bad_request("replies to messages of other chats are not supported by the sandbox")
    number = Params(given).integer("message_id", 0) or params.integer("reply_to_message_id", 0)
    if not number:
        return {}
    entry = chat.find(number)
    if entry is None:
        lenient = given.get("allow_sending_without_reply") or params.flag("allow_sending_without_reply")
        if lenient:
            return {}
        raise bad_request("message to be replied not found")
    replied = {"reply_to_message": {k: v for k, v in entry.body.items() if k != "reply_to_message"}}
    return replied | _quote(entry, given)


def _quote(entry: Entry, given: Json) -> Json:
    """The part of the message that is replied to."""
    quote, text = given.get("quote"), entry.body.get("text") or entry.body.get("caption") or ""
    if not quote:
        return {}
    at = text.find(quote) if isinstance(quote, str) else -1
    if at < 0:
        raise bad_request("QUOTE_TEXT_INVALID")
    return {"quote": {"text": quote, "position": utf16_len(text[:at]), "is_manual": True}}


def _change_reply_keyboard(ctx: Context, chat: Chat, markup: Json | None) -> None:
    if markup is None or not ("keyboard" in markup or "remove_keyboard" in markup):
        return
    chat.reply_keyboard = markup if "keyboard" in markup else None
    ctx.chats.save(chat)
    ctx.hub.publish(chat.bot, chat.id, "reply_keyboard", reply_keyboard=chat.reply_keyboard)
