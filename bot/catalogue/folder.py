"""A course folder: school.toml with all but the lessons, and a folder per module, named by its key, with a file per
lesson, in the order of their names. Read into the same tables as the one TOML file."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.catalogue import toml as written
from bot.catalogue.errors import CatalogueError
from bot.catalogue.lesson_files import LessonFileError, read_lesson
from db.catalogue.faults import Fault, at

Raw = dict[str, Any]

HEADS = ("school.toml", "course.toml")
LESSONS = (".md", ".html")
IGNORED = re.compile(r"[._].*|readme.*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LessonFile:
    """`line`: in which its text begins, from 1."""

    name: str
    line: int


Files = dict[tuple[str | int, ...], LessonFile]  # by a lesson's place among the tables


def toml(source: str) -> Raw:
    """Raises CatalogueError."""
    try:
        return written.loads(source)
    except ValueError as error:
        raise CatalogueError([Fault("not TOML: {error}", error=str(error))]) from error


def read(path: Path) -> tuple[Raw, Files]:
    """The tables, and which lesson stands in which file. Raises CatalogueError."""
    heads = [name for name in HEADS if (path / name).exists()]
    if len(heads) != 1:
        raise CatalogueError([f"{path}: a course folder holds one of {' and '.join(HEADS)}"])
    return assemble(heads[0], {heads[0]: _text(path, path / heads[0])} | _lessons(path))


def assemble(head: str, texts: dict[str, str]) -> tuple[Raw, Files]:
    """Of texts by their names within the folder. Raises CatalogueError."""
    try:
        raw = toml(texts[head])
    except CatalogueError as error:
        raise CatalogueError([at(head, line) for line in error.lines]) from error
    modules = [one for one in raw.get("modules", []) if isinstance(one, dict)]
    by_key = {str(one.get("key")): one for one in modules}
    lines, files = [], Files()
    for name, text in sorted(texts.items()):
        if name == head:
            continue
        module = by_key.get(name.partition("/")[0])
        if module is None:
            lines.append(f"{name}: no module of {head} has the key {name.partition('/')[0]!r}")
            continue
        try:
            lesson, line = read_lesson(name, text)
        except LessonFileError as error:
            lines.append(f"{name}: {error}")
            continue
        there = module.setdefault("lessons", [])
        files["modules", raw["modules"].index(module), "lessons", len(there)] = LessonFile(name, line)
        there.append(lesson)
    if lines := lines + _same_keys(raw, files):
        raise CatalogueError(lines)
    return raw, files


def _same_keys(raw: Raw, files: Files) -> list[str]:
    seen: dict[tuple[Any, Any], str] = {}
    lines = []
    for (_modules, module, _lessons, lesson), file in files.items():
        key = (module, str(raw["modules"][module]["lessons"][lesson].get("key")))
        if key in seen:
            lines.append(f"{file.name}: has the key {key[1]!r} of {seen[key]}")
        seen.setdefault(key, file.name)
    return lines


def _lessons(path: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    for module in sorted(path.iterdir()):
        if IGNORED.fullmatch(module.name) or not (module.is_dir() or module.is_symlink()):
            continue
        _refuse_link(path, module)
        for file in sorted(module.iterdir()):
            if file.suffix.lower() in LESSONS and not IGNORED.fullmatch(file.name):
                texts[f"{module.name}/{file.name}"] = _text(path, file)
    return texts


def _text(path: Path, file: Path) -> str:
    name = file.relative_to(path)
    _refuse_link(path, file)
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CatalogueError([f"{name}: {error.strerror or error}"]) from error
    except UnicodeDecodeError as error:
        raise CatalogueError([f"{name}: not UTF-8 text (byte {error.start})"]) from error


def _refuse_link(path: Path, file: Path) -> None:
    """What stands in the folder is what is loaded: a link may lead anywhere."""
    if file.is_symlink():
        raise CatalogueError([f"{file.relative_to(path)}: is a link; put the file itself here"])
