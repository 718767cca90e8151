"""The whole portal in one process, for the try-out: a gunicorn configuration that also starts a
worker and beat.

    gunicorn -c python:outreach_portal.embedded outreach_portal.wsgi

Web threads, the Celery worker's threads and the beat thread share one process and the filesystem
broker. There is exactly one such process, for two would ring every bell twice.
"""

import logging
import os
import sys
import threading
from typing import Any

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
workers = 1
worker_class = "gthread"
threads = 12
timeout = 120
graceful_timeout = 20
control_socket_disable = True
preload_app = True
proc_name = "outreach-portal"

log = logging.getLogger(__name__)


class Background:
    """The worker and beat, each in a thread of its own."""

    def __init__(self) -> None:
        from celery.beat import EmbeddedService

        from outreach_portal.celery import app

        self.worker = app.WorkController(
            hostname="try-out@localhost",
            pool="threads",
            # Threads are made when they are needed. Uploads may hold one a platform for minutes.
            concurrency=32,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        self.worker_thread = threading.Thread(target=self.worker.start, name="worker", daemon=True)
        # A thread, as celery makes it; its schedule file is CELERY_BEAT_SCHEDULE_FILENAME.
        self.beat = EmbeddedService(app, thread=True)

    def start(self) -> None:
        self.worker_thread.start()
        self.beat.start()

    def stop(self) -> None:
        """Stop sending ticks and wait for running tasks. What remains is in the broker's folder."""
        from celery.signals import worker_shutting_down

        self.beat.stop()
        worker_shutting_down.send(
            sender=self.worker.hostname, sig="SIGTERM", how="Warm", exitcode=0
        )
        self.worker.stop()
        self.worker_thread.join(timeout=graceful_timeout)


_background: Background | None = None


def _make_broker_folders() -> None:
    from django.conf import settings

    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    for name in ("data_folder_in", "data_folder_out", "control_folder"):
        os.makedirs(options[name], exist_ok=True)


def on_starting(server: Any) -> None:
    """Load what requests and tasks want. `make run` says by a line when the database is filled;
    where it ends before, so does this process."""
    from celery import beat, worker  # noqa: F401
    from django.db import connection
    from django.urls import get_resolver

    from core.installation import refuse_foreign_database

    _ = get_resolver().url_patterns
    if os.environ.get("WAITS_FOR_LINE") and not sys.stdin.readline():
        sys.exit("make run ended before the content was there.")
    # After the line: before, there may be no tables. Its connection is not for the child's use.
    refuse_foreign_database()
    connection.close()


def post_worker_init(worker: Any) -> None:
    global _background
    # A request gives way at each of its queries: behind a busy worker's thread it would then wait
    # 5 ms, Python's usual turn.
    sys.setswitchinterval(0.0005)
    _make_broker_folders()
    _background = Background()
    _background.start()


def worker_exit(server: Any, worker: Any) -> None:
    if _background is not None:
        _background.stop()
