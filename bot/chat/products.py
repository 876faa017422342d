"""PRODUCT as an admin writes it: its number, its name, or enough of that."""

import re
from collections.abc import Sequence

from db.normal import number_form, promo_form
from db.shop.offers import ProductSummary

NUMBER_SIGN = re.compile(r"^(?:#|No?\.?)", re.IGNORECASE)  # № is No in its normal form
MAX_DIGITS = 19  # of a bigint


def find_products(words: Sequence[str], products: Sequence[ProductSummary]) -> list[ProductSummary]:
    """By number; else by the whole name of the product or its course; else by beginnings of words of them."""
    number = NUMBER_SIGN.sub("", number_form("".join(words))) if len(words) <= 2 else ""
    if number.isdecimal():
        return [one for one in products if len(number) <= MAX_DIGITS and one.id == int(number)]
    wanted = promo_form(" ".join(words))
    exact = [one for one in products if promo_form(one.name) == wanted]
    exact = exact or [one for one in products if promo_form(one.module) == wanted]
    if exact or not wanted:
        return exact
    parts = wanted.split()
    return [one for one in products if _has_words(parts, f"{one.name} {one.module}")]


def _has_words(parts: Sequence[str], name: str) -> bool:
    words = re.findall(r"\w+", promo_form(name))
    return all(any(word.startswith(part) for word in words) for part in parts)
