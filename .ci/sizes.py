"""No module over 300 lines and no function over 50; prints those that are, and exits with 1."""

import ast
import subprocess
from pathlib import Path

MODULE, FUNCTION = 300, 50  # lines
# A migration is one story of statements, read once from top to bottom.
EXEMPT = "migrations/versions/"


def too_long(path: str) -> list[str]:
    text = Path(path).read_text()
    lines = len(text.splitlines())
    found = [f"{path}: {lines} lines, at most {MODULE}"] if lines > MODULE else []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION:
                found.append(f"{path}:{node.lineno}: {node.name} has {length} lines, at most {FUNCTION}")
    return found


files = subprocess.run(
    ["git", "ls-files", "*.py"], check=True, capture_output=True, text=True
).stdout.splitlines()
offences = [one for path in files if not path.startswith(EXEMPT) for one in too_long(path)]
print("\n".join(offences))
raise SystemExit(bool(offences))
