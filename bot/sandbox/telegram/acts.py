"""What people do in their chats: write, edit, press buttons, share, block."""

import base64
import mimetypes
from collections.abc import Callable
from typing import Any

from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.chats import Chat, Entry
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import ApiError, PageError
from bot.sandbox.telegram.groups import INSIDE
from bot.sandbox.telegram.images import image_size
from bot.sandbox.telegram.keyboards import callback_data_of
from bot.sandbox.telegram.methods.media import FILE_MAX, KINDS, photo_sizes
from bot.sandbox.telegram.methods.messages import HEAD, caption_body
from bot.sandbox.telegram.methods.places import read_location
from bot.sandbox.telegram.methods.polls import read_poll
from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.people import Person
from bot.sandbox.telegram.text import CAPTION_LIMIT, TEXT_LIMIT, from_person
from bot.sandbox.telegram.updates import chat_of, id_of
from bot.sandbox.telegram.voting import new_poll

Json = dict[str, Any]
SMILE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="512" height="512">'
    '<circle cx="16" cy="16" r="15" fill="#ffcc4d"/><circle cx="11" cy="13" r="2"/><circle cx="21" cy="13" r="2"/>'
    '<path d="M9 20q7 6 14 0" fill="none" stroke="#000" stroke-width="2" stroke-linecap="round"/></svg>'
)


def write_in_group(
    ctx: Context, bot: Account, person: Person, chat: Chat, given: Json
) -> tuple[Entry, int | None]:
    """A message of a member; raises PageError 403 for anybody else."""
    if ctx.groups.get(bot.id, chat.id).status(person.id, ctx.clock.time()) not in INSIDE:
        raise PageError(403, "only members write there")
    return post(
        ctx, bot, chat, person, _content(ctx, bot, person, given) | _reply(chat, given.get("reply_to"))
    )


def write(ctx: Context, bot: Account, person: Person, given: Json) -> tuple[Entry, int | None]:
    """A new message of the person and the id of its update (None: the bot does not want such updates)."""
    chat = ctx.chats.private(bot, person)
    body = _content(ctx, bot, person, given) | _reply(chat, given.get("reply_to"))
    if chat.blocked:
        block(ctx, bot, person, False)
    return post(ctx, bot, chat, person, body)


def post(ctx: Context, bot: Account, chat: Chat, person: Person, body: Json) -> tuple[Entry, int | None]:
    entry = ctx.chats.add(chat, person.as_user(), body, outgoing=True)
    if not chat.started:
        chat.started = True
        ctx.chats.save(chat)
    ctx.hub.publish(bot.id, chat.id, "message", message=entry.as_shown())
    kind = "channel_post" if chat.info.get("type") == "channel" else "message"
    return entry, ctx.updates.push(bot, kind, entry.body)


def _content(ctx: Context, bot: Account, person: Person, given: Json) -> Json:
    match given:
        case {"text": str() as text}:
            return _text(text)
        case {"contact": "own"}:
            return {"contact": own_contact(person)}
        case {"contact": {"phone_number": _, "first_name": _} as contact}:
            return {"contact": contact}
        case {"photo": str() as encoded}:
            return _photo(ctx, bot, encoded) | _caption(str(given.get("caption") or ""))
        case {"document": {"name": str() as name, "data": str() as encoded}}:
            return _document(ctx, bot, name, encoded) | _caption(str(given.get("caption") or ""))
        case {"sticker": _}:
            return {"sticker": _sticker(ctx, bot)}
        case {"location": dict() as place}:
            return {"location": _asked(lambda: read_location(Params(place)))}
        case {"poll": dict() as poll}:
            content = _asked(lambda: read_poll(Params(poll)))
            return {"poll": new_poll(ctx, bot, content, by_bot=False)}
    raise PageError(400, "one of text, contact, photo, document, sticker, location or poll is wanted")


def _asked(read: Callable[[], Json]) -> Json:
    """What a person sends is checked as what a bot sends; raises PageError 400."""
    try:
        return read()
    except ApiError as error:
        raise PageError(400, error.description.removeprefix("Bad Request: ")) from error


def _text(text: str) -> Json:
    formatted = from_person(text)
    if not formatted.text:
        raise PageError(400, "the text is empty")
    if len(formatted.text) > TEXT_LIMIT:
        raise PageError(400, f"the text is longer than {TEXT_LIMIT} characters")
    return {"text": formatted.text} | ({"entities": formatted.entities} if formatted.entities else {})


def _caption(text: str) -> Json:
    if len(text) > CAPTION_LIMIT:
        raise PageError(400, f"the caption is longer than {CAPTION_LIMIT} characters")
    return caption_body(from_person(text))


def own_contact(person: Person) -> Json:
    contact = {
        "phone_number": person.phone.lstrip("+"),
        "first_name": person.first_name,
        "user_id": person.id,
    }
    return contact | ({"last_name": person.last_name} if person.last_name else {})


def _decoded(kind: str, encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded.rpartition(",")[2], validate=True)
    except ValueError as error:
        raise PageError(400, f"the {kind} is not base64") from error


def _document(ctx: Context, bot: Account, name: str, encoded: str) -> Json:
    data = _decoded("document", encoded)
    if not 0 < len(data) <= FILE_MAX:
        raise PageError(400, "the document is empty or too big")
    mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
    file = ctx.files.add(bot.id, "documents", data, name, mime)
    return {"document": KINDS["document"].describe(file, Params({}))}


def _photo(ctx: Context, bot: Account, encoded: str) -> Json:
    data = _decoded("photo", encoded)
    size = image_size(data)
    if size is None:
        raise PageError(400, "the photo is no PNG, JPEG, GIF or WebP")
    return {"photo": photo_sizes(ctx.files.add(bot.id, "photos", data, "photo.jpg", "image/jpeg", size))}


def _sticker(ctx: Context, bot: Account) -> Json:
    """A smile; a file like any other, so that the bot can send it back."""
    file = ctx.files.add(bot.id, "stickers", SMILE.encode(), "sticker.svg", "image/svg+xml", (512, 512))
    described: Json = KINDS["sticker"].describe(file, Params({"emoji": "🙂"}))
    return described


def _reply(chat: Chat, number: Any) -> Json:
    if number is None:
        return {}
    entry = message_of(chat, number)
    return {"reply_to_message": {k: v for k, v in entry.body.items() if k != "reply_to_message"}}


def message_of(chat: Chat | None, number: Any) -> Entry:
    entry = chat.find(number) if chat and isinstance(number, int) else None
    if entry is None:
        raise PageError(404, f"no such message: {number}")
    return entry


def edit(ctx: Context, bot: Account, person: Person, number: int, text: str) -> tuple[Entry, int | None]:
    chat = ctx.chats.private(bot, person)
    entry = message_of(chat, number)
    if not entry.outgoing or "text" not in entry.body:
        raise PageError(400, "only the person's own text messages can be edited")
    head = {name: value for name, value in entry.body.items() if name in HEAD}
    entry.body = head | _text(text) | {"edit_date": int(ctx.clock.time())}
    ctx.chats.changed(chat, entry)
    ctx.hub.publish(bot.id, person.id, "edited", message=entry.as_shown())
    return entry, ctx.updates.push(bot, "edited_message", entry.body)


def press(ctx: Context, bot: Account, person: Person, chat: Chat, given: Json) -> tuple[str, int | None]:
    """A pressed inline button: the callback query's id and its update's."""
    entry = message_of(chat, given.get("message_id"))
    data = given.get("data")
    if not isinstance(data, str):
        raise PageError(400, "data is wanted")
    if not given.get("force") and data not in callback_data_of(entry.body.get("reply_markup")):
        raise PageError(409, "that button is not on the message (force it to press all the same)")
    number = ctx.queries.open_callback(bot, person.id)
    query = {
        "id": number,
        "from": person.as_user(),
        "message": entry.body,
        "chat_instance": str(chat.id),
        "data": data,
    }
    return number, ctx.updates.push(bot, "callback_query", query)


def block(ctx: Context, bot: Account, person: Person, blocked: bool) -> int | None:
    """The bot learns of it by my_chat_member; it may write again as soon as it is let in."""
    chat = ctx.chats.private(bot, person)
    if chat.blocked == blocked:
        return None
    chat.blocked = blocked
    ctx.chats.save(chat)
    states = (_member(bot, "member"), _member(bot, "kicked"))
    old, new = states if blocked else states[::-1]
    head = {"chat": chat.info, "from": person.as_user(), "date": int(ctx.clock.time())}
    ctx.hub.publish(bot.id, person.id, "blocked", blocked=blocked)
    return ctx.updates.push(bot, "my_chat_member", head | {"old_chat_member": old, "new_chat_member": new})


def _member(bot: Account, status: str) -> Json:
    return {"user": bot.as_user(), "status": status} | ({"until_date": 0} if status == "kicked" else {})


def inject(ctx: Context, bot: Account, given: Json) -> int | None:
    """Any update, as it is; chats it tells of become known, so that the bot can answer there."""
    kinds = [name for name in given if name != "update_id"]
    if len(kinds) != 1 or not isinstance(given[kinds[0]], dict):
        raise PageError(400, "an update with exactly one kind of content is wanted")
    body = given[kinds[0]]
    info = chat_of(body)
    if id_of(info) and ctx.people.find(id_of(info)) is None:
        ctx.chats.group(bot, info)
    return ctx.updates.push(bot, kinds[0], body)
