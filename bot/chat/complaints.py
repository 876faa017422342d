"""Free text in which somebody asks where their money is: told by words of both languages, as beginnings of words."""

import re

from db.normal import clean_text

# Each line is a complaint where every beginning in it begins a word of the text, in whatever order. Only what has
# happened counts ("оплатил", "paid"), never what is asked about ("как оплатить", "how to pay").
COMPLAINTS: tuple[tuple[str, ...], ...] = (
    # paid
    ("оплатил",), ("заплатил",), ("проплатил",), ("уплатил",), ("доплатил",), ("оплачен",), ("оплачив", "уже"),
    ("оплат", "прошл"), ("оплат", "прошел"), ("платеж", "прошел"), ("платеж", "прошл"), ("платеж", "завис"),
    ("оплат", "завис"), ("купил",), ("перевел", "деньги"), ("перевела", "деньги"), ("перевел", "вам"),
    # money
    ("деньг", "списал"), ("деньг", "снял"), ("деньг", "ушли"), ("деньг", "пропал"), ("деньг", "где"),
    ("списал",), ("сняли",), ("верн", "деньг"), ("верн", "оплат"), ("возврат",), ("чек", "пришел"),
    # access
    ("где", "доступ"), ("где", "курс"), ("где", "урок"), ("нет", "доступ"), ("доступ", "не", "откр"),
    ("доступ", "не", "приш"), ("доступ", "не", "дал"), ("доступ", "пропал"), ("курс", "не", "открыл"),
    ("курс", "не", "открыв"), ("урок", "не", "открыл"), ("урок", "не", "открыв"), ("не", "зачисл"),
    ("ничего", "не", "открылось"), ("ничего", "не", "пришло"),
    # English
    ("i", "paid"), ("ive", "paid"), ("we", "paid"), ("have", "paid"), ("already", "paid"), ("just", "paid"),
    ("paid", "but"), ("paid", "where"), ("paid", "nothing"), ("paid", "yesterday"), ("charged",), ("debited",),
    ("i", "bought"), ("i", "purchased"), ("payment", "went"), ("payment", "stuck"), ("payment", "lost"),
    ("payment", "missing"), ("money", "taken"), ("money", "gone"), ("took", "money"), ("money", "back"),
    ("refund",), ("where", "access"), ("no", "access"), ("access", "not", "open"), ("access", "not", "work"),
    ("course", "not", "open"), ("course", "didnt", "open"), ("lessons", "not", "open"), ("lessons", "didnt", "open"),
)  # fmt: skip
# The whole text, where one word says it all.
ALONE = {"paid", "оплата", "платеж", "доступ", "чек", "деньги"}


def is_payment_complaint(text: str) -> bool:
    words = re.findall(
        r"\w+", clean_text(text).casefold().replace("ё", "е").replace("'", "").replace("’", "")
    )
    if len(words) == 1 and words[0] in ALONE:
        return True
    return any(all(_begins(start, words) for start in line) for line in COMPLAINTS)


def _begins(start: str, words: list[str]) -> bool:
    """Short words are meant whole: "i" begins no other, and "не" not "неделя"."""
    return start in words if len(start) < 4 else any(word.startswith(start) for word in words)
