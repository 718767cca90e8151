"""An hour in which strangers and officers with scripts do all at once, beside people who work.

    python -m benchmarks.hostile [--minutes 60]

The proxy and the three web services by the commands of docker-compose.yml under production
settings; publisher, reconcile, recall and beat against the simulator; PostgreSQL and Redis of this
run; all in control groups with the file's limits and weights where this machine has them (version
1). A fourth of the time is calm, then the attack goes on to the end: forms of 250,000 marks, bodies
of 1,100 MB that are announced, slow senders, sign-ins, resets, hostile files, long texts from a
dozen windows of one officer, searches, exports, guesses at short links. Attackers stand for
machines elsewhere: they have what processors are left over. People of all provinces open their
pages meanwhile, and a delivery falls due every two seconds.

``ratio`` is the p95 of the pages under attack over theirs before it; the goal is at most 2.
``killed`` counts processes that died, ``fullest`` is the service that came nearest to its limit of
memory, ``proxy_mb`` the most that the proxy held on disk, ``late`` the deliveries that came later
than the watch allows.
"""

import argparse
import base64
import contextlib
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.control_groups import groups_of
from benchmarks.mixed_load import People, Window
from benchmarks.mixed_rows import ACCOUNTS, World, fill, hostile_files, name_of
from benchmarks.servers import start
from benchmarks.simulator import ROOT
from benchmarks.stage import Stage, at, run

WEB = ("web", "web-accounts", "web-files")
RUNNING = {  # what the stage started, and its service
    "postgresql": "postgres",
    "redis": "redis",
    "publish facebook": "publish-facebook",
    "reconcile": "reconcile",
    "recall": "recall",
    "beat": "beat",
}
ACTS = {  # of benchmarks/attackers.py, each by so many threads
    "send_marks": 4,
    "announce": 6,
    "reset_passwords": 4,
    "write_long_texts": 12,
    "search": 4,
    "export": 2,
    "guess_short_links": 4,
}
EVERY = 2  # seconds between two deliveries
# Between two pages of a province: 97 communes of six people who open 30 pages each in eight hours.
THINKS = 8 * 3600 / (97 * 6 * 30)
BEGINS = 3  # seconds of a window that are not counted


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--provinces", type=int, default=12)
    parser.add_argument("--announced-mb", type=int, default=64, help="sent of each announced body")
    parser.add_argument("--slow", type=int, default=16, help="senders of a byte each two seconds")
    parser.add_argument("--sign-ins", type=float, default=8, help="a second")
    parser.add_argument("--uploaders", type=int, default=4, help="hostile files at once")
    parser.add_argument("--acts", nargs="*", choices=ACTS, default=[*ACTS], help="these alone")
    parser.add_argument("--weight", type=int, default=262_144, help="a process beside it has 1024")


# --- what is watched ------------------------------------------------------------------------------


class Watch:
    """Keep the most memory of each service, and the most that the proxy held on disk."""

    def __init__(self, pids: dict[str, int]) -> None:
        self.pids = pids
        self.memory = dict.fromkeys(pids, 0)
        self.disk = 0

    def look(self) -> None:
        from tests.ops.test_hostile_uploads import tree_of
        from tests.ops.test_sign_in_rush import memory_of

        for name, pid in self.pids.items():
            self.memory[name] = max(self.memory[name], memory_of(tree_of(pid)))
        self.disk = max(self.disk, _files_of(tree_of(self.pids["proxy"])))

    @contextlib.contextmanager
    def on(self) -> Iterator[None]:
        over = threading.Event()

        def go_on() -> None:
            while not over.wait(1):
                self.look()

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _files_of(pids: list[int]) -> int:
    """Return the bytes of the files in the proxy's folder that these processes have open."""
    sizes = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            for link in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    if "/cache/" in os.readlink(link):
                        facts = link.stat()
                        sizes[facts.st_dev, facts.st_ino] = facts.st_blocks * 512
    return sum(sizes.values())


# --- the run --------------------------------------------------------------------------------------


@contextlib.contextmanager
def services(
    stage: Stage, env: dict[str, str], weight: int
) -> Iterator[tuple[Any, dict[str, Any], Watch]]:
    """Run proxy and web; yield the proxy, the control groups, if any, and who watches."""
    from tests.ops import proxy
    from tests.ops.test_hostile_uploads import tree_of

    with contextlib.ExitStack() as stack:
        groups: dict[str, Any] = {}
        if os.access("/sys/fs/cgroup/memory/cgroup.procs", os.W_OK):
            groups = stack.enter_context(groups_of([*WEB, "proxy", *RUNNING.values()], weight))
        entered = {name: group.memory for name, group in groups.items()}
        addresses = stack.enter_context(proxy.web_processes(env, entered))
        served = stack.enter_context(proxy.serving(**addresses))
        pids = {"proxy": served.pid, **{name: _pid_of(name, env) for name in WEB}}
        started = {service: stage.processes[name].pid for name, service in RUNNING.items()}
        first = pids | started
        for name, group in groups.items():
            group.take(tree_of(first[name]))
        yield served, groups, Watch(pids)


def _pid_of(service: str, env: dict[str, str]) -> int:
    """Return the first process that writes a service's log: all three run the same command."""
    log = (Path(env["VAR_DIR"]) / f"{service}.log").stat()
    writing = []
    for stdout in Path("/proc").glob("[0-9]*/fd/1"):
        with contextlib.suppress(OSError):
            if os.path.samestat(stdout.stat(), log):
                writing.append(int(stdout.parts[2]))
    return min(writing)


def measure(stage: Stage, options: argparse.Namespace) -> str:
    from django.db import connections

    from engagement.rollups.services import refresh_changed_days
    from tests import factories
    from tests.ops.test_production_processes import HOST, database_url, production, static_files

    folder = Path(stage.stack.enter_context(tempfile.TemporaryDirectory(prefix="outreach-bench-")))
    folder.chmod(0o755)
    env = {**production(folder, database_url()), **KEYS}
    env["STATIC_ROOT"] = static_files()
    stage.environment |= {**KEYS, "MEDIA_ROOT": env["MEDIA_ROOT"]}
    os.environ["MEDIA_ROOT"] = env["MEDIA_ROOT"]
    world = fill(stage, env, options.provinces)
    world.pages |= _pages_of_provinces(env)
    stage.start_portal()
    seconds = options.minutes * 60
    rows = stage.rows.fill("facebook", int(seconds / EVERY))
    while refresh_changed_days():  # as a worker does each minute
        pass
    stage.vacuum_database()
    files = folder / "hostile"
    files.mkdir()
    facts = {
        "host": HOST,
        "slow": options.slow,
        "sign_ins": options.sign_ins,
        "uploaders": options.uploaders,
        "announced_mb": options.announced_mb,
        "acts": {act: ACTS[act] for act in options.acts},
        "password": factories.PASSWORD,
        "accounts": [name_of(n) for n in range(ACCOUNTS)],
        "officers": world.officers,
        "posts": world.posts,
        "files": hostile_files(files),
        "texts": {"500,000 tags": {"body": "<ol>" * 500_000, "body-is-html": "1"}},
    }
    with services(stage, env, options.weight) as (served, groups, watch):
        begun = time.time() + 30
        stage.rows.deliver(rows, lambda number: begun + number * EVERY)
        connections.close_all()
        calm, attacked, answers = _play(
            stage, world, {**facts, "port": served.https}, watch, options, seconds
        )
        stage.wait_for_end(seconds=180, post__in=[row.post for row in rows])
        out_of_memory = sum(group.kills() for group in groups.values())
    logs = {name: (folder / f"{name}.log").read_text(errors="replace") for name in WEB}
    died = {
        name: len(re.findall("WORKER TIMEOUT|SIGKILL|was sent SIG", log))
        for name, log in logs.items()
    }
    late, worst = _lateness(rows)
    return _report(
        options, calm, attacked, answers, watch, out_of_memory, died, (late, worst, len(rows)), logs
    )


def _play(
    stage: Stage,
    world: World,
    facts: dict[str, Any],
    watch: Watch,
    options: argparse.Namespace,
    seconds: float,
) -> tuple[Window, Window, dict[str, int]]:
    """Open the pages of people for ``seconds``: a fourth in calm, then under attack."""
    attackers = start(
        stage.stack,
        [sys.executable, "-m", "benchmarks.attackers"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    print(json.dumps(facts), file=attackers.stdin, flush=True)
    people = People(world, facts["port"], facts["host"], options.provinces, THINKS)
    with watch.on(), contextlib.closing(people):
        time.sleep(15)  # processes load what they load at the first page
        calm = _window(people, seconds / 4)
        print(
            f"calm: {len(calm.all())} pages, p95 {at(calm.all(), 0.95) * 1000:.0f} ms", flush=True
        )
        print("on", file=attackers.stdin, flush=True)
        attacked = _window(people, seconds * 3 / 4)
        print("off", file=attackers.stdin, flush=True)
        answers = json.loads(attackers.stdout.readline())["answers"]
    return calm, attacked, answers


def _window(people: People, seconds: float) -> Window:
    time.sleep(BEGINS)
    people.window = window = Window()
    time.sleep(max(0, seconds - BEGINS))
    people.window = None
    return window


def _pages_of_provinces(env: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Appoint an officer, an approver and an overseer in each province; return their pages."""
    from django.urls import reverse

    from accounts.permissions import Role
    from tests import factories
    from tests.ops.test_hostile_uploads import cookies_of
    from units.models import Level, Unit

    pages = {}
    for number, province in enumerate(Unit.objects.filter(level=Level.PROVINCE)):
        unit = factories.UnitFactory(parent=province)
        channel = factories.ChannelFactory(unit=unit, external_id=f"of-province-{number}")
        author = factories.person(Role.OFFICER, unit)
        common = {"unit": unit, "author": author, "channels": [channel]}
        draft, waiting = factories.PostFactory(**common), factories.submitted(**common)
        officer, approver, overseer = (
            cookies_of(person, env["SECRET_KEY"])
            for person in (
                author,
                factories.person(Role.APPROVER, unit),
                factories.person(Role.OVERSEER, province),
            )
        )
        pages |= {
            f"today {number}": (officer, reverse("oversight:today")),
            f"list {number}": (officer, reverse("publishing:post_list")),
            f"composer {number}": (officer, reverse("posts:edit", args=[draft.public_id])),
            f"review {number}": (approver, reverse("publishing:review", args=[waiting.public_id])),
            f"province {number}": (overseer, reverse("oversight:province")),
        }
    return pages


def _lateness(rows: list[Any]) -> tuple[int, float]:
    """Return how many deliveries came later than the watch allows, or never, and by how much."""
    from operations.rules import LATE
    from publishing.models import Delivery

    deliveries = Delivery.objects.filter(post__in=[row.post for row in rows])
    seconds = [
        (delivery.published_at - delivery.due_at).total_seconds()
        for delivery in deliveries
        if delivery.published_at
    ]
    never = deliveries.count() - len(seconds)
    return never + sum(second > LATE.total_seconds() for second in seconds), max(
        seconds, default=0.0
    )


def _report(
    options: argparse.Namespace,
    calm: Window,
    attacked: Window,
    answers: dict[str, int],
    watch: Watch,
    out_of_memory: int,
    died: dict[str, int],
    deliveries: tuple[int, float, int],
    logs: dict[str, str],
) -> str:
    from tests.ops.test_sign_in_rush import limit_of

    print("What came back to strangers and officers with scripts:")
    for kind, number in sorted(answers.items()):
        print(f"  {kind}: {number}")
    print("Pages by kind: number, median and p95 in ms in calm, then under attack:")
    kinds = sorted({name.rstrip("0123456789 ") for name in calm.seconds})
    for kind in kinds:
        print(f"  {kind:22}" + "".join(_describe(window, kind) for window in (calm, attacked)))
    for title, window in (("in calm", calm), ("under attack", attacked)):
        print(f"Pages that were not answered with 200 {title}: {dict(window.refused)}")
    print("Of each service the most memory, MB, and its limit:")
    shares = {}
    for name, most in watch.memory.items():
        shares[name] = most / limit_of(name)
        print(f"  {name:14}{most / 1024**2:6.0f} of {limit_of(name) / 1024**2:.0f}")
    print(f"Killed for memory: {out_of_memory}; processes that died by their logs: {died}")
    for name, log in logs.items():
        for line in [line for line in log.splitlines() if '"ERROR"' in line][:3]:
            print(f"  {name} said: {line[:300]}")
    late, worst, number = deliveries
    quiet, loud = at(calm.all(), 0.95), at(attacked.all(), 0.95)
    fullest = max(shares, key=lambda name: shares[name])
    return (
        f"hostile minutes={options.minutes:g} pages={len(calm.all())}+{len(attacked.all())} "
        f"calm_p95_ms={quiet * 1000:.0f} attacked_p95_ms={loud * 1000:.0f} "
        f"ratio={loud / quiet:.2f} goal_ratio=2 "
        f"refused={sum(calm.refused.values())}+{sum(attacked.refused.values())} "
        f"killed={out_of_memory + sum(died.values())} fullest={fullest}:{shares[fullest]:.2f} "
        f"proxy_mb={watch.disk / 1024**2:.0f} late={late}/{number} latest_s={worst:.1f}"
    )


def _describe(window: Window, kind: str) -> str:
    taken = [
        second
        for name, seconds in window.seconds.items()
        if name.rstrip("0123456789 ") == kind
        for second in seconds
    ]
    return f"{len(taken):7}{at(taken, 0.5) * 1000:7.0f}{at(taken, 0.95) * 1000:7.0f}"


# What web and workers share; the rows are sealed with them, so that they are there before Django.
KEYS = {
    "SECRET_KEY": secrets.token_urlsafe(64),
    "CREDENTIAL_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
    "APPROVAL_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
}

if __name__ == "__main__":
    os.environ |= KEYS
    run(sys.modules[__name__])
