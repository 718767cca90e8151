"""One run from a seed: start everything, do the plan, heal, wait until all is quiet, judge."""

import logging
import threading
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from tests.faults import checker, plan
from tests.faults.checker import Judge
from tests.faults.nemesis import Nemesis
from tests.faults.people import People
from tests.faults.processes import Portal
from tests.faults.worker import shorten_refresh_lease
from tests.faults.world import build

QUIET_AFTER = 120.0  # seconds after the last fault by which everything must have come to rest


@dataclass
class Result:
    deliveries: int
    faults: Counter
    counts: Counter
    lines: list[str]

    @property
    def sentence(self) -> str:
        counts = " ".join(f"{kind}={self.counts[kind]}" for kind in checker.KINDS)
        return f"faults deliveries={self.deliveries} faults={self.faults.total()} {counts}"


def run(
    drawn: plan.Plan, *, keep: Path | None = None, say: Callable[[str], None] = print
) -> Result:
    with Portal(keep) as portal:
        from django.db import connection

        # of this process alone: that a notice finds no broker is what a run is about
        logging.disable()
        shorten_refresh_lease()
        say(
            f"seed {drawn.seed}: {len(drawn.posts)} posts over {drawn.seconds:.0f} s in "
            f"{portal.folder}"
        )
        portal.simulator.ask(
            "/_sim/settings", {"zalo_job_seconds": 0.2, "facebook_video_seconds": 0.5}
        )
        world = build(portal.simulator, drawn.places, drawn.posts)
        nemesis = Nemesis(portal, drawn, list(world.pages))
        nemesis.open()
        portal.simulator.ask("/_sim/faults", drawn.faults)
        people = People(portal, world, drawn, time.time() + 1.0)
        hits = _play(people, nemesis, drawn)
        connection.close()  # older than the database's last crash
        say(f"healed after {time.time() - people.start:.0f} s")
        quiet = _wait_for_quiet(people)
        say(f"{'quiet' if quiet else 'NOT QUIET'} after {time.time() - people.start:.0f} s")
        time.sleep(2)  # a call that nobody waits for any more would arrive by now
        judge = Judge(world, people.history, portal.simulator.truth(), people.start)
        found = judge.judge()
        return _result(judge, found, people, nemesis, hits, portal.folder)


def _play(people: People, nemesis: Nemesis, drawn: plan.Plan) -> list[dict]:
    acts = [
        *drawn.acts,
        *(
            replace(act, at=act.at + act.facts["lasts"], kind="resume", facts={**act.facts})
            for act in drawn.acts
            if act.kind == "pause"
        ),
    ]
    faults = sorted(
        [
            *((act.at, people.do, act) for act in acts),
            *((s.at, nemesis.strike, s) for s in drawn.strikes),
        ],
        key=lambda outcome: outcome[0],
    )
    threading.Thread(target=nemesis.watch, daemon=True).start()
    over = threading.Event()
    clerk = threading.Thread(
        target=_every_second, args=(over, lambda: people.look_after(again=True)), daemon=True
    )
    clerk.start()
    with ThreadPoolExecutor(12) as pool, ThreadPoolExecutor(32) as strikes:
        waiting = []
        for at, do, what in faults:
            time.sleep(max(0.0, people.start + at - time.time()))
            waiting.append((strikes if do == nemesis.strike else pool).submit(do, what))
        last = people.start + max(post.due for post in drawn.posts) + 6
        time.sleep(max(0.0, last - time.time()))
        hits = nemesis.portal.simulator.ask("/_sim/faults")["faults"]
        nemesis.heal()
    over.set()
    clerk.join()
    for future in waiting:
        future.result()  # what went wrong in the run itself must not look like success
    return hits


def _every_second(over: threading.Event, do: Callable[[], None]) -> None:
    from django.db import InterfaceError, OperationalError, connection

    while not over.wait(1):
        try:
            do()
        except (OperationalError, InterfaceError):
            connection.close()
        except Exception:
            traceback.print_exc()
    connection.close()


def _wait_for_quiet(people: People) -> bool:
    from django.db.models import Q

    from publishing.models import Delivery
    from publishing.states import ENDED

    end = time.monotonic() + QUIET_AFTER
    rests = Q(state__in=ENDED) | Q(state="published", recall__isnull=True)
    while Delivery.objects.exclude(rests).exists():
        if time.monotonic() > end:
            return False
        people.look_after(again=False)
        time.sleep(0.5)
    return True


def _result(
    judge: Judge,
    found: list[checker.Violation],
    people: People,
    nemesis: Nemesis,
    hits: list[dict],
    folder: Path,
) -> Result:
    moments: dict[str, list[float]] = defaultdict(list)
    for struck in nemesis.struck:
        moments[struck.kind].append(struck.at)
    deaths = folder / "deaths"
    for line in deaths.read_text().splitlines() if deaths.exists() else ():
        at, step = line.split()
        moments[f"kill -9 at {step}"].append(float(at))
    faults = Counter({kind: len(times) for kind, times in moments.items()})
    lines = [
        (
            f"{'fault':44}{'times':>6}{'in hand':>9}{'p50 s':>7}{'max s':>8}   (until what "
            f"was in hand was done)"
        )
    ]
    for kind, times in sorted(moments.items()):
        waits = judge.recovery(times)
        lines.append(f"{kind:44}{len(times):6d}{len(waits):9d}{checker.middle(waits)}")
    platform: Counter = Counter()
    for hit in hits:
        platform[f"{hit['platform']} {hit['operation']}: {hit['kind']}"] += hit["hits"]
    lines += [f"{kind:44}{times:6d}" for kind, times in sorted(platform.items()) if times]
    acts = Counter(f"{event.kind} {event.outcome}" for event in people.history)
    lines.append("acts: " + ", ".join(f"{kind} {times}" for kind, times in sorted(acts.items())))
    ends = Counter(f"{row.state} {row.error_code}".strip() for row in judge.rows.values())
    lines.append("ends: " + ", ".join(f"{kind} {times}" for kind, times in sorted(ends.items())))
    late = sorted(judge.lateness())
    if late:
        lines.append(
            f"lateness: p50 {late[len(late) // 2]:.2f} s, max {late[-1]:.2f} s, of {len(late)} seen"
        )
    for violation in found:
        lines += list(judge.describe(violation))
    counts = Counter(violation.kind for violation in found)
    return Result(len(judge.rows), faults + platform, counts, lines)
