"""The rush: many posts due at one second, on the simulator answering after 200 ms.

    python -m benchmarks.rush [--sizes 3321 3319x5] [--naive-n 3321]

In one run, on this machine:

- the portal as in production: worker, beat, PostgreSQL and Redis as processes. `3319x5` is 3,319
  posts on 5 pages each;
- the floor (`stage.Bare`): an aiohttp loop that shows as many drafts by id, the same request as the
  portal's visible
  call, and does nothing else; before and after the portal, both rounds counted together;
- a naive Celery ETA project (`naive.py`) with 8 processes, up to `--naive-n` posts: it takes
  minutes.

Lateness is the arrival of the whole request that makes a post visible, as the simulator saw it,
minus the due second. CPU is that of all the contestant's processes (portal: workers, beat,
PostgreSQL, Redis; naive: worker, Redis), never of the simulator. The portal's is counted from just
before the first claim to the last write-back, by workers that are warm: started, and a first post
gone out. What beat and rings cost while nothing is due is part of it, and told beside it. Compare
ratios: seconds differ between machines. All share the simulator, which is one process.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks.servers import start, stop
from benchmarks.simulator import LATENCY_MS, ROOT, Bare
from benchmarks.stage import Stage, at, run, sleep_until
from benchmarks.usage import cpu_seconds, memory_mb


@dataclass
class Outcome:
    """The result of one contestant: what the simulator saw, and what it cost."""

    name: str
    n: int
    lateness: list[float]
    doubled: int
    cpu_ms: float
    peak_mb: float = 0.0
    pss_mb: float = 0.0

    @classmethod
    def seen(
        cls, name: str, simulator: Any, pages: list[dict], due: float, cpu_ms: float, **more: Any
    ) -> "Outcome":
        posts = [
            post for post in simulator.truth("facebook", pages) if post["arrived_at"] is not None
        ]
        twice = sum(number - 1 for number in Counter(post["page"] for post in posts).values())
        return cls(
            name, len(pages), [post["arrived_at"] - due for post in posts], twice, cpu_ms, **more
        )

    def line(self) -> str:
        lost = self.n - len(self.lateness) + self.doubled
        early = sum(late < 0 for late in self.lateness)
        seconds = "".join(f"{at(self.lateness, share):9.3f}" for share in (0.5, 0.99, 1))
        memory = f"{self.peak_mb:6.0f}/{self.pss_mb:.0f}" if self.peak_mb else f"{'':>9}"
        seen = f"{len(self.lateness):8d}{lost:6d}{early:6d}{self.doubled:8d}"
        return f"{self.name:26}{seconds}{seen}{self.cpu_ms:8.2f}  {memory}"


HEADER = (
    f"{'':26}{'p50 s':>9}{'p99 s':>9}{'max s':>9}{'seen':>8}{'lost':>6}{'early':>6}{'doubled':>8}{'cpu ms':>8}"  # noqa: E501
    "  RSS/PSS MB"
)


def floor(stage: Stage, n: int) -> Outcome:
    pages = stage.simulator.pages("facebook", n)
    bare = Bare(stage.simulator, pages)

    async def rounds(bare: Bare) -> float:
        drafts = await bare.stage()
        due = float(int(time.time()) + 2)
        await bare.show(drafts, due)
        return due

    due = bare.run(rounds)
    return Outcome.seen("bare aiohttp loop (floor)", stage.simulator, pages, due, bare.cpu_ms)


def portal(stage: Stage, units: int, per_unit: int) -> tuple[Outcome, dict[str, float]]:
    from django.conf import settings

    n = units * per_unit
    pages = stage.simulator.pages("facebook", n)
    rows = stage.rows.fill("facebook", units, per_unit=per_unit, pages=pages)
    ahead = settings.PUBLISHING["claim_ahead_seconds"]
    due = float(int(time.time() + ahead + 4 + n / 2000))
    stage.rows.deliver(rows, due)
    stage.vacuum_database()
    if time.time() > due - ahead - 1:
        raise SystemExit(
            "filling took so long that the claim began before the count: give it more time"
        )
    sleep_until(due - ahead - 1)
    before = stage.cpu()
    sleep_until(due)
    worker, pss = stage.processes["publish facebook"].pid, 0.0
    end = time.monotonic() + 300
    while stage.open():
        stage.look_after()
        if time.monotonic() > end:
            raise SystemExit("not all deliveries ended within five minutes")
        pss = max(pss, memory_mb(worker)[1])
        time.sleep(0.25)
    spent = {name: after - before[name] for name, after in stage.cpu().items()}
    each_ms = {name: seconds * 1000 / n for name, seconds in spent.items()}
    outcome = Outcome.seen(
        "outreach portal",
        stage.simulator,
        pages,
        due,
        sum(each_ms.values()),
        peak_mb=memory_mb(worker)[0],
        pss_mb=pss,
    )
    return outcome, each_ms


def idle(stage: Stage, seconds: float) -> dict[str, float]:
    """Measure the CPU milliseconds a second, by process, that the portal takes while nothing is
    due.
    """
    before = stage.cpu()
    time.sleep(seconds)
    return {name: (after - before[name]) * 1000 / seconds for name, after in stage.cpu().items()}


def naive(stage: Stage, n: int) -> Outcome:
    broker = f"{stage.redis_url}/1"
    environment = os.environ | {"NAIVE_BROKER": broker}
    os.environ["NAIVE_BROKER"] = broker
    from benchmarks.naive import publish

    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "benchmarks.naive",
        "worker",
        "-c",
        "8",
        "-l",
        "ERROR",
    ]
    with contextlib.ExitStack() as stack:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        worker = start(stack, command, cwd=ROOT, env=environment, **quiet)
        pages = stage.simulator.pages("facebook", n + 1)
        warm, pages = pages[0], pages[1:]
        publish.delay(stage.simulator.url, warm["external_id"], warm["tokens"]["access_token"])
        _wait_for_posts(stage, [warm], 1, seconds=60)
        before = _cpu(stage, worker)
        due = float(int(time.time()) + 3 + n // 500)
        eta = datetime.fromtimestamp(due, UTC)
        for page in pages:
            arguments = (stage.simulator.url, page["external_id"], page["tokens"]["access_token"])
            publish.apply_async(arguments, eta=eta)
        sleep_until(due)
        _wait_for_posts(stage, pages, n, seconds=60 + n / 25)
        time.sleep(1)
        cpu_ms = (_cpu(stage, worker) - before) * 1000 / n
        family = [worker.pid, *_children(worker.pid)]
        memory = [memory_mb(pid) for pid in family]
        outcome = Outcome.seen("naive Celery ETA, 8 procs", stage.simulator, pages, due, cpu_ms)
        outcome.peak_mb, outcome.pss_mb = (sum(sizes) for sizes in zip(*memory, strict=True))
        stop(worker)
    return outcome


def _cpu(stage: Stage, worker: subprocess.Popen) -> float:
    return cpu_seconds(worker.pid) + cpu_seconds(stage.processes["redis"].pid)


def _children(pid: int) -> list[int]:
    return [int(word) for word in (open(f"/proc/{pid}/task/{pid}/children").read().split())]


def _wait_for_posts(stage: Stage, pages: list[dict], n: int, *, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and len(stage.simulator.truth("facebook", pages)) < n:
        time.sleep(0.5 if n < 100 else 2)


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sizes", nargs="+", default=["3321", "3319x5"], help="posts, or posts x pages each"
    )
    parser.add_argument(
        "--naive-n", type=int, default=3321, help="the largest size that the naive project runs at"
    )
    parser.add_argument(
        "--latency", type=float, default=LATENCY_MS, help="milliseconds the platform takes"
    )
    parser.add_argument(
        "--idle", type=float, default=10, help="seconds in which idle costs are counted"
    )


def measure(stage: Stage, options: argparse.Namespace) -> str:
    stage.simulator.latency(facebook=options.latency)
    lines = []
    for size in options.sizes:
        units, _x, per_unit = size.partition("x")
        lines.append(compare(stage, int(units), int(per_unit or 1), options))
    return "\n".join(lines)


def compare(stage: Stage, units: int, per_unit: int, options: argparse.Namespace) -> str:
    n = units * per_unit
    print(f"\n{n} posts due at one second ({units} units x {per_unit} pages)\n{HEADER}", flush=True)
    first = floor(stage, n)
    stage.start_portal()
    idle_ms = idle(stage, options.idle)
    ours, parts = portal(stage, units, per_unit)
    print(ours.line(), flush=True)
    second = floor(stage, n)
    both = Outcome(
        first.name, 2 * n, first.lateness + second.lateness, 0, (first.cpu_ms + second.cpu_ms) / 2
    )
    print(both.line(), flush=True)
    if n <= options.naive_n:
        print(naive(stage, n).line())
    else:
        print(f"{'naive Celery ETA, 8 procs':26}  not run (--naive-n {n} runs it; some minutes)")
    print(f"CPU ms a delivery: {_shares(parts)}", flush=True)
    print(f"CPU ms a second while nothing is due: {_shares(idle_ms)}", flush=True)
    p99, lowest = at(ours.lateness, 0.99), at(both.lateness, 0.99)
    return (
        f"rush n={n} p99={p99:.3f} floor_p99={lowest:.3f} ratio={p99 / lowest:.2f} "
        f"cpu_ms={ours.cpu_ms:.2f}"
    )


def _shares(parts: dict[str, float]) -> str:
    return ", ".join(
        [*(f"{name} {ms:.2f}" for name, ms in parts.items()), f"all {sum(parts.values()):.2f}"]
    )


if __name__ == "__main__":
    run(sys.modules[__name__])
