"""Text messages: sent, edited, deleted, copied."""

from typing import Any

from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.chats import Chat, Entry
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import bad_request
from bot.sandbox.telegram.keyboards import checked_markup, inline_only, inline_part
from bot.sandbox.telegram.methods.registry import method
from bot.sandbox.telegram.outbox import deliver, known_chat, send, target, tell_edited, with_mentions
from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.text import Formatted, read_caption, read_text
from bot.sandbox.telegram.voting import new_poll

Json = dict[str, Any]
MEDIA = ("photo", "video", "animation", "audio", "voice", "document", "sticker")
# What an edit leaves as it is, and a copy leaves behind.
HEAD = (
    "message_id",
    "from",
    "chat",
    "date",
    "edit_date",
    "reply_markup",
    "reply_to_message",
    "quote",
    "media_group_id",
    "has_protected_content",
    "effect_id",
)
CAPTION = ("caption", "caption_entities", "show_caption_above_media")
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


@method("sendMessage")
def send_message(ctx: Context, bot: Account, params: Params) -> Json:
    return send(ctx, bot, params, text_body(read_text(params), params))


def text_body(formatted: Formatted, params: Params) -> Json:
    body: Json = {"text": formatted.text}
    if formatted.entities:
        body["entities"] = formatted.entities
    if options := params.mapping("link_preview_options"):
        body["link_preview_options"] = options
    return body


def caption_place(params: Params) -> Json:
    above = params.flag("show_caption_above_media")
    return {"show_caption_above_media": True} if above else {}


def caption_body(formatted: Formatted) -> Json:
    if not formatted.text:
        return {}
    return {"caption": formatted.text} | (
        {"caption_entities": formatted.entities} if formatted.entities else {}
    )


@method("editMessageCaption")
def edit_message_caption(ctx: Context, bot: Account, params: Params) -> Json:
    chat, entry = editable(ctx, bot, params)
    kept = {name: entry.body[name] for name in (*MEDIA, "has_media_spoiler") if name in entry.body}
    if not kept:
        raise bad_request("there is no caption in the message to edit")
    caption = caption_body(read_caption(params)) | caption_place(params)
    return replace(ctx, bot, chat, entry, params, kept | caption)


@method("editMessageReplyMarkup")
def edit_message_reply_markup(ctx: Context, bot: Account, params: Params) -> Json:
    chat, entry = editable(ctx, bot, params)
    kept = {name: value for name, value in entry.body.items() if name not in HEAD}
    return replace(ctx, bot, chat, entry, params, kept)


def editable(ctx: Context, bot: Account, params: Params, what: str = "message to edit") -> tuple[Chat, Entry]:
    """The bot's own message that the call names; raises 400 when there is none."""
    if "inline_message_id" in params:
        raise bad_request("MESSAGE_ID_INVALID")
    chat = target(ctx, bot, params)
    entry = chat.find(params.integer("message_id", 0))
    if entry is None:
        raise bad_request(f"{what} not found")
    if entry.outgoing or entry.body["from"]["id"] != bot.id:
        raise bad_request("message can't be edited")
    return chat, entry


def replace(ctx: Context, bot: Account, chat: Chat, entry: Entry, params: Params, content: Json) -> Json:
    """New content under the same id; a keyboard that is not given again goes away, as in Telegram."""
    markup = inline_part(inline_only(params.mapping("reply_markup")))
    head = {name: entry.body[name] for name in HEAD if name in entry.body and name != "reply_markup"}
    body = head | with_mentions(ctx, bot, content) | ({"reply_markup": markup} if markup else {})
    if body == entry.body:
        raise bad_request(NOT_MODIFIED)
    entry.body = body | {"edit_date": int(ctx.clock.time())}
    tell_edited(ctx, chat, entry)
    return entry.body


@method("deleteMessage")
def delete_message(ctx: Context, bot: Account, params: Params) -> bool:
    chat = target(ctx, bot, params)
    number = params.integer("message_id", 0)
    if chat.find(number) is None:
        raise bad_request("message to delete not found")
    _remove(ctx, chat, number)
    return True


@method("deleteMessages")
def delete_messages(ctx: Context, bot: Account, params: Params) -> bool:
    chat = target(ctx, bot, params)
    numbers = params.listing("message_ids") or []
    if not 1 <= len(numbers) <= 100 or not all(isinstance(number, int) for number in numbers):
        raise bad_request("1 to 100 message identifiers are expected")
    for number in numbers:
        if chat.find(number) is not None:
            _remove(ctx, chat, number)
    return True


def _remove(ctx: Context, chat: Chat, number: int) -> None:
    ctx.chats.remove(chat, number)
    ctx.hub.publish(chat.bot, chat.id, "deleted", message_id=number)


@method("copyMessage")
def copy_message(ctx: Context, bot: Account, params: Params) -> Json:
    chat = target(ctx, bot, params)
    entry = _source(ctx, bot, params, "message to copy not found")
    body = {name: value for name, value in entry.body.items() if name not in HEAD}
    if not any(name in body for name in ("text", "rich_message", *MEDIA, "contact", "location", "poll")):
        raise bad_request("message can't be copied")
    if "poll" in body:
        body["poll"] = new_poll(ctx, bot, body["poll"] | {"is_closed": False}, by_bot=True)
    if "caption" in params and "text" not in body:
        body = {k: v for k, v in body.items() if k not in CAPTION}
        body |= caption_body(read_caption(params)) | caption_place(params)
    markup = checked_markup(params.mapping("reply_markup"))
    return {"message_id": deliver(ctx, bot, chat, params, body, markup)["message_id"]}


@method("forwardMessage")
def forward_message(ctx: Context, bot: Account, params: Params) -> Json:
    chat = target(ctx, bot, params)
    entry = _source(ctx, bot, params, "message to forward not found")
    if entry.body.get("has_protected_content"):
        raise bad_request("message can't be forwarded")
    body = {name: value for name, value in entry.body.items() if name not in HEAD}
    asked = {name: True for name in ("needs_address", "flexible") if name in entry.page}
    kept: Json = {"invoice": entry.invoice, "page": asked}
    origin = {"type": "user", "sender_user": entry.body["from"], "date": entry.body["date"]}
    return deliver(ctx, bot, chat, params, body | {"forward_origin": origin}, None, **kept)


def _source(ctx: Context, bot: Account, params: Params, otherwise: str) -> Entry:
    entry = known_chat(ctx, bot, params, "from_chat_id").find(params.integer("message_id", 0))
    if entry is None:
        raise bad_request(otherwise)
    return entry
