"""Control groups (version 1): the limits that docker sets on a service, and what the service
uses.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_CONTROL = Path("/sys/fs/cgroup")


class Group:
    """A control group: a service's limits of memory and processors, as docker sets them, and its
    use.
    """

    def __init__(self, service: str, facts: dict[str, Any], above: Path) -> None:
        limits = facts["deploy"]["resources"]["limits"]
        self.service = service
        self.limit = _bytes(limits["memory"])
        self.peak = 0
        self.seconds = {"without": 0.0, "with": 0.0}  # of processors
        self.memory = _CONTROL / "memory" / f"{above.name}-{service}"
        self.processors = above / service
        for folder in (self.memory, self.processors):
            folder.mkdir()
        (self.memory / "memory.limit_in_bytes").write_text(str(self.limit))
        (self.processors / "cpu.cfs_quota_us").write_text(str(int(float(limits["cpus"]) * 100_000)))
        (self.processors / "cpu.shares").write_text(str(facts.get("cpu_shares", 1024)))

    def take(self, pids: list[int]) -> None:
        for pid in pids:
            for folder in (self.memory, self.processors):
                with contextlib.suppress(ProcessLookupError):
                    (folder / "cgroup.procs").write_text(str(pid))

    def look(self) -> None:
        """Measure the memory that cannot be reclaimed from it: a cache of files does not count."""
        facts = dict(
            line.split() for line in (self.memory / "memory.stat").read_text().splitlines()
        )
        self.peak = max(self.peak, int(facts["total_rss"]) + int(facts.get("total_shmem", 0)))

    def spent(self) -> float:
        """Return the processor seconds so far, of its processes and of those that have ended."""
        return sum(cpu_of(pid) for pid in (self.memory / "cgroup.procs").read_text().split())

    def kills(self) -> int:
        return int(
            re.search(r"^oom_kill (\d+)", (self.memory / "memory.oom_control").read_text(), re.M)[1]
        )

    def remove(self) -> None:
        """Move what still runs back to the root and remove the group."""
        for folder, root in (
            (self.memory, _CONTROL / "memory"),
            (self.processors, _CONTROL / "cpu"),
        ):
            for pid in (folder / "cgroup.procs").read_text().split():
                with contextlib.suppress(OSError):
                    (root / "cgroup.procs").write_text(pid)
            with contextlib.suppress(OSError):
                folder.rmdir()


def cpu_of(pid: str) -> float:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _bytes(limit: str) -> int:
    return int(limit[:-1]) * {"M": 1024**2, "G": 1024**3}[limit[-1]]


@contextlib.contextmanager
def groups_of(names: list[str], weight: int) -> Iterator[dict[str, Group]]:
    """Make a group for each service of docker-compose.yml, with its limits, below one of that
    weight.
    """
    from tests.ops import compose

    above = _CONTROL / "cpu" / f"outreach-bench-{os.getpid()}"
    try:
        above.mkdir()
    except OSError as error:
        raise SystemExit(
            f"This benchmark sets limits by control groups (version 1), as root: {error}"
        ) from None
    groups: dict[str, Group] = {}
    try:
        (above / "cpu.shares").write_text(str(weight))
        for name in names:
            groups[name] = Group(name, compose.services()[name], above)
        yield groups
    finally:
        for group in groups.values():
            group.remove()
        with contextlib.suppress(OSError):
            above.rmdir()
