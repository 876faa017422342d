"""What each kind of letter says."""

from collections.abc import Callable, Mapping

from bot.mail.letters import Letter
from bot.texts import mail as words
from db.tables import OutboxMessage

EMAIL_CODE = "email_code"  # payload: code


def email_code(row: OutboxMessage) -> Letter:
    minutes = round((row.expires_at - row.created_at).total_seconds() / 60)
    return Letter(words.code_subject(), words.code_body(str(row.payload["code"]), minutes))


WORDINGS: Mapping[str, Callable[[OutboxMessage], Letter]] = {EMAIL_CODE: email_code}


def word(row: OutboxMessage) -> Letter:
    """In the language in use (`Localizer.use_locale`). Raises KeyError for a kind that is not listed."""
    return WORDINGS[row.kind](row)
