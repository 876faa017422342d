"""Everybody's mailbox as a page: what came, and each letter with its code to copy and its links."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from markupsafe import Markup

from bot.sandbox.host import language_of
from bot.sandbox.mail.mailbox import Letter, Mailbox
from bot.sandbox.yookassa.pages import EMPTY, page, same_origin

Words = Mapping[str, str]
WORDS: Mapping[str, Words] = {
    "ru": {
        "title": "Почта",
        "none": "Писем пока нет.",
        "back": "Все письма",
        "chat": "Чат",
        "from": "От",
        "to": "Кому",
        "bounced": "вернулось отправителю",
        "code": "Код",
        "unsubscribe": "Отписаться",
        "unsubscribed": "Отправлено: сервер ответил {status}.",
        "missing": "Такого письма нет",
        "toggle": "English",
        "other": "en",
    },
    "en": {
        "title": "Mail",
        "none": "No letters yet.",
        "back": "All letters",
        "chat": "Chat",
        "from": "From",
        "to": "To",
        "bounced": "returned to its sender",
        "code": "Code",
        "unsubscribe": "Unsubscribe",
        "unsubscribed": "Sent: the server answered {status}.",
        "missing": "There is no such letter",
        "toggle": "Русский",
        "other": "ru",
    },
}
CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
LINK = re.compile(r"https?://[^\s<>\"]+")
REFRESH = Markup('<meta http-equiv="refresh" content="3">\n')
BAR = Markup(
    '<header class="bar"><h1>{title}</h1>{more}<a href="/?lang={lang}">{chat}</a>'
    '<a href="?lang={other}" hreflang="{other}" lang="{other}">{toggle}</a></header>'
)
ROW = Markup(
    '<li class="panel" data-testid="letter"><a href="/mail/{id}?lang={lang}">{subject}</a> {mark}'
    "<br><small>{at} · {to}</small></li>"
)
MARK = Markup('<span class="tag lost">{text}</span>')
LETTER = Markup(
    '<main class="panel"><p><small>{from_word}: {sender}<br>{to_word}: {to}<br>{at}</small> {mark}</p>{code}'
    '<div class="letter" data-testid="letter-text">{text}</div>{unsubscribe}</main>'
)
COPY = Markup(
    '<p><label>{word}: <input type="text" readonly size="8" value="{code}" data-testid="letter-code"></label></p>'
)
FORM = Markup(
    '<form method="post" action="/mail/{id}/unsubscribe?lang={lang}"><button>{word}</button>'
    ' <span role="status">{said}</span></form>'
)


class MailPages:
    """`zone` is what times are told in; None is this machine's."""

    def __init__(self, mailbox: Mailbox, zone: Callable[[], tzinfo | None]) -> None:
        self._mailbox = mailbox
        self._zone = zone

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/mail", self._list),
            web.get(r"/mail/{id:\d{1,9}}", self._show),
            web.post(r"/mail/{id:\d{1,9}}/unsubscribe", same_origin(self._unsubscribe)),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        lang = language_of(request)
        said = WORDS[lang]
        rows = EMPTY.join(self._row(letter, lang) for letter in self._mailbox.letters())
        shown = Markup("<ul>{}</ul>").format(rows) if rows else Markup("<p>{}</p>").format(said["none"])
        return page(lang, said["title"], "dashboard", _bar(lang, said["title"]) + shown, head=REFRESH)

    async def _show(self, request: web.Request) -> web.Response:
        lang = language_of(request)
        letter = self._mailbox.letter(int(request.match_info["id"]))
        if letter is None:
            return page(
                lang, WORDS[lang]["missing"], "dashboard", _bar(lang, WORDS[lang]["missing"]), status=404
            )
        more = Markup('<a href="/mail?lang={}">{}</a>').format(lang, WORDS[lang]["back"])
        body = _bar(lang, letter.subject, more) + self._letter(letter, lang, request.query.get("status"))
        return page(lang, letter.subject, "dashboard", body)

    async def _unsubscribe(self, request: web.Request) -> web.Response:
        """What a mail program does at that button (RFC 8058)."""
        letter = self._mailbox.letter(int(request.match_info["id"]))
        if letter is None or (url := _one_click(letter)) is None:
            raise web.HTTPNotFound
        form = {"List-Unsubscribe": "One-Click"}
        async with aiohttp.ClientSession() as client, client.post(url, data=form) as answer:
            status = answer.status
        raise web.HTTPSeeOther(f"/mail/{letter.id}?lang={language_of(request)}&status={status}")

    def _row(self, letter: Letter, lang: str) -> Markup:
        return ROW.format(
            id=letter.id,
            lang=lang,
            subject=letter.subject,
            mark=_mark(letter, lang),
            at=self._moment(letter),
            to=letter.to,
        )

    def _letter(self, letter: Letter, lang: str, status: str | None) -> Markup:
        said = WORDS[lang]
        code = CODE.search(letter.text)
        answered = said["unsubscribed"].format(status=status) if status else ""
        form = FORM.format(id=letter.id, lang=lang, word=said["unsubscribe"], said=answered)
        return LETTER.format(
            from_word=said["from"],
            sender=letter.headers.get("from", letter.sender),
            to_word=said["to"],
            to=letter.to,
            at=self._moment(letter),
            mark=_mark(letter, lang),
            code=COPY.format(word=said["code"], code=code[0]) if code else EMPTY,
            text=_linked(letter.text),
            unsubscribe=form if _one_click(letter) else EMPTY,
        )

    def _moment(self, letter: Letter) -> str:
        return f"{datetime.fromtimestamp(letter.at, UTC).astimezone(self._zone()):%Y-%m-%d %H:%M:%S}"


def _bar(lang: str, title: str, more: Markup = EMPTY) -> Markup:
    said = WORDS[lang]
    return BAR.format(
        title=title, more=more, lang=lang, chat=said["chat"], other=said["other"], toggle=said["toggle"]
    )


def _mark(letter: Letter, lang: str) -> Markup:
    return MARK.format(text=WORDS[lang]["bounced"]) if letter.bounced else EMPTY


def _one_click(letter: Letter) -> str | None:
    """Where unsubscribing is one request."""
    if "list-unsubscribe-post" not in letter.headers:
        return None
    found = LINK.search(letter.headers.get("list-unsubscribe", ""))
    return found[0] if found else None


def _linked(text: str) -> Markup:
    """Links into Telegram lead to the chat page."""
    parts, end = EMPTY, 0
    for found in LINK.finditer(text):
        parts += Markup.escape(text[end : found.start()])
        parts += Markup('<a href="{}">{}</a>').format(_here(found[0]), found[0])
        end = found.end()
    return (parts + Markup.escape(text[end:])).replace("\n", Markup("<br>\n"))


def _here(url: str) -> str:
    parts = urlsplit(url)
    return f"/?{parts.query}" if parts.hostname == "t.me" else url
