"""Wording of joining two accounts of one person, and of separating them again."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.texts import _, __
from bot.texts.access.grants import state
from bot.texts.format import cut, moment, person
from db.accounts.people import AccountSummary
from db.connecting.moving import ConnectedChat, Undoable
from db.merging.merging import MergeResult
from db.merging.undoing import SeparatedAccess
from db.timestamps import FOR_EVER

JOIN = __("🔗 Join them")
SEPARATE = __("↩️ Separate them again")
MOVE = __("🔗 Move the chat")
RETURN = __("↩️ Move it back")
CONNECTIONS = __("🔗 Connected chats")
TO_WHICH = __("🔗 To which account is a Telegram to come?")
BY_NUMBER = __("Who of them? To join accounts, please send the e-mail, or # and the account's number.")
NO_TELEGRAM = __(
    "I don't see the Telegram id there: the person may hide it in forwarded messages. Please send the number, or their"
    " contact."
)
SHOWN = 15  # courses


def which_chat(target: AccountSummary) -> str:
    asked = _(
        "Which Telegram is to come to it? Forward a message of theirs, share their contact, or send their id."
    )
    return f"{person(target)}\n\n{asked}"


def preview(source: AccountSummary, target: AccountSummary, found: MergeResult, now: datetime) -> str:
    headline = _("Join the account\n{source}\nto the account\n{target}?").format(
        source=person(source), target=person(target)
    )
    note = _("The first one will be empty then. This can be undone for 30 days.")
    return "\n\n".join((headline, *moved(found, now), note))


def joined(target: AccountSummary, done: MergeResult, now: datetime) -> str:
    headline = _("✅ Joined. The account is now {target}").format(target=person(target))
    return "\n\n".join((headline, *moved(done, now)))


def separated(access: Sequence[SeparatedAccess], now: datetime) -> str:
    lines = [
        _("{module}: {first} for the account made in Telegram, {second} for the other one").format(
            module=cut(one.module), first=_state(one.from_end, now), second=_state(one.into_end, now)
        )
        for one in access[:SHOWN]
    ]
    return "\n".join((_("↩️ The accounts are separate again."), *lines))


def preview_move(
    telegram_id: int, name: str, username: str | None, source: AccountSummary | None, target: AccountSummary
) -> str:
    chat = f"<code>{telegram_id}</code> {cut(name)}" + (f" @{cut(username)}" if username else "")
    headline = _("Shall the chat {chat} sign in to the account\n{target}?").format(
        chat=chat, target=person(target)
    )
    if source is None:
        now = _("It has no account so far.")
    else:
        now = _(
            "Its account {source} is used outside Telegram as well, so the two can't be joined: only the chat moves."
            " Payments and courses stay where they are."
        ).format(source=person(source))
    return "\n\n".join((headline, now, _("This can be undone for 30 days.")))


def connections(who: AccountSummary, found: Sequence[Undoable]) -> str:
    lines = [
        _("{number}. {moment}: {chats}").format(
            number=number, moment=moment(one.created_at), chats=", ".join(map(_chat, one.chats))
        )
        for number, one in enumerate(found, 1)
    ]
    headline = _("Chats that were connected to {person}, and can be separated again for 30 days:")
    return "\n".join((headline.format(person=person(who)), *lines))


def _chat(one: ConnectedChat) -> str:
    return f"<code>{one.telegram_id}</code> {cut(one.name)}".rstrip()


def separate(number: int) -> str:
    return _("↩️ Separate {number}").format(number=number)


def moved_chat(telegram_id: int, target: AccountSummary) -> str:
    return _("✅ The chat {chat} signs in to {target} now.").format(
        chat=f"<code>{telegram_id}</code>", target=person(target)
    )


def returned_chat(telegram_id: int, who: AccountSummary) -> str:
    return _("↩️ The chat {chat} signs in to {target} again.").format(
        chat=f"<code>{telegram_id}</code>", target=person(who)
    )


def moved(found: MergeResult, now: datetime) -> Iterator[str]:
    if found.access:
        yield "\n".join(
            _("{module}: {first} and {second} become: {after}").format(
                module=cut(one.module),
                first=_state(one.into_end, now),
                second=_state(one.from_end, now),
                after=_state(one.after, now),
            )
            for one in found.access[:SHOWN]
        )
    if found.codes:
        yield _("Used in both, so counted once: {codes}").format(codes=", ".join(map(cut, found.codes)))
    if purchases := found.rows.get("purchases"):
        yield _("Payments that move: {count}").format(count=purchases)


def _state(ends_at: datetime | None, now: datetime) -> str:
    return _("open forever") if ends_at == FOR_EVER else state(ends_at, now)
