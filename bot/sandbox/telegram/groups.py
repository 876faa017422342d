"""Groups and channels of a bot: members, join requests, invite links."""

from dataclasses import asdict, dataclass, field
from typing import Any

from bot.sandbox.store import Store

Json = dict[str, Any]
KIND = "group"
INVITE = "https://t.me/+"
INSIDE = frozenset({"creator", "administrator", "member"})


@dataclass
class Link:
    """`expires` in Unix seconds and `limit` in members, 0 for none; `used` counts who came by it."""

    url: str
    name: str = ""
    expires: int = 0
    limit: int = 0
    asks: bool = False  # joining needs the approval of an administrator
    primary: bool = False
    revoked: bool = False
    used: int = 0

    def is_open(self, now: float) -> bool:
        late = self.expires and self.expires <= now
        return not (self.revoked or late or (self.limit and self.used >= self.limit))


@dataclass
class Group:
    """`members` and `requests` by the person's id as text (JSON has no other keys).

    A member is a status of the Bot API and, for a ban, the Unix time it ends (0: never); a request is the link it
    came by. The bot is the administrator of a group that only an injected update told of.
    """

    bot: int
    chat: int
    bot_status: str = "administrator"
    members: dict[str, Json] = field(default_factory=dict)
    requests: dict[str, str] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)

    def status(self, person: int, now: float) -> str:
        """A ban that is over is none."""
        member = self.members.get(str(person), {"status": "left"})
        until = member.get("until", 0)
        return "left" if member["status"] == "kicked" and 0 < until <= now else member["status"]

    def until(self, person: int) -> int:
        return int(self.members.get(str(person), {}).get("until", 0))

    def inside(self, now: float) -> list[int]:
        return [int(number) for number in self.members if self.status(int(number), now) in INSIDE]

    def link(self, url: str) -> Link | None:
        return next((link for link in self.links if link.url == url), None)


class Groups:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[int, int], Group] = {}
        for row in store.all(KIND):
            group = Group(**{**row, "links": [Link(**link) for link in row["links"]]})
            self._known[group.bot, group.chat] = group

    def new_id(self) -> int:
        """As supergroups and channels have: below -10**12."""
        return -(10**12) - 1_000_000_000 - self._store.next_id(KIND)

    def get(self, bot: int, chat: int) -> Group:
        return self._known.get((bot, chat)) or Group(bot, chat)

    def of(self, bot: int) -> list[Group]:
        return [group for group in self._known.values() if group.bot == bot]

    def by_link(self, bot: int, url: str) -> Group | None:
        return next((group for group in self.of(bot) if group.link(url)), None)

    def save(self, group: Group) -> None:
        self._known[group.bot, group.chat] = group
        self._store.put(KIND, f"{group.bot}:{group.chat}", asdict(group))
