"""Answers to pressed buttons, and what a bot is doing meanwhile."""

from typing import Any

from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import bad_request
from bot.sandbox.telegram.methods.registry import method
from bot.sandbox.telegram.outbox import target
from bot.sandbox.telegram.params import Params

Json = dict[str, Any]
ANSWER_MAX = 200
ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)


@method("answerCallbackQuery")
def answer_callback_query(ctx: Context, bot: Account, params: Params) -> bool:
    text = params.text("text")
    if len(text) > ANSWER_MAX:
        raise bad_request("MESSAGE_TOO_LONG")
    answer = {"text": text, "show_alert": params.flag("show_alert"), "url": params.text("url") or None}
    number = params.text("callback_query_id")
    callback = ctx.queries.answer_callback(bot, number, answer)
    ctx.hub.publish(bot.id, callback.person, "callback_answer", callback_query_id=number, **answer)
    return True


@method("sendChatAction")
def send_chat_action(ctx: Context, bot: Account, params: Params) -> bool:
    chat = target(ctx, bot, params)
    action = params.text("action")
    if action not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    ctx.hub.publish(bot.id, chat.id, "action", action=action)
    return True
