"""Refusals in Telegram's own words and codes."""

from typing import Any


class ApiError(Exception):
    """Answered as `{"ok": false, "error_code": code, "description": description, "parameters": …}`."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def bad_request(what: str) -> ApiError:
    return ApiError(400, f"Bad Request: {what}")


def forbidden(what: str) -> ApiError:
    return ApiError(403, f"Forbidden: {what}")


def conflict(what: str) -> ApiError:
    return ApiError(409, f"Conflict: {what}")


def not_found(what: str) -> ApiError:
    return ApiError(404, f"Not Found: {what}")


def unauthorized() -> ApiError:
    return ApiError(401, "Unauthorized")


class PageError(Exception):
    """A refusal of the sandbox's own JSON API: `{"error": text}` with that status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
