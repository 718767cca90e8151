"""The stage of every benchmark: servers of its own, the portal's processes as in production, and
rows in bulk.

PostgreSQL and Redis are started for the run, so that their CPU can be counted to the last
millisecond and nobody else's work is in the figures. All of it ends with the run.
"""

import argparse
import contextlib
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.rows import Rows
from benchmarks.servers import create_tables, postgresql, redis, start, wait_until
from benchmarks.simulator import ROOT, Simulator
from benchmarks.usage import cpu_seconds


def at(values: Iterable[float], share: float) -> float:
    """Return the value that ``share`` of all values do not exceed; nan if there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


def sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.time()))


class Stage:
    def __init__(self, stack: contextlib.ExitStack):
        self.stack = stack
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2
        )
        self.folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="outreach-bench-"))
        )
        self.processes: dict[str, Any] = {}  # of PostgreSQL the number alone
        self.processes["postgresql"], database = postgresql(stack)
        self.processes["redis"], self.redis_url = redis(stack)
        self.simulator = Simulator(stack)
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "outreach_portal.settings",
            "PORTAL_MODE": "test",
            "ENV_FILE": os.devnull,
            "DATABASE_URL": database,
            "REDIS_URL": f"{self.redis_url}/0",
            "SIMULATOR_URL": self.simulator.url,
            "VAR_DIR": str(self.folder),
            "LOG_LEVEL": "WARNING",
        }
        os.environ |= self.environment
        import django
        from django.db import connections

        django.setup()
        create_tables(database)
        stack.callback(connections.close_all)
        self.rows = Rows(self.simulator)

    def start_portal(self, platforms: Iterable[str] = ("facebook",)) -> None:
        """Start beat and the workers of docker-compose.yml that publishing needs. Return when they
        are warm: a first post of each platform was published.
        """
        fresh = [platform for platform in platforms if f"publish {platform}" not in self.processes]
        for platform in fresh:
            self._worker(f"publish {platform}", f"publish.{platform}", 4)
        if "beat" not in self.processes:
            self._worker("reconcile", "reconcile", 6)
            self._worker("recall", "recall", 4)
            beat = [
                sys.executable,
                "-m",
                "celery",
                "-A",
                "outreach_portal",
                "beat",
                "-s",
                self.folder / "beat",
            ]
            self._start("beat", [*beat, "-l", "WARNING"])
        rows = [row for platform in fresh for row in self.rows.fill(platform, 1)]
        self.rows.deliver(rows, time.time())
        self.wait_for_end(post__in=[row.post for row in rows])

    def start_counts(self) -> None:
        """Start the worker of what counts, exports and reports."""
        self._worker("counts", "counts", 4)

    def stop(self, name: str) -> None:
        """End a process, so that it does no work of what is measured next."""
        process = self.processes.pop(name)
        process.terminate()
        process.wait()

    def _worker(self, name: str, queue: str, threads: int) -> None:
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "outreach_portal",
            "worker",
            "--queues",
            queue,
        ]
        command += [
            "--pool",
            "threads",
            "--concurrency",
            threads,
            "--without-gossip",
            "--without-mingle",
        ]
        command += ["--hostname", f"{queue}@bench", "--loglevel", "WARNING"]
        self._start(name, command)

    def _start(self, name: str, command: list[Any]) -> None:
        log = self.stack.enter_context((self.folder / f"{name}.log").open("wb"))
        options = {"cwd": ROOT, "env": self.environment, "stdout": log, "stderr": log}
        self.processes[name] = start(self.stack, command, **options)

    def kill(self, name: str) -> None:
        """Kill a process with `kill -9`, and start it again at once."""
        killed = self.processes[name]
        killed.kill()
        killed.wait()
        self._start(name, killed.args)

    def look_after(self) -> None:
        """End the run with the last output of a process that has died."""
        for name, process in self.processes.items():
            if name != "postgresql" and process.poll() is not None:
                log_file = self.folder / f"{name}.log"
                tail = log_file.read_text(errors="replace")[-2000:] if log_file.exists() else ""
                raise SystemExit(f"{tail}\n{name} ended with {process.returncode}")

    def cpu(self) -> dict[str, float]:
        """Return the CPU seconds by process so far, without the simulator's."""
        return {name: cpu_seconds(process.pid) for name, process in self.processes.items()}

    def vacuum_database(self) -> None:
        """Bring the database to the state of one in use: statistics and a checkpoint."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")

    def open(self, **which: Any) -> bool:
        from publishing.models import Delivery
        from publishing.states import GOING_OUT, MOVING

        return Delivery.objects.filter(**which, state__in=GOING_OUT | MOVING).exists()

    def wait_for_end(self, *, seconds: float = 300, **which: Any) -> None:
        """Wait for the end of all deliveries, or of those that ``which`` chooses."""

        def ended() -> bool:
            self.look_after()
            return not self.open(**which)

        wait_until(ended, "all deliveries to end", seconds=seconds)


def run(benchmark: Any) -> None:
    """Run a benchmark by itself: its module's ``options`` say what may be given, its ``measure``
    returns the last line.
    """
    with stage() as running:
        print(benchmark.measure(running, options_of(benchmark).parse_args()))


def options_of(benchmark: Any) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=benchmark.__doc__.splitlines()[0])
    benchmark.options(parser)
    return parser


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started ends too
    with contextlib.ExitStack() as stack:
        yield Stage(stack)
