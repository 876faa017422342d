"""Addresses as people type them: those that are meant as they look, and forgeries."""

import pytest

from bot.chat.emails import EmailProblem, WrongEmailError, read_email

MEANT = {
    "почта@пример.рф": "почта@пример.рф",
    "иван@школа.москва": "иван@школа.москва",
    "info@банк.com": "info@банк.com",
    "müller@bücher.de": "müller@bücher.de",
    "anna@øresund.dk": "anna@øresund.dk",
    "anna@việt.vn": "anna@việt.vn",
    "anna@日本web.jp": "anna@日本web.jp",
    "anna@例え.テスト": "anna@例え.テスト",
    "info@ουτοπία.ελ": "info@ουτοπία.ελ",
    "anna@example.com.": "anna@example.com",
    "anna@example.com,": "anna@example.com",
    "anna@example.com;": "anna@example.com",
    "anna@example.com…": "anna@example.com",
    "anna@example.com!": "anna@example.com",
    "(anna@example.com)": "anna@example.com",
    "(<anna@example.com>).": "anna@example.com",
    "Anna <anna@example.com>": "anna@example.com",
    '"Anna (school)" <anna@example.com>,': "anna@example.com",
    "mailto:anna@example.com": "anna@example.com",
    "ann\u2011a@exa\u2013mple.com": "ann-a@exa-mple.com",
}
FORGED = [
    *(
        "anna@gmail.сом",
        "anna@yandex.ру",
        "anna@mail.rυ",
        "anna@gmaıl.com",
        "anna@ɡmail.com",
        "anna@gmɑil.com",
    ),
    *(
        "anna@ꓐank.com",
        "anna@ᏀᎷᎪᏆᏞ.com",
        "anna@ᏀᎷᎪᏆᏞ.ᏟᎾᎷ",
        "anna@раураӏ.com",
        "anna@хорос.сом",
        "anna@օոս.com",
    ),
    *("аnna@gmail.com", "ɑnna@gmail.com", "anna@xn--80ak6aa92e.com", "anna@ꜱchool.com"),
]


def test_an_address_is_read_as_it_is_meant() -> None:
    assert {written: read_email(written) for written in MEANT} == MEANT


def test_letters_that_pass_for_others_are_refused() -> None:
    for written in FORGED:
        with pytest.raises(WrongEmailError) as refused:
            read_email(written)
        assert refused.value.problem == EmailProblem.MIXED_LETTERS, written
        assert refused.value.part, written
