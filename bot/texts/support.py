"""Wording of what people and the school write to each other."""

from collections.abc import Sequence
from datetime import datetime

from bot.chat.fitting import fits, shorten
from bot.texts import _, __, plural
from bot.texts.format import cut, label, moment, person, safe
from db.accounts.people import AccountSummary
from db.support import OpenThread
from db.tables import SupportMessage

WRITE = __("✍️ Write to the school")
WRITE_TO = __("✉️ Write to them")
ASK = __(
    "Write your message to the school here; photos and files are welcome, too."
    " Everything you send now goes to the school, until you press a button."
)
SENT = __("✅ Your message goes to the school. The answer comes here.")
DONE = __("That is all")
TOO_MANY = __("That was a lot at once. Please write on in some minutes: the school has your messages.")
CLOSE = __("☑️ Close")
CLOSED = __("Closed. What the person writes next opens it anew.")
CLOSED_ALREADY = __("It is closed already.")
ALL = __("✉️ All conversations")
NONE_OPEN = __("✅ No open conversations.")
ANSWER_HINT = __("To answer, reply to this message.")
CANT_COPY = __(
    "📎 Telegram doesn't let me show what was sent here. Please ask for it once more, as a text, a photo or a file."
)
SHOWN = 400  # characters of a message in the history
FILE = "📎"


def card(who: AccountSummary | None, name: str, telegram_id: int, text: str) -> str:
    """Of a person's message, for admins."""
    return f"✉️ {_who(who, name, telegram_id)}\n\n{text or FILE}\n\n<i>{ANSWER_HINT}</i>"


def _who(who: AccountSummary | None, name: str, telegram_id: int) -> str:
    if who is not None:
        return person(who)
    stranger = _("not registered")
    return f"<b>{cut(name) or '—'}</b> (<code>{telegram_id}</code>, {stranger})"


def answer(text: str) -> str:
    """For the person."""
    return "💬 <b>" + _("The school answers:") + f"</b>\n\n{text}".rstrip()


def answered(admin: str, name: str, text: str) -> str:
    """For the other admins."""
    return (
        _("💬 {admin} has answered {person}:").format(admin=safe(admin), person=cut(name))
        + f"\n\n{text or FILE}"
    )


def not_delivered(name: str) -> str:
    return _("⚠️ {person} has not got your answer: they have blocked the bot, or are gone.").format(
        person=cut(name)
    )


def not_copied(name: str) -> str:
    return _(
        "⚠️ {person} has not got this: Telegram doesn't let me pass it on. They may not take voice messages, or it was"
        " deleted. Please answer with a text."
    ).format(person=cut(name))


def threads(found: Sequence[OpenThread], total: int) -> str:
    lines = ["✉️ <b>" + _("Open conversations: {count}").format(count=total) + "</b>"]
    for one in found:
        mark = "🔴" if one.waits else "⚪️"
        lines.append(f"{mark} <b>{cut(one.name) or '—'}</b>, {moment(one.since)}")
    return "\n".join(lines)


def thread_button(one: OpenThread) -> str:
    return label(one.name or "—")


def history(
    who: AccountSummary | None,
    name: str,
    telegram_id: int,
    found: Sequence[SupportMessage],
    closed_at: datetime | None,
) -> str:
    """Of as many of the last messages as there is room for; one in which nothing was said was never closed."""
    above = f"✉️ {_who(who, name, telegram_id)}"
    below = [_("Closed on {moment}").format(moment=moment(closed_at))] if closed_at and found else []
    below.append(f"<i>{ANSWER_HINT}</i>")
    said = [_said(one) for one in found]
    while said and not fits("\n\n".join([above, *said, *below])):
        del said[0]
    return "\n\n".join([above, *said, *below])


def _said(one: SupportMessage) -> str:
    side = "💬" if one.admin_id is not None else "👤"
    return f"{side} <i>{moment(one.created_at)}</i>\n{shorten(one.text, SHOWN) or FILE}"


def waiting(count: int, since: datetime) -> str:
    questions = plural("{count} question", "{count} questions", count)
    return _("✉️ Waiting for an answer: {questions}, since {moment}").format(
        questions=questions, moment=moment(since)
    )
