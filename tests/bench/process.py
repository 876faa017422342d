"""What the measured processes have in common, and nothing that imports the bot: the bare one is measured without."""

import json
import resource
import sys
import time
from collections.abc import Callable

TOKEN = "7777777777:bench"
SECRET = "bench-of-the-tests"


def answer_figures(port: int, statements: Callable[[], int]) -> None:
    """In a thread: seconds of processor so far, statements sent, and the most memory so far in MiB."""
    print(json.dumps({"port": port}), flush=True)
    for _ in sys.stdin:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"cpu": time.process_time(), "statements": statements(), "rss": most}), flush=True)
