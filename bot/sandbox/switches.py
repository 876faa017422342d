"""What can be switched on, in words: the switches of a bad day, and whole bad days as presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Value = float | int | bool


class Kind(StrEnum):
    """How a switch is read: `take` works on the first three, `get` on all."""

    COUNT = "count"  # the next N calls; each take consumes one
    PROBABILITY = "probability"  # 0..1, drawn anew each time
    FLAG = "flag"
    SECONDS = "seconds"
    TIMES = "times"  # a level, not consumed


@dataclass(frozen=True, slots=True)
class Switch:
    """Its name begins with its side's. `en` and `ru` name it under the side's heading; a unit follows."""

    name: str
    kind: Kind
    en: str
    ru: str

    @property
    def side(self) -> str:
        return self.name.partition("_")[0]


@dataclass(frozen=True, slots=True)
class Preset:
    """A bad day in one press: these switches, and all others off."""

    name: str
    en: str
    ru: str
    values: Mapping[str, Value]


SIDES: Mapping[str, tuple[str, str]] = {
    "telegram": ("Telegram", "Telegram"),
    "provider": ("YooKassa", "ЮKassa"),
    "callback": ("YooKassa's callbacks", "Уведомления ЮKassa"),
    "mail": ("Mail", "Почта"),
}
UNITS: Mapping[Kind, tuple[str, str]] = {
    Kind.COUNT: ("times", "раз"),
    Kind.TIMES: ("times", "раз"),
    Kind.PROBABILITY: ("%", "%"),
    Kind.SECONDS: ("s", "с"),
}
SWITCHES: tuple[Switch, ...] = (
    Switch(
        "telegram_429",
        Kind.COUNT,
        "“Too many requests” (429), next calls",
        "«Слишком много запросов» (429), ближайшие вызовы",
    ),
    Switch(
        "telegram_5xx", Kind.COUNT, "Server error (5xx), next calls", "Ошибка сервера (5xx), ближайшие вызовы"
    ),
    Switch("telegram_slow", Kind.SECONDS, "Every call takes longer by", "Каждый вызов дольше на"),
    Switch(
        "telegram_drop",
        Kind.COUNT,
        "Done, but the answer is lost, next calls",
        "Выполнено, но ответ потерян, ближайшие вызовы",
    ),
    Switch(
        "telegram_bank",
        Kind.SECONDS,
        "Delay between the bot's consent and the charge",
        "Задержка между согласием и списанием",
    ),
    Switch(
        "telegram_old",
        Kind.FLAG,
        "An old Bot API server: no rich messages, no disabled buttons",
        "Старый сервер Bot API: без rich-сообщений и неактивных кнопок",
    ),
    Switch("provider_down", Kind.FLAG, "Does not answer at all", "Не отвечает совсем"),
    Switch("provider_5xx", Kind.PROBABILITY, "Answers with an error (500)", "Отвечает ошибкой (500)"),
    Switch(
        "provider_html_502",
        Kind.PROBABILITY,
        "Answers with an HTML page (502)",
        "Отвечает страницей HTML (502)",
    ),
    Switch("provider_cut", Kind.PROBABILITY, "Done, but the answer is lost", "Выполнено, но ответ потерян"),
    Switch(
        "provider_cut_before",
        Kind.PROBABILITY,
        "Connection lost, nothing done",
        "Связь оборвалась, ничего не сделано",
    ),
    Switch(
        "provider_broken_json",
        Kind.PROBABILITY,
        "Done, but the answer breaks off",
        "Выполнено, но ответ обрывается",
    ),
    Switch("provider_slow", Kind.SECONDS, "Every answer takes longer by", "Каждый ответ дольше на"),
    Switch("callback_lost", Kind.PROBABILITY, "Gets lost", "Теряется"),
    Switch("callback_repeat", Kind.TIMES, "Comes again", "Приходит ещё"),
    Switch("callback_delay", Kind.SECONDS, "Is late by", "Опаздывает на"),
    Switch("callback_shuffle", Kind.FLAG, "They come in any order", "Приходят вперемешку"),
    Switch("callback_forge", Kind.PROBABILITY, "A forged one comes first", "Сначала приходит поддельное"),
    Switch("mail_down", Kind.FLAG, "The server takes no connections", "Сервер не принимает соединений"),
    Switch("mail_slow", Kind.SECONDS, "Every letter takes longer by", "Каждое письмо дольше на"),
    Switch(
        "mail_4xx",
        Kind.COUNT,
        "“Try again later” (451), next letters",
        "«Попробуйте позже» (451), ближайшие письма",
    ),
    Switch(
        "mail_5xx",
        Kind.COUNT,
        "“No such mailbox” (550), next letters",
        "«Нет такого ящика» (550), ближайшие письма",
    ),
    Switch(
        "mail_cut",
        Kind.COUNT,
        "Taken, but the answer is lost, next letters",
        "Принято, но ответ потерян, ближайшие письма",
    ),
    Switch(
        "mail_bounce",
        Kind.COUNT,
        "Taken, then returned, next letters",
        "Принято, потом вернулось, ближайшие письма",
    ),
)
PRESETS: tuple[Preset, ...] = (
    Preset("well", "All is well", "Всё работает", {}),
    Preset("provider_down", "YooKassa is down", "ЮKassa лежит", {"provider_down": True}),
    Preset("callbacks_lost", "All callbacks are lost", "Все уведомления теряются", {"callback_lost": 1.0}),
    Preset(
        "callbacks_forged",
        "Callbacks come twice and forged",
        "Уведомления двойные и поддельные",
        {"callback_repeat": 1, "callback_forge": 1.0},
    ),
    Preset("mail_down", "Mail is down", "Почта лежит", {"mail_down": True}),
    Preset("telegram_slow", "Telegram is slow", "Telegram тормозит", {"telegram_slow": 3.0}),
)
# What the page needs to draw them; words are pairs, English first.
MODEL = {
    "sides": SIDES,
    "units": UNITS,
    "switches": [
        {"name": one.name, "side": one.side, "kind": one.kind, "words": (one.en, one.ru)} for one in SWITCHES
    ],
    "presets": [{"name": one.name, "words": (one.en, one.ru), "values": one.values} for one in PRESETS],
}
