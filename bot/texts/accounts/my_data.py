"""Wording of the document with all that is known of a person."""

from datetime import datetime

from bot.texts import _, __, plural
from bot.texts.format import moment
from db.accounts.own_rows import OwnRows

MY_DATA = __("📦 My data")
ON_ITS_WAY = __("I am putting together everything that is stored about you. The file comes in a moment.")


def again_at(at: datetime) -> str:
    return _("You have just been sent your data. I can put it together once more after {moment}.").format(
        moment=moment(at)
    )


def document(found: OwnRows) -> str:
    count = sum(map(len, found.tables.values()))
    stored = plural("{count} entry", "{count} entries", count)
    return _(
        "📦 Everything that is stored about you: {entries}. It is a JSON file: any text editor opens it."
        " Secrets such as passwords are left out, and named in it."
    ).format(entries=stored)
