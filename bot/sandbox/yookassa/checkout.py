"""The hosted checkout page: a payer chooses a test card or SBP, pays, is declined, or walks away."""

from __future__ import annotations

import math
from collections.abc import Iterable
from urllib.parse import parse_qs, urlencode, urlsplit

from aiohttp import web
from markupsafe import Markup

from bot.sandbox.yookassa.book import PaymentRecord
from bot.sandbox.yookassa.cards import CARDS, Card
from bot.sandbox.yookassa.checks import HIGHEST
from bot.sandbox.yookassa.control import choose_and_pay
from bot.sandbox.yookassa.errors import Refused
from bot.sandbox.yookassa.pages import EMPTY, html_errors, page, same_origin
from bot.sandbox.yookassa.provider import Provider
from bot.sandbox.yookassa.timestamps import parse_timestamp
from bot.sandbox.yookassa.words import Words, lang_of, money, reason_text, words

TELEGRAM_HOSTS = frozenset({"t.me", "telegram.me"})
RETURN_SECONDS = 4
FORM = Markup(
    """<form method="post" action="{action}">
<fieldset><legend>{choose}</legend>
{options}
</fieldset>
<button class="primary" name="action" value="pay">{pay}</button>
<button name="action" value="decline">{decline}</button>
<button class="quiet" name="action" value="close">{close}</button>
</form>
<p class="hint">{left}</p>"""
)
OPTION = Markup(
    '<label class="option"><input type="radio" name="method" value="{value}"{checked}>'
    "<span><b>{title}</b> <small>{note}</small></span></label>\n"
)
FOLD = Markup("<details><summary>{title}</summary>\n{options}</details>\n")
CARD = Markup(
    """<main class="sheet">
<header><span>{shop}</span>
<a href="{toggle_url}" hreflang="{toggle_lang}" lang="{toggle_lang}">{toggle}</a></header>
<h1>{heading}</h1>
<p class="what">{what}</p>
{content}
<footer>{note}</footer>
</main>"""
)
RESULT = Markup('<div role="status" class="result {kind}"><p>{text}</p></div>\n{links}')
LINK = Markup('<a class="button {kind}" href="{url}">{text}</a>\n')
AUTO = Markup('<meta http-equiv="refresh" content="{seconds};url={url}">\n')


def checkout_routes(provider: Provider) -> list[web.RouteDef]:
    checkout = Checkout(provider)
    return [
        web.get("/checkout/{id}", checkout.show),
        web.post("/checkout/{id}", same_origin(html_errors(checkout.submit))),
    ]


class Checkout:
    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def show(self, request: web.Request) -> web.Response:
        try:
            with self._provider.store.batch():
                record = self._provider.payments.find(None, request.match_info["id"])
        except Refused:
            return _missing(words(request.query.get("lang")))
        said = words(request.query.get("lang") or record.locale[:2])
        if record.status == "pending" and "closed" not in request.query:
            return self._form(record, said)
        return self._result(record, said, just_now="done" in request.query)

    async def submit(self, request: web.Request) -> web.Response:
        form = await request.post()
        query = {"lang": request.query["lang"]} if "lang" in request.query else {}
        action = str(form.get("action", ""))
        with self._provider.store.batch():
            record = self._provider.payments.find(None, request.match_info["id"])
            if record.status == "pending":
                self._carry_out(record, action, str(form.get("method", "")))
        # Pressed twice, or run out meanwhile: the result page tells how it stands.
        query["closed" if action == "close" else "done"] = "1"
        raise web.HTTPSeeOther(f"/checkout/{record.id}?{urlencode(query)}")

    def _carry_out(self, record: PaymentRecord, action: str, method: str) -> None:
        match action:
            case "pay":
                choose_and_pay(self._provider, record, method)
            case "decline":
                self._provider.payments.decline(record)
            case "close":
                return
            case _:
                raise Refused("No such action")

    def _form(self, record: PaymentRecord, said: Words) -> web.Response:
        left = parse_timestamp(record.expires_at) - self._provider.clock()
        content = FORM.format(
            action=f"/checkout/{record.id}?lang={lang_of(said)}",
            choose=said["choose"],
            options=_options(record, said),
            pay=said["pay"].format(amount=_sum(record, said)),
            decline=said["decline"],
            close=said["close"],
            left=said["minutes_left"].format(minutes=max(1, math.ceil(left.total_seconds() / 60))),
        )
        return self._page(record, said, _sum(record, said), content)

    def _result(self, record: PaymentRecord, said: Words, *, just_now: bool) -> web.Response:
        title, text, kind = _outcome(record, said)
        back = back_link(record.return_url)
        links, head = EMPTY, EMPTY
        if record.status == "pending":
            links += LINK.format(
                kind="primary", url=f"/checkout/{record.id}?lang={lang_of(said)}", text=said["again"]
            )
        if back is not None:
            word = "back_chat" if back.startswith("/") else "back_shop"
            links += LINK.format(kind="" if links else "primary", url=back, text=said[word])
            if just_now and not back.startswith("/"):
                head = AUTO.format(seconds=RETURN_SECONDS, url=back)
                links += Markup('<p class="hint">{}</p>').format(said["back_soon"])
        return self._page(record, said, title, RESULT.format(kind=kind, text=text, links=links), head)

    def _page(
        self, record: PaymentRecord, said: Words, heading: str, content: Markup, head: Markup = EMPTY
    ) -> web.Response:
        body = CARD.format(
            shop=said["shop"].format(shop=record.shop),
            toggle_url=f"/checkout/{record.id}?lang={said['toggle_lang']}",
            toggle_lang=said["toggle_lang"],
            toggle=said["toggle"],
            heading=heading,
            what=record.body.get("description", ""),
            content=content,
            note=said["sandbox_note"],
        )
        return page(lang_of(said), said["checkout_title"], "checkout", body, head=head)


def back_link(return_url: str | None) -> str | None:
    """Where the payer goes back to: the sandbox's own chat page stands for Telegram.

    None for a scheme that a browser cannot follow.
    """
    if return_url is None:
        return None
    parts = urlsplit(return_url)
    if parts.hostname in TELEGRAM_HOSTS or parts.scheme == "tg":
        start = parse_qs(parts.query).get("start", [])
        return "/?" + urlencode({"start": start[0]} if start else {"back": "1"})
    return return_url if parts.scheme in ("http", "https") else None


def _missing(said: Words) -> web.Response:
    body = Markup('<main class="sheet"><h1>{}</h1><p>{}</p></main>').format(
        said["missing"], said["missing_text"]
    )
    return page(lang_of(said), said["missing"], "checkout", body, status=404)


def _options(record: PaymentRecord, said: Words) -> Markup:
    """One card and SBP at hand, the other cards folded, so that a phone shows the buttons at once."""
    by_card = record.amount <= HIGHEST["bank_card"] and record.method_wanted != "sbp"
    by_sbp = record.capture and record.method_wanted in (None, "sbp")
    options = _cards(CARDS[:1], said, checked=True) if by_card else EMPTY
    if by_sbp:
        options += _option("sbp", said["sbp"], said["sbp_hint"], checked=not by_card)
    if by_card:
        good = [card for card in CARDS[1:] if card.reason is None]
        bad = [card for card in CARDS if card.reason is not None]
        options += FOLD.format(title=said["good_cards"], options=_cards(good, said))
        options += FOLD.format(title=said["bad_cards"], options=_cards(bad, said))
    return options


def _cards(cards: Iterable[Card], said: Words, *, checked: bool = False) -> Markup:
    rows = EMPTY
    for card in cards:
        brand = f"{card.brand}, 3\N{NON-BREAKING HYPHEN}D Secure" if card.secure else card.brand
        note = brand if card.reason is None else reason_text(said, card.reason)
        rows += _option(card.number, card.grouped, note, checked=checked)
    return rows


def _option(value: str, title: str, note: str, *, checked: bool) -> Markup:
    mark = Markup(" checked") if checked else EMPTY
    return OPTION.format(value=value, checked=mark, title=title, note=note)


def _outcome(record: PaymentRecord, said: Words) -> tuple[str, str, str]:
    """Heading, sentence and class of the result page."""
    paid = _sum(record, said)
    match record.status:
        case "succeeded":
            return said["paid_title"], said["paid_text"].format(amount=paid), "good"
        case "waiting_for_capture":
            return said["held_title"], said["held_text"].format(amount=paid), "good"
        case "canceled":
            reason = reason_text(said, record.body["cancellation_details"]["reason"])
            return said["canceled_title"], said["canceled_text"].format(amount=paid, reason=reason), "bad"
        case _:
            return said["closed_title"], said["closed_text"], ""


def _sum(record: PaymentRecord, said: Words) -> str:
    return money(record.body["amount"]["value"], record.body["amount"]["currency"], said)
