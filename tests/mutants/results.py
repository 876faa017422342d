"""What became of each mutant, kept from run to run as long as its file stays as it was."""

import json
from collections import Counter, defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.mutants.children import Verdict
from tests.mutants.edits import Mutant, version

KEPT = Path("var/mutants/results.json")
CAUGHT, MISSED = ("killed", "timeout"), ("survived", "untested")
HEAD = (
    "| file | mutants | tried | killed | late | survived | untested | no statement | share |\n"
    "|---|---|---|---|---|---|---|---|---|"
)

Row = dict[str, Any]


def record(mutant: Mutant, verdict: Verdict) -> None:
    rows = _read()
    rows[f"{mutant.path}:{mutant.number}"] = asdict(verdict) | {
        "path": mutant.path, "number": mutant.number, "line": mutant.line, "kind": mutant.kind,
        "operator": mutant.edit.operator, "diff": mutant.diff(), "file": version(Path(mutant.path)),
    }  # fmt: skip
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    KEPT.write_text(json.dumps(rows, indent=1, ensure_ascii=False))
    place = f"{mutant.path}:{mutant.line} #{mutant.number}"
    print(f"{verdict.state:9}{verdict.seconds:6.1f} s  {place} {mutant.edit.operator}")
    if verdict.state not in CAUGHT:
        print("    " + mutant.diff().replace("\n", "\n    "))
    print(f"    {verdict.test} {verdict.why}" if verdict.test else "    no test", flush=True)


def _read() -> dict[str, Row]:
    rows: dict[str, Row] = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    return {name: row for name, row in rows.items() if row["file"] == version(Path(row["path"]))}


def states() -> dict[tuple[str, int], str]:
    """By file and number."""
    return {(row["path"], row["number"]): row["state"] for row in _read().values()}


def show() -> float:
    """Prints all that is known as a table; the share of those killed among those that could be."""
    from tests.mutants.edits import list_mutants

    of_file: dict[str, Counter[str]] = defaultdict(Counter)
    for row in _read().values():
        of_file[row["path"]][row["state"]] += 1
    print(HEAD)
    whole: Counter[str] = Counter()
    mutants = 0
    for path, states in sorted(of_file.items()):
        count = len(list_mutants(path))
        mutants += count
        whole += states
        print(_line(path, count, states))
    print(_line("together", mutants, whole))
    return _share(whole)


def _share(states: Counter[str]) -> float:
    real = sum(states[one] for one in (*CAUGHT, *MISSED))
    return sum(states[one] for one in CAUGHT) / real if real else 1.0


def _line(name: str, mutants: int, states: Counter[str]) -> str:
    cells = [
        mutants, states.total(), states["killed"], states["timeout"], states["survived"], states["untested"],
        states["invalid"] + states["skipped"],
    ]  # fmt: skip
    return f"| {name} | " + " | ".join(map(str, cells)) + f" | {100 * _share(states):.0f} % |"
