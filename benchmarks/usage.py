"""The cost of a process: processors and memory, as Linux counts them."""

import contextlib
import os
from contextlib import suppress
from pathlib import Path

TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")  # what is shorter counts as nothing


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds of a process and of all its descendants, also
    those that have ended.
    """
    parents: dict[int, list[int]] = {}
    spent: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
            spent[int(stat.parent.name)] = sum(int(ticks) for ticks in fields[11:15])
    family, ticks = [pid], 0
    while family:
        member = family.pop()
        ticks += spent.get(member, 0)
        family += parents.get(member, [])
    return ticks * TICK_SECONDS


def memory_mb(pid: int) -> tuple[float, float]:
    """Return the peak of resident memory, and the present use with shared pages divided among
    processes.
    """
    status = Path(f"/proc/{pid}/status").read_text()
    fields = status.partition("VmHWM:")[2].split()
    peak = int(fields[0]) if fields else 0  # none of a process that has just ended
    with suppress(ProcessLookupError):
        shared_out = int(
            Path(f"/proc/{pid}/smaps_rollup").read_text().partition("Pss:")[2].split()[0]
        )
        return peak / 1024, shared_out / 1024
    return peak / 1024, 0.0
