"""A short run with one of every strike. Long ones: `make faults N=10000 SEED=…`."""

import re

from tests import ahead
from tests.faults.plan import STRIKES, draw

SHORT = ("tests.faults", "--n", "160", "--seed", "7", "--seconds", "16")


@ahead.marked(*SHORT)
def test_a_run_under_every_kind_of_fault_loses_doubles_and_falsifies_nothing():
    done = ahead.outcome(*SHORT)

    output = f"{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, output
    counts = dict(re.findall(r"(\w+)=(\d+)", done.stdout.splitlines()[-1]))
    assert int(counts.pop("deliveries")) >= 150, output
    assert int(counts.pop("faults")) > len(STRIKES), output
    assert set(counts.values()) == {"0"}, output
    struck = {line[:44].strip() for line in done.stdout.splitlines()}
    assert set(STRIKES) <= struck, output


def test_a_seed_draws_the_same_run_each_time():
    assert draw(n=200, seed=3) == draw(n=200, seed=3)
    assert draw(n=200, seed=3) != draw(n=200, seed=4)
