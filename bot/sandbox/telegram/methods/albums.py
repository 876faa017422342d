"""Albums: several photos, videos, documents or audios as one post."""

import secrets
from typing import Any

from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import bad_request
from bot.sandbox.telegram.methods.media import KINDS, look
from bot.sandbox.telegram.methods.messages import caption_body
from bot.sandbox.telegram.methods.registry import method
from bot.sandbox.telegram.outbox import deliver, target
from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.text import read_caption

Json = dict[str, Any]
TYPES = ("photo", "video", "document", "audio")
ALIKE = ("document", "audio")  # these go with their like only
ITEMS = range(2, 11)


@method("sendMediaGroup")
def send_media_group(ctx: Context, bot: Account, params: Params) -> list[Json]:
    chat = target(ctx, bot, params)
    given = params.listing("media") or []
    items = [_item(one, params) for one in given]
    if len(items) not in ITEMS:
        few = len(items) < ITEMS.start
        raise bad_request(f"too {'few' if few else 'many'} messages to send as an album")
    kinds = {item.text("type") for item in items}
    for kind in ALIKE:
        if kind in kinds and len(kinds) > 1:
            raise bad_request(f"{kind} can't be mixed with other media types")
    bodies = [_content(ctx, bot, item) for item in items]
    album = {"media_group_id": str(secrets.randbelow(10**16) + 10**16)}
    return [deliver(ctx, bot, chat, params, body | album, None) for body in bodies]


def _item(given: Any, params: Params) -> Params:
    if not isinstance(given, dict):
        raise bad_request("can't parse InputMedia: expected an Object")
    if given.get("type") not in TYPES:
        raise bad_request(
            f"can't parse InputMedia: type \"{given.get('type')}\" can't be used in sendMediaGroup"
        )
    return Params(given, params.uploads)


def _content(ctx: Context, bot: Account, item: Params) -> Json:
    media = KINDS[item.text("type")]
    body = media.content(ctx, bot, item, item.file("media"))
    return body | caption_body(read_caption(item)) | look(item)
