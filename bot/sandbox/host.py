"""What the demo adds to the sandbox: a school in the visitor's language, five things to try, and beginning anew."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from typing import Any, Protocol

from aiohttp import web

from bot.sandbox.store import Store
from bot.sandbox.yookassa.pages import same_origin

LANGUAGES = ("en", "ru")
WORLD = "world"


class Host(Protocol):
    """Whoever runs the sandbox together with a bot and a school of its own."""

    @property
    def language(self) -> str | None:
        """The school's; None until somebody has come."""

    @property
    def zone(self) -> str:
        """What the bot tells times in, such as Europe/Moscow."""

    async def visited(self, language: str) -> None:
        """Somebody opens the page. Returns when the school is there."""

    async def tasks(self) -> dict[str, bool]:
        """The things to try, and whether each was done."""

    def begin_anew(self, language: str) -> None:
        """Ends this world and everything in it; the next one is at the same address."""


class Hosting:
    """`host` is None where the sandbox runs alone."""

    def __init__(self, store: Store) -> None:
        self.host: Host | None = None
        self._store = store

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sandbox/world", self._world),
            web.post("/sandbox/anew", same_origin(self._anew)),
        ]

    async def visited(self, request: web.Request) -> None:
        if self.host is not None:
            await self.host.visited(language_of(request))

    async def _world(self, _: web.Request) -> web.Response:
        """`id` is another one after beginning anew."""
        world: dict[str, Any] = {"id": self._id(), "process": os.getpid()}
        if self.host is not None:
            world |= {"school": self.host.language, "zone": self.host.zone, "tasks": await self.host.tasks()}
        return web.json_response(world)

    async def _anew(self, request: web.Request) -> web.Response:
        given = await request.json()
        language = given.get("language") if isinstance(given, dict) else None
        if language not in LANGUAGES:
            return web.json_response({"error": f"language is one of {', '.join(LANGUAGES)}"}, status=400)
        if self.host is None:
            return web.json_response({"error": "this sandbox has no school: delete its folder"}, status=409)
        self.host.begin_anew(language)
        return web.json_response({})

    def _id(self) -> str:
        known = self._store.get(WORLD, "id") or {"id": secrets.token_hex(8)}
        self._store.put(WORLD, "id", known)
        return str(known["id"])


def language_of(request: web.Request) -> str:
    """`?lang=`, or the first language of the browser's list that is there; English for those who read neither."""
    asked = request.headers.get("Accept-Language", "").split(",")
    return _first([request.query.get("lang", ""), *asked])


def _first(codes: Iterable[str]) -> str:
    """Browsers write the best first."""
    known = (code.strip().lower()[:2] for code in codes)
    return next((code for code in known if code in LANGUAGES), LANGUAGES[0])
