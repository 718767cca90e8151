"""Register the kinds of jobs: who does them, on which queue, for how long and how often."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet

from core.models import Job
from core.semaphores import SharedSemaphore

# Codes of any kind: the work raised an error; its worker was silent for longer than its lease.
BROKEN, LOST = "broken", "lost"

type Pick = Callable[[QuerySet[Job]], Iterable[Job]]


def wait_not(attempts: int) -> timedelta:
    return timedelta()


def pick_next(jobs: QuerySet[Job]) -> Iterable[Job]:
    return jobs[:1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Hold how jobs of a kind are done; see `register`."""

    name: str
    queue: str
    rows: QuerySet[Any]
    run: Callable[[Any], None]
    lease: timedelta
    most_attempts: int
    codes: frozenset[str]
    on_failure: Callable[[Any], object] | None
    backoff: Callable[[int], timedelta]
    pick: Pick | None
    worker_slots: SharedSemaphore | None
    most_a_run: int
    acts_outside: bool

    def is_held(self) -> bool:
        """Check whether nothing may act outside the portal now: such jobs wait, and lose no try."""
        return self.acts_outside and any(holds() for holds in _outside_holds)

    @contextmanager
    def hold_worker_slot(self) -> Iterator[None]:
        """Hold one of the kind's worker slots on this machine for the block. Raise Busy."""
        if self.worker_slots is None:
            yield
            return
        with self.worker_slots.hold():
            yield


_kinds: dict[str, Kind] = {}
_outside_holds: list[Callable[[], bool]] = []


def hold_outside_acts(while_true: Callable[[], bool]) -> None:
    """Let jobs that act outside the portal wait while the condition holds. For an app above, which
    alone can tell.
    """
    _outside_holds.append(while_true)


def register(
    name: str,
    *,
    queue: str,
    rows: QuerySet[Any],
    run: Callable[[Any], None],
    lease: timedelta,
    most_attempts: int,
    codes: Iterable[str] = (),
    on_failure: Callable[[Any], object] | None = None,
    backoff: Callable[[int], timedelta] = wait_not,
    pick: Pick | None = None,
    worker_slots: SharedSemaphore | None = None,
    most_a_run: int = 50,
    acts_outside: bool = False,
) -> None:
    """Add a kind of job, whose subjects are ``rows``: each refers to its job by a field ``job``.

    ``run`` is given a `Claim` with its row, or, of a kind that says by ``pick`` which jobs are done
    together, a list of them. It finishes, fails or retries the job in the transaction of what it
    writes; what it says nothing about is done. An error that it raises is a failed attempt, and
    Busy is none. ``on_failure`` is given the row in the transaction in which its job fails for
    good. ``backoff`` says how long the job waits after so many attempts. ``most_a_run``: a message
    that leaves more behind sends another one, so that other kinds have their turn between.
    ``acts_outside``: residents see what it does, so that it waits while publishing is frozen.
    """
    _kinds[name] = Kind(
        name=name,
        queue=queue,
        rows=rows,
        run=run,
        lease=lease,
        most_attempts=most_attempts,
        codes=frozenset(codes) | {BROKEN, LOST},
        on_failure=on_failure,
        backoff=backoff,
        pick=pick,
        worker_slots=worker_slots,
        most_a_run=most_a_run,
        acts_outside=acts_outside,
    )


def get_kind(name: str) -> Kind:
    return _kinds[name]


def list_kinds(*, queue: str = "") -> list[Kind]:
    """Return the kinds of a queue, or all."""
    return [kind for kind in _kinds.values() if not queue or kind.queue == queue]
