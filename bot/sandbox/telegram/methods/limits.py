"""Parameters of the Bot API that the sandbox cannot honour: refused, so that nobody takes silence for a yes.

What has merely no effect here is named in docs/sandbox.md; a test compares both with the Bot API. Names that Telegram
does not know are ignored, as Telegram does.
"""

from collections.abc import Mapping

from bot.sandbox.telegram.errors import bad_request
from bot.sandbox.telegram.params import Params

_TOPICS, _BUSINESS = "it has no topics", "it has no business accounts"
_TIPS, _LIVE = "it takes no tips", "its locations do not move"
_EPHEMERAL = "it has no ephemeral messages"

EVERYWHERE: Mapping[str, str] = {
    "business_connection_id": _BUSINESS,
    "direct_messages_topic_id": _TOPICS,
    "ephemeral_message_parameters": _EPHEMERAL,
    "heading": _LIVE,
    "live_period": _LIVE,
    "max_tip_amount": _TIPS,
    "message_thread_id": _TOPICS,
    "proximity_alert_radius": _LIVE,
    "receiver_user_id": _EPHEMERAL,
    "suggested_post_parameters": "it has no suggested posts",
    "suggested_tip_amounts": _TIPS,
}
_SENDING = "message photo document video animation audio voice sticker contact location venue"
BY_METHOD: Mapping[str, Mapping[str, str]] = {
    **{f"send{kind}": {"callback_query_id": _EPHEMERAL} for kind in _SENDING.split()},
    "sendpoll": {
        "allow_adding_options": "options of a poll are fixed",
        "close_date": "its polls are closed by stopPoll only",
        "country_codes": "its people have no country",
        "description": "its polls have no description",
        "explanation_media": "its polls hold no media",
        "hide_results_until_closes": "its polls show their results",
        "media": "its polls hold no media",
        "members_only": "its polls are for everybody",
        "open_period": "its polls are closed by stopPoll only",
        "shuffle_options": "options of a poll keep their order",
    },
}


def refuse_unsupported(name: str, params: Params) -> None:
    """Raises 400 for a given parameter that the method would have to ignore; false, 0 and empty ask for nothing."""
    reasons = {**EVERYWHERE, **BY_METHOD.get(name.lower(), {})}
    for parameter in params.values:
        if parameter in reasons and _is_wanted(params, parameter):
            why = reasons[parameter]
            raise bad_request(f'parameter "{parameter}" of {name} is not supported by the sandbox: {why}')


def _is_wanted(params: Params, name: str) -> bool:
    return params.text(name).strip().lower() not in ("", "0", "false", "[]", "{}", "null")
