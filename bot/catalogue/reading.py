"""Reads the catalogue file: TOML that a school keeps in version control, checked before it reaches the database.

`bot/sandbox/school.toml` explains every key by example. All mistakes are reported at once, each by table and key.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.catalogue import folder
from bot.catalogue.errors import CatalogueError as CatalogueError
from bot.catalogue.errors import said
from bot.catalogue.fields import Table
from bot.catalogue.questions import QuestionTable
from bot.catalogue.tables import (
    File,
    LessonTable,
    MediaTable,
    ModuleTable,
    OfferTable,
    ProductTable,
    PromoTable,
    ResultTable,
    SchoolTable,
)
from bot.chat.markup import MarkupError
from bot.lessons.document import Format, Markup, check_rich
from db.catalogue import entries
from db.catalogue.entries import Catalogue
from db.catalogue.faults import Fault, at
from db.normal import promo_form

DONE = entries.ResultEntry(key="done", id=None, name="Done", passed=True)


def read(path: Path) -> Catalogue:
    """Of a file, or of a course folder. Raises CatalogueError."""
    if path.is_dir():
        return check(*folder.read(path))
    try:
        return parse(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CatalogueError([f"{path}: {error.strerror or error}"]) from error
    except UnicodeDecodeError as error:
        raise CatalogueError([f"{path}: not UTF-8 text (byte {error.start})"]) from error


def parse(source: str) -> Catalogue:
    """Raises CatalogueError."""
    return check(folder.toml(source), {})


def check(raw: dict[str, Any], files: folder.Files) -> Catalogue:
    """`files` of the lessons that stand in files of their own. Raises CatalogueError."""
    try:
        file = File.model_validate(raw)
    except ValidationError as error:
        raise CatalogueError([_sentence(raw, problem, files) for problem in error.errors()]) from error
    if lines := list(_cross_checks(file, files)):
        raise CatalogueError(lines)
    return _catalogue(file)


def _sentence(raw: Any, problem: Any, files: folder.Files) -> str:
    """`modules[2] "python" . lessons[1] "intro" . title: is missing`, counted from 1 as people do."""
    match problem["type"]:
        case "missing":
            what: str = Fault("is missing")
        case "extra_forbidden":
            what = _unknown_key(raw, problem["loc"])
        case _:
            what = said(problem)
    place = _place(raw, problem["loc"])
    if (file := files.get(problem["loc"][:4])) is not None:
        inside = place.split(" . ")[2:]
        if inside in (["markdown"], ["text"]):
            inside, what = [], _in_file(what, file.line)
        place = " . ".join([file.name, *inside])
    return at(place, what) if place else what


def _in_file(what: str, begins: int) -> str:
    """Lines of a text that begins in that line, as its file counts them."""
    return re.sub(r"^line (\d+)", lambda said: f"line {int(said[1]) + begins - 1}", what)


def _place(raw: Any, location: tuple[str | int, ...]) -> str:
    parts: list[str] = []
    node = raw
    for step in location:
        node = _child(node, step)
        if isinstance(step, int) and parts:
            parts[-1] += f"[{step + 1}]{_name_of(node)}"
        else:
            parts.append(str(step))
    return " . ".join(parts)


def _child(node: Any, step: str | int) -> Any:
    try:
        return node[step]
    except (KeyError, IndexError, TypeError):
        return None


def _name_of(table: Any) -> str:
    name = (table.get("key") or table.get("code")) if isinstance(table, dict) else None
    return f' "{name}"' if isinstance(name, str) else ""


KEYS: dict[str, type[Table]] = {
    "modules": ModuleTable,
    "lessons": LessonTable,
    "questions": QuestionTable,
    "products": ProductTable,
    "offers": OfferTable,
    "media": MediaTable,
    "promocodes": PromoTable,
    "results": ResultTable,
}


def _unknown_key(raw: Any, location: tuple[str | int, ...]) -> Fault:
    tables = [step for step in location[:-1] if isinstance(step, str)]
    table = KEYS.get(tables[-1]) if tables else File
    known = table.model_fields if table else {}
    close = get_close_matches(str(location[-1]), known)
    if not close:
        return Fault("unknown key")
    return Fault("unknown key; did you mean {key}?", key=close[0])


def _cross_checks(file: File, files: folder.Files) -> Iterator[str]:
    """What no table can check by itself: keys given twice, references to keys that do not exist."""
    lessons = [(module, lesson) for module in file.modules for lesson in module.lessons]
    yield from _duplicates("modules", "key", [module.key for module in file.modules])
    yield from _duplicates("modules", "id", [module.id for module in file.modules])
    yield from _duplicates("products", "key", [product.key for product in file.products])
    yield from _duplicates("products", "id", [product.id for product in file.products])
    yield from _duplicates("results", "key", [result.key for result in file.results])
    yield from _duplicates("results", "id", [result.id for result in file.results])
    yield from _duplicates("promocodes", "code", [promo_form(promo.code) for promo in file.promocodes])
    offers = [offer for product in file.products for offer in product.offers]
    yield from _duplicates("products . offers", "id", [offer.id for offer in offers])
    yield from _duplicates("modules . lessons", "id", [lesson.id for _module, lesson in lessons])
    for module in file.modules:
        yield from _duplicates(
            f'modules "{module.key}" . lessons', "key", [one.key for one in module.lessons]
        )
    for place, _module, lesson in _lessons(file, files):
        yield from _duplicates(f"{place} . questions", "key", [one.key for one in lesson.questions])
    for product in file.products:
        yield from _duplicates(
            f'products "{product.key}" . offers', "key", [one.key for one in product.offers]
        )
    yield from _unknown_references(file)
    yield from _too_large(file, files)
    if file.results and not any(result.passed for result in file.results):
        yield Fault("results: none has passed = true, so no lesson could ever be done")


def _lessons(file: File, files: folder.Files) -> Iterator[tuple[str, ModuleTable, LessonTable]]:
    """With the place by which errors name each: its file, where it has one of its own."""
    for module_at, module in enumerate(file.modules):
        for number, lesson in enumerate(module.lessons):
            own = files.get(("modules", module_at, "lessons", number))
            place = own.name if own else f'modules "{module.key}" . lessons "{lesson.key}"'
            yield place, module, lesson


def _too_large(file: File, files: folder.Files) -> Iterator[str]:
    """Lessons that Telegram would refuse in the kind of message they are to be shown in."""
    for place, module, lesson in _lessons(file, files):
        entry = _lesson(lesson)
        if Format(module.format) is not Format.RICH or entry.media_kind == "document":
            continue
        try:
            check_rich(entry.text, entry.markup, has_file=entry.media is not None)
        except MarkupError as error:
            yield at(place, str(error))


def _duplicates(place: str, name: str, values: list[Any]) -> Iterator[str]:
    given = [value for value in values if value is not None]
    for value in dict.fromkeys(value for value in given if given.count(value) > 1):
        what = Fault(
            "{key} {value} is there {count} times", key=name, value=repr(value), count=given.count(value)
        )
        yield at(place, what)


def _unknown_references(file: File) -> Iterator[str]:
    modules = {module.key for module in file.modules}
    products = {product.key for product in file.products}
    for number, product in enumerate(file.products, 1):
        if product.module not in modules:
            what = Fault("no module has the key {key}", key=repr(product.module))
            yield at(f'products[{number}] "{product.key}" . module', what)
    for number, promo in enumerate(file.promocodes, 1):
        if promo.product not in products:
            what = Fault("no product has the key {key}", key=repr(promo.product))
            yield at(f'promocodes[{number}] "{promo.code}" . product', what)


def _catalogue(file: File) -> Catalogue:
    default = (DONE,) if any(module.lessons for module in file.modules) else ()
    return Catalogue(
        modules=tuple(_module(module) for module in file.modules),
        products=tuple(_product(product) for product in file.products),
        promos=tuple(entries.PromoEntry(**dict(promo)) for promo in file.promocodes),
        results=tuple(entries.ResultEntry(**dict(result)) for result in file.results) or default,
        school=tuple(_school(file.school)) if file.school else (),
    )


def _school(school: SchoolTable) -> Iterator[entries.SchoolEntry]:
    for language, text in (("", school), ("ru", school.ru), ("en", school.en)):
        if text is not None and (text.name or text.description):
            yield entries.SchoolEntry(language, text.name, text.description and text.description.strip())


def _module(module: ModuleTable) -> entries.ModuleEntry:
    """Without an id, `interval_count` defaults to the number of lessons; with one the other application says it."""
    count = module.interval_count
    if count is None and module.id is None:
        count = len(module.lessons)
    lessons = tuple(_lesson(lesson) for lesson in module.lessons)
    return entries.ModuleEntry(
        key=module.key,
        id=module.id,
        name=module.name,
        description=module.description,
        interval_count=count,
        lessons=lessons,
        unlock_in_order=module.unlock_in_order,
        unlock_days=module.unlock_days,
        unlock_at=module.unlock_at,
        format=module.format,
        protect_content=module.protect_content,
    )


def _lesson(lesson: LessonTable) -> entries.LessonEntry:
    return entries.LessonEntry(
        key=lesson.key,
        id=lesson.id,
        title=lesson.title,
        text=lesson.text or lesson.markdown or "",
        markup=Markup.HTML if lesson.text else Markup.MARKDOWN,
        media_kind=lesson.media.kind if lesson.media else None,
        media=lesson.media.source if lesson.media else None,
        preview=lesson.preview,
        unlock_days=lesson.unlock_days,
        unlock_at=lesson.unlock_at,
        questions=tuple(_question(question) for question in lesson.questions),
    )


def _question(question: QuestionTable) -> entries.QuestionEntry:
    return entries.QuestionEntry(
        key=question.key,
        text=question.text,
        kind=question.sort,
        options=tuple(question.options),
        answer=question.right,
        answers=tuple(question.all_right),
        accepted=tuple(question.compared),
        tolerance=question.tolerance,
        hint=question.hint,
        explanation=question.explanation,
        picture=question.picture,
    )


def _product(product: ProductTable) -> entries.ProductEntry:
    offers = tuple(
        entries.OfferEntry(
            offer.key, offer.id, offer.days, offer.amount, offer.currency, tuple(offer.methods)
        )
        for offer in product.offers
    )
    return entries.ProductEntry(product.key, product.id, product.module, product.name, offers)
