"""Polling fallback: with the broker or beat dead, a worker goes on from the database alone.

Celery signals each tick that arrives. For every scheduled task of the worker's own queues a thread
listens, and does the task's work itself as long as no tick arrives.
"""

import logging
import threading
import time
from typing import Any

from celery.signals import celeryd_after_setup, task_prerun, worker_shutdown, worker_shutting_down
from django.db import close_old_connections, connection

from publishing.engine import worker as engine

log = logging.getLogger(__name__)
# Seconds without a tick, at least: one may be a little late without being lost.
SHORTEST_SILENCE = 5.0
_last_tick: dict[tuple[str, str], float] = {}
_stopping = threading.Event()
_listeners: list[threading.Thread] = []


def _key(task: str, kwargs: dict[str, Any]) -> tuple[str, str]:
    return task, str(kwargs.get("platform", ""))


@task_prerun.connect
def note_tick(task: Any, kwargs: dict[str, Any], **_: object) -> None:
    _last_tick[_key(task.name, kwargs)] = time.monotonic()


@celeryd_after_setup.connect
def listen(instance: Any, **_: object) -> None:
    """Start a listener for each publishing tick of this worker's queues.

    It starts before the worker connects to the broker.
    """
    app = instance.app
    if "prefork" in str(instance.pool_cls):
        return  # threads would not survive the fork; docs/operations.md asks for the threads pool
    for entry in app.conf.beat_schedule.values():
        if not entry["task"].startswith("publishing."):
            continue
        route = app.amqp.router.route(dict(entry.get("options", {})), entry["task"])
        if route["queue"].name in app.amqp.queues.consume_from:
            listener = threading.Thread(
                target=_listen, args=(app, entry), name=f"tick {entry['task']}", daemon=True
            )
            _listeners.append(listener)
            listener.start()


def _listen(app: Any, entry: dict[str, Any]) -> None:
    kwargs = entry.get("kwargs", {})
    key, longest_silence = (
        _key(entry["task"], kwargs),
        max(SHORTEST_SILENCE, 3 * float(entry["schedule"])),
    )
    _last_tick.setdefault(key, time.monotonic())
    is_silent = False
    while not _stopping.wait(1.0):
        if time.monotonic() - _last_tick[key] < longest_silence:
            is_silent = False
            continue
        if not is_silent:
            log.warning("no tick for %s %s: going on from the database", *key)
        is_silent = True
        close_old_connections()
        try:
            app.tasks[entry["task"]].run(**kwargs)
        except Exception:
            log.exception("%s failed in the polling fallback", entry["task"])
    connection.close()


@worker_shutting_down.connect
def stop_listening(**_: object) -> None:
    _stopping.set()
    engine.drain()


@worker_shutdown.connect
def wait_for_listeners(**_: object) -> None:
    """Wait for the listeners to finish their work when the worker stops.

    Celery waits for its own threads alone.
    """
    for listener in _listeners:
        listener.join(timeout=20)
