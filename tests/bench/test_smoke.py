"""The benchmarks still run. What they measure is for people to read: `python -m tests.bench.settling`, and so on."""

import pytest

from tests.bench import callbacks, memory, settling, updates
from tests.bench.environment import Measure


@pytest.mark.proof
@pytest.mark.parametrize("measure", [callbacks.measure, settling.measure, updates.measure])
async def test_a_benchmark_gives_its_figures(measure: Measure, dsn: str) -> None:
    for pair in await measure(dsn, 2, 5):
        assert 1 <= len(pair.ours) == len(pair.bare) <= 2  # offered load and memory are measured once
        assert min(*pair.ours, *pair.bare) > 0
        assert pair.title in str(pair)


@pytest.mark.proof
async def test_memory_is_followed(dsn: str, capsys: pytest.CaptureFixture[str]) -> None:
    await memory.measure(dsn, 20)
    heading, *steps, most = capsys.readouterr().out.splitlines()
    assert (heading.split()[0], len(steps), most.split(":")[0]) == (
        "updates",
        memory.STEPS + 1,
        "at the most",
    )
