"""Bound how much heavy work is done at once by all processes on this machine, and how long anybody
waits for it.
"""

import fcntl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO

from django.conf import settings
from django.utils.translation import gettext as _

from core.errors import Busy
from core.locks import try_alone

_LOOK_EVERY = 0.05  # seconds


def _make_too_fast_error() -> Busy:
    return Busy(_("The portal is still at work on what you sent before. Try again in a moment."))


def _make_busy_error() -> Busy:
    return Busy(_("The portal is at work on other files just now. Try again in a minute."))


class PerUserLock:
    """Let each person do work of a kind one at a time, so that one script never holds all threads
    or processors that answer pages: in a process, or, where the work has a ``name``, in all
    processes of all machines. A name costs two queries.

    In each process ``queue`` more of theirs wait, for ``timeout`` seconds; the next one is refused
    at once.
    """

    def __init__(
        self,
        name: str = "",
        *,
        queue: int,
        timeout: float,
        make_error: Callable[[], Busy] = _make_too_fast_error,
    ) -> None:
        self.name, self.queue, self.timeout = name, queue, timeout
        self._make_error = make_error
        self._callers: Counter[object] = Counter()
        self._at_work: set[object] = set()
        self._free = threading.Condition()

    @contextmanager
    def hold(self, user: object) -> Iterator[None]:
        """Hold the lock of the user with the key ``user`` for the block. Raise Busy."""
        give_up = time.monotonic() + self.timeout
        with self._free:
            if self._callers[user] > self.queue:
                raise self._make_error()
            self._callers[user] += 1
            if not self._free.wait_for(lambda: user not in self._at_work, timeout=self.timeout):
                self._release(user)
                raise self._make_error()
            self._at_work.add(user)
        try:
            with self._hold_in_database(user, give_up) if self.name else nullcontext():
                yield
        finally:
            with self._free:
                self._at_work.discard(user)
                self._release(user)
                self._free.notify_all()

    @contextmanager
    def _hold_in_database(self, user: object, give_up: float) -> Iterator[None]:
        """Wait until no other process holds the user's lock. Raise Busy.

        By a lock of the database, for each process may have a disk of its own. It is asked for
        again and again: one that waits there would hold its connection beyond the timeout.
        """
        while True:
            with try_alone(f"turn of {self.name} {user}") as got:
                if got:
                    yield
                    return
            if time.monotonic() >= give_up:
                raise self._make_error()
            time.sleep(_LOOK_EVERY)

    def _release(self, user: object) -> None:
        self._callers[user] -= 1
        self._callers += Counter()  # people with none are forgotten


class SharedSemaphore:
    """Limit the work called ``name`` to ``limit`` callers, across all processes.

    In each process ``queue`` more may wait for a worker slot, for ``timeout`` seconds; the next one
    is refused at once, so that waiting never occupies all threads that answer pages. A user has one
    worker slot at a time in a process, and ``per_user`` callers with those that wait for it: one
    who sends twenty files at once does not stand in everybody's way.
    """

    def __init__(
        self, name: str, *, limit: int, queue: int, timeout: float, per_user: int = 1
    ) -> None:
        self.name, self.limit, self.timeout = name, limit, timeout
        self._capacity = threading.BoundedSemaphore(limit + queue)
        self._own = PerUserLock(queue=per_user - 1, timeout=timeout, make_error=_make_busy_error)

    @contextmanager
    def hold(self, user: object = None) -> Iterator[None]:
        """Hold a worker slot for the block. ``user``: the person's key, or None. Raise Busy."""
        if not self._capacity.acquire(blocking=False):
            raise _make_busy_error()
        try:
            own = nullcontext() if user is None else self._own.hold(user)
            with own, self._lock_worker_slot():
                yield
        finally:
            self._capacity.release()

    @contextmanager
    def _lock_worker_slot(self) -> Iterator[None]:
        """Lock one of the files; the system releases it when the process dies."""
        folder = Path(settings.VAR_DIR) / "turns"
        folder.mkdir(parents=True, exist_ok=True)
        give_up = time.monotonic() + self.timeout
        while True:
            for number in range(self.limit):
                with (folder / f"{self.name}-{number}").open("w") as file:
                    if _try_lock(file):
                        yield
                        return
            if time.monotonic() >= give_up:
                raise _make_busy_error()
            time.sleep(_LOOK_EVERY)  # flock has no deadline of its own


def _try_lock(file: IO) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
