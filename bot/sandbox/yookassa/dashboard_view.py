"""How the dashboard looks; every value passes through Markup.format, which escapes it."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from babel.dates import format_datetime
from markupsafe import Markup

from bot.sandbox.yookassa import fault_view
from bot.sandbox.yookassa.book import Item, Merchant, PaymentRecord, RefundRecord
from bot.sandbox.yookassa.money import Json, written
from bot.sandbox.yookassa.notifications import Notification
from bot.sandbox.yookassa.pages import EMPTY, Place
from bot.sandbox.yookassa.provider import Provider
from bot.sandbox.yookassa.timestamps import parse_timestamp
from bot.sandbox.yookassa.words import Words, lang_of, money, reason_text

SHOWN = 100
DATE = {"en": "MMM d, y, HH:mm", "ru": "d MMM y, HH:mm"}
BUTTON = Markup('<form class="row" method="post" action="{url}"><button>{text}</button></form>')
REFUND = Markup(
    '<form class="row" method="post" action="{url}">'
    '<input type="text" inputmode="decimal" name="amount" placeholder="{left}" aria-label="{label}">'
    "<button>{text}</button></form>"
)
LINK = Markup('<p class="row"><a class="button" href="{url}">{text}</a></p>')
CELL = Markup('<td data-label="{label}" class="{kind}">{value}</td>')
PANEL = Markup('<section class="panel" id="{name}"><h2>{title}</h2>\n{content}\n</section>\n')
TABLE = Markup("<table><thead><tr>{heads}</tr></thead><tbody>\n{rows}</tbody></table>")
TOP = Markup(
    '<header class="bar"><h1>{title}</h1><a href="/">{chat}</a><a href="{again}">{refresh}</a>'
    '<a href="{live}">{live_word}</a><a href="{toggle_url}" lang="{toggle_lang}">{toggle}</a></header>\n'
)
NOTE = Markup('<p class="note" role="status">{text}</p>\n')
SETTINGS = Markup(
    '<form method="post" action="{url}">'
    '<label class="wide">{url_word}<input type="url" name="notifications_url" value="{value}"></label>'
    '<p class="hint">{hint}</p><div class="grid">{checks}</div><button class="primary">{save}</button></form>'
)


def dashboard(provider: Provider, merchant: Merchant, place: Place, message: str | None) -> Markup:
    said = place.said
    payments = _newest(provider.book.payments.values(), place.shop)
    refunds = _newest(provider.book.refunds.values(), place.shop)
    log = [item for item in reversed(provider.notifications.log.values()) if item.shop == place.shop]
    return EMPTY.join(
        (
            _top(place),
            _shops(provider, place),
            NOTE.format(text=message) if message else EMPTY,
            _faults_on(provider, place),
            PANEL.format(
                name="payments", title=said["payments"], content=_payments(provider, payments, place)
            ),
            PANEL.format(name="refunds", title=said["refunds"], content=_refunds(refunds, place)),
            PANEL.format(
                name="notifications", title=said["notifications"], content=_notifications(log, place)
            ),
            PANEL.format(name="settings", title=said["settings"], content=_settings(merchant, place)),
            PANEL.format(
                name="faults", title=said["faults"], content=fault_view.panel(provider.faults, place)
            ),
        )
    )


def _top(place: Place) -> Markup:
    said = place.said
    again = {"live": "1"} if place.live else {}
    other = urlencode({"lang": said["toggle_lang"], "shop": place.shop, **again})
    return TOP.format(
        title=said["dashboard"],
        chat=said["chat"],
        again=place.url(**again),
        refresh=said["refresh"],
        live=place.url() if place.live else place.url(live="1"),
        live_word=said["live_off"] if place.live else said["live_on"],
        toggle_url=f"/dashboard?{other}",
        toggle_lang=said["toggle_lang"],
        toggle=said["toggle"],
    )


def _shops(provider: Provider, place: Place) -> Markup:
    """Links to the other shops, where there are any."""
    others = [shop for shop in provider.book.merchants if shop != place.shop]
    link = Markup('<a href="/dashboard?{query}">{text}</a> ')
    links = (
        link.format(
            query=urlencode({"lang": lang_of(place.said), "shop": shop}),
            text=place.said["shop"].format(shop=shop),
        )
        for shop in others
    )
    return Markup('<nav class="hint"><b>{}</b> {}</nav>').format(
        place.said["shop"].format(shop=place.shop), EMPTY.join(links)
    )


def _faults_on(provider: Provider, place: Place) -> Markup:
    names = fault_view.switched_on(provider.faults, place.said)
    return NOTE.format(text=place.said["faults_on"].format(names=names)) if names else EMPTY


def _payments(provider: Provider, records: list[PaymentRecord], place: Place) -> Markup:
    rows = (_payment_row(provider, record, place) for record in records)
    heads = ("created", "what", "amount", "status", "returned", "actions")
    return _table(place.said, heads, rows, "no_payments")


def _payment_row(provider: Provider, record: PaymentRecord, place: Place) -> Markup:
    said, shown = place.said, provider.payments.shown(record)
    currency = shown["amount"]["currency"]
    returned = shown.get("refunded_amount", {}).get("value", "0.00")
    what = Markup("{}<br><code>{}</code>").format(shown.get("description", ""), record.id)
    cells = (
        ("created", "", _time(shown["created_at"], place)),
        ("what", "", what),
        ("amount", "sum", money(shown["amount"]["value"], currency, said)),
        ("status", f"tag {record.status}", _status(shown, said)),
        ("returned", "sum", "" if returned == "0.00" else money(returned, currency, said)),
        ("actions", "", _payment_actions(provider, record, place)),
    )
    return _row(said, cells)


def _payment_actions(provider: Provider, record: PaymentRecord, place: Place) -> Markup:
    said = place.said

    def button(action: str) -> Markup:
        return BUTTON.format(url=place.url(f"/payments/{record.id}/{action}"), text=said[action])

    match record.status:
        case "pending":
            return LINK.format(url=f"/checkout/{record.id}", text=said["open_checkout"]) + button("expire")
        case "waiting_for_capture":
            return button("capture") + button("cancel") + button("expire")
        case "succeeded" if (left := provider.refunds.left(record)) > 0:
            url = place.url(f"/payments/{record.id}/refund")
            return REFUND.format(url=url, left=written(left), label=said["refund_sum"], text=said["refund"])
        case _:
            return EMPTY


def _refunds(records: list[RefundRecord], place: Place) -> Markup:
    rows = (_refund_row(record, place) for record in records)
    return _table(place.said, ("created", "payment", "amount", "status", "actions"), rows, "no_refunds")


def _refund_row(record: RefundRecord, place: Place) -> Markup:
    said, body = place.said, record.body
    actions = EMPTY
    if record.status == "pending":
        for end in ("succeed", "refuse"):
            actions += BUTTON.format(url=place.url(f"/refunds/{record.id}/{end}"), text=said[end])
    cells = (
        ("created", "", _time(body["created_at"], place)),
        ("payment", "", Markup("<code>{}</code>").format(record.payment_id)),
        ("amount", "sum", money(body["amount"]["value"], body["amount"]["currency"], said)),
        ("status", f"tag {record.status}", _status(body, said)),
        ("actions", "", actions),
    )
    return _row(said, cells)


def _notifications(log: list[Notification], place: Place) -> Markup:
    rows = (_notification_row(item, place) for item in log[:SHOWN])
    return _table(place.said, ("created", "event", "status", "attempts", "actions"), rows, "no_notifications")


def _notification_row(item: Notification, place: Place) -> Markup:
    said = place.said
    mark = f" ({said['forged']})" if item.forged else ""
    event = Markup("{}{}<br><code>{}</code>").format(item.event, mark, item.object_id)
    tries = ", ".join(str(entry.get("status", said["answer_none"])) for entry in item.attempts[-5:])
    again = BUTTON.format(url=place.url(f"/notifications/{item.n}/redeliver"), text=said["redeliver"])
    cells = (
        ("created", "", _time(item.created_at, place)),
        ("event", "", event),
        ("status", f"tag {item.state}", said[f"state.{item.state}"]),
        ("attempts", "", f"{item.tries}: {tries}" if item.tries else "0"),
        ("actions", "", again),
    )
    return _row(said, cells)


def _settings(merchant: Merchant, place: Place) -> Markup:
    said = place.said
    values = {
        "receipts_required": merchant.receipts_required,
        "own_register": merchant.own_register,
        "test": merchant.test,
        "refunds_pending": merchant.refunds == "pending",
    }
    return SETTINGS.format(
        url=place.url("/settings"),
        url_word=said["url"],
        value=merchant.notifications_url or "",
        hint=said["url_hint"],
        checks=EMPTY.join(
            fault_view.check(name, said[name], value, marked=False) for name, value in values.items()
        ),
        save=said["save"],
    )


def _table(said: Words, heads: Iterable[str], rows: Iterable[Markup], empty: str) -> Markup:
    body = EMPTY.join(rows)
    if not body:
        return Markup('<p class="hint">{}</p>').format(said[empty])
    titles = (Markup('<th scope="col">{}</th>').format(said[head]) for head in heads)
    return TABLE.format(heads=EMPTY.join(titles), rows=body)


def _row(said: Words, cells: Iterable[tuple[str, str, str]]) -> Markup:
    filled = (CELL.format(label=said[name], kind=kind, value=value) for name, kind, value in cells)
    return Markup("<tr>{}</tr>\n").format(EMPTY.join(filled))


def _status(body: Json, said: Words) -> str:
    status = said[f"status.{body['status']}"]
    reason = body.get("cancellation_details", {}).get("reason")
    return f"{status}: {reason_text(said, reason)}" if reason else status


def _time(stamp: str, place: Place) -> Markup:
    moment = parse_timestamp(stamp).astimezone(place.zone)
    language = lang_of(place.said)
    text = format_datetime(moment, DATE[language], locale=language)
    return Markup('<time datetime="{}">{}</time>').format(stamp, text)


def _newest(records: Iterable[Item], shop: str) -> list[Item]:
    mine = [record for record in records if record.shop == shop]
    return mine[: -SHOWN - 1 : -1]
