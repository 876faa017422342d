"""The JSON API of the chat page and of tests: `/sandbox/…`."""

import time
from dataclasses import asdict
from typing import Any

from aiohttp import web

from bot.sandbox.telegram import acts, checkout, reactions, voting
from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.chats import Chat
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import PageError
from bot.sandbox.telegram.events import stream
from bot.sandbox.telegram.http_json import answer, read_object
from bot.sandbox.telegram.methods.account import commands_for, description_for
from bot.sandbox.telegram.people import Person
from bot.sandbox.telegram.updates import chat_of, id_of

Json = dict[str, Any]
WAIT_MAX = 30.0  # seconds


class PageApi:
    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def routes(self) -> list[web.RouteDef]:
        chat = "/sandbox/chats/{person:-?[0-9]+}"
        return [
            web.get("/sandbox/bots", self.bots),
            web.get("/sandbox/people", self.people),
            web.post("/sandbox/people", self.add_person),
            web.post("/sandbox/people/{person:[0-9]+}/stars", self.top_up),
            web.get(chat, self.chat),
            web.post(f"{chat}/messages", self.write),
            web.post(f"{chat}/messages/{{message:[0-9]+}}/edit", self.edit),
            web.post(f"{chat}/messages/{{message:[0-9]+}}/vote", self.vote),
            web.post(f"{chat}/messages/{{message:[0-9]+}}/reaction", self.react),
            web.post(f"{chat}/callbacks", self.press),
            web.post(f"{chat}/invoices", self.pay),
            web.post(f"{chat}/block", self.block),
            web.get("/sandbox/invoices", self.invoice),
            web.post("/sandbox/updates", self.inject),
            web.post("/sandbox/updates/{update:[0-9]+}/redeliver", self.redeliver),
            web.get("/sandbox/events", self.events),
            web.get("/sandbox/calls", self.calls),
            web.put("/sandbox/telegram", self.configure),
            web.get("/sandbox/files/{file}", self.file),
        ]

    async def bots(self, request: web.Request) -> web.Response:
        """The one that called getMe last comes last."""
        known = sorted(self._ctx.accounts.all(), key=lambda one: one.seen)
        return answer(
            [{"id": one.id, "username": one.username, "first_name": one.first_name} for one in known]
        )

    async def people(self, request: web.Request) -> web.Response:
        return answer([asdict(person) for person in self._ctx.people.all()])

    async def add_person(self, request: web.Request) -> web.Response:
        return answer(asdict(self._ctx.people.add(await read_object(request))))

    async def top_up(self, request: web.Request) -> web.Response:
        person, amount = self._person(request), (await read_object(request)).get("amount")
        if not isinstance(amount, int) or not 0 < amount <= 1_000_000:
            raise PageError(400, "amount is a whole number of Stars, 1 to 1000000")
        person.stars += amount
        self._ctx.people.save(person)
        return answer(asdict(person))

    async def chat(self, request: web.Request) -> web.Response:
        bot = self._bot(request)
        chat = self._ctx.chats.find(bot.id, int(request.match_info["person"]))
        person = self._ctx.people.find(int(request.match_info["person"]))
        if chat is None and person is None:
            raise PageError(404, "no such chat")
        shown = {
            "messages": [entry.as_shown() for entry in chat.messages.values()] if chat else [],
            "reply_keyboard": chat.reply_keyboard if chat else None,
            "commands": commands_for(bot, person) if person else [],
            "description": description_for(bot, person) if person else "",
            "blocked": bool(chat and chat.blocked),
        }
        return answer(shown)

    async def write(self, request: web.Request) -> web.Response:
        bot, person, given = self._bot(request), self._person(request), await read_object(request)
        mark = self._ctx.chats.mark
        with self._ctx.store.batch():
            entry, update = acts.write(self._ctx, bot, person, given)
        outcome = {"message": entry.as_shown(), "update_id": update}
        return answer(outcome | await self._outcome(request, bot, person.id, update, mark))

    async def edit(self, request: web.Request) -> web.Response:
        bot, person, given = self._bot(request), self._person(request), await read_object(request)
        mark, number = self._ctx.chats.mark, int(request.match_info["message"])
        with self._ctx.store.batch():
            entry, update = acts.edit(self._ctx, bot, person, number, str(given.get("text") or ""))
        outcome = {"message": entry.as_shown(), "update_id": update}
        return answer(outcome | await self._outcome(request, bot, person.id, update, mark))

    async def vote(self, request: web.Request) -> web.Response:
        """`{"options": [positions]}`; none takes the vote back. `as`: somebody else, as by a forwarded poll."""
        bot, given = self._bot(request), await read_object(request)
        person, chat = self._where(request, given)
        entry = acts.message_of(chat, int(request.match_info["message"]))
        voter = self._ctx.people.get(given.get("as") or person.id)
        with self._ctx.store.batch():
            poll = voting.vote(self._ctx, bot, voter, entry, given.get("options"))
        return answer({"poll": poll})

    async def react(self, request: web.Request) -> web.Response:
        """`{"emoji": one of Telegram's reactions}`; null takes it back."""
        bot, given = self._bot(request), await read_object(request)
        person, chat = self._where(request, given)
        entry = acts.message_of(chat, int(request.match_info["message"]))
        with self._ctx.store.batch():
            update = reactions.react(self._ctx, bot, person, chat, entry, given.get("emoji"))
        return answer({"update_id": update})

    async def press(self, request: web.Request) -> web.Response:
        bot, given = self._bot(request), await read_object(request)
        person, chat = self._where(request, given)
        mark, ends = self._ctx.chats.mark, _deadline(request)
        with self._ctx.store.batch():
            query, update = acts.press(self._ctx, bot, person, chat, given)
        outcome = await self._outcome(request, bot, chat.id, update, mark)
        if outcome:  # every bot has to answer, so this waits for it as well
            outcome["answer"] = await self._ctx.queries.callback_answer(query, _left(ends))
        return answer({"callback_query_id": query, "update_id": update} | outcome)

    async def pay(self, request: web.Request) -> web.Response:
        bot, person, given = self._bot(request), self._person(request), await read_object(request)
        sheet = checkout.open_sheet(self._ctx, bot, person, given)
        return answer(await checkout.run(self._ctx, sheet, given))

    async def invoice(self, request: web.Request) -> web.Response:
        """What an invoice link (`?link=`) offers."""
        invoice = checkout.invoice_of_link(self._ctx, self._bot(request), request.query.get("link", ""))
        return answer(invoice.as_object() | invoice.asked())

    async def block(self, request: web.Request) -> web.Response:
        bot, person, given = self._bot(request), self._person(request), await read_object(request)
        with self._ctx.store.batch():
            update = acts.block(self._ctx, bot, person, bool(given.get("blocked")))
        return answer({"blocked": bool(given.get("blocked")), "update_id": update})

    async def inject(self, request: web.Request) -> web.Response:
        bot, given = self._bot(request), await read_object(request)
        mark = self._ctx.chats.mark
        with self._ctx.store.batch():
            update = acts.inject(self._ctx, bot, given)
        chat = next(id_of(chat_of(body)) for body in given.values() if isinstance(body, dict))
        return answer({"update_id": update} | await self._outcome(request, bot, chat, update, mark))

    async def redeliver(self, request: web.Request) -> web.Response:
        bot, update = self._bot(request), int(request.match_info["update"])
        mark = self._ctx.chats.mark
        if not self._ctx.updates.repeat(bot, update):
            raise PageError(404, "no such update is remembered")
        return answer({"update_id": update} | await self._outcome(request, bot, 0, update, mark))

    async def events(self, request: web.Request) -> web.StreamResponse:
        person = request.query.get("person")
        bot = self._bot(request).id if request.query.get("bot") else None
        return await stream(request, self._ctx.hub, bot, int(person) if person else None)

    async def calls(self, request: web.Request) -> web.Response:
        name, since = request.query.get("method", "").lower(), _number(request.query.get("since") or "0")
        rows = (row for row in self._ctx.calls if row["at"] > since)
        return answer([row for row in rows if not name or row["method"].lower() == name])

    async def configure(self, request: web.Request) -> web.Response:
        """`{"retry_unit": seconds}`: how long one second of the webhook's retry pauses lasts."""
        unit = (await read_object(request)).get("retry_unit")
        if isinstance(unit, bool) or not isinstance(unit, int | float) or not 0 <= unit <= 60:
            raise PageError(400, "retry_unit is a number of seconds, 0 to 60")
        self._ctx.retry_unit = float(unit)
        return answer({"retry_unit": self._ctx.retry_unit})

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A file of the chat for the page, which knows only its id."""
        file = self._ctx.files.find(request.match_info["file"])
        if file is None:
            raise PageError(404, "no such file")
        if file.url:
            raise web.HTTPFound(file.url)
        headers = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
        return web.Response(body=self._ctx.files.read(file), content_type=_mime(file.mime), headers=headers)

    async def _outcome(
        self, request: web.Request, bot: Account, chat: int, update: int | None, mark: int
    ) -> Json:
        """With `?wait=`: whether the bot took the update in that time, and what it wrote since.

        A bot may take an update first and work on it later: `&replies=N` waits for that many messages too.
        """
        if "wait" not in request.query:
            return {}
        ends, wanted = _deadline(request), int(_number(request.query.get("replies", "0")))
        queue = self._ctx.updates.queue(bot.id)
        confirmed = update is not None and await queue.confirmed(update, _left(ends))
        replies = await self._ctx.chats.replies(bot.id, chat, mark, wanted, _left(ends))
        return {"confirmed": confirmed, "replies": replies}

    def _bot(self, request: web.Request) -> Account:
        return self._ctx.accounts.chosen(request.query.get("bot"))

    def _where(self, request: web.Request, given: Json) -> tuple[Person, Chat]:
        """The person and their chat with the bot; in a group the one named by `as`. Raises PageError 404."""
        bot, number = self._bot(request), int(request.match_info["person"])
        group = self._ctx.chats.find(bot.id, number)
        if group is not None and not group.is_private:
            return self._ctx.people.get(given.get("as")), group
        person = self._person(request)
        return person, self._ctx.chats.private(bot, person)

    def _person(self, request: web.Request) -> Person:
        return self._ctx.people.get(int(request.match_info["person"]))


def _deadline(request: web.Request) -> float:
    return time.monotonic() + min(max(_number(request.query.get("wait", "0")), 0.0), WAIT_MAX)


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.0)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise PageError(400, f"not a number: {text}") from error


def _mime(mime: str) -> str:
    return mime.split(";")[0].strip() or "application/octet-stream"


@web.middleware
async def page_errors(request: web.Request, handler: Any) -> web.StreamResponse:
    """Refusals of the JSON API as `{"error": …}`."""
    try:
        response: web.StreamResponse = await handler(request)
    except PageError as error:
        return web.json_response({"error": str(error)}, status=error.status)
    return response
