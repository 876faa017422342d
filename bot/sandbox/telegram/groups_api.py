"""The JSON API of groups and channels: made, joined, left, written in."""

from typing import Any

from aiohttp import web

from bot.sandbox.telegram import acts, membership
from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.chats import Chat
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import PageError
from bot.sandbox.telegram.groups import INSIDE
from bot.sandbox.telegram.http_json import answer, read_object

Json = dict[str, Any]


class GroupsApi:
    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def routes(self) -> list[web.RouteDef]:
        group = "/sandbox/groups/{group:-[0-9]+}"
        return [
            web.get("/sandbox/groups", self.groups),
            web.post("/sandbox/groups", self.create),
            web.post(f"{group}/members", self.move),
            web.post(f"{group}/bot", self.set_bot),
            web.post(f"{group}/messages", self.write),
            web.get("/sandbox/invites", self.invite),
            web.post("/sandbox/invites", self.join),
        ]

    async def groups(self, request: web.Request) -> web.Response:
        bot = self._bot(request)
        return answer([membership.as_shown(self._ctx, bot, one) for one in self._ctx.groups.of(bot.id)])

    async def create(self, request: web.Request) -> web.Response:
        """`{"title", "type", "as": who makes it}`."""
        bot, given = self._bot(request), await read_object(request)
        with self._ctx.store.batch():
            chat = membership.create_group(self._ctx, bot, self._ctx.people.get(given.get("as")), given)
        return self._shown(bot, chat)

    async def move(self, request: web.Request) -> web.Response:
        """`{"as": who, "action": "join" | "leave"}`: as if found by its public name, without a link."""
        bot, chat, given = self._bot(request), self._chat(request), await read_object(request)
        person, group = self._ctx.people.get(given.get("as")), self._ctx.groups.get(bot.id, chat.id)
        goals = {"join": "member", "leave": "left"}
        if given.get("action") not in goals:
            raise PageError(400, "action is join or leave")
        goal, status = goals[given["action"]], group.status(person.id, self._ctx.clock.time())
        if status == "kicked" or (status in INSIDE) == (goal == "member"):
            raise PageError(409, f"their status is {status}")
        with self._ctx.store.batch():
            membership.change(self._ctx, bot, chat, person, goal, person.as_user())
        return self._shown(bot, chat)

    async def set_bot(self, request: web.Request) -> web.Response:
        """`{"as": who does it, "status": "administrator" | "member" | "left" | "kicked"}`."""
        bot, chat, given = self._bot(request), self._chat(request), await read_object(request)
        person = self._ctx.people.get(given.get("as"))
        with self._ctx.store.batch():
            membership.set_bot_status(self._ctx, bot, person, chat, given.get("status"))
        return self._shown(bot, chat)

    async def write(self, request: web.Request) -> web.Response:
        bot, chat, given = self._bot(request), self._chat(request), await read_object(request)
        person = self._ctx.people.get(given.get("as"))
        with self._ctx.store.batch():
            entry, update = acts.write_in_group(self._ctx, bot, person, chat, given)
        return answer({"message": entry.as_shown(), "update_id": update})

    async def invite(self, request: web.Request) -> web.Response:
        """What an invite link (`?link=`) leads to."""
        bot = self._bot(request)
        chat, _, link = membership.by_link(self._ctx, bot, request.query.get("link", ""))
        shown = {"title": chat.info.get("title", ""), "type": chat.info.get("type", "")}
        return answer(
            shown | {"creates_join_request": link.asks, "open": link.is_open(self._ctx.clock.time())}
        )

    async def join(self, request: web.Request) -> web.Response:
        """`{"as": who, "link": …}`."""
        bot, given = self._bot(request), await read_object(request)
        person = self._ctx.people.get(given.get("as"))
        with self._ctx.store.batch():
            return answer(membership.join(self._ctx, bot, person, str(given.get("link"))))

    def _shown(self, bot: Account, chat: Chat) -> web.Response:
        return answer(membership.as_shown(self._ctx, bot, self._ctx.groups.get(bot.id, chat.id)))

    def _bot(self, request: web.Request) -> Account:
        return self._ctx.accounts.chosen(request.query.get("bot"))

    def _chat(self, request: web.Request) -> Chat:
        chat = self._ctx.chats.find(self._bot(request).id, int(request.match_info["group"]))
        if chat is None or chat.is_private:
            raise PageError(404, "no such group")
        return chat
