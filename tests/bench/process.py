"""What the measured processes have in common, and nothing that imports the bot: the bare one is measured without."""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

TOKEN = "7777777777:bench"
SECRET = "bench-of-the-tests"


def answer_figures(port: int, statements: Callable[[], int]) -> None:
    """In a thread: seconds of processor so far, statements sent, and in MiB the most memory so far and what is used."""
    print(json.dumps({"port": port}), flush=True)
    for _ in sys.stdin:
        memory = {"rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "resident": _resident()}
        print(json.dumps({"cpu": time.process_time(), "statements": statements()} | memory), flush=True)


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
