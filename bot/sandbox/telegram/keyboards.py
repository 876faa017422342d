"""What Telegram accepts as reply_markup."""

from typing import Any

from bot.sandbox.telegram.errors import bad_request
from bot.sandbox.telegram.html_text import link_of

Json = dict[str, Any]
BUTTONS_MAX = 100
DATA_MAX = 64  # bytes of UTF-8
INLINE_ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
    "disabled",
)
REPLY_REQUESTS = (
    "request_contact",
    "request_location",
    "request_poll",
    "request_users",
    "request_chat",
    "web_app",
)


def checked_markup(markup: Json | None) -> Json | None:
    """The keyboard as the message will carry it; raises 400 in Telegram's words."""
    if not markup:
        return None
    if "inline_keyboard" in markup:
        return {"inline_keyboard": _rows(markup["inline_keyboard"], _inline_button)}
    if "keyboard" in markup:
        rows = _rows(markup["keyboard"], _reply_button)
        if not rows:
            raise bad_request("reply keyboard must contain at least one button")
        return {**markup, "keyboard": rows}
    if "remove_keyboard" in markup or "force_reply" in markup:
        return markup
    raise bad_request("object expected as reply markup")


def inline_only(markup: Json | None) -> Json | None:
    """For edits, which take no other keyboard."""
    checked = checked_markup(markup)
    if checked is not None and "inline_keyboard" not in checked:
        raise bad_request("inline keyboard expected")
    return checked


def inline_part(markup: Json | None) -> Json | None:
    """What stays on the message: an inline keyboard with at least one button."""
    return markup if markup and markup.get("inline_keyboard") else None


def without_disabled(markup: Json | None) -> Json | None:
    """As a server before Bot API 10.3 reads it."""
    if markup is None or not isinstance(markup.get("inline_keyboard"), list):
        return markup
    rows = [
        [{name: one for name, one in key.items() if name != "disabled"} for key in row]
        for row in markup["inline_keyboard"]
    ]
    return {**markup, "inline_keyboard": rows}


def callback_data_of(markup: Json | None) -> set[str]:
    rows = (markup or {}).get("inline_keyboard", [])
    return {button["callback_data"] for row in rows for button in row if "callback_data" in button}


def _rows(rows: Any, check: Any) -> list[list[Json]]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request("can't parse keyboard: an Array of Arrays of buttons is expected")
    checked = [[check(button) for button in row] for row in rows if row]
    if sum(map(len, checked)) > BUTTONS_MAX:
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    for at, button in enumerate(button for row in checked for button in row):
        if at and button.get("pay"):
            raise bad_request("BUTTON_POS_INVALID")
    return checked


def _inline_button(button: Any) -> Json:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: object expected")
    _check_text(button)
    actions = [name for name in INLINE_ACTIONS if button.get(name) not in (None, False)]
    if not actions:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if "callback_data" in actions and not 1 <= len(str(button["callback_data"]).encode()) <= DATA_MAX:
        raise bad_request("BUTTON_DATA_INVALID")
    for name in ("url", "web_app", "login_url"):
        if name in actions:
            _check_url(button, name)
    return button


def _check_url(button: Json, name: str) -> None:
    """Any http(s) address will do here, loopback ones too: the sandbox has no other; tg:// for plain links."""
    value = button[name]
    url = str(value.get("url", "") if isinstance(value, dict) else value)
    link = link_of(url)
    schemes = ("http://", "https://", "tg://") if name == "url" else ("http://", "https://")
    if link is None or not link.lower().startswith(schemes) or any(map(str.isspace, url)):
        what = "BUTTON_URL_INVALID" if name == "url" else "BUTTON_WEBAPP_URL_INVALID"
        raise bad_request(what)


def _reply_button(button: Any) -> Json:
    if isinstance(button, str):
        button = {"text": button}
    if not isinstance(button, dict):
        raise bad_request("can't parse keyboard button: KeyboardButton must be an Object or a String")
    _check_text(button)
    if sum(bool(button.get(name)) for name in REPLY_REQUESTS) > 1:
        raise bad_request("can't parse keyboard button: only one request is allowed")
    return button


def _check_text(button: Json) -> None:
    if not isinstance(button.get("text"), str) or not button["text"].strip():
        raise bad_request('can\'t parse keyboard button: Field "text" must be a non-empty String')
