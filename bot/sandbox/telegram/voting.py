"""Polls and quizzes: made, voted in, closed, and what everybody is told of it."""

from typing import Any

from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.chats import Chat, Entry
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import PageError
from bot.sandbox.telegram.people import Person
from bot.sandbox.telegram.polls import Poll

Json = dict[str, Any]


def new_poll(ctx: Context, bot: Account, content: Json, *, by_bot: bool) -> Json:
    """The Bot API's Poll of a new message; `content` holds what the sender decides."""
    poll = ctx.polls.add(bot.id, by_bot=by_bot)
    options = [{"persistent_id": str(at), **option} for at, option in enumerate(content["options"])]
    return _counted(content | {"id": poll.id, "options": options, "members_only": False}, poll)


def _counted(shown: Json, poll: Poll) -> Json:
    chosen = [position for votes in poll.votes.values() for position in votes]
    options = [option | {"voter_count": chosen.count(at)} for at, option in enumerate(shown["options"])]
    return shown | {"options": options, "total_voter_count": len(poll.votes)}


def vote(ctx: Context, bot: Account, person: Person, entry: Entry, given: Any) -> Json:
    """The person's choice, positions of options; an empty list takes it back. Raises PageError."""
    shown = entry.body.get("poll")
    if shown is None:
        raise PageError(400, "there is no poll in that message")
    if shown["is_closed"]:
        raise PageError(409, "the poll is closed")
    poll, voter = ctx.polls.get(shown["id"]), str(person.id)
    if voter in poll.votes and not shown["allows_revoting"]:
        raise PageError(409, "this poll takes only one vote of a person")
    chosen = _checked(shown, given)
    poll.votes.pop(voter, None)
    if chosen:
        poll.votes[voter] = chosen
    ctx.polls.save(poll)
    counted = _counted(shown, poll)
    show(ctx, bot, counted)
    _tell_bot(ctx, bot, person, counted, chosen)
    return counted


def _checked(shown: Json, given: Any) -> list[int]:
    options = range(len(shown["options"]))
    if not isinstance(given, list) or not all(type(one) is int and one in options for one in given):
        raise PageError(400, "options is a list of positions, from 0")
    if len(set(given)) > 1 and not shown["allows_multiple_answers"]:
        raise PageError(400, "this poll takes one answer")
    return sorted(set(given))


def _tell_bot(ctx: Context, bot: Account, person: Person, shown: Json, chosen: list[int]) -> None:
    if not ctx.polls.get(shown["id"]).by_bot:
        return
    ctx.updates.push(bot, "poll", shown)
    if not shown["is_anonymous"]:
        ids = [shown["options"][at]["persistent_id"] for at in chosen]
        answer = {"poll_id": shown["id"], "user": person.as_user(), "option_ids": chosen}
        ctx.updates.push(bot, "poll_answer", answer | {"option_persistent_ids": ids})


def close(ctx: Context, bot: Account, shown: Json) -> Json:
    """The final results, shown wherever the poll is; the bot gets them as an update too."""
    closed = shown | {"is_closed": True}
    show(ctx, bot, closed)
    if ctx.polls.get(closed["id"]).by_bot:
        ctx.updates.push(bot, "poll", closed)
    return closed


def show(ctx: Context, bot: Account, shown: Json) -> None:
    """Every message that holds the poll, forwarded ones included, gets its new state."""
    votes = ctx.polls.get(shown["id"]).votes
    for chat, entry in ctx.chats.all_messages(bot.id):
        if entry.body.get("poll", {}).get("id") == shown["id"]:
            _show_in(ctx, chat, entry, shown, votes)


def _show_in(ctx: Context, chat: Chat, entry: Entry, shown: Json, votes: dict[str, list[int]]) -> None:
    entry.body["poll"] = shown
    entry.page["voted"] = votes.get(str(chat.id), [])
    ctx.chats.changed(chat, entry)
    ctx.hub.publish(chat.bot, chat.id, "edited", message=entry.as_shown())
