"""Polls: who chose what."""

from dataclasses import asdict, dataclass, field

from bot.sandbox.store import Store

KIND = "poll"


@dataclass
class Poll:
    """`votes` are the chosen positions by the voter's id (as text: JSON has no other keys)."""

    id: str
    bot: int
    by_bot: bool
    votes: dict[str, list[int]] = field(default_factory=dict)


class Polls:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._known = {row["id"]: Poll(**row) for row in store.all(KIND)}

    def add(self, bot: int, *, by_bot: bool) -> Poll:
        poll = Poll(str(5_000_000_000 + self._store.next_id(KIND)), bot, by_bot)
        self.save(poll)
        return poll

    def get(self, poll_id: str) -> Poll:
        return self._known[poll_id]

    def save(self, poll: Poll) -> None:
        self._known[poll.id] = poll
        self._store.put(KIND, poll.id, asdict(poll))
