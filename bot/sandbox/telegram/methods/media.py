"""Photos, documents, video and sound, by upload, address or file id."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import bad_request
from bot.sandbox.telegram.files import StoredFile
from bot.sandbox.telegram.images import image_size
from bot.sandbox.telegram.methods.messages import caption_body, caption_place, editable, replace
from bot.sandbox.telegram.methods.registry import method
from bot.sandbox.telegram.outbox import send, target
from bot.sandbox.telegram.params import Params, Upload
from bot.sandbox.telegram.text import read_caption

Json = dict[str, Any]
PHOTO_MAX, FILE_MAX = 10 * 2**20, 50 * 2**20
FETCHED_MAX = 20 * 2**20  # of a file that a bot asks for
NOWHERE = ".invalid"  # a host that nobody has (RFC 2606)
WRONG_REFERENCE = "wrong file identifier/HTTP URL specified"


@dataclass(frozen=True)
class Media:
    """How one kind of media is kept (`folder`) and described in a message."""

    name: str
    folder: str
    describe: Callable[[StoredFile, Params], Any]

    def content(self, ctx: Context, bot: Account, params: Params, reference: Upload | str | None) -> Json:
        """The part of the message that holds it; raises 400 when there is no such file."""
        file = _stored(ctx, bot, self, reference)
        return {self.name: self.describe(file, params)}


def photo_sizes(file: StoredFile, params: Params | None = None) -> list[Json]:
    return [file.as_object() | {"width": file.width, "height": file.height}]


def _named(file: StoredFile, params: Params) -> Json:
    return file.as_object() | {"file_name": file.name, "mime_type": file.mime}


def _video(file: StoredFile, params: Params) -> Json:
    sizes = {name: params.integer(name, otherwise) for name, otherwise in (("width", 640), ("height", 360))}
    return _named(file, params) | sizes | {"duration": params.integer("duration", 0)}


def _audio(file: StoredFile, params: Params) -> Json:
    names = {name: params.text(name) for name in ("performer", "title") if name in params}
    return _named(file, params) | names | {"duration": params.integer("duration", 0)}


def _voice(file: StoredFile, params: Params) -> Json:
    return file.as_object() | {"mime_type": file.mime, "duration": params.integer("duration", 0)}


def _sticker(file: StoredFile, params: Params) -> Json:
    """Of the size Telegram wants, whatever the file holds."""
    kind = {"type": "regular", "width": 512, "height": 512}
    moves = {"is_animated": file.name.endswith(".tgs"), "is_video": file.name.endswith(".webm")}
    emoji = {"emoji": params.text("emoji")} if params.text("emoji") else {}
    return file.as_object() | kind | moves | emoji


KINDS = {
    media.name: media
    for media in (
        Media("photo", "photos", photo_sizes),
        Media("document", "documents", _named),
        Media("video", "videos", _video),
        Media("animation", "animations", _video),
        Media("audio", "music", _audio),
        Media("voice", "voice", _voice),
        Media("sticker", "stickers", _sticker),
    )
}

UNEDITABLE = {"voice", "sticker"}


def _send_media(ctx: Context, bot: Account, params: Params, media: Media) -> Json:
    target(ctx, bot, params)  # a file for nobody is not kept
    body = caption_body(read_caption(params)) | look(params)
    return send(ctx, bot, params, media.content(ctx, bot, params, params.file(media.name)) | body)


def look(params: Params) -> Json:
    """How a message shows its media."""
    spoiler = {"has_media_spoiler": True} if params.flag("has_spoiler") else {}
    return spoiler | caption_place(params)


@method("sendPhoto")
def send_photo(ctx: Context, bot: Account, params: Params) -> Json:
    return _send_media(ctx, bot, params, KINDS["photo"])


@method("sendDocument")
def send_document(ctx: Context, bot: Account, params: Params) -> Json:
    return _send_media(ctx, bot, params, KINDS["document"])


@method("sendVideo")
def send_video(ctx: Context, bot: Account, params: Params) -> Json:
    return _send_media(ctx, bot, params, KINDS["video"])


@method("sendAnimation")
def send_animation(ctx: Context, bot: Account, params: Params) -> Json:
    return _send_media(ctx, bot, params, KINDS["animation"])


@method("sendAudio")
def send_audio(ctx: Context, bot: Account, params: Params) -> Json:
    return _send_media(ctx, bot, params, KINDS["audio"])


@method("sendVoice")
def send_voice(ctx: Context, bot: Account, params: Params) -> Json:
    return _send_media(ctx, bot, params, KINDS["voice"])


@method("sendSticker")
def send_sticker(ctx: Context, bot: Account, params: Params) -> Json:
    target(ctx, bot, params)
    media = KINDS["sticker"]
    return send(ctx, bot, params, media.content(ctx, bot, params, params.file(media.name)))


@method("editMessageMedia")
def edit_message_media(ctx: Context, bot: Account, params: Params) -> Json:
    chat, entry = editable(ctx, bot, params)
    given = Params(params.mapping("media") or {}, params.uploads)
    media = KINDS.get(given.text("type"))
    if media is None or media.name in UNEDITABLE:
        raise bad_request("can't parse InputMedia: Media type is unknown")
    if not entry.body.keys() & (KINDS.keys() - UNEDITABLE | {"text", "rich_message"}):
        raise bad_request("message can't be edited")
    content = media.content(ctx, bot, given, given.file("media"))
    return replace(ctx, bot, chat, entry, params, content | caption_body(read_caption(given)) | look(given))


@method("getFile")
def get_file(ctx: Context, bot: Account, params: Params) -> Json:
    file = ctx.files.find(params.text("file_id"))
    if file is None or file.bot != bot.id:
        raise bad_request("invalid file_id")
    if file.size > FETCHED_MAX:
        raise bad_request("file is too big")
    return file.as_object() | {"file_path": file.path}


def _stored(ctx: Context, bot: Account, media: Media, reference: Upload | str | None) -> StoredFile:
    match reference:
        case None:
            raise bad_request(f"there is no {media.name} in the request")
        case Upload():
            return _kept(ctx, bot, media, reference)
        case str() if reference.startswith(("http://", "https://")):
            if (urlsplit(reference).hostname or "").endswith(NOWHERE):
                raise bad_request("failed to get HTTP URL content")
            return ctx.files.add_address(bot.id, media.folder, reference)
    file = ctx.files.find(reference)
    if file is None or file.bot != bot.id:
        raise bad_request(WRONG_REFERENCE)
    strict = {"photos": "photo", "stickers": "sticker"}
    if strict.get(file.folder, media.name) != media.name or (
        media.name in strict.values() and file.folder != media.folder
    ):
        raise bad_request(f"can't use file of type {file.folder} as {media.name}")
    return file


def _kept(ctx: Context, bot: Account, media: Media, upload: Upload) -> StoredFile:
    if not upload.data:
        raise bad_request("file must be non-empty")
    is_photo = media.name == "photo"
    if len(upload.data) > (PHOTO_MAX if is_photo else FILE_MAX):
        raise bad_request(f"file is too big for a {media.name}")
    size = image_size(upload.data)
    if is_photo and size is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    return ctx.files.add(bot.id, media.folder, upload.data, upload.name, upload.mime, size or (0, 0))
