"""Bound how much heavy work is done at once by all processes on this machine, and how long anybody
waits for it.
"""

import fcntl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO

from django.conf import settings
from django.utils.translation import gettext as _

from core.errors import Busy
from core.locks import try_alone

_LOOK_EVERY = 0.05  # seconds


class SharedSemaphore:
    """Limit the work called ``name`` to ``at_once`` callers, across all processes.

    In each process ``waiting`` more may wait for a slot, for ``patience`` seconds; the next one is
    refused at once, so that waiting never occupies all threads that answer pages. A person has one
    slot at a time in a process, and ``each`` callers with those that wait for it: one who sends
    twenty files at once does not stand in everybody's way.
    """

    def __init__(
        self, name: str, *, at_once: int, waiting: int, patience: float, each: int = 1
    ) -> None:
        self.name, self.at_once, self.patience, self.each = name, at_once, patience, each
        self._capacity = threading.BoundedSemaphore(at_once + waiting)
        self._callers: Counter[object] = Counter()  # by person
        self._at_work: set[object] = set()  # people who have their slot
        self._free = threading.Condition()

    @contextmanager
    def taken(self, *, by: object = None) -> Iterator[None]:
        """Hold a slot for the block. ``by``: the person's key, or None. Raise Busy."""
        with self._free:
            is_too_much = by is not None and self._callers[by] >= self.each
            if is_too_much or not self._capacity.acquire(blocking=False):
                raise _make_busy_error()
            self._callers[by] += 1
        try:
            with self._hold_turn(by), self._lock_slot():
                yield
        finally:
            with self._free:
                self._callers[by] -= 1
                self._callers += Counter()  # people with none are forgotten
                self._capacity.release()

    @contextmanager
    def _hold_turn(self, by: object) -> Iterator[None]:
        """Wait until the person's callers before this one are through. Raise Busy."""
        if by is None:
            yield
            return
        with self._free:
            if not self._free.wait_for(lambda: by not in self._at_work, timeout=self.patience):
                raise _make_busy_error()
            self._at_work.add(by)
        try:
            yield
        finally:
            with self._free:
                self._at_work.discard(by)
                self._free.notify_all()

    @contextmanager
    def _lock_slot(self) -> Iterator[None]:
        """Lock one of the files; the system releases it when the process dies."""
        folder = Path(settings.VAR_DIR) / "turns"
        folder.mkdir(parents=True, exist_ok=True)
        give_up = time.monotonic() + self.patience
        while True:
            for number in range(self.at_once):
                with (folder / f"{self.name}-{number}").open("w") as file:
                    if _try_lock(file):
                        yield
                        return
            if time.monotonic() >= give_up:
                raise _make_busy_error()
            time.sleep(_LOOK_EVERY)  # flock has no deadline of its own


class OwnTurns:
    """Let each person do work of a kind one at a time, so that one script never holds all threads
    or processors that answer pages: in a process, or, where the work has a ``name``, in all
    processes of all machines. A name costs two queries.

    In each process ``waiting`` more of theirs wait for their turn, for ``patience`` seconds; the
    next one is refused at once.
    """

    def __init__(self, name: str = "", *, waiting: int, patience: float) -> None:
        self.name, self.waiting, self.patience = name, waiting, patience
        self._callers: Counter[object] = Counter()
        self._at_work: set[object] = set()
        self._free = threading.Condition()

    @contextmanager
    def taken(self, *, by: object) -> Iterator[None]:
        """Hold the turn of the person with the key ``by`` for the block. Raise Busy."""
        give_up = time.monotonic() + self.patience
        with self._free:
            if self._callers[by] > self.waiting:
                raise _make_too_fast_error()
            self._callers[by] += 1
            if not self._free.wait_for(lambda: by not in self._at_work, timeout=self.patience):
                self._release_turn(by)
                raise _make_too_fast_error()
            self._at_work.add(by)
        try:
            with self._hold_in_database(by, give_up) if self.name else nullcontext():
                yield
        finally:
            with self._free:
                self._at_work.discard(by)
                self._release_turn(by)
                self._free.notify_all()

    @contextmanager
    def _hold_in_database(self, by: object, give_up: float) -> Iterator[None]:
        """Wait until no other process has the person's turn. Raise Busy.

        By a lock of the database, for each process may have a disk of its own. It is asked for
        again and again: one that waits there would hold its connection beyond the person's
        patience.
        """
        while True:
            with try_alone(f"turn of {self.name} {by}") as got:
                if got:
                    yield
                    return
            if time.monotonic() >= give_up:
                raise _make_too_fast_error()
            time.sleep(_LOOK_EVERY)

    def _release_turn(self, by: object) -> None:
        self._callers[by] -= 1
        self._callers += Counter()  # people with none are forgotten


def _make_too_fast_error() -> Busy:
    return Busy(_("The portal is still at work on what you sent before. Try again in a moment."))


def _try_lock(file: IO) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _make_busy_error() -> Busy:
    return Busy(_("The portal is at work on other files just now. Try again in a minute."))
