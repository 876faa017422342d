"""Contacts, places, and reactions."""

import math
from typing import Any

from bot.sandbox.telegram import reactions
from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import bad_request
from bot.sandbox.telegram.methods.registry import method
from bot.sandbox.telegram.outbox import known_chat, send
from bot.sandbox.telegram.params import Params

Json = dict[str, Any]
VENUE_EXTRAS = ("foursquare_id", "foursquare_type", "google_place_id", "google_place_type")


@method("sendContact")
def send_contact(ctx: Context, bot: Account, params: Params) -> Json:
    contact: Json = {name: _required(params, name) for name in ("phone_number", "first_name")}
    contact |= {name: params.text(name) for name in ("last_name", "vcard") if params.text(name)}
    phone = contact["phone_number"].lstrip("+")
    owner = next((person for person in ctx.people.all() if person.phone.lstrip("+") == phone), None)
    return send(ctx, bot, params, {"contact": contact | ({"user_id": owner.id} if owner else {})})


@method("sendLocation")
def send_location(ctx: Context, bot: Account, params: Params) -> Json:
    return send(ctx, bot, params, {"location": read_location(params)})


@method("sendVenue")
def send_venue(ctx: Context, bot: Account, params: Params) -> Json:
    location = read_location(params)
    venue: Json = {"location": location} | {name: _required(params, name) for name in ("title", "address")}
    venue |= {name: params.text(name) for name in VENUE_EXTRAS if params.text(name)}
    return send(ctx, bot, params, {"venue": venue, "location": location})


def read_location(params: Params) -> Json:
    """In degrees; raises 400 for what is no place on Earth."""
    location = {name: _degrees(params, name, most) for name, most in (("latitude", 90), ("longitude", 180))}
    accuracy = _number(params.text("horizontal_accuracy") or "0")
    if accuracy is not None and 0 < accuracy <= 1500:
        location["horizontal_accuracy"] = accuracy
    return location


def _degrees(params: Params, name: str, most: float) -> float:
    text = params.text(name).strip()
    if not text:
        raise bad_request(f"{name} is empty")
    value = _number(text)
    if value is None or abs(value) > most:
        raise bad_request("wrong location specified")
    return value


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _required(params: Params, name: str) -> str:
    value = params.text(name).strip()
    if not value:
        raise bad_request(f'parameter "{name}" is required')
    return value


@method("setMessageReaction")
def set_message_reaction(ctx: Context, bot: Account, params: Params) -> bool:
    chat = known_chat(ctx, bot, params)
    entry = chat.find(params.integer("message_id", 0))
    if entry is None:
        raise bad_request("message to react not found")
    given = [_reaction(one) for one in params.listing("reaction") or []]
    if len(given) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    reactions.show(ctx, chat, entry, "bot_reaction", given[0] if given else None)
    return True


def _reaction(given: Any) -> str:
    if not isinstance(given, dict) or given.get("type") not in ("emoji", "custom_emoji"):
        raise bad_request("can't parse ReactionType: invalid reaction type specified")
    emoji = reactions.plain_emoji(str(given.get("emoji", "")))
    if emoji is None:  # custom ones need a chat that allows them
        raise bad_request("REACTION_INVALID")
    return emoji
