"""What an update says. The one place where a raw update becomes something to handle, so that nothing else has to know
what may be missing from it, broken in it or new to us.

Money is looked for in the raw update, in whatever chat and kind of message, and reduced to what settling needs, so
that nothing that accompanies a payment can hide it. Of everything else, the part that can't be read is dropped.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aiogram import Bot
from aiogram.types import Message, Update, User
from pydantic import ValidationError

from bot.chat.replies import KEYBOARD
from bot.updates.plain import read_plain
from db.chats import TelegramProfile
from db.normal import name_form

Raw = dict[str, Any]
Path = tuple[str, ...]

# What Telegram is asked for; any other kind is looked through for money only.
KINDS = ("message", "edited_message", "callback_query", "pre_checkout_query", "my_chat_member")
MESSAGES = (
    "message", "edited_message", "channel_post", "edited_channel_post", "business_message",
    "edited_business_message",
)  # fmt: skip
PAYMENTS = ("successful_payment", "refunded_payment")
# A message without any of these is a service message: nobody has said anything.
WORDS = (
    "text", "animation", "audio", "checklist", "contact", "dice", "document", "game", "invoice", "live_photo",
    "location", "paid_media", "photo", "poll", "sticker", "story", "venue", "video", "video_note", "voice",
)  # fmt: skip
# What nobody asks of the message that bears a pressed button: we have sent it.
OUR_OWN = ("from", "entities", "caption", "caption_entities", "link_preview_options", "reply_to_message")
NAMES = ("first_name", "last_name", "username", "language_code")  # of who acts, as far as they are texts
PAYER = ("first_name", "language_code")
MAX_UPDATE_ID = 2**63 - 1  # bigint; Telegram's own are far below
MAX_DEPTH = 64  # of nested objects; Telegram's own updates have a dozen levels
MAX_ROUNDS = 16  # of dropping what can't be read
MAX_SAID = 10  # problems named in the log


class UnreadableError(Exception):
    """Nothing is left of an update without its unreadable parts. `problems` name fields, never values."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Incoming:
    """An update to be handled.

    `user`: who acts; None where all there is to do is to let go of a pressed button.
    `is_edit`: the message in it was there before, and is edited.
    `dropped`: the parts that couldn't be read.
    """

    update: Update
    user: User | None
    is_edit: bool = False
    dropped: tuple[str, ...] = ()


def get_update_id(raw: Any) -> int | None:
    """None for what is no update: without its number it can be neither confirmed nor recognised."""
    found = raw.get("update_id") if isinstance(raw, dict) else None
    return found if type(found) is int and 0 <= found <= MAX_UPDATE_ID else None  # JSON true is no number


def shallow(value: Any, depth: int = MAX_DEPTH) -> Any:
    """A copy without what is nested deeper than anything Telegram sends: nothing after it may run out of stack."""
    if isinstance(value, dict):
        return {key: shallow(part, depth - 1) for key, part in value.items()} if depth else None
    if isinstance(value, list):
        return [shallow(part, depth - 1) for part in value] if depth else None
    return value


def read(raw: Raw, bot: Bot) -> Incoming | None:
    """None for what is nothing to us. Raises UnreadableError."""
    money, is_edit = money_in(raw), False
    wanted = money
    if wanted is None:
        wanted = {
            kind: _reduced(kind, raw[kind]) for kind in ("update_id", *KINDS) if raw.get(kind) is not None
        }
        is_edit = "edited_message" in wanted
        if is_edit:
            wanted["message"] = wanted.pop("edited_message")
    if len(wanted) < 2:
        return None
    update, dropped = _parse(wanted, bot)
    user = _actor(update)
    if money is not None and (user is None or not is_payment(update)):
        raise UnreadableError([*dropped, "no money is left"][:MAX_SAID])
    if user is None and update.callback_query is None:
        return None
    message = None if is_payment(update) else update.message
    if message is not None and not is_words(message):
        if not is_edit and any(f"message.{name}" in dropped for name in WORDS):
            raise UnreadableError([*dropped][:MAX_SAID])  # they have said something
        return None
    if message is not None and is_edit and not _may_answer(message):
        return None
    return Incoming(update, user, is_edit, dropped)


def money_in(raw: Raw) -> Raw | None:
    """The update reduced to the money in it; None where there is none."""
    query = raw.get("pre_checkout_query")
    if isinstance(query, dict):
        asked = _pick(query, ("id", "currency", "total_amount", "invoice_payload"))
        return {"update_id": raw.get("update_id"), "pre_checkout_query": asked | _actor_of(query, {}, PAYER)}
    for kind in MESSAGES:
        message = raw.get(kind)
        if isinstance(message, dict) and any(message.get(paid) for paid in PAYMENTS):
            chat = _dict(message.get("chat"))
            kept: Raw = {"message_id": 0, "date": 0} | _typed(message, message_id=int, date=int)
            kept["chat"] = {"id": 0, "type": "private"} | _typed(chat, id=int, type=str)
            kept |= {name: _paid(message[name]) for name in PAYMENTS if message.get(name) is not None}
            kept |= _actor_of(message, chat, PAYER)
            return {"update_id": raw.get("update_id"), "message": kept}
    return None


def _paid(paid: Any) -> Any:
    """Stars have no provider whose number they could bear; Telegram's own decides."""
    stars = isinstance(paid, dict) and paid.get("currency") == "XTR"
    if stars and not isinstance(paid.get("provider_payment_charge_id"), str):
        return paid | {"provider_payment_charge_id": ""}
    return paid


def _actor_of(event: Raw, chat: Raw, names: Iterable[str] = NAMES) -> Raw:
    """Who acts or paid, of whom only the id decides anything. In a private chat its own id is theirs."""
    user = _dict(event.get("from"))
    telegram_id = user.get("id")
    if type(telegram_id) is not int and chat.get("type") == "private":
        telegram_id = chat.get("id")
    if telegram_id is None:
        return {}
    said = _typed(user, **dict.fromkeys(names, str))
    return {"from": {"first_name": ""} | said | {"id": telegram_id, "is_bot": user.get("is_bot") is True}}


def _reduced(kind: str, event: Any) -> Any:
    """Of a pressed button's message less is kept, its buttons as they came: aiogram would make an object of each."""
    if not isinstance(event, dict):
        return event
    if kind != "callback_query":
        return event | _actor_of(event, _dict(event.get("chat")))
    kept = event | _actor_of(event, {})
    if isinstance(message := event.get("message"), dict):
        kept["message"] = {name: value for name, value in message.items() if name not in OUR_OWN}
        if "reply_markup" in message:
            kept["message"][KEYBOARD] = kept["message"].pop("reply_markup")
    return kept


def _dict(value: Any) -> Raw:
    return value if isinstance(value, dict) else {}


def _typed(values: Raw, **types: type) -> Raw:
    return {name: values[name] for name, kind in types.items() if type(values.get(name)) is kind}


def _pick(values: Raw, names: Iterable[str]) -> Raw:
    return {name: values[name] for name in names if values.get(name) is not None}


def is_payment(update: Update) -> bool:
    """Payment updates come first and unhindered."""
    message = update.message
    paid = message is not None and (message.successful_payment or message.refunded_payment)
    return bool(paid) or update.pre_checkout_query is not None


def is_words(message: Message) -> bool:
    """Whether a person has said something. A list of service messages would lack the next one Telegram invents."""
    return any(getattr(message, name, None) is not None for name in WORDS)


def _may_answer(message: Message) -> bool:
    """An edited text may correct an answer; a command was carried out when it came."""
    return message.text is not None and not message.text.startswith("/")


def _actor(update: Update) -> User | None:
    """Who acts; None for what the bot does not answer: groups, channels, other bots. Money counts anywhere."""
    if update.pre_checkout_query:
        return update.pre_checkout_query.from_user
    if update.message:
        chat, user = update.message.chat, update.message.from_user
        if is_payment(update):
            return user
    elif update.callback_query and update.callback_query.message:
        chat, user = update.callback_query.message.chat, update.callback_query.from_user
    elif update.my_chat_member:
        chat, user = update.my_chat_member.chat, update.my_chat_member.from_user
    else:
        return None
    if chat.type != "private" or user is None or user.is_bot:
        return None
    return user


def profile(user: User) -> TelegramProfile:
    name = name_form(f"{user.first_name} {user.last_name or ''}", str(user.id))
    return TelegramProfile(user.id, name, user.username, user.language_code, first_name(user))


def first_name(user: User) -> str:
    """Empty where it has no letters: emoji alone, blanks, dots."""
    name = name_form(user.first_name, "")
    return name if any(map(str.isalpha, name)) else ""


def _parse(wanted: Raw, bot: Bot) -> tuple[Update, tuple[str, ...]]:
    """The update without what can't be read, and the names of those parts. Raises UnreadableError."""
    if (plain := read_plain(wanted, bot)) is not None:
        return plain, ()
    dropped: list[str] = []
    for _round in range(MAX_ROUNDS):
        try:
            return Update.model_validate(wanted, context={"bot": bot}), tuple(dropped)
        except ValidationError as error:
            problems = [problem["loc"] for problem in error.errors(include_url=False, include_input=False)]
            problems = [problem for problem in problems if "InaccessibleMessage" not in problem]
        except (ValueError, TypeError, RecursionError, OverflowError) as error:
            raise UnreadableError([type(error).__name__]) from error
        if not dropped:
            wanted = shallow(wanted)
        paths = {_unreadable(wanted, problem) for problem in problems}
        dropped += sorted(".".join(path) for path in paths)
        if any(len(path) < 2 for path in paths):
            break
        for path in paths:
            _drop(wanted, path)
    raise UnreadableError(dropped[:MAX_SAID])


def _unreadable(wanted: Raw, problem: Iterable[str | int]) -> Path:
    """The innermost field that holds the problem: where one is missing, the object that lacks it; a whole list."""
    path: list[str] = []
    at: Any = wanted
    for name in problem:
        if name == "Message":
            continue  # names no field: what pydantic tried to read it as, beside InaccessibleMessage
        if not isinstance(at, dict) or not isinstance(name, str) or name not in at:
            break
        path.append(name)
        at = at[name]
    return tuple(path)


def _drop(wanted: Raw, path: Path) -> None:
    at: Any = wanted
    for name in path[:-1]:
        at = at.get(name)
        if at is None:
            return  # dropped with another one
    lost = at.pop(path[-1], None)
    if path == ("callback_query", "message") and isinstance(lost, dict) and lost.get("date") != 0:
        # Where the button was is known all the same: date 0 says that the message can't be accessed.
        at["message"] = _pick(lost, ("chat", "message_id")) | {"date": 0}
