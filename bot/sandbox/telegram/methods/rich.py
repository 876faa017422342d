"""Rich messages, and edits of texts into them and back."""

from collections.abc import Callable
from typing import Any

from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import bad_request
from bot.sandbox.telegram.methods.media import KINDS, WRONG_REFERENCE
from bot.sandbox.telegram.methods.messages import editable, replace, text_body
from bot.sandbox.telegram.methods.registry import method
from bot.sandbox.telegram.outbox import send, target
from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.rich import limits, tree
from bot.sandbox.telegram.rich.blocks import Reader
from bot.sandbox.telegram.rich.markdown import to_html
from bot.sandbox.telegram.text import read_text

Json = dict[str, Any]
WAYS = ("html", "markdown", "blocks")
VOICE = (".ogg", ".oga", ".opus")


@method("sendRichMessage")
def send_rich_message(ctx: Context, bot: Account, params: Params) -> Json:
    target(ctx, bot, params)  # files for nobody are not kept
    return send(ctx, bot, params, rich_body(ctx, bot, params))


@method("editMessageText")
def edit_message_text(ctx: Context, bot: Account, params: Params) -> Json:
    """A server that knows no rich messages misses the text."""
    chat, entry = editable(ctx, bot, params)
    if "rich_message" in params and not ctx.faults.get("telegram_old"):
        body = rich_body(ctx, bot, params)
    else:
        body = text_body(read_text(params), params)
    if not entry.body.keys() & {"text", "rich_message"}:
        raise bad_request("there is no text in the message to edit")
    return replace(ctx, bot, chat, entry, params, body)


def rich_body(ctx: Context, bot: Account, params: Params) -> Json:
    """The message's content; raises 400."""
    given = params.mapping("rich_message")
    if not given:
        raise bad_request("rich message is empty")
    used = [name for name in WAYS if given.get(name)]
    if len(used) != 1:
        raise bad_request("exactly one of the fields html, markdown or blocks must be used in a rich message")
    if used == ["blocks"]:
        raise bad_request('field "blocks" of rich messages is not supported by the sandbox')
    html = given["html"] if used == ["html"] else to_html(given["markdown"])
    reader = Reader(_media(ctx, bot, given.get("media") or []), detect=not given.get("skip_entity_detection"))
    blocks = reader.flow(tree.parse(html).children)
    limits.check(blocks)
    return {"rich_message": {"blocks": blocks} | ({"is_rtl": True} if given.get("is_rtl") else {})}


def _media(ctx: Context, bot: Account, listed: list[Json]) -> Callable[[str, str], Json]:
    """What makes a block of a tag and its address: of the web, or tg://photo?id=… of the media listed."""
    by_id = {one["id"]: one["media"] for one in listed}

    def block(tag: str, address: str) -> Json:
        kind = _kind(tag, address)
        if address.startswith("tg://"):
            media = by_id.get(address.partition("?id=")[2])
            if media is None:
                raise bad_request("can't parse rich message: Media not found")
            kind, address = media["type"], media["media"]
        elif not address.startswith(("http://", "https://")):
            raise bad_request(WRONG_REFERENCE)
        name = "voice" if kind == "voice_note" else kind
        if name not in KINDS or name == "sticker":
            raise bad_request("can't parse InputMedia: Media type is unknown")
        return {"type": kind, kind: KINDS[name].content(ctx, bot, Params(), address)[name]}

    return block


def _kind(tag: str, address: str) -> str:
    """As Telegram tells them apart: by the address."""
    path = address.partition("?")[0].lower()
    if tag == "img":
        return "photo"
    if tag == "video":
        return "animation" if path.endswith(".gif") else "video"
    return "voice_note" if path.endswith(VOICE) else "audio"
