"""Ordinary pages while strangers send slowly, officers sign in by the eight a second, and hostile
files come in.

    python -m benchmarks.mixed_load [--minutes 30]

The proxy, web, web-files, a publisher, reconcile, maintenance and beat by the commands of
docker-compose.yml, in control groups with its limits, under production settings; PostgreSQL and
Redis of this run in such groups too. Windows with the load and windows without it take turns, so
that what else the machine does falls on both; ``ratio`` is the p95 of all ordinary pages with the
load over theirs without. Refusals, kills and the memory of each group are told beside it.
"""

import argparse
import contextlib
import itertools
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

from benchmarks.browser import Browser
from benchmarks.control_groups import Group, groups_of
from benchmarks.mixed_rows import ACCOUNTS, World, fill, hostile_files, name_of
from benchmarks.servers import start
from benchmarks.simulator import ROOT
from benchmarks.stage import Stage, at, run

WORKERS = ("publish-facebook", "reconcile", "maintenance", "beat")
THINKS = 0.4  # seconds between two pages of an ordinary person
BEGINS = 3  # seconds of a window that are not counted: what the other one began comes to its end


# --- who asks -------------------------------------------------------------------------------------


@dataclass
class Window:
    """Collect what ordinary people saw while the load was on, or off."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    length: float = 0.0

    def all(self) -> list[float]:
        return [durations for taken in self.seconds.values() for durations in taken]


class People:
    """People who open one page after the other, each after a pause of ``thinks`` seconds or so."""

    def __init__(
        self, world: World, port: int, host: str, number: int = 3, thinks: float = THINKS
    ) -> None:
        self.world, self.port, self.host, self.thinks = world, port, host, thinks
        self.window: Window | None = None
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._go_on, args=(n,)) for n in range(number)]
        for thread in self.threads:
            thread.start()

    def _go_on(self, number: int) -> None:
        # Their machines are elsewhere: what is measured is not how long these threads wait here.
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        order = random.Random(number)
        browsers: dict[str, Browser] = {}
        while not self.over.wait(self.thinks * order.uniform(0.5, 1.5)):
            name, (cookies, address) = order.choice([*self.world.pages.items()])
            browser = browsers.setdefault(
                cookies,
                Browser(self.port, self.host, source=f"127.0.9.{number + 1}", cookies=cookies),
            )
            window, begun = self.window, time.perf_counter()
            try:
                status = str(browser.ask("GET", address)[0])
            except (OSError, HTTPException) as error:
                status = type(error).__name__
            # A page that began in one window and ended in the other belongs to neither.
            if window is None or window is not self.window:
                continue
            window.seconds.setdefault(name, []).append(time.perf_counter() - begun)
            if status != "200":
                window.refused[f"{name} {status}"] += 1

    def close(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()


# --- the run --------------------------------------------------------------------------------------


@contextlib.contextmanager
def services(
    stage: Stage, env: dict[str, str], weight: int
) -> Iterator[tuple[Any, dict[str, Group]]]:
    """Run all services, each in its group; yield them and where the proxy listens."""
    from tests.ops import proxy
    from tests.ops.processes import started
    from tests.ops.test_hostile_uploads import tree_of

    names = ["postgres", "redis", "web", "web-accounts", "web-files", *WORKERS, "proxy"]
    with groups_of(names, weight) as groups, contextlib.ExitStack() as stack:
        groups["postgres"].take(tree_of(stage.processes["postgresql"].pid))
        groups["redis"].take(tree_of(stage.processes["redis"].pid))
        entered = {name: group.memory for name, group in groups.items()}
        addresses = stack.enter_context(proxy.web_processes(env, entered))
        for name in WORKERS:
            stack.enter_context(started(name, env, entered[name]))
        served = stack.enter_context(proxy.serving(**addresses))
        groups["proxy"].take(tree_of(served.pid))
        for name in ("web", "web-accounts", "web-files", *WORKERS):
            pids = (groups[name].memory / "cgroup.procs").read_text().split()
            groups[name].take([int(pid) for pid in pids])
        yield served, groups


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument(
        "--window", type=float, default=30, help="seconds with, and seconds without the load"
    )
    parser.add_argument(
        "--provinces", type=int, default=34, help="of 97 communes with six posts each"
    )
    parser.add_argument("--slow", type=int, default=16, help="senders of a byte each two seconds")
    parser.add_argument("--sign-ins", type=float, default=8, help="a second")
    parser.add_argument(
        "--weight", type=int, default=4096, help="against what else runs here; a process has 1024"
    )
    parser.add_argument("--uploaders", type=int, default=4, help="hostile files at once")


def measure(stage: Stage, options: argparse.Namespace) -> str:
    from django.db import connections

    from tests import factories
    from tests.ops.test_production_processes import HOST, database_url, production, static_files

    folder = Path(stage.stack.enter_context(tempfile.TemporaryDirectory(prefix="outreach-bench-")))
    folder.chmod(0o755)
    env = production(folder, database_url())
    env["STATIC_ROOT"] = static_files()
    os.environ["MEDIA_ROOT"] = env["MEDIA_ROOT"]
    world = fill(stage, env, options.provinces)
    stage.vacuum_database()
    files = folder / "hostile"
    files.mkdir()
    facts = {
        "host": HOST,
        "slow": options.slow,
        "sign_ins": options.sign_ins,
        "uploaders": options.uploaders,
        "password": factories.PASSWORD,
        "accounts": [name_of(n) for n in range(ACCOUNTS)],
        "officers": world.officers,
        "posts": world.posts,
        "files": hostile_files(files),
        "texts": {
            "500,000 tags": {"body": "<ol>" * 500_000, "body-is-html": "1"},
            "captions of 99,900 <": {
                "picture": world.captions_of,
                f"captions-{world.captions_of}": "<" * 99_900,
            },
        },
    }
    connections.close_all()
    with services(stage, env, options.weight) as (served, groups):
        outcome = _turns(stage, world, groups, {**facts, "port": served.https}, options)
        killed = {name: group.kills() for name, group in groups.items() if group.kills()}
    logs = {path.stem: path.read_text(errors="replace") for path in folder.glob("*.log")}
    died = {
        name: len(re.findall("WORKER TIMEOUT|SIGKILL|was sent SIG", log))
        for name, log in logs.items()
    }
    return _report(
        options, outcome, groups, killed, {name: n for name, n in died.items() if n}, logs
    )


@dataclass
class Outcome:
    without: Window = field(default_factory=Window)
    loaded: Window = field(default_factory=Window)
    ratios: list[float] = field(default_factory=list)  # of each pair of windows
    answers: Counter[str] = field(default_factory=Counter)
    sign_ins: list[float] = field(default_factory=list)


def _turns(
    stage: Stage, world: World, groups: dict[str, Group], facts: dict[str, Any], options: Any
) -> Outcome:
    """Open windows without the load and with it by turns, until the time is over."""
    outcome = Outcome()
    command = [sys.executable, "-m", "benchmarks.attackers"]
    attackers = start(
        stage.stack, command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def report(command: str) -> None:
        print(command, file=attackers.stdin, flush=True)

    report(json.dumps(facts))
    end = time.monotonic() + options.minutes * 60
    with (
        _watched(groups),
        contextlib.closing(People(world, facts["port"], facts["host"])) as people,
    ):
        time.sleep(10)  # processes load what they load at the first page
        for number in itertools.count(1):
            quiet = _window(people, groups, outcome.without, "without", options.window)
            report("on")
            loaded = _window(people, groups, outcome.loaded, "with", options.window)
            report("off")
            attack = json.loads(attackers.stdout.readline())
            outcome.answers.update(attack["answers"])
            outcome.sign_ins += attack["waits"]
            outcome.ratios.append(at(loaded.all(), 0.95) / at(quiet.all(), 0.95))
            both = [f"{at(window.all(), 0.95) * 1000:5.0f} ms" for window in (quiet, loaded)]
            print(
                f"{number:3} p95 without {both[0]}, with {both[1]}, ratio {outcome.ratios[-1]:.2f}",
                flush=True,
            )
            if time.monotonic() >= end:
                break
    return outcome


@contextlib.contextmanager
def _watched(groups: dict[str, Group]) -> Iterator[None]:
    """Look five times a second how much memory each group has."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            for group in groups.values():
                group.look()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _window(
    people: People, groups: dict[str, Group], total: Window, kind: str, seconds: float
) -> Window:
    """Measure a window of ordinary pages and add it to ``total``."""
    time.sleep(BEGINS)
    before = {name: group.spent() for name, group in groups.items()}
    people.window = mine = Window()
    time.sleep(seconds - BEGINS)
    people.window = None
    for name, group in groups.items():
        group.seconds[kind] += group.spent() - before[name]
    total.length += seconds - BEGINS
    for name, taken in mine.seconds.items():
        total.seconds.setdefault(name, []).extend(taken)
    total.refused.update(mine.refused)
    return mine


def _report(
    options: Any,
    of: Outcome,
    groups: dict[str, Group],
    killed: dict,
    died: dict,
    logs: dict[str, str],
) -> str:
    print(
        f"\n{'':22}{'pages':>7}{'p50':>8}{'p95':>8}   with the "
        f"load:{'pages':>6}{'p50':>8}{'p95':>8}{'ratio':>7}"
    )
    worst = ("", 0.0)
    for name in sorted(of.without.seconds):
        quiet, loaded = of.without.seconds[name], of.loaded.seconds.get(name, [])
        ratio = at(loaded, 0.95) / at(quiet, 0.95)
        worst = max(worst, (name, ratio), key=lambda run: run[1])
        print(
            f"{name:22}{len(quiet):7}{at(quiet, 0.5) * 1000:8.0f}{at(quiet, 0.95) * 1000:8.0f}{
                '':17}{len(loaded):6}"
            f"{at(loaded, 0.5) * 1000:8.0f}{at(loaded, 0.95) * 1000:8.0f}{ratio:7.2f}"
        )
    for title, counts in (("without", of.without.refused), ("with", of.loaded.refused)):
        print(f"Pages that were not answered with 200, {title} the load: {dict(counts)}")
    print("What came back to strangers and hostile people:")
    for kind, number in sorted(of.answers.items()):
        print(f"  {kind}: {number}")
    print("Of each group the most memory, MB, and its limit; processors without and with the load:")
    for name, group in groups.items():
        memory = f"{group.peak / 1024**2:5.0f} of {group.limit / 1024**2:5.0f}"
        shares = [
            group.seconds[kind] / window.length
            for kind, window in (("without", of.without), ("with", of.loaded))
        ]
        print(f"  {name:18}{memory}{shares[0]:8.2f}{shares[1]:8.2f}")
    print(f"Killed for memory: {killed}; processes that died by their logs: {died}")
    for name, log in logs.items():
        for line in [line for line in log.splitlines() if '"ERROR"' in line or "Traceback" in line][
            :3
        ]:
            print(f"  {name} said: {line[:400]}")
    quiet, loaded = at(of.without.all(), 0.95), at(of.loaded.all(), 0.95)
    came_in = of.answers["sign-in 302"]
    tried = sum(number for kind, number in of.answers.items() if kind.startswith("sign-in "))
    fullest = max(groups.values(), key=lambda group: group.peak / group.limit)
    return (
        f"mixed_load minutes={options.minutes:g} "
        f"pages={len(of.without.all())}+{len(of.loaded.all())} "
        f"p95_ms={quiet * 1000:.0f} loaded_p95_ms={loaded * 1000:.0f} ratio={loaded / quiet:.2f} "
        f"median_ratio={at(of.ratios, 0.5):.2f} worst={worst[0].replace(' ', '_')}:{worst[1]:.2f} "
        f"refused={sum((of.without.refused + of.loaded.refused).values())} "
        f"signed_in={came_in}/{tried} "
        f"sign_in_p95={at(of.sign_ins, 0.95):.2f} "
        f"killed={sum(killed.values()) + sum(died.values())} "
        f"fullest={fullest.service}:{fullest.peak / fullest.limit:.2f}"
    )


if __name__ == "__main__":
    run(sys.modules[__name__])
