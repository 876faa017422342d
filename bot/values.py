"""Addresses among the settings: of a proxy, of the mail server, and the one that letters come from."""

import re
from email.utils import parseaddr
from urllib.parse import SplitResult, urlsplit

from email_validator import EmailNotValidError, validate_email
from pydantic import SecretStr


def proxy_address(value: SecretStr | None) -> SecretStr | None:
    if value is None:
        return None
    parts = _parts(value, "socks5", "socks5h", "http")
    if parts is None or not parts.port:
        raise ValueError(
            "not an address such as socks5://user:password@host:1080 (socks5://, socks5h://, http://)"
        )
    return SecretStr(value.get_secret_value().rstrip("/"))


def smtp_address(value: SecretStr | None) -> SecretStr | None:
    if value is None:
        return None
    parts = _parts(value, "smtp", "smtps")
    if parts is None or bool(parts.username) != bool(parts.password):
        raise ValueError(
            "not an address such as smtp://user:password@host:587 or smtps://user:password@host:465"
            " (in user and password @ / # are written %40 %2F %23)"
        )
    return SecretStr(value.get_secret_value().rstrip("/"))


def sender(value: str | None) -> str | None:
    if value is None:
        return None
    try:
        validate_email(parseaddr(value)[1], check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError("not an address such as post@example.com or School <post@example.com>") from error
    if re.search(r"[\x00-\x1f\x7f]", value):
        raise ValueError("more than one line")
    return value


def _parts(value: SecretStr, *schemes: str) -> SplitResult | None:
    """None where it is not scheme, host and perhaps port, user and password."""
    try:
        parts = urlsplit(value.get_secret_value())
        usable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if usable and not (parts.path.strip("/") or parts.query or parts.fragment) else None
