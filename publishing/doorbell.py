"""Rings for itself when nobody else does: with the broker or beat dead, a worker goes on from the database alone.

Celery tells of each ring that arrives. For every bell of the worker's own queues a thread listens, and does the bell's
work itself as long as it stays silent.
"""

import logging
import threading
import time
from typing import Any

from celery.signals import celeryd_after_setup, task_prerun, worker_shutdown, worker_shutting_down
from django.db import close_old_connections, connection

from publishing import engine

log = logging.getLogger(__name__)

# Seconds of silence, at least: a ring may be a little late without being lost.
PATIENCE = 5.0
_heard: dict[tuple[str, str], float] = {}
_leaving = threading.Event()
_listeners: list[threading.Thread] = []


def _name(task: str, kwargs: dict[str, Any]) -> tuple[str, str]:
    return task, str(kwargs.get("platform", ""))


@task_prerun.connect
def note(task: Any, kwargs: dict[str, Any], **_: object) -> None:
    _heard[_name(task.name, kwargs)] = time.monotonic()


@celeryd_after_setup.connect
def listen(instance: Any, **_: object) -> None:
    """Starts a listener for each publishing bell of this worker's queues, before the broker is even looked for."""
    app = instance.app
    if "prefork" in str(instance.pool_cls):
        return  # threads would not survive the fork; docs/operations.md asks for the threads pool
    for entry in app.conf.beat_schedule.values():
        if not entry["task"].startswith("publishing."):
            continue
        route = app.amqp.router.route(dict(entry.get("options", {})), entry["task"])
        if route["queue"].name in app.amqp.queues.consume_from:
            listener = threading.Thread(target=_listen, args=(app, entry), name=f"bell {entry['task']}", daemon=True)
            _listeners.append(listener)
            listener.start()


def _listen(app: Any, entry: dict[str, Any]) -> None:
    kwargs = entry.get("kwargs", {})
    name, patience = _name(entry["task"], kwargs), max(PATIENCE, 3 * float(entry["schedule"]))
    _heard.setdefault(name, time.monotonic())
    silent = False
    while not _leaving.wait(1.0):
        if time.monotonic() - _heard[name] < patience:
            silent = False
            continue
        if not silent:
            log.warning("no ring for %s %s: going on from the database", *name)
        silent = True
        close_old_connections()
        try:
            app.tasks[entry["task"]].run(**kwargs)
        except Exception:
            log.exception("%s failed without its bell", entry["task"])
    connection.close()


@worker_shutting_down.connect
def finish_up(**_: object) -> None:
    _leaving.set()
    engine.drain()


@worker_shutdown.connect
def wait_for_listeners(**_: object) -> None:
    """Celery waits for its own threads alone; these end what they hold as well."""
    for listener in _listeners:
        listener.join(timeout=20)
