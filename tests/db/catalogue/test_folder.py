"""A course folder: what teachers write, read as the one file is; written again as it was; and what is refused."""

from pathlib import Path

import asyncpg
import pytest

from bot.catalogue.lesson_files import read_lesson, write_lesson
from bot.catalogue.loading import export_file, load_file
from bot.catalogue.reading import CatalogueError, parse, read
from db.engine import Database
from tests.db.catalogue.file import ASKING, SCHOOL
from tests.db.catalogue.test_export import dump

HEAD = """
[[modules]]
key = "python"
name = "Python"
format = "rich"
[[products]]
key = "course"
module = "python"
name = "Course"
"""
FIRST = """---
preview: true
media: { kind = "photo", url = "https://example.com/a.png" }
# a remark
---
# Циклы: начало

Текст с **жирным**.

## Часть

- один

## Вопросы

### Сколько раз? {#times}
- [ ] 2
- [x] 3

Подсказка: считайте с нуля
![](https://example.com/b.png)
> 0, 1, 2.
>
> Три значения.

### Какие чётные?
- [x] 2
- [ ] 3
- [X] 4

### Чему равно число пи? {#pi}
- = 3,14 ± 0.01
- = 22.7

### Год словом? {#year kind=text}
- = 1833
"""
SECOND = "+++\ntitle = 'Второй'\nkey = 'second'\n+++\nТекст <b>сразу</b>"


def folder(path: Path, **files: str) -> Path:
    (path / "python").mkdir()
    (path / "school.toml").write_text(HEAD)
    for name, text in ({"01-loops.md": FIRST} | files).items():
        (path / "python" / name).write_text(text)
    return path


def wrong(path: Path) -> list[str]:
    with pytest.raises(CatalogueError) as error:
        read(path)
    return error.value.lines


def test_what_a_teacher_writes(tmp_path: Path) -> None:
    found = read(folder(tmp_path, **{"02-b.html": SECOND, "readme.md": "# Not a lesson", "picture.png": "x"}))
    first, second = found.modules[0].lessons
    assert (first.key, first.title, first.preview, first.markup) == (
        "loops",
        "Циклы: начало",
        True,
        "markdown",
    )
    assert first.text == "Текст с **жирным**.\n\n## Часть\n\n- один"
    assert (first.media_kind, first.media) == ("photo", "https://example.com/a.png")
    assert (second.key, second.title, second.markup) == ("second", "Второй", "html")
    times, even, pi, year = first.questions
    assert (times.key, times.text, times.options, times.answer) == ("times", "Сколько раз?", ("2", "3"), 1)
    assert (times.hint, times.picture) == ("считайте с нуля", "https://example.com/b.png")
    assert times.explanation == "0, 1, 2.\n\nТри значения."
    assert (even.kind, even.answers) == ("several", (0, 2))
    assert even.key.startswith("q-")
    assert (pi.kind, pi.accepted, str(pi.tolerance)) == ("number", ("3.14", "22.7"), "0.01")
    assert (year.kind, year.accepted) == ("text", ("1833",))


def test_a_question_keeps_its_own_key_wherever_it_stands(tmp_path: Path) -> None:
    found = read(folder(tmp_path)).modules[0].lessons[0].questions[1].key
    moved = FIRST.replace("### Какие чётные?", "### Ещё один? {#more}\n- = да\n\n### «Какие  чётные?»")
    (tmp_path / "python" / "01-loops.md").write_text(moved)
    assert read(tmp_path).modules[0].lessons[0].questions[2].key == found


def test_the_word_questions_in_code_or_in_a_chapter_begins_none() -> None:
    text = (
        "Text\n\n```markdown\n## Questions\n### a?\n```\n\n## Вопросы\n\nA chapter.\n\n```\n## Questions\n```"
    )
    lesson = {"key": "a", "title": "T", "markdown": text}
    asked = {"questions": [{"key": "q", "text": "Why?", "accepted": ["1"]}]}
    for one in (lesson, lesson | asked):
        ending, written = write_lesson(one)
        read_again, line = read_lesson(f"a{ending}", written)
        assert read_again == one | ({} if "questions" in one else {"questions": []})
        assert written.split("\n")[line - 1] == "Text"
    page = {"key": "a", "title": "T", "text": "a\n<pre>\n## Questions\n</pre>"}
    assert read_lesson("a.html", write_lesson(page | asked)[1])[0] == page | asked
    assert read_lesson("a.html", f"+++\ntitle = 'T'\n+++\n{page['text']}")[0] == page


@pytest.mark.parametrize("school", ["demo", "asking"])
async def test_what_is_exported_as_a_folder_loads_back_to_no_change(
    database: Database, connection: asyncpg.Connection, tmp_path: Path, school: str
) -> None:
    source = SCHOOL if school == "demo" else tmp_path / "asking.toml"
    if school == "asking":
        source.write_text(ASKING.replace('text = "Second"', 'markdown = "**Second**"'))
    await load_file(database, source)
    before = await dump(connection)
    assert await export_file(database, tmp_path / "course") == []
    names = {one.name for one in (tmp_path / "course" / "python").iterdir()}
    assert names >= ({"001-first-program.html"} if school == "demo" else {"001-one.html", "002-two.md"})
    assert await load_file(database, tmp_path / "course") == []
    assert await dump(connection) == before
    with pytest.raises(CatalogueError, match="File exists"):
        await export_file(database, tmp_path / "course")


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        (
            "a.md",
            "---\ntitle: x\ntext",
            "python/a.md: line 1: front matter that begins with --- ends with ---",
        ),
        (
            "a.md",
            "---\ntitle\n---\nx",
            "python/a.md: line 2: 'title': a line of front matter is written  name: value",
        ),
        ("a.md", "---\ntitle: x\ntitle: y\n---\nx", "python/a.md: line 3: 'title: y': is there already"),
        ("a.md", "+++\ntitle = \n+++\nx", "python/a.md: front matter: Invalid value (at "),
        ("a.md", f"+++\ntitle = {'1' * 5000}\n+++\nx", "python/a.md: front matter: Exceeds the limit"),
        ("a.md", f"---\ntitle: [{'1' * 5000}]\n---\nx", "python/a.md . title: Value should have at most"),
        ("a.md", "text", "python/a.md . title: is missing"),
        ("A.MD", "# T\n\na <b>x</b>", "python/A.MD: line 3: '<b>' is none of"),
        ("a.md", "---\ntitel: x\n---\n# T\n\nx", "python/a.md . titel: unknown key; did you mean title?"),
        ("a.md", "# T\n\na <b>x</b>", "python/a.md: line 3: '<b>' is none of"),
        ("a.md", "# T\n\nx\n\n## Questions\n\ntext", "python/a.md: line 6: a question begins with ###"),
        (
            "a.md",
            "# T\n\nx\n\n## Questions\n### a?\n- [ ] 1\nb",
            "python/a.md: line 8: 'b' is no part of a question",
        ),
        (
            "a.md",
            "# T\n\nx\n\n## Questions\n### a? {#a}\n- [ ] 1\n- [ ] 2",
            'python/a.md . questions[1] "a": has no right answer: answer, answers or accepted says it',
        ),
        ("a.html", "+++\ntitle = 'T'\n+++\n\na\n<p>x", "python/a.html: line 6: '<p>x' is none of"),
        ("a.md", "# T\n\n" + "- x\n" * 300, "python/a.md: too large for one rich message: "),
        (
            "a.md",
            "# T\n\nx\n\n## Questions\n### a? {#a}\n- = 1\n### b? {#a}\n- = 1",
            "python/a.md . questions: key 'a' is there 2 times",
        ),
        ("a.md", "# T\n\nx\0", "python/a.md: holds a NUL character"),
        ("a.md", "---\nkey: loops\n---\n# T\n\nx", "python/a.md: has the key 'loops' of python/01-loops.md"),
    ],
)
def test_errors_name_the_file(tmp_path: Path, name: str, text: str, line: str) -> None:
    (found,) = wrong(folder(tmp_path, **{name: text}))
    assert found.startswith(line)


def test_what_is_no_course_folder_is_refused(tmp_path: Path) -> None:
    assert wrong(tmp_path)[0].endswith("a course folder holds one of school.toml and course.toml")
    folder(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.md").write_text("# T\n\nx")
    assert wrong(tmp_path) == ["other/a.md: no module of school.toml has the key 'other'"]
    (tmp_path / "other" / "a.md").unlink()
    (tmp_path / "python" / "bad.md").write_bytes(b"\x89PNG\xff\xfe")
    assert wrong(tmp_path) == ["python/bad.md: not UTF-8 text (byte 0)"]
    (tmp_path / "python" / "bad.md").unlink()
    (tmp_path / "school.toml").write_text("modules = [")
    assert wrong(tmp_path)[0].startswith("school.toml: not TOML: ")


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("# S\n\nsecret")
    course = tmp_path / "course"
    course.mkdir()
    folder(course)
    (course / "python" / "a.md").symlink_to(secret)
    assert wrong(course) == ["python/a.md: is a link; put the file itself here"]
    (course / "python" / "a.md").unlink()
    (course / "elsewhere").symlink_to(tmp_path)
    assert wrong(course) == ["elsewhere: is a link; put the file itself here"]
    (course / "elsewhere").unlink()
    (course / "school.toml").write_text(HEAD.replace('key = "python"', 'key = "../.."'))
    assert wrong(course) == ["python/01-loops.md: no module of school.toml has the key 'python'"]


def test_the_same_lesson_in_a_file_and_in_a_folder(tmp_path: Path) -> None:
    one_file = HEAD.replace(
        "[[products]]",
        '[[modules.lessons]]\nkey = "one"\ntitle = "T"\nmarkdown = "x"\n[[products]]',
    )
    course = folder(tmp_path)
    (course / "python" / "01-loops.md").rename(course / "python" / "one.md")
    (course / "python" / "one.md").write_text("# T\n\nx\n")
    assert read(course) == parse(one_file)
