"""What the documents and the comments point at is there: files, headings, metrics, capabilities."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from prometheus_client import Counter, Gauge

from bot import metrics

ROOT = Path(__file__).parents[1]
FOLDERS = ("handlers", "bot", "db", "migrations", "tests", "docs")
# `docs/facts.md#stars` in code, comments and documents alike.
CITATION = re.compile(r"\b(docs/[a-z]+\.md|[A-Z]{4,}\.md)(?:#([a-z0-9-]+))?")
# Documents that the repository does not hold can't be cited: "facts A3", "design, section 6".
ELSEWHERE = re.compile(r"\b[Ff]acts? [A-L]\d?\b|\bdesign(?:\.md)?, section|\(facts?:|(?:#|\"{3}) ?design:")
LINK = re.compile(r"\]\(([^)\s]+)\)")
IN = "|".join(FOLDERS)
PATH = re.compile(rf"`((?:{IN})/[^`\s]*|main\.py)`|\b((?:{IN})/[\w/]+\.(?:py|toml|sql|js))\b")
OPERATING = (ROOT / "docs" / "operating.md").read_text()


@cache
def tracked(*suffixes: str) -> list[Path]:
    """Files git knows or would add, so that a new one is looked at before its first commit."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    found = [ROOT / name for name in names if name.endswith(suffixes)]
    return [path for path in found if path.is_file()]


def lines(*suffixes: str) -> Iterator[tuple[str, str]]:
    """Where (`file:line`) and what."""
    for path in tracked(*suffixes):
        if path != Path(__file__):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                yield f"{path.relative_to(ROOT)}:{number}", line


@cache
def anchors(document: Path) -> set[str]:
    prose = re.sub(r"```.*?```", "", document.read_text(), flags=re.DOTALL)
    return {anchor_of(heading) for heading in re.findall(r"^#+ (.+)$", prose, re.MULTILINE)}


def anchor_of(heading: str) -> str:
    """As a forge makes it: lower case, no punctuation, blanks as hyphens."""
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")


def leads_nowhere(document: Path, anchor: str | None) -> bool:
    return not document.exists() or (bool(anchor) and anchor not in anchors(document))


def test_citations_lead_somewhere() -> None:
    lost = [
        f"{place}: {found.group()}"
        for place, line in lines(".py", ".toml", ".md", ".sql", ".yml", ".yaml", ".sh")
        if ".md" in line and "://" not in line
        for found in CITATION.finditer(line)
        if leads_nowhere(ROOT / found[1], found[2])
    ]
    assert lost == []


def test_nothing_outside_the_repository_is_cited() -> None:
    cited = [
        place
        for place, line in lines(".py", ".toml", ".sql")
        if ("act" in line or "design" in line) and ELSEWHERE.search(line)
    ]
    assert cited == []


@pytest.mark.parametrize("document", tracked(".md"), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_of_a_document_lead_somewhere(document: Path) -> None:
    lost = []
    for link in LINK.findall(document.read_text()):
        file, _, anchor = link.partition("#")
        target = (document.parent / file).resolve() if file else document
        if "://" not in link and leads_nowhere(target, anchor if target.suffix == ".md" else None):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("document", tracked(".md"), ids=lambda path: str(path.relative_to(ROOT)))
def test_files_a_document_names_are_there(document: Path) -> None:
    """From the root, in backquotes or in a diagram; `*` and CAPITALS stand for something."""
    named = {found[1] or found[2] for found in PATH.finditer(document.read_text())}
    assert {path for path in named if not (re.search(r"[A-Z]{3,}|…", path) or any(ROOT.glob(path)))} == set()


def test_classes_that_the_design_names_are_there() -> None:
    named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)*)`", (ROOT / "docs" / "design.md").read_text()))
    code = [path.read_text() for path in tracked(".py") if path.relative_to(ROOT).parts[0] in FOLDERS]
    there = set(re.findall(r"^(?:class )?([A-Z]\w+)(?:\(|:| =)", "\n".join(code), re.MULTILINE))
    assert named - there == set()


@pytest.mark.parametrize(("name", "level"), [("facts", "###"), ("design", "##"), ("operating", "##")])
def test_every_section_is_in_its_document_s_list(name: str, level: str) -> None:
    head, *sections = re.split(rf"^{level} ", (ROOT / "docs" / f"{name}.md").read_text(), flags=re.MULTILINE)
    headings = [section.partition("\n")[0] for section in sections]
    assert [heading for heading in headings if f"(#{anchor_of(heading)})" not in head] == []


def test_every_metric_is_told_with_its_labels() -> None:
    rows = [
        row.strip("| ").split("|", 2) for row in OPERATING.splitlines() if row.startswith("| `lessongate_")
    ]
    told = {name.strip(" `"): set(re.findall(r"`(\w+)`", labels)) for name, labels, _ in rows}
    there = {
        one._name + ("_total" if isinstance(one, Counter) else ""): set(one._labelnames)
        for one in vars(metrics).values()
        if isinstance(one, Counter | Gauge)
    }
    assert told == there


def test_exact_versions_are_in_the_lock_only() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert [one for one in wanted if "==" in one] == []


COME_ALONG = {"magic_filter"}  # part of aiogram's own interface
MODULES = {"fonttools": "fontTools", "markdown_it_py": "markdown_it"}  # of packages that are called otherwise


def test_what_is_imported_is_named_as_a_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    packages = {re.split(r"[\[><=;]", one)[0].replace("-", "_") for one in project["dependencies"]}
    named = {MODULES.get(one, one) for one in packages}
    code = [
        path
        for path in tracked(".py")
        if path.relative_to(ROOT).parts[0] in ("bot", "db", "handlers", "main.py")
    ]
    nodes = [node for path in code for node in ast.walk(ast.parse(path.read_text()))]
    imported = {
        name.name.partition(".")[0] for node in nodes if isinstance(node, ast.Import) for name in node.names
    }
    imported |= {str(node.module).partition(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
    assert imported - named - sys.stdlib_module_names - {"bot", "db", "handlers"} == COME_ALONG


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_the_lock_pins_all_and_holds_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    packages = re.findall(r"^\w.*$", text, re.MULTILINE)
    assert [line for line in packages if not re.match(r"[\w.\[\],-]+==[\w.]+( ;.*)? \\$", line)] == []
    assert "://" not in text
