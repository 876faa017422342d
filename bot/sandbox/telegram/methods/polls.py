"""Polls and quizzes: sent and stopped."""

from typing import Any

from bot.sandbox.telegram import voting
from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import bad_request
from bot.sandbox.telegram.keyboards import inline_only, inline_part
from bot.sandbox.telegram.methods.messages import editable
from bot.sandbox.telegram.methods.registry import method
from bot.sandbox.telegram.outbox import send, target
from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.text import Formatted, parsed

Json = dict[str, Any]
QUESTION_MAX, OPTION_MAX, OPTIONS_MAX, EXPLANATION_MAX = 300, 100, 12, 200


@method("sendPoll")
def send_poll(ctx: Context, bot: Account, params: Params) -> Json:
    target(ctx, bot, params)
    poll = voting.new_poll(ctx, bot, read_poll(params), by_bot=True)
    return send(ctx, bot, params, {"poll": poll})


@method("stopPoll")
def stop_poll(ctx: Context, bot: Account, params: Params) -> Json:
    _, entry = editable(ctx, bot, params, "message with poll to stop")
    if "poll" not in entry.body:
        raise bad_request("message is not a poll")
    if entry.body["poll"]["is_closed"]:
        raise bad_request("poll has already been closed")
    markup = inline_part(inline_only(params.mapping("reply_markup")))
    entry.body = {name: value for name, value in entry.body.items() if name != "reply_markup"}
    if markup:
        entry.body["reply_markup"] = markup
    return voting.close(ctx, bot, entry.body["poll"])


def read_poll(params: Params) -> Json:
    """What the sender of a poll decides; raises 400 in Telegram's words."""
    kind = params.text("type") or "regular"
    if kind not in ("regular", "quiz"):
        raise bad_request("unsupported poll type specified")
    question = _question(params)
    options = [_option(one) for one in params.listing("options") or []]
    if not options:
        raise bad_request("poll must have at least 1 option")
    if len(options) > OPTIONS_MAX:
        raise bad_request(f"poll can't have more than {OPTIONS_MAX} options")
    return {
        **_named(question, "question", "question_entities"),
        "options": options,
        "type": kind,
        "is_closed": params.flag("is_closed"),
        "is_anonymous": params.flag("is_anonymous") if "is_anonymous" in params else True,
        "allows_multiple_answers": params.flag("allows_multiple_answers"),
        "allows_revoting": params.flag("allows_revoting")
        if "allows_revoting" in params
        else kind == "regular",
        **(_quiz(params, len(options)) if kind == "quiz" else {}),
    }


def _question(params: Params) -> Formatted:
    question = parsed(params, "question", "question_entities", "question_parse_mode")
    if not question.text:
        raise bad_request("poll question must be non-empty")
    if len(question.text) > QUESTION_MAX:
        raise bad_request(f"poll question length must not exceed {QUESTION_MAX}")
    return question


def _option(given: Any) -> Json:
    """Text, or an InputPollOption."""
    values = {"text": given} if isinstance(given, str) else given
    if not isinstance(values, dict) or not isinstance(values.get("text"), str):
        raise bad_request("expected an option to be of type String")
    if values.get("media"):
        raise bad_request("options of a poll hold no media in the sandbox")
    option = parsed(Params(values), "text", "text_entities", "text_parse_mode")
    if not option.text:
        raise bad_request("poll options must be non-empty")
    if len(option.text) > OPTION_MAX:
        raise bad_request(f"poll options length must not exceed {OPTION_MAX}")
    return _named(option, "text", "text_entities")


def _quiz(params: Params, count: int) -> Json:
    correct = params.listing("correct_option_ids")
    if correct is None:
        correct = [params.integer("correct_option_id", -1)]
    if not correct or not all(type(one) is int and 0 <= one < count for one in correct):
        raise bad_request("wrong correct option ID specified")
    if len(correct) > 1 and not params.flag("allows_multiple_answers"):
        raise bad_request("quiz can have only one correct answer")
    explanation = parsed(params, "explanation", "explanation_entities", "explanation_parse_mode")
    if len(explanation.text) > EXPLANATION_MAX:
        raise bad_request(f"explanation length must not exceed {EXPLANATION_MAX}")
    quiz: Json = {"correct_option_ids": sorted(set(correct))}
    if len(correct) == 1:
        quiz["correct_option_id"] = correct[0]
    return quiz | (_named(explanation, "explanation", "explanation_entities") if explanation.text else {})


def _named(formatted: Formatted, name: str, entities: str) -> Json:
    return {name: formatted.text} | ({entities: formatted.entities} if formatted.entities else {})
