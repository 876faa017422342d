"""Links by which the school's site says who somebody is: `t.me/BOT?start=in_TOKEN` (docs/site.md#the-token)."""

import base64
import binascii
import hashlib
import hmac
import struct
from datetime import UTC, datetime, timedelta

from db.connecting.links import SignedLink
from db.errors import LinkInvalid

FIELDS = struct.Struct(">QI")  # the account's id, the end of the link's life in Unix seconds
SIGNATURE = 16  # bytes
PURPOSE = b"lessongate:in:"
LIVES = timedelta(minutes=10)  # at most
MAX_ID = 2**63 - 1


def sign(secret: str, user_id: int, ends_at: int) -> str:
    """The token, as the site makes it. `ends_at` in Unix seconds."""
    fields = FIELDS.pack(user_id, ends_at)
    return base64.urlsafe_b64encode(fields + _signature(secret, fields)).rstrip(b"=").decode()


def read_token(secret: str, token: str, now: datetime) -> SignedLink:
    """Raises LinkInvalid: wrong, expired."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise LinkInvalid("wrong") from error
    fields, signature = raw[: FIELDS.size], raw[FIELDS.size :]
    # Spelled in one way only, so that one link is not two.
    is_plain = base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == token
    if not is_plain or not hmac.compare_digest(signature, _signature(secret, fields)):
        raise LinkInvalid("wrong")
    user_id, seconds = FIELDS.unpack(fields)
    ends_at = datetime.fromtimestamp(seconds, UTC)
    if ends_at <= now:
        raise LinkInvalid("expired")
    if ends_at > now + LIVES or not 0 < user_id <= MAX_ID:
        raise LinkInvalid("wrong")
    return SignedLink(user_id, ends_at, hashlib.sha256(raw).hexdigest())


def _signature(secret: str, fields: bytes) -> bytes:
    return hmac.new(secret.encode(), PURPOSE + fields, hashlib.sha256).digest()[:SIGNATURE]
