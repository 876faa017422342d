"""What is left of a text in the log: nothing that looks private, however it is written, and no quotation."""

import time

import pytest

from bot.masking import MAX_READ, Masker

TOKEN = "7777777777:AAF-abcdefghijklmnopqrstuvwxyz012345"
PASSWORD = "p4ss-w0rd-of-the-shop"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (f"token {TOKEN}", "token [token]"),
        (f"https://u:x@h.example/a?b={PASSWORD}", "https://h.example/…"),
        ("Anna <anna@example.com>", "Anna <[e-mail]>"),
        ("call +7 999 111-22-33 or 89991112233", "call [phone] or [phone]"),
        ("8 (999) 123-45-67", "[phone]"),
        ("8-999-123-45-67, 9991234567", "[phone], [phone]"),
        ("(999) 123-45-67 +7.999.123.45.67", "[phone] [phone]"),
        ("＋７９９９１２３４５６７", "[phone]"),
        ("+7‑999‑123‑45‑67", "[phone]"),
        ("+7 999 123–45–67", "[phone]"),
        ("+49 30 123456", "[phone]"),
        ("anna%40example.com anna＠example.com", "[e-mail] [e-mail]"),
        ('to "anna p"@example.com', "to [e-mail]"),
        ("bot123456%3AAAFakeFakeFakeFakeFakeFakeFake/x", "bot[token]/x"),
        ("yoomoney.ru/checkout?orderId=2a", "yoomoney.ru/…"),
        ("https%3A%2F%2Fyoomoney.ru%2Fcheckout%3ForderId=1", "https%3A%2F%2Fyoomoney.ru/…"),
        ("postgresql://bot:pa/ss@h.example/db", "postgresql://…"),
        ("postgresql://bot:pass@h.example:5432/db", "postgresql://h.example:5432/…"),
        ("host=h password=hunter2 dbname=x", "host=h [secret] dbname=x"),
        ("Basic bGl2ZV9zZWNyZXQ=", "[secret]"),
        ("2026-11-26 18:03:35.123456 in 127.0.0.1:8080", "2026-11-26 18:03:35.123456 in 127.0.0.1:8080"),
        ("telegram 8123456789, purchase 12, 1990.00 RUB", "telegram 8123456789, purchase 12, 1990.00 RUB"),
        ("22e12f66-000f-5000-8000-18db351245c7", "22e12f66-000f-5000-8000-18db351245c7"),
        ("update 700000001 of chat 7000000001", "update 700000001 of chat 7000000001"),
    ],
)
def test_what_looks_private_is_masked(value: str, shown: str) -> None:
    assert Masker().mask(value) == shown


LONG = 'end of "\nAnna\n" and "Anna, cut'


def test_a_quotation_over_lines_or_without_an_end_is_left_out() -> None:
    assert Masker().foreign(LONG) == "end of …"
    assert Masker().foreign("https://h/x failed: 502 'Anna'") == "https://h/… failed: 502 …"


LONG_WORDS = [
    "a",
    "a.",
    "1",
    "+7",
    "+1-",
    "a@",
    "{",
    "<",
    "'",
    '"',
    "a:/",
    "%40",
    "DETAIL:",
    "9 ",
    "(9",
    "a=",
    "ж",
    "é.",
]


def test_twice_the_text_takes_no_four_times_as_long() -> None:
    """Measured within one run, with room for a busy machine: what goes back over a text takes 64 times as long."""
    masker = Masker([PASSWORD])
    for word in LONG_WORDS:
        short, long = (
            min(seconds(masker, word * (size // len(word))) for _ in range(3)) for size in (500, 4000)
        )
        assert long < 24 * short + 0.002, word


def seconds(masker: Masker, text: str) -> float:
    before = time.process_time()
    masker.foreign(text)
    return time.process_time() - before


def test_a_secret_where_the_text_is_cut_is_masked_whole() -> None:
    assert "sup3r" not in Masker(["sup3r-secret"]).mask("x" * (MAX_READ - 8) + "\nsup3r-secret")[-20:]
