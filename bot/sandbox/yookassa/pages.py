"""What checkout and dashboard pages share: frame, style, safe headers, protection from other sites."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import tzinfo
from importlib.resources import files
from urllib.parse import urlencode, urlsplit

from aiohttp import web
from markupsafe import Markup

from bot.sandbox.yookassa.errors import Refused
from bot.sandbox.yookassa.words import Words, lang_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
STYLE = Markup(files(__package__).joinpath("pages.css").read_text(encoding="utf-8"))  # our own file
EMPTY = Markup("")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
FRAME = Markup(
    """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{head}<title>{title}</title>
<style>{style}</style>
</head>
<body class="{kind}">
{body}
</body>
</html>
"""
)


@dataclass(frozen=True, slots=True)
class Place:
    """Which shop the dashboard shows, in which words, and the addresses that keep both. `zone` is what its times are
    told in; None is this machine's, which the browser shares."""

    said: Words
    shop: str
    live: bool = False
    zone: tzinfo | None = None

    def url(self, path: str = "", **more: str) -> str:
        return f"/dashboard{path}?" + urlencode({"lang": lang_of(self.said), "shop": self.shop, **more})


def page(
    lang: str, title: str, kind: str, body: Markup, *, head: Markup = EMPTY, status: int = 200
) -> web.Response:
    html = FRAME.format(lang=lang, title=title, style=STYLE, kind=kind, body=body, head=head)
    return web.Response(text=html, content_type="text/html", headers=HEADERS, status=status)


def same_origin(handler: Handler) -> Handler:
    """Refuses what another site's page sends here: a browser says in Origin whose page it is."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            return web.json_response({"error": "sent by a page of another origin"}, status=403)
        return await handler(request)

    return guarded


def html_errors(handler: Handler) -> Handler:
    """A refusal as plain text with its status, for forms."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refused as refused:
            return web.Response(text=refused.description, status=refused.status)

    return guarded
