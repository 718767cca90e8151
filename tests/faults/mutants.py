"""The checker's own test: a guard of the engine is taken out of one worker, and the checker must
see it.

    python -m tests.faults.mutants [name …]

Each mutant has a scene: a few deliveries and the one fault that its guard is there for. All scenes
are first played together with every guard in place, where nothing may be found, then one by one
with a mutant.
"""

import json
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.faults.people import Event, People
from tests.faults.plan import Plan, PlannedPost
from tests.faults.processes import Portal, wait_for_workers, wait_until
from tests.faults.world import build

# --- the guards, taken out ------------------------------------------------------------------------


def any_state() -> None:
    """Move a row whatever state it is in by now."""
    any_schedule()
    from publishing.deliveries import transitions

    update = transitions.update_from_values
    transitions.update_from_values = lambda *given, where=None, **more: update(*given, **more)


def any_try() -> None:
    """Allow a run to write although another has taken the delivery over since."""
    from publishing.deliveries import transitions

    update = transitions.update_from_values

    def without(model: Any, rows: Any, *, match: Any, **more: Any) -> Any:
        if model._meta.label != "publishing.Delivery":
            return update(model, rows, match=match, **more)
        bare = [{name: value for name, value in row.items() if name != "attempt"} for row in rows]
        return update(model, bare, match=("id",), **more)

    transitions.update_from_values = without


def no_grace() -> None:
    """Check an unknown outcome at once."""
    from django.conf import settings

    settings.PUBLISHING["verify_grace_seconds"] = 0


def straight_back() -> None:
    """Take a run that died after its call began for one that has not called."""
    from publishing.reconciliation import reconcile

    move_many = reconcile.move_many

    def moved(rows: Any, to: Any, **fields: Any) -> Any:
        rows = list(rows)
        if to == "verifying" and rows and all(row.committing_at for row in rows):
            now = fields["now"]
            return move_many(
                rows, "scheduled", now=now, fire_at=now, lease_until=None, committing_at=None
            )
        return move_many(rows, to, **fields)

    reconcile.move_many = moved


def any_schedule() -> None:
    """Believe rows that say scheduled: nobody asks who chose that, nor whether it has ended. A
    second guard behind others, which goes with them."""
    from publishing.deliveries import schedules
    from publishing.engine import firing

    schedules.find_unproved = lambda _schedules: set()
    firing.find_ended = lambda _deliveries: set()


def any_approval() -> None:
    """Believe rows that say approved: nobody asks what proves it."""
    any_schedule()
    from posts.review import approvals

    approvals.approval_problem = lambda *_given, **_facts: ""


def any_content() -> None:
    """Send a content without comparing it with what was approved."""
    from posts.canonical import content

    class Same(str):
        def __eq__(self, other: object) -> bool:
            return True

        def __ne__(self, other: object) -> bool:
            return False

        __hash__ = str.__hash__

    content.digest = lambda what: Same()


def recalled_too() -> None:
    """Allow what is recalled to be sent."""
    any_schedule()
    from publishing.models import DeliveryQuerySet

    narrow = DeliveryQuerySet.filter

    def wide(self: Any, *given: Any, **options: Any) -> Any:
        if options.get("recall__isnull") is True:
            del options["recall__isnull"]
        return narrow(self, *given, **options)

    DeliveryQuerySet.filter = wide


def paused_too() -> None:
    """Allow what is paused to be sent."""
    from django.db.models import Exists

    from publishing.models import delivery

    delivery._match_pauses = lambda when: Exists(delivery.Pause.objects.filter(pk=0))


def held_for_ever() -> None:
    """Send a call however long its process was frozen after the last question."""
    from platforms import client

    run = client.run_request

    def late(request: Any, *given: Any) -> Any:
        request.latest = request.until = float("inf")
        return run(request, *given)

    client.run_request = late


def broken_for_unsent() -> None:
    """Take a visible call that broke in the connector for one that was never sent."""
    from platforms import client

    unexpected = client.sort_unexpected_error
    client.sort_unexpected_error = lambda error, platform, *, writes: unexpected(
        error, platform, writes=False
    )


def partial_for_whole() -> None:
    """Show a draft after its first step."""
    from publishing.engine.results import Results

    Results.write_steps = lambda self, drafts: self.write_whole_drafts(drafts)


# --- the scenes -----------------------------------------------------------------------------------


@dataclass
class Scene:
    """One scene with its own posts, on pages of their own."""

    stage: "Stage"
    people: People
    posts: list[int]
    deliveries: list[int] = field(default_factory=list)

    def schedule(self, *, due_in: float) -> None:
        from publishing.scheduling import scheduling

        due = _at(time.time() + due_in)
        for number in self.posts:
            place, post = self.people._place(number), self.people._post(number)
            made = scheduling.schedule(
                post, by=place.officer, due_at=due, not_after=timedelta(seconds=600)
            )
            self.deliveries += [delivery.pk for delivery in made]

    def rows(self) -> Any:
        from publishing.models import Delivery

        return Delivery.objects.filter(pk__in=self.deliveries)

    def wait(self, *, state: str, **more: Any) -> None:
        wait_until(
            lambda: self.rows().filter(state=state, **more).count() == len(self.deliveries),
            f"{state} {more}",
        )

    def wait_for_a_try(self) -> None:
        """Wait until each was claimed. Not until all are at once: on a busy machine the first is
        over before the last begins."""
        wait_until(lambda: not self.rows().filter(attempt=0).exists(), "a try")

    def wait_for_a_run(self, platform: str) -> None:
        """Wait until the publisher has done what it is at, and looked once more for what is due."""
        publisher, now = self.stage.publisher, time.monotonic()
        wait_until(lambda: publisher.has_run_since(now, f"publish {platform}"), "a whole run")

    def fault(self, platform: str, kind: str, **more: Any) -> None:
        for page in self.pages(platform):
            fault = {"platform": platform, "kind": kind, "page": page, **more}
            self.stage.portal.simulator.ask("/_sim/faults", fault)

    def pages(self, platform: str) -> list[str]:
        return [self.people._place(number).channels[platform].external_id for number in self.posts]

    def act(self, kind: str, do: Callable[[Any], None]) -> None:
        """Do the action on each delivery, and record it as the checker reads it. What is refused is
        refused."""
        from core.errors import Refused

        for row in self.rows().select_related("unit", "post", "channel"):
            event = Event(
                kind, time.time(), deliveries=[row.pk], outcome="ok", post=self._post_of(row)
            )
            try:
                do(row)
            except Refused:
                event.outcome = "refused"
            event.returned = time.time()
            self.people.history.append(event)

    def _post_of(self, row: Any) -> int:
        return self.people.world.post_pks.index(row.post_id)

    def officer(self, row: Any) -> Any:
        return self.people._place(self._post_of(row)).officer

    def leader(self, row: Any) -> Any:
        return self.people._place(self._post_of(row)).leader


def cancelled_while_prepared(scene: Scene) -> None:
    from publishing.scheduling import scheduling

    scene.fault("facebook", "slow", operation="stage", ms=1500)
    scene.fault(
        "facebook", "error_before", operation="stage"
    )  # and so, without a guard, it would be tried again
    scene.schedule(due_in=3)
    scene.wait_for_a_try()
    scene.act("cancel", lambda row: scheduling.cancel(row, by=scene.officer(row), reason="Hoãn"))
    scene.wait_for_a_run("facebook")  # the answers have come, and are written


def frozen_while_prepared(scene: Scene) -> None:
    scene.fault("facebook", "slow", operation="stage", ms=1500, times=0)
    first, second = scene.stage.publisher, scene.stage.spare
    scene.schedule(due_in=2)
    scene.wait_for_a_try()
    first.send(signal.SIGSTOP)
    try:
        second.start(FAULTS_MUTANT=scene.stage.mutant)
        wait_until(lambda: scene.rows().filter(attempt__gte=2).exists(), "a second try")
        second.send(signal.SIGSTOP)  # so that the first comes back in the middle of it
    finally:
        first.send(signal.SIGCONT)
    time.sleep(2.5)  # its answers have been there for a while: it writes, or finds that it may not
    second.send(signal.SIGCONT)
    wait_until(
        lambda: not scene.rows().filter(state__in=["claimed", "staged", "committing"]).exists(),
        "an end",
    )
    second.kill()


def seen_late(scene: Scene) -> None:
    scene.fault("telegram", "drop_after", operation="publish")
    # Long enough for a busy machine to ask before, shorter than the grace in `rehearse`.
    scene.fault("telegram", "late_apply", operation="publish", seconds=14)
    scene.schedule(due_in=1.5)


def dies_after_its_call(scene: Scene) -> None:
    scene.fault("telegram", "hang_after", operation="publish", seconds=20)
    scene.schedule(due_in=1.5)
    wait_until(lambda: len(_seen(scene, "telegram")) == len(scene.posts), "the calls to arrive")
    scene.stage.publisher.kill()
    scene.stage.start_publisher()


def frozen_before_its_call(scene: Scene) -> None:
    publisher = scene.stage.publisher
    publisher.freeze_file.touch()
    scene.schedule(due_in=3.5)
    wait_until(lambda: publisher.is_frozen, "the last question")
    try:
        still = ["claimed", "committing", "verifying", "needs_person"]
        wait_until(
            lambda: not scene.rows().filter(state__in=still).exists(), "the officer's answer"
        )
    finally:
        publisher.send(signal.SIGCONT)
    scene.wait_for_a_run("telegram")  # a call would have arrived


def stumbles_over_the_answer(scene: Scene) -> None:
    with (scene.stage.portal.folder / "stumbles").open("a") as file:
        file.writelines(f"{page}\n" for page in scene.pages("telegram"))
    scene.schedule(due_in=1.5)


def forged_by_rows(scene: Scene) -> None:
    from tests.faults.plan import Act

    scene.schedule(due_in=8)  # a busy machine takes seconds to forge them all
    for number in scene.posts:
        scene.people.do(Act(0, "forge", number))


def changed_by_stealth(scene: Scene) -> None:
    from tests.faults.plan import Act

    scene.schedule(due_in=8)
    for number in scene.posts:
        scene.people.do(Act(0, "tamper", number))


def recalled_while_unknown(scene: Scene) -> None:
    from publishing.recalls import recalling

    scene.fault("facebook", "error_before", operation="publish")
    scene.schedule(due_in=1.5)
    scene.wait(state="verifying")
    scene.stage.recaller.send(signal.SIGSTOP)
    try:
        scene.act("recall", lambda row: recalling.recall(row, by=scene.leader(row), reason="Sai"))
        wait_until(
            lambda: not scene.rows().filter(state="verifying").exists(), "the look on the page"
        )
        scene.wait_for_a_run("facebook")
    finally:
        scene.stage.recaller.send(signal.SIGCONT)


def paused_before_due(scene: Scene) -> None:
    from publishing.pauses import pausing

    scene.schedule(due_in=8)  # a busy machine takes seconds to pause them all
    due = time.monotonic() + 8
    started = []
    for unit, leader in {(p.unit, p.leader) for p in map(scene.people._place, scene.posts)}:
        pause = pausing.create_prepared(unit, by=leader, reason="Có sự cố")
        event = Event("pause", time.time(), outcome="ok", facts={"pause": pause.pk})
        pausing.start(pause, by=leader)
        event.returned = time.time()
        scene.people.history.append(event)
        started.append((pause, leader))
    wait_until(lambda: time.monotonic() > due, "the second at which they are due")
    scene.wait_for_a_run("facebook")
    for pause, leader in started:
        event = Event("resume", time.time(), outcome="ok", facts={"pause": pause.pk})
        pausing.end(pause, by=leader)
        scene.people.history.append(event)


def with_a_video(scene: Scene) -> None:
    scene.schedule(due_in=2)
    scene.wait_for_a_try()


@dataclass(frozen=True)
class Mutant:
    change: Callable[[], None]
    scene: Callable[[Scene], None]
    platform: str = "facebook"
    where: str = "publisher"  # in which worker the guard is missing
    with_video: bool = False


MUTANTS = {
    "any state": Mutant(any_state, cancelled_while_prepared),
    "any try": Mutant(any_try, frozen_while_prepared),
    "no grace": Mutant(no_grace, seen_late, "telegram"),
    "straight back": Mutant(straight_back, dies_after_its_call, "telegram", "reconciler"),
    "held for ever": Mutant(held_for_ever, frozen_before_its_call, "telegram"),
    "broken for unsent": Mutant(broken_for_unsent, stumbles_over_the_answer, "telegram"),
    "any content": Mutant(any_content, changed_by_stealth),
    "any approval": Mutant(any_approval, forged_by_rows),
    "recalled too": Mutant(recalled_too, recalled_while_unknown),
    "paused too": Mutant(paused_too, paused_before_due),
    "partial for whole": Mutant(partial_for_whole, with_a_video, with_video=True),
}
POSTS = 8  # a scene


# --- the stage ------------------------------------------------------------------------------------


class Stage:
    """The portal with one publisher, which the scenes may freeze and kill, and with what may stand
    in for it.
    """

    def __init__(self, portal: Portal):
        self.portal = portal
        queues = "publish.facebook,publish.telegram"
        self.publisher = portal.worker("publisher", queues)
        self.spare = portal.worker("spare", queues)
        self.reconciler = portal.worker("reconcile", "reconcile")
        self.recaller = portal.worker("recall", "recall")
        self.beat = portal.beat()
        self.mutant = self.where = ""

    def open(self) -> None:
        for process in (self.publisher, self.reconciler, self.recaller, self.beat):
            process.start()
        wait_for_workers([self.publisher, self.reconciler, self.recaller])

    def start_publisher(self) -> None:
        self.publisher.start(FAULTS_MUTANT=self.mutant if self.where == "publisher" else "")

    def change(self, mutant: str) -> None:
        """Put the mutant in the place of the worker that it lives in; the others are as they should
        be."""
        for worker, name in ((self.publisher, "publisher"), (self.reconciler, "reconciler")):
            was, now = self.where == name, bool(mutant) and MUTANTS[mutant].where == name
            if was or now:
                worker.kill()
                worker.start(FAULTS_MUTANT=mutant if now else "")
        self.mutant, self.where = mutant, MUTANTS[mutant].where if mutant else ""
        wait_for_workers([self.publisher, self.reconciler])


def rehearse(names: list[str]) -> dict[str, dict[str, Any]]:
    """Return what the checker found in each scene, with all guards and without one."""
    short = {
        "PUBLISH_LEASE_SECONDS": "5",
        "PUBLISH_CALL_SECONDS": "2",
        "PUBLISH_VERIFY_GRACE_SECONDS": "16",
    }
    with Portal(times=short) as portal:
        posts = [
            PlannedPost(
                place, (MUTANTS[name].platform,), 0, 0, 600, with_video=MUTANTS[name].with_video
            )
            for number, name in enumerate([*names, *names])
            for place in range(number % len(names) * POSTS, (number % len(names) + 1) * POSTS)
        ]
        world = build(portal.simulator, POSTS * len(names), posts, ("facebook", "telegram"))
        people = People(portal, world, Plan(0, 0, 0, posts, [], [], {}, []), time.time())
        stage = Stage(portal)
        stage.open()
        over = threading.Event()
        clerk = threading.Thread(target=_clerk, args=(people, over), daemon=True)
        clerk.start()
        scenes = [
            Scene(stage, people, list(range(number * POSTS, (number + 1) * POSTS)))
            for number in range(2 * len(names))
        ]
        _play_all(stage, names, scenes[: len(names)])
        for name, scene in zip(names, scenes[len(names) :], strict=True):
            portal.simulator.ask("/_sim/faults", method="DELETE")
            stage.change(name)
            MUTANTS[name].scene(scene)
            _wait_for_rest(scene)
        over.set()
        clerk.join()
        return _reports(people, names, scenes)


def _play_all(stage: Stage, names: list[str], scenes: list[Scene]) -> None:
    """Play the scenes together: what one scene does to the workers, the others must bear as well.
    But a scene that freezes does it alone."""
    from django.db import connection

    def play(name: str, scene: Scene) -> None:
        try:
            MUTANTS[name].scene(scene)
        finally:
            connection.close()

    pairs = list(zip(names, scenes, strict=True))
    alone = [pair for pair in pairs if pair[0] in ("any try", "straight back", "held for ever")]
    with ThreadPoolExecutor(len(pairs)) as pool:
        for future in [pool.submit(play, *pair) for pair in pairs if pair not in alone]:
            future.result()
    for name, scene in alone:
        play(name, scene)
    for scene in scenes:
        _wait_for_rest(scene)


def _wait_for_rest(scene: Scene) -> None:
    from django.db.models import Q

    from publishing.states import ENDED

    rests = Q(state__in=ENDED) | Q(state="published", recall__isnull=True)
    end = time.monotonic() + 45
    while scene.rows().exclude(rests).exists() and time.monotonic() < end:
        time.sleep(0.2)
    time.sleep(0.5)


def _reports(people: People, names: list[str], scenes: list[Scene]) -> dict[str, dict[str, Any]]:
    from tests.faults.checker import Judge

    judge = Judge(people.world, people.history, people.portal.simulator.truth(), people.start)
    found = judge.judge()
    reports: dict[str, dict[str, Any]] = {name: {} for name in names}
    for number, scene in enumerate(scenes):
        own = [
            violation for violation in found if set(violation.deliveries) & set(scene.deliveries)
        ]
        states = Counter(row.state for pk, row in judge.rows.items() if pk in scene.deliveries)
        reports[names[number % len(names)]]["mutant" if number >= len(names) else "sound"] = {
            "found": dict(Counter(violation.kind for violation in own)),
            "states": dict(states),
            "lines": [line for violation in own[:3] for line in judge.describe(violation)],
        }
    return reports


def _clerk(people: People, over: threading.Event) -> None:
    from django.db import connection

    while not over.wait(0.3):
        people.look_after(again=False)
    connection.close()


def _seen(scene: Scene, platform: str) -> list[dict]:
    pages = scene.pages(platform)
    marks = {f"K{number}V" for number in scene.posts}
    truth = scene.stage.portal.simulator.truth(platform=platform)
    return [
        p
        for p in truth
        if p["page"] in pages and p["visible"] and any(mark in p["text"] for mark in marks)
    ]


def _at(seconds: float) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started ends too
    sys.stdout.write(
        json.dumps(rehearse(sys.argv[1:] or list(MUTANTS)), ensure_ascii=False, indent=1) + "\n"
    )
