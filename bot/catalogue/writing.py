"""The catalogue as a file: what `reading` reads back as it was."""

from dataclasses import fields
from decimal import Decimal
from typing import Any

import tomlkit
from pydantic import ValidationError
from tomlkit.items import Item

from bot.catalogue.errors import CatalogueError
from bot.catalogue.folder import HEADS, assemble
from bot.catalogue.lesson_files import write_lesson
from bot.catalogue.reading import check, parse
from bot.catalogue.tables import ModuleTable, ProductTable, PromoTable
from bot.currencies import exponent
from bot.lessons.document import Format, Markup
from db.catalogue import entries
from db.catalogue.entries import Catalogue
from db.catalogue.faults import Fault

HEAD = "# Written by `python main.py catalog export`. Loaded into the same database it changes nothing.\n\n"
Table = dict[str, Any]
Entry = (
    entries.ModuleEntry
    | entries.LessonEntry
    | entries.QuestionEntry
    | entries.ProductEntry
    | entries.OfferEntry
    | entries.PromoEntry
    | entries.ResultEntry
    | entries.SchoolEntry
)


def write(catalogue: Catalogue) -> tuple[str, list[str]]:
    """The file's text, and a line for each row of another application that no file can hold and that was left out.

    Raises CatalogueError where nothing is left.
    """
    tables, notes = _tables(catalogue)
    text = _dumped(tables)
    parse(text)
    return text, notes


def write_folder(catalogue: Catalogue) -> tuple[dict[str, str], list[str]]:
    """As `write`: the texts of a course folder, by their names within it. Raises CatalogueError also where a lesson
    can't be said in a file of its own."""
    tables, notes = _tables(catalogue)
    whole = parse(_dumped(tables))
    texts = {}
    for module in tables["modules"]:
        for number, lesson in enumerate(module.pop("lessons", []), 1):
            end, text = write_lesson(lesson)
            texts[f"{module['key']}/{number:03}-{lesson['key']}{end}"] = text
    texts[HEADS[0]] = _dumped(tables)
    if check(*assemble(HEADS[0], texts)) != whole:
        raise CatalogueError(["a question can't be written as a list; export into one .toml file instead"])
    return texts, notes


def check_course(catalogue: Catalogue, module: entries.ModuleEntry) -> None:
    """Whether a file could say what is in that course and what is sold of it. Raises CatalogueError."""
    sold = [_product(one) for one in catalogue.products if one.module == module.key]
    parse(_dumped({"modules": [_module(module)], "products": sold}))


def _dumped(tables: dict[str, Any]) -> str:
    return HEAD + tomlkit.dumps({name: _item(rows) for name, rows in tables.items() if rows})


def _tables(catalogue: Catalogue) -> tuple[dict[str, Any], list[str]]:
    modules, notes = _fitting("modules", [_module(one) for one in catalogue.modules], ModuleTable)
    keys = {one["key"] for one in modules}
    products, more = _fitting(
        "products", [_product(one) for one in catalogue.products if one.module in keys], ProductTable
    )
    keys = {one["key"] for one in products}
    promos, most = _fitting(
        "promocodes", [_table(one) for one in catalogue.promos if one.product in keys], PromoTable
    )
    if not modules:
        raise CatalogueError([Fault("there is no module to write"), *notes])
    tables: dict[str, Any] = {
        "school": _school(catalogue.school),
        "modules": modules,
        "products": products,
        "promocodes": promos,
        "results": [_result(one) for one in catalogue.results],
    }
    return tables, notes + more + most


def _fitting(
    name: str, rows: list[Table], model: type[ModuleTable | ProductTable | PromoTable]
) -> tuple[list[Table], list[str]]:
    """Without what the model refuses: an optional key of its own is left out, which leaves the row as it is."""
    fitting, notes = [], []
    for row in rows:
        refused = _refused(row, model)
        for key in refused & {"description", "interval_count"}:
            del row[key]
        if refused := _refused(row, model):
            notes.append(
                f"{name} {row.get('key') or row.get('code')!r} is left out: {', '.join(sorted(refused))}"
            )
        else:
            fitting.append(row)
    return fitting, notes


def _refused(row: Table, model: type[ModuleTable | ProductTable | PromoTable]) -> set[str]:
    try:
        model.model_validate(row)
    except ValidationError as error:
        return {str(problem["loc"][0]) for problem in error.errors()}
    return set()


def _item(value: Any) -> Item:
    """Lists of tables as [[headers]], so that one can be added below; long texts over several lines."""
    match value:
        case str() if "\n" in value:
            return tomlkit.string(value, multiline=True)
        case dict():
            inline = tomlkit.inline_table()
            inline.update(value)
            return inline
        case Decimal():
            return tomlkit.value(format(value, "f"))
        case [dict(), *_]:
            headers = tomlkit.aot()
            for one in value:
                table = tomlkit.table()
                for name, part in one.items():
                    table.add(name, _item(part))
                headers.append(table)
            return headers
        case _:
            return tomlkit.item(value)


def _table(entry: Entry, **changed: Any) -> Table:
    """The entry's fields, some of them as the file has them. TOML has no null, and what is empty need not be said."""
    values = {one.name: getattr(entry, one.name) for one in fields(entry)} | changed
    return {
        name: value for name, value in values.items() if value is not False and value not in (None, [], ())
    }


def _school(said: tuple[entries.SchoolEntry, ...]) -> Table:
    """The text for all languages directly, each translation in a table of its language."""
    tables = {one.language: _table(one, language=None) for one in said}
    return tables.pop("", {}) | tables


def _module(one: entries.ModuleEntry) -> Table:
    shown = None if one.format == Format.CLASSIC else one.format
    count = one.interval_count or None  # of a course without lessons
    return _table(
        one, format=shown, interval_count=count, lessons=[_lesson(lesson) for lesson in one.lessons]
    )


def _lesson(one: entries.LessonEntry) -> Table:
    source = "url" if (one.media or "").startswith(("http://", "https://")) else "file_id"
    table = _table(
        one,
        markup=None,
        media_kind=None,
        media={"kind": one.media_kind, source: one.media} if one.media else None,
        questions=[_question(two) for two in one.questions],
    )
    named = {"text": "markdown"} if one.markup == Markup.MARKDOWN else {}
    return {named.get(name, name): value for name, value in table.items()}


def _question(one: entries.QuestionEntry) -> Table:
    """The kind is said where the answers alone would make it another one."""
    return _table(
        one,
        kind=one.kind if one.kind in ("text", "number") else None,
        options=list(one.options),
        answer=None if one.answer is None else one.answer + 1,
        answers=[answer + 1 for answer in one.answers],
        accepted=list(one.accepted),
    )


def _product(one: entries.ProductEntry) -> Table:
    return _table(one, offers=[_offer(offer) for offer in one.offers])


def _offer(one: entries.OfferEntry) -> Table:
    price = Decimal(one.price).scaleb(-exponent(one.currency))
    whole = price == price.to_integral_value()
    return _table(one, price=int(price) if whole else str(price), methods=list(one.methods))


def _result(one: entries.ResultEntry) -> Table:
    return _table(one) | {"passed": one.passed}
