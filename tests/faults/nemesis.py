"""Faults on our side: processes that die, freeze or lose their memory, rings that nobody should
believe."""

import contextlib
import json
import random
import signal
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import redis

from tests.faults.plan import Plan, Strike
from tests.faults.processes import PLATFORMS, Beat, Portal, Worker, wait_for_workers


@dataclass
class Struck:
    kind: str
    at: float
    over: float = 0.0


@dataclass
class Nemesis:
    portal: Portal
    plan: Plan
    pages: list[tuple[str, str]]
    struck: list[Struck] = field(default_factory=list)

    def __post_init__(self) -> None:
        publish = ",".join(f"publish.{platform}" for platform in PLATFORMS)
        self.publishers = [self.portal.worker(f"publish{n}", publish) for n in (1, 2)]
        self.uploader = self.portal.worker("upload", "upload")
        self.reconciler = self.portal.worker("reconcile", "reconcile")
        self.recaller = self.portal.worker("recall", "recall")
        self.renewer = self.portal.worker("channels", "channels")
        self.beats: list[Beat] = [self.portal.beat("beat"), self.portal.beat("beat2")]
        self.deaths = {name: iter(steps) for name, steps in self.plan.deaths.items()}
        self.skew: dict[Any, float] = {}
        self.over = threading.Event()
        self.lock = threading.Lock()

    @property
    def workers(self) -> list[Worker]:
        return [*self.publishers, self.uploader, self.reconciler, self.recaller, self.renewer]

    def open(self) -> None:
        """Start everything. The first workers live until something strikes; the renewer dies at its
        seldom work."""
        for worker in self.workers:
            worker.start(FAULTS_CRASH="refresh_tokens.answered:2" if worker is self.renewer else "")
        self.beats[0].start()
        wait_for_workers(self.workers)

    def watch(self) -> None:
        """Start again what has died, as systemd would, each new worker with the next step at which
        it will die."""
        while not self.over.wait(0.2):
            with self.lock:
                for worker in self.workers:
                    if not worker.is_up:
                        self._start(worker)
                if not self.beats[0].is_up:
                    self.beats[0].start()

    def _start(self, worker: Worker, *, healthy: bool = False) -> None:
        role = "publish" if worker in self.publishers else worker.name
        env = {} if healthy else {"FAULTS_CRASH": next(self.deaths[role])}
        if skew := self.skew.pop(worker, 0):
            env["FAULTS_SKEW"] = str(skew)
        worker.start(**env)

    def strike(self, strike: Strike) -> None:
        struck = Struck(strike.kind, time.time())
        self.struck.append(struck)
        getattr(self, "_" + strike.kind.replace(" ", "_"))(strike)
        struck.over = time.time()

    def heal(self) -> None:
        """End the faults: everything runs, with the right clock, and dies no more."""
        self.over.set()
        with self.lock:
            for worker in self.workers:
                worker.send(signal.SIGCONT)
            self.portal.simulator.ask("/_sim/faults", method="DELETE")
            if not self.portal.redis.is_up:
                self.portal.redis.open()
            for worker in self.workers:
                worker.kill()
                self._start(worker, healthy=True)
            self.beats[1].kill()
            if not self.beats[0].is_up:
                self.beats[0].start()

    # --- strikes ----------------------------------------------------------------------------------

    def _publisher(self, strike: Strike) -> Worker:
        return self.publishers[int(strike.facts["which"] * len(self.publishers))]

    def _kill_a_publisher(self, strike: Strike) -> None:
        self._publisher(strike).kill()

    def _kill_the_reconciler(self, strike: Strike) -> None:
        self.reconciler.kill()

    def _kill_the_recaller(self, strike: Strike) -> None:
        self.recaller.kill()

    def _kill_the_uploader(self, strike: Strike) -> None:
        self.uploader.kill()

    def _kill_every_worker(self, strike: Strike) -> None:
        for worker in self.workers:
            worker.send(signal.SIGKILL)

    def _deploy(self, strike: Strike) -> None:
        """Ask everybody to finish, and do not wait for slow ones."""
        for worker in self.workers:
            worker.send(signal.SIGTERM)
        self.over.wait(4)
        for worker in self.publishers:
            worker.send(signal.SIGQUIT)

    def _kill_tokens(self, strike: Strike) -> None:
        """Change a password, as somebody does: some pages must be connected again."""
        for platform, page in self._some_pages(strike, PLATFORMS):
            self.portal.simulator.ask("/_sim/tokens/kill", {"platform": platform, "page": page})

    def _renew_tokens(self, strike: Strike) -> None:
        from django.db import InterfaceError, OperationalError, connection
        from django.utils import timezone

        from channels.models import Channel

        try:
            for platform, page in self._some_pages(strike, ("zalo",)):
                Channel.objects.filter(platform=platform, external_id=page).update(
                    refresh_at=timezone.now()
                )
        except (OperationalError, InterfaceError):
            pass  # the database is down: another strike
        finally:
            connection.close()
        self._ring("channels.tasks.refresh_tokens", "channels", {})

    def _some_pages(self, strike: Strike, platforms: tuple[str, ...]) -> list[tuple[str, str]]:
        pages = [page for page in self.pages if page[0] in platforms]
        return random.Random(strike.facts["which"]).sample(pages, 4)

    def _stop_a_publisher_past_its_lease(self, strike: Strike) -> None:
        self._stop(self._publisher(strike), 11 + strike.facts["seconds"])

    def _stop_the_reconciler(self, strike: Strike) -> None:
        self._stop(self.reconciler, 3 + strike.facts["seconds"])

    def _stop(self, worker: Worker, seconds: float) -> None:
        worker.send(signal.SIGSTOP)
        self.over.wait(seconds)
        worker.send(signal.SIGCONT)

    def _flush_redis(self, strike: Strike) -> None:
        with contextlib.suppress(redis.RedisError):  # it may be down: another strike
            self.portal.redis.flush()

    def _kill_redis(self, strike: Strike) -> None:
        with self.lock:
            self.portal.redis.kill()
            self.over.wait(strike.facts["seconds"])
            self.portal.redis.open()

    def _crash_postgresql(self, strike: Strike) -> None:
        with self.lock:
            self.portal.postgres.crash()

    def _second_beat(self, strike: Strike) -> None:
        if not self.beats[1].is_up:
            self.beats[1].start()
            self.over.wait(8 + strike.facts["seconds"])
            self.beats[1].kill()

    def _clock_an_hour_ahead(self, strike: Strike) -> None:
        self._wrong_clock(strike, 3600)

    def _clock_an_hour_behind(self, strike: Strike) -> None:
        self._wrong_clock(strike, -3500)

    def _wrong_clock(self, strike: Strike, seconds: float) -> None:
        worker = self._publisher(strike)
        self.skew[worker] = seconds
        worker.kill()

    def _ring_a_hundred_times(self, strike: Strike) -> None:
        for _ in range(100 // len(PLATFORMS)):
            for platform in PLATFORMS:
                self._ring(
                    "publishing.tasks.publish_due", f"publish.{platform}", {"platform": platform}
                )

    def _forge_ticks(self, strike: Strike) -> None:
        """Send anything to the broker, as whoever reaches it can; nothing of it may be believed."""
        for queue, task in (
            ("publish.facebook", "publishing.tasks.publish_due"),
            ("upload", "publishing.tasks.prepare_due"),
            ("reconcile", "publishing.tasks.reconcile_and_expire"),
            ("reconcile", "publishing.tasks.reconcile_unknown"),
            ("reconcile", "publishing.tasks.expire"),
            ("recall", "publishing.tasks.take_down"),
        ):
            forged: list[dict[str, Any]] = [
                {"platform": "telegram"},
                {"platform": "nowhere"},
                {"platform": None, "delivery": 1, "force": True},
                {},
                {"platform": "facebook", "now": "2030-01-01T00:00:00Z"},
            ]
            for kwargs in forged:
                self._ring(task, queue, kwargs)
        self._ring("os.system", "publish.facebook", {"command": "true"})
        with contextlib.suppress(redis.RedisError), self.portal.redis.client() as client:
            client.lpush("publish.facebook", b"not json at all")
            client.lpush("reconcile", json.dumps({"body": "!", "headers": {}}).encode())

    @staticmethod
    def _ring(task: str, queue: str, kwargs: dict[str, Any]) -> None:
        from kombu.exceptions import OperationalError

        from outreach_portal.celery import app

        with contextlib.suppress(OperationalError):  # the broker is down: another strike
            app.send_task(task, kwargs=kwargs, queue=queue, retry=False)
