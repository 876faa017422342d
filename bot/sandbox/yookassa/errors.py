"""Refusals in YooKassa's own shape and codes."""

from __future__ import annotations

from aiohttp import web

from bot.sandbox.yookassa.timestamps import ERROR_MARK, new_id, now_utc


class Refused(Exception):  # noqa: N818 - an answer of the API, not an error of ours
    """A 4xx of the API: nothing was done."""

    def __init__(
        self,
        description: str,
        parameter: str | None = None,
        *,
        status: int = 400,
        code: str = "invalid_request",
    ) -> None:
        super().__init__(description)
        self.description = description
        self.parameter = parameter
        self.status = status
        self.code = code


def not_found(what: str, parameter: str) -> Refused:
    text = f"Incorrect {parameter}. {what} doesn't exist or access denied"
    return Refused(text, parameter, status=404, code="not_found")


def bad_credentials() -> Refused:
    text = (
        "Error in shopId or secret key. Check their validity. You can reissue the key in the Merchant Profile"
    )
    return Refused(text, "Authorization", status=401, code="invalid_credentials")


def error_response(status: int, code: str, description: str, parameter: str | None = None) -> web.Response:
    body = {"type": "error", "id": new_id(now_utc(), ERROR_MARK), "code": code, "description": description}
    if parameter is not None:
        body["parameter"] = parameter
    return web.json_response(body, status=status)


def refusal_response(refused: Refused) -> web.Response:
    return error_response(refused.status, refused.code, refused.description, refused.parameter)
