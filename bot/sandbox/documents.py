"""Terms and privacy policy of the demo's school, so that consent can be seen."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web
from markupsafe import Markup

from bot.sandbox.host import language_of
from bot.sandbox.yookassa.pages import EMPTY, page

Document = tuple[str, tuple[str, ...]]  # title, paragraphs
TERMS: Mapping[str, Document] = {
    "ru": (
        "Условия обучения",
        (
            "Школа открывает доступ к курсу на оплаченный срок. Срок и цену бот называет до оплаты; новый срок "
            "прибавляется к тому, что ещё не истёк.",
            "Доступ открывается, как только деньги получены: обычно в ту же минуту. Чек приходит на указанный вами "
            "e-mail или телефон.",
            "Передумали? Напишите школе: она вернёт деньги за неиспользованные дни, и доступ сократится на них же.",
            "Уроки можно читать, повторять и пересказывать. Публиковать их целиком нельзя.",
        ),
    ),
    "en": (
        "Terms of study",
        (
            "The school opens a course for the period you pay for. The bot tells you the period and the price before "
            "you pay; a new period is added to whatever is left of the old one.",
            "Your access opens as soon as the money has arrived, usually within a minute. The receipt goes to the "
            "e-mail address or phone number you gave.",
            "Changed your mind? Write to the school: it refunds the days you have not used, and your access gets "
            "shorter by as many.",
            "Read the lessons, repeat them, retell them. Please do not publish them as a whole.",
        ),
    ),
}
PRIVACY: Mapping[str, Document] = {
    "ru": (
        "Политика конфиденциальности",
        (
            "Школа хранит ваше имя и номер в Telegram, e-mail и телефон, если вы их сообщили, ваши платежи, доступ "
            "и пройденные уроки. Номера карт видит только платёжный сервис.",
            "Это нужно, чтобы открыть вам курсы, прислать чек и вернуть доступ, если вы потеряете аккаунт. Рекламы "
            "не будет, и никому другому данные не передаются.",
            "Попросите школу, и она покажет, исправит или удалит ваши данные. Записи о платежах закон велит хранить.",
        ),
    ),
    "en": (
        "Privacy policy",
        (
            "The school keeps your name and id in Telegram, your e-mail address and phone number if you gave them, "
            "your payments, your access and the lessons you have finished. Only the payment service sees card numbers.",
            "We need this to open your courses, to send your receipts and to restore your access if you lose your "
            "account. There are no ads, and nobody else gets your data.",
            "Ask the school, and it shows, corrects or deletes your data. Records of payments have to be kept by law.",
        ),
    ),
}
NOTES = {
    "ru": "Это документ школы из демо. Для своей школы впишите адреса настоящих: TERMS_URL и PRIVACY_URL.",
    "en": "This is the demo school's document. Your school's own go into TERMS_URL and PRIVACY_URL.",
}
OTHERS = {"ru": ("en", "English"), "en": ("ru", "Русский")}
SHEET = Markup(
    '<main class="sheet"><header><span></span><a href="?lang={other}" hreflang="{other}" lang="{other}">{toggle}</a>'
    "</header><h1>{title}</h1>{paragraphs}<footer>{note}</footer></main>"
)


def document_routes() -> list[web.RouteDef]:
    return [web.get("/terms", _terms), web.get("/privacy", _privacy)]


async def _terms(request: web.Request) -> web.Response:
    return _shown(request, TERMS)


async def _privacy(request: web.Request) -> web.Response:
    return _shown(request, PRIVACY)


def _shown(request: web.Request, document: Mapping[str, Document]) -> web.Response:
    language = language_of(request)
    title, paragraphs = document[language]
    other, toggle = OTHERS[language]
    text = EMPTY.join(Markup("<p>{}</p>").format(one) for one in paragraphs)
    body = SHEET.format(other=other, toggle=toggle, title=title, paragraphs=text, note=NOTES[language])
    return page(language, title, "checkout", body)
