"""In training no packet leaves the machine, and no live token opens: in a network of its own, whose
only way out is watched.
"""

import re

from platforms.registry import CONNECTORS
from tests import ahead

N = 60


@ahead.marked("benchmarks.training", "--n", str(N))
def test_no_packet_leaves_the_machine_and_no_live_token_opens():
    done = ahead.outcome("benchmarks.training", "--n", str(N))
    assert done.returncode == 0, done.stderr
    facts = dict(re.findall(r"(\S+)=(\S+)", done.stdout.splitlines()[-1]))
    hosts = [name for c in CONNECTORS.values() for name in c.settings if name.endswith("_url")]

    assert (facts["packets"], facts["opened"]) == ("0", "0")
    # Two packets and a question for a name show that the count sees what leaves.
    assert int(facts["proven"]) >= 3
    assert int(facts["refused"]) == len(hosts) + 1  # and a live database
    ends = {name: int(n) for name, n in facts.items() if name.startswith(("facebook", "telegram"))}
    assert ends == {
        "facebook_published": N // 3,  # the simulator's pages, so that something was tried
        "facebook_scheduled_access": N // 2,  # live tokens, sealed or pasted
        "telegram_failed_refused": N // 6,  # a live host in the settings
    }
