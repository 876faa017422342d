"""Recorded statements as a script of pgbench: what PostgreSQL needs for them when nobody's Python stands before it."""

import asyncio
import glob
import re
import shutil
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

Statement = tuple[str, Sequence[Any]]
DEBIAN = "/usr/lib/postgresql/*/bin/pgbench"


def find() -> str | None:
    """None where it is not installed: our own PostgreSQL comes without it."""
    return shutil.which("pgbench") or next(iter(sorted(glob.glob(DEBIAN), reverse=True)), None)


class Script:
    """One transaction of all statements. `kinds`: whatever in their values is a number of one of these kinds plus one
    (the recorded one's) becomes that kind plus pgbench's variable `n`, which counts on with each transaction."""

    def __init__(self, statements: Sequence[Statement], kinds: Sequence[int]) -> None:
        self._kinds = kinds
        self._fixed: dict[str, str] = {}
        self._varied: dict[str, str] = {}
        lines = [self._bound(text, values) for text, values in statements]
        names = ", ".join(f"{expression} as {name}" for name, expression in self._varied.items())
        self.text = "\n".join(
            ["\\set n :n + 1", "begin;", f"select {names} \\gset", *(f"{line};" for line in lines), "end;"]
        )

    async def run(self, program: str, dsn: str, first: int, count: int) -> float:
        """Milliseconds of each of `count` transactions, whose `n` begin with `first`, over one connection, prepared.
        Raises RuntimeError where pgbench failed."""
        given = [f"--define={name}={value}" for name, value in (self._fixed | {"n": str(first - 1)}).items()]
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(self.text)
            file.flush()
            command = (
                program,
                "--no-vacuum",
                "--protocol=prepared",
                f"--transactions={count}",
                f"--file={file.name}",
            )
            process = await asyncio.create_subprocess_exec(*command, *given, dsn, stdout=PIPE, stderr=PIPE)
            out, errors = await process.communicate()
        found = re.search(rb"latency average = ([\d.]+) ms", out)
        done = re.search(rb"processed: (\d+)/(\d+)", out)
        if process.returncode or found is None or done is None or done[1] != done[2]:
            raise RuntimeError(f"pgbench: {errors.decode()[-2000:]}")
        return float(found[1])

    def _bound(self, text: str, values: Sequence[Any]) -> str:
        return re.sub(r"\$(\d+)", lambda found: self._variable(values[int(found[1]) - 1]), text)

    def _variable(self, value: Any) -> str:
        if value is None:
            return "null"
        literal = text_of(value)
        template = _named(self._fixed, "fixed", literal)
        if any(str(kind + 1) in literal for kind in self._kinds):
            return f":{_named(self._varied, 'varied', self._expression(value, template))}"
        return f":{template}"

    def _expression(self, value: Any, template: str) -> str:
        found = f"cast(:{template} as text)"
        for kind in self._kinds:
            found = f"replace({found}, '{kind + 1}', cast({kind} + cast(:n as bigint) as text))"
        if is_bytes(value):
            found = f"cast(array[convert_to({found}, 'UTF8')] as text)"
        return found


def _named(known: dict[str, str], kind: str, value: str) -> str:
    """The name that a value has among those, a new one if it had none."""
    name = next((name for name, other in known.items() if other == value), f"{kind}_{len(known)}")
    known[name] = value
    return name


def is_bytes(value: Any) -> bool:
    """An array of one byte string: what a job's payload is."""
    return isinstance(value, list) and len(value) == 1 and isinstance(value[0], bytes)


def text_of(value: Any) -> str:
    """As PostgreSQL reads it; of an array of bytes its one element's text."""
    if is_bytes(value):
        return str(value[0].decode())
    match value:
        case list() | tuple():
            return "{" + ",".join("NULL" if one is None else _quoted(text_of(one)) for one in value) + "}"
        case timedelta():
            return f"{value.total_seconds()} seconds"
        case datetime():
            return value.isoformat()
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
