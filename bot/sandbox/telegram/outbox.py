"""How a bot's message reaches a chat."""

from typing import Any

from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.chats import Chat, Entry
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import bad_request, forbidden
from bot.sandbox.telegram.keyboards import checked_markup, inline_part
from bot.sandbox.telegram.params import Params

Json = dict[str, Any]


def target(ctx: Context, bot: Account, params: Params, name: str = "chat_id") -> Chat:
    """The chat a call names; raises 400 or 403 where Telegram would not let the bot write."""
    chat = known_chat(ctx, bot, params, name)
    if not chat.started:
        raise forbidden("bot can't initiate conversation with a user")
    if chat.blocked:
        raise forbidden("bot was blocked by the user")
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


def send(ctx: Context, bot: Account, params: Params, body: Json, *, invoice: str = "") -> Json:
    """Puts a new message of the bot into the chat the call names, with its keyboard, and returns it."""
    markup = checked_markup(params.mapping("reply_markup"))
    return deliver(ctx, bot, target(ctx, bot, params), params, body, markup, invoice=invoice)


def deliver(
    ctx: Context,
    bot: Account,
    chat: Chat,
    params: Params,
    body: Json,
    markup: Json | None,
    *,
    invoice: str = "",
) -> Json:
    body = body | _reply(chat, params)
    if params.flag("protect_content"):
        body = body | {"has_protected_content": True}
    if inline := inline_part(markup):
        body = body | {"reply_markup": inline}
    entry = ctx.chats.add(chat, bot.as_user(), body, invoice=invoice)
    ctx.hub.tell(bot.id, chat.id, "message", message=entry.as_shown())
    _change_reply_keyboard(ctx, chat, markup)
    return entry.body


def tell_edited(ctx: Context, chat: Chat, entry: Entry) -> None:
    ctx.chats.changed(chat, entry)
    ctx.hub.tell(chat.bot, chat.id, "edited", message=entry.as_shown())


def _reply(chat: Chat, params: Params) -> Json:
    """The message replied to, without its own reply, as the Bot API nests only once."""
    given = params.mapping("reply_parameters") or {}
    number = Params(given).integer("message_id", 0) or params.integer("reply_to_message_id", 0)
    if not number:
        return {}
    entry = chat.find(number)
    if entry is None:
        lenient = given.get("allow_sending_without_reply") or params.flag("allow_sending_without_reply")
        if lenient:
            return {}
        raise bad_request("message to be replied not found")
    return {"reply_to_message": {k: v for k, v in entry.body.items() if k != "reply_to_message"}}


def _change_reply_keyboard(ctx: Context, chat: Chat, markup: Json | None) -> None:
    if markup is None or not ("keyboard" in markup or "remove_keyboard" in markup):
        return
    chat.reply_keyboard = markup if "keyboard" in markup else None
    ctx.chats.save(chat)
    ctx.hub.tell(chat.bot, chat.id, "reply_keyboard", reply_keyboard=chat.reply_keyboard)
