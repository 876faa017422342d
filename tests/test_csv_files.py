"""Lists of people as schools have them: from spreadsheets, with and without titles, in old encodings."""

import pytest

from bot.csv_files import MAX_PEOPLE, ListError, ListFault, read_people, to_csv

LISTS: list[tuple[str, str, list[str]]] = [
    ("a@x.ru\n\n7000000001\n#12\nАнна Соколова", "utf-8", ["a@x.ru", "", "7000000001", "#12", "Анна Соколова"]),
    ("ФИО;Почта;Класс\nСоколова Анна;a@x.ru;7Б\nБен;;7Б\n", "utf-8-sig", ["", "a@x.ru", "Бен"]),
    ("Фамилия,Имя,Телефон\nСоколова,Анна,\nКартер,Бен,+7 916 123-45-67", "cp1251",
     ["", "Соколова Анна", "+7 916 123-45-67"]),
    ("Соколова\tАнна\nКартер\tБен", "utf-16", ["Соколова Анна", "Картер Бен"]),
    ("Аккаунт;Имя;Продукт;Дней;Открыт до\n#12;Анна;Python;30;2026-01-01", "utf-8", ["", "#12"]),
    ('"Соколова, Анна",a@x.ru\r\n"=1+1"\r\n', "utf-8", ["a@x.ru", "=1+1"]),
]  # fmt: skip
FAULTS: list[tuple[bytes, ListFault]] = [
    (b"PK\x03\x04 a workbook", ListFault.SPREADSHEET),
    (b"\x89PNG\r\n\x1a\n\x00\x00", ListFault.BINARY),
    (b'"' + b"x" * 200_000, ListFault.BINARY),
    (b"", ListFault.EMPTY),
    (b" \n;;\n", ListFault.EMPTY),
    ("E-mail;Имя\n".encode(), ListFault.EMPTY),
    ("цвет;вес;рост;дата\nx;y;z;w".encode(), ListFault.NO_COLUMN),
    (b"a@x.ru\n" * (MAX_PEOPLE + 1), ListFault.TOO_MANY),
]


def test_whom_each_line_names() -> None:
    for written, encoding, people in LISTS:
        assert read_people(written.encode(encoding)) == people


def test_what_is_no_list_says_why() -> None:
    for data, fault in FAULTS:
        with pytest.raises(ListError) as refused:
            read_people(data)
        assert refused.value.fault is fault, data[:20]


def test_no_cell_is_a_formula() -> None:
    table = to_csv([["=1+1", "+7", "-5", "@x", "a;b", 'a"b', "Анна"]]).decode("utf-8-sig")
    assert table == '\'=1+1;\'+7;\'-5;\'@x;"a;b";"a""b";Анна\r\n'
