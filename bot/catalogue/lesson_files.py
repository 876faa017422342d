"""A lesson as a file of its own: front matter, the text, and its questions as lists. Read and written here, so that
what was written is read as it was.

    ---
    key: loops
    preview: true
    ---
    # Loops

    The text, in Markdown (or, in a .html file, in Telegram's HTML).

    ## Questions

    ### How many times does it run? {#times}
    - [ ] 2
    - [x] 3

    Hint: count from 0
    > 0, 1, 2: three values.

    ### What is 17 % 5? {#remainder}
    - = 2
"""

import re
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

import tomlkit

from bot.catalogue import toml
from bot.lessons.markdown import PARSER
from db.normal import clean_text

Raw = dict[str, Any]
FRONT = re.compile(r"(---|\+\+\+)[ \t]*\n(?P<lines>.*?)(?:^|\n)\1[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
LINE = re.compile(r"([A-Za-z_]\w*)\s*:\s*(.*?)\s*")
TITLE = re.compile(r"\s*# (?P<title>[^\n]+)(?:\n|\Z)")
QUESTIONS = re.compile(r"^## (?:Questions|Вопросы)[ \t]*$", re.MULTILINE | re.IGNORECASE)
NAMED = re.compile(r"(?P<text>.*?)\s*\{#(?P<key>[\w-]+)(?: kind=(?P<kind>\w+))?\}\s*")
OPTION = re.compile(r"[-*] \[([ xXхХ])\] (.+)")
ACCEPTED = re.compile(r"[-*] = (.+)")
TOLERANCE = re.compile(r"(.+?)\s*±\s*(\d+(?:\.\d+)?)")
HINT = re.compile(r"(?:Hint|Подсказка): (.+)")
PICTURE = re.compile(r"!\[[^\]]*\]\((\S+)\)")


class LessonFileError(ValueError):
    """The message says what is wrong, and in which line."""


def read_lesson(name: str, text: str) -> tuple[Raw, int]:
    """As the table of a lesson, still to be checked, and in which line of the file its text begins, from 1. Its key is
    its file's name where it has no other. Raises LessonFileError."""
    text = text.replace("\r\n", "\n")
    if "\x00" in text:
        raise LessonFileError("holds a NUL character")
    found, body = _front(text)
    lines_before = text.count("\n") - body.count("\n")
    lesson: Raw = {"key": re.sub(r"^\d+[-_. ]+", "", name.rpartition("/")[2].rpartition(".")[0])} | found
    is_markdown = name.lower().endswith(".md")
    asked = _find_questions(body, is_markdown=is_markdown)
    words = body[: asked.start()] if asked else body
    if "title" not in lesson and (title := TITLE.match(words)):
        lesson["title"], words = title["title"].strip(), words[title.end() :]
    lesson["markdown" if is_markdown else "text"] = words.strip()
    if asked:
        lesson["questions"] = _questions(body[asked.end() :], lines_before + body.count("\n", 0, asked.end()))
    end = asked.start() if asked else len(body)
    begins = body.count("\n", 0, end - len(words.lstrip()))
    return lesson, lines_before + begins + 1


def _find_questions(body: str, *, is_markdown: bool) -> re.Match[str] | None:
    """The last heading that says it, wherever else the words stand: in code, in a chapter of the text."""
    found = list(QUESTIONS.finditer(body))
    if is_markdown and found:
        headings = {one.map[0] for one in PARSER.parse(body) if one.type == "heading_open" and one.map}
        found = [one for one in found if body.count("\n", 0, one.start()) in headings]
    else:
        found = [
            one for one in found if body.rfind("<pre", 0, one.start()) <= body.rfind("</pre>", 0, one.start())
        ]
    return found[-1] if found else None


def _front(text: str) -> tuple[Raw, str]:
    match = FRONT.match(text)
    if match is None:
        if text.startswith(("---\n", "+++\n")):
            raise LessonFileError(f"line 1: front matter that begins with {text[:3]} ends with {text[:3]}")
        return {}, text
    if match[1] == "+++":
        try:
            return toml.loads(match["lines"]), text[match.end() :]
        except ValueError as error:
            raise LessonFileError(f"front matter: {error}") from error
    found: Raw = {}
    for number, line in enumerate(match["lines"].split("\n"), 2):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        said = LINE.fullmatch(line)
        if said is None or said[1] in found:
            why = "is there already" if said else "a line of front matter is written  name: value"
            raise LessonFileError(f"line {number}: {line.strip()[:40]!r}: {why}")
        found[said[1]] = _value(said[2])
    return found, text[match.end() :]


def _value(said: str) -> Any:
    """As TOML where it is TOML, else as it stands."""
    try:
        return toml.loads(f"x = {said}")["x"]
    except ValueError:
        return said


def _questions(text: str, before: int) -> list[Raw]:
    head, *parts = re.split(r"^### ", text, flags=re.MULTILINE)
    if head.strip():
        raise LessonFileError(f"line {before + 2}: a question begins with ###")
    made, line = [], before + head.count("\n") + 1
    for part in parts:
        made.append(_question(part, line))
        line += part.count("\n")
    return made


def _question(part: str, line: int) -> Raw:
    first, *rest = part.rstrip().split("\n")
    named = NAMED.fullmatch(first)
    said, explained = [named["text"] if named else first], list[str]()
    question: Raw = {}
    options, right = list[str](), list[int]()
    for number, one in enumerate(rest, line + 1):
        if match := OPTION.fullmatch(one):
            options.append(match[2].strip())
            right += [] if match[1] == " " else [len(options)]
        elif match := ACCEPTED.fullmatch(one):
            _accept(question, match[1].strip())
        elif match := HINT.fullmatch(one):
            question["hint"] = match[1]
        elif match := PICTURE.fullmatch(one):
            question["picture"] = match[1]
        elif one == ">" or one.startswith("> "):
            explained.append(one[2:])
        elif not one.strip() or not (options or explained or question):
            said.append(one)
        else:
            raise LessonFileError(f"line {number}: {one.strip()[:40]!r} is no part of a question")
    text = "\n".join(said).strip()
    kind = named["kind"] if named else None
    several = len(right) > 1 or kind == "several"
    answers = {"answers": right} if several else {"answer": right[0]} if right else {}
    found = {"text": text, "kind": kind, "options": options, "explanation": "\n".join(explained).strip()}
    key = named["key"] if named else f"q-{sha256(clean_text(text).encode()).hexdigest()[:8]}"
    return {"key": key} | {name: value for name, value in (found | question | answers).items() if value}


def _accept(question: Raw, said: str) -> None:
    match = TOLERANCE.fullmatch(said)
    question.setdefault("accepted", []).append(match[1] if match else said)
    if match:
        question["tolerance"] = Decimal(match[2])


def write_lesson(lesson: Raw) -> tuple[str, str]:
    """A lesson's table as a file: how its name ends, and the text."""
    apart = {"text", "markdown", "questions"}
    front = "".join(f"{name}: {_said(value)}\n" for name, value in lesson.items() if name not in apart)
    parts = [f"---\n{front}---\n\n{lesson.get('text') or lesson['markdown']}\n"]
    asked = lesson.get("questions", [])
    if asked or QUESTIONS.search(parts[0]):  # else a chapter of that name would be taken for them
        parts += ["## Questions\n", *map(_written, asked)]
    return ".html" if "text" in lesson else ".md", "\n".join(parts)


def _said(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str) and _value(value) == value and LINE.fullmatch(f"x: {value}"):
        return value
    item: Any = tomlkit.item(value)
    if isinstance(value, dict):
        item = tomlkit.inline_table()
        item.update(value)
    return str(item.as_string())


def _written(question: Raw) -> str:
    first, *rest = question["text"].split("\n")
    right = question.get("answers") or [question.get("answer")]
    kind = question.get("kind") or ("several" if len(question.get("answers", ())) == 1 else None)
    lines = [f"### {first} {{#{question['key']}{f' kind={kind}' if kind else ''}}}", *rest]
    lines += [
        f"- [{'x' if at in right else ' '}] {one}" for at, one in enumerate(question.get("options", ()), 1)
    ]
    near = f" ± {format(question['tolerance'], 'f')}" if question.get("tolerance") is not None else ""
    lines += [f"- = {one}{near}" for one in question.get("accepted", ())]
    lines += [f"Hint: {question['hint']}"] if "hint" in question else []
    lines += [f"![]({question['picture']})"] if "picture" in question else []
    explained = question["explanation"].split("\n") if "explanation" in question else []
    lines += [f"> {one}" if one else ">" for one in explained]
    return "\n".join(lines) + "\n"
