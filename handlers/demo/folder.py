"""The folder a demo or a sandbox lives in: one process at a time, and whether the last one was killed."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK, KILLED = "lock", "killed"


class FolderInUseError(Exception):
    """Another demo or sandbox runs over the same folder; the message names it."""


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Two would write the same chats and payments over one another. The kernel takes the lock back when its holder
    dies, so none is left behind; what the holder wrote into it is, unless it ended in order. Raises FolderInUseError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor, folder)
        if os.read(descriptor, 1):
            (folder / KILLED).touch()
        os.pwrite(descriptor, b"running", 0)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def was_killed(folder: Path) -> bool:
    """Whether a process over this folder has ever ended without a chance to finish anything."""
    return (folder / KILLED).exists()


def empty(folder: Path) -> None:
    """Everything goes but the lock, which is held."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        hint = "end that one, or name another DATA_DIR"
        raise FolderInUseError(f"{folder} is in use: a demo or sandbox runs over it; {hint}") from None
