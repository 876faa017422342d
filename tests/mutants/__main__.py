"""Puts small defects into the code of money and access, one at a time, and says which no test notices.

    python -m tests.mutants                                        # all of it: hours
    python -m tests.mutants db/access db/promo.py                  # these folders and files
    python -m tests.mutants --sample 100 --seed 7                  # so many of them all, others for another seed
    python -m tests.mutants db/promo.py --mutant 12                # one again, as the report numbers it
    python -m tests.mutants --minutes 30                           # what fits

Needs mutmut: pip install -r tests/mutants/requirements.txt. First it measures which tests come by where, those that it
has not measured yet, for so many minutes (--measure) at most. What was found stands in var/mutants/results.json; who
was tried is not tried once more while the file stays as it is; --again tries those that no test noticed, and no others,
with four times as many tests.
One table of all comes last.
Exit status 0 where at least nine of ten were killed.
"""

import argparse
import gc
import os
import signal
import sys
import time
from collections.abc import Sequence

import pytest
from sqlalchemy.orm import configure_mappers

from tests.mutants import covering, edits, results
from tests.mutants.children import Verdict, be_impatient, judge
from tests.mutants.server import drop_leftovers, kept_server

# What these try runs in processes of its own, where no mutant is.
ELSEWHERE = "not race_for and not in_several_processes"
THOROUGH = 4  # times as many tests for what no test has noticed
ROUND = 60.0  # seconds that a mutant may take beyond twice what its tests took when measured


class Rounds:
    """In pytest's place: it has loaded and collected, and what is run is decided here."""

    def __init__(self, given: argparse.Namespace, dsn: str) -> None:
        self._given = given
        self._dsn = dsn
        self.share = 1.0

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        configure_mappers()
        for path in {*edits.files_of(list(edits.SCOPE)), *(str(item.path) for item in session.items)}:
            edits.read(path)  # what is loaded now; children inherit it
        files = edits.files_of(self._given.places or list(edits.SCOPE))
        covering.measure(session, edits.files_of(list(edits.SCOPE)), self._given.measure)
        listed = [one for path in files for one in edits.list_mutants(path)]
        if self._given.mutant:
            listed = [one for one in listed if one.number == self._given.mutant]
        else:
            tried = results.states()
            wanted = results.MISSED if self._given.again else ("",)
            listed = [one for one in listed if tried.get((one.path, one.number), "") in wanted]
        gc.collect()
        gc.freeze()
        self._judge_all(session, edits.choose(listed, self._given.sample, self._given.seed))
        return True

    def _judge_all(self, session: pytest.Session, mutants: Sequence[edits.Mutant]) -> None:
        known = covering.Covering.read()
        items = {item.nodeid: item for item in session.items}
        known.seconds = {one: seconds for one, seconds in known.seconds.items() if one in items}
        until = time.monotonic() + 60 * self._given.minutes
        for mutant in mutants:
            if time.monotonic() > until:
                print(f"-- {self._given.minutes} minutes are over", flush=True)
                break
            tests = known.tests_of(mutant, THOROUGH if self._given.again else 1)
            limit = ROUND + 2 * sum(known.seconds[one] for one in tests)
            verdict = Verdict("untested")
            if tests:
                quiet = not self._given.mutant
                verdict = judge(session, [items[one] for one in tests], mutant, limit, quiet=quiet)
                known.learn(tests[: verdict.tests + 1], verdict.test)
                drop_leftovers(self._dsn)
            results.record(mutant, verdict)
        self.share = results.show()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("places", nargs="*", metavar="PLACE")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=600.0)
    parser.add_argument("--mutant", type=int, default=0, metavar="NUMBER")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--measure", type=float, default=600.0, metavar="MINUTES")
    given = parser.parse_args(arguments)
    os.nice(max(0, 12 - os.nice(0)))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server goes, and its folder
    be_impatient()
    with kept_server() as dsn:
        rounds = Rounds(given, dsn)
        options = [
            "-q",
            "-s",
            "-n",
            "0",
            "-W",
            "ignore",
            "-p",
            "no:cacheprovider",
            "-k",
            ELSEWHERE,
            *covering.TESTS,
        ]
        status = pytest.main(options, plugins=[rounds])
    return status if status else int(rounds.share < 0.9)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
